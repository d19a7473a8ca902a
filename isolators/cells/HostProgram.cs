using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Programs of the host's that root starts.</summary>
public static class HostProgram
{
    private const uint OthersWrite = 0x12; // 0022

    /// <summary>Why root is not to run one; null where nothing speaks against it.</summary>
    /// <param name="path">Its path.</param>
    public static string? Fault(string path)
    {
        try
        {
            using Descriptor file = Sys.Open(null, path, Sys.O_PATH);
            FileStatus status = Sys.StatusOf(file);
            return status.Kind == FileKind.Regular && status.Uid == 0 && (status.Mode & OthersWrite) == 0 ? null : "it is not a program that only root can change";
        }
        catch (SyscallException e)
        {
            return e.Message;
        }
    }
}
