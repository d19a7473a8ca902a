using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Starts a program with these open files as its descriptors 0, 1, 2, …; of the caller's others it gets none.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, the name included.</param>
    /// <param name="environment">Entries <c>NAME=value</c>.</param>
    /// <param name="descriptors">By number; null leaves one closed.</param>
    /// <param name="newSession">In a session of its own.</param>
    /// <returns>Its pid, or the error number below zero; the caller waits for it.</returns>
    public static unsafe int TrySpawn(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment,
        IReadOnlyList<Descriptor?> descriptors, bool newSession)
    {
        byte* attributes = stackalloc byte[AttributesSize];
        byte* actions = stackalloc byte[ActionsSize];
        byte* signals = stackalloc byte[SignalSetSize];
        using NativeBlock block = new();
        List<Descriptor> moved = [];
        Check(SpawnAttributesInit(attributes), path);
        Check(SpawnActionsInit(actions), path);
        try
        {
            Check(SpawnSetFlags(attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (newSession ? POSIX_SPAWN_SETSID : 0))), path);
            new Span<byte>(signals, SignalSetSize).Clear();
            Check(SpawnSetMask(attributes, signals), path);
            new Span<byte>(signals, SignalSetSize).Fill(0xff);
            Check(SpawnSetDefault(attributes, signals), path);
            for (int i = 0; i < descriptors.Count; i++)
            {
                if (descriptors[i] is not { } given)
                {
                    Check(SpawnAddClose(actions, i), path);
                    continue;
                }

                // Copied above all targets, so that placing one never overwrites another that is still to be placed.
                Descriptor high = new(Fcntl(given, F_DUPFD_CLOEXEC, 64, path));
                moved.Add(high);
                Check(SpawnAddDup2(actions, high.Number, i), path);
            }

            Check(SpawnAddCloseFrom(actions, descriptors.Count), path);
            int pid;
            int errno = SpawnRaw(&pid, block.Text(Encoding.UTF8.GetBytes(path)), actions, attributes, Vector(block, arguments), Vector(block, environment));
            return errno == 0 ? pid : -errno;
        }
        finally
        {
            moved.ForEach(d => d.Dispose());
            _ = SpawnActionsDestroy(actions);
            _ = SpawnAttributesDestroy(attributes);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int SpawnAddDup2(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclose")]
    private static unsafe partial int SpawnAddClose(byte* actions, int fd);
}
