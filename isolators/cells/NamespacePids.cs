using System.Globalization;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Numbers of processes that live in a pid namespace of a room's own.</summary>
public static class NamespacePids
{
    /// <summary>The host's number of a child of cell-init, which knows it by another; also when it is over and not reaped.</summary>
    /// <returns>Null when it has no such child, or is gone itself.</returns>
    public static int? OnHost(PidFd cellInit, int inRoom)
    {
        if (cellInit.Pid is not (int init and > 0))
            return null;
        try
        {
            foreach (string child in KernelFile.Text($"/proc/{init}/task/{init}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                // The last number is the one in the innermost namespace (proc_pid_status(5)).
                string[] numbers = ProcessStatus.Field(KernelFile.Text($"/proc/{child}/status"), "NSpid").Split('\t', StringSplitOptions.RemoveEmptyEntries);
                if (numbers is [_, .., string last] && last == inRoom.ToString(CultureInfo.InvariantCulture))
                    return int.Parse(child, CultureInfo.InvariantCulture);
            }
        }
        catch (IOException)
        {
            // Over meanwhile.
        }

        return null;
    }
}
