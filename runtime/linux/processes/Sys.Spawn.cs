using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    // glibc, x86-64: posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.
    private const int AttributesSize = 512;
    private const int ActionsSize = 256;
    private const int SignalSetSize = 128;

    /// <summary>
    /// Starts a program in a session of its own: standard input is /dev/null, output and error are the caller's, every other
    /// descriptor is closed, signals are at their defaults.
    /// </summary>
    /// <returns>Its pid; the caller waits for it.</returns>
    public static unsafe int SpawnDetached(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        byte* attributes = stackalloc byte[AttributesSize];
        byte* actions = stackalloc byte[ActionsSize];
        byte* signals = stackalloc byte[SignalSetSize];
        using NativeBlock block = new();
        Check(SpawnAttributesInit(attributes), path);
        Check(SpawnActionsInit(actions), path);
        try
        {
            Check(SpawnSetFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID), path);
            new Span<byte>(signals, SignalSetSize).Clear();
            Check(SpawnSetMask(attributes, signals), path);
            new Span<byte>(signals, SignalSetSize).Fill(0xff);
            Check(SpawnSetDefault(attributes, signals), path);
            fixed (byte* none = "/dev/null\0"u8)
                Check(SpawnAddOpen(actions, 0, none, O_RDONLY, 0), path);
            Check(SpawnAddCloseFrom(actions, 3), path);

            int pid;
            Check(SpawnRaw(&pid, block.Text(Encoding.UTF8.GetBytes(path)), actions, attributes, Vector(block, arguments), Vector(block, environment)), path);
            return pid;
        }
        finally
        {
            _ = SpawnActionsDestroy(actions);
            _ = SpawnAttributesDestroy(attributes);
        }
    }

    private static unsafe byte** Vector(NativeBlock block, IReadOnlyList<string> texts)
        => block.Vector([.. texts.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))]);

    // These functions return the error number; errno means nothing after them.
    private static void Check(int errno, string path)
    {
        if (errno != 0)
            throw new SyscallException("posix_spawn", path, errno);
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static unsafe partial int SpawnRaw(int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int SpawnAttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int SpawnAttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SpawnSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int SpawnSetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int SpawnSetDefault(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int SpawnActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int SpawnActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static unsafe partial int SpawnAddOpen(byte* actions, int fd, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static unsafe partial int SpawnAddCloseFrom(byte* actions, int first);
}
