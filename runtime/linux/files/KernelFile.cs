using System.Buffers;
using System.Text;

namespace Isolation.Linux;

/// <summary>Reads files that the kernel makes as they are read (proc(5)): small, of no length beforehand, and many for each payload.</summary>
public static class KernelFile
{
    private const int Usual = 4 << 10;
    private const int Most = 4 << 20;

    /// <summary>The whole text.</summary>
    /// <exception cref="SyscallException">It is not there, or the process that it tells of is over (ESRCH).</exception>
    public static string Text(string path)
    {
        using Descriptor file = Sys.Open(null, path, Sys.O_RDONLY);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Usual);
        try
        {
            int length = 0;
            while (true)
            {
                int count = Sys.TryRead(file, buffer.AsSpan(length), out int errno);
                if (count <= 0)
                    return count == 0 ? Encoding.UTF8.GetString(buffer, 0, length) : throw new SyscallException("read", path, errno);
                length += count;
                if (length < buffer.Length)
                    continue;
                if (length >= Most)
                    throw new SyscallException("read", path, Errno.EMSGSIZE);
                byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The whole text; "" where it cannot be read.</summary>
    public static string TextOrNothing(string path)
    {
        try
        {
            return Text(path);
        }
        catch (SyscallException)
        {
            return "";
        }
    }
}
