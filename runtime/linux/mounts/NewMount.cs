using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

/// <summary>A new instance of a file system, attached nowhere (fsopen(2), fsconfig(2), fsmount(2)): gone with its descriptor unless somebody attaches it.</summary>
public static partial class NewMount
{
    private const int SYS_fsopen = 430;
    private const int SYS_fsconfig = 431;
    private const int SYS_fsmount = 432;
    private const int FSOPEN_CLOEXEC = 1;
    private const int FSCONFIG_SET_FLAG = 0;
    private const int FSCONFIG_SET_STRING = 1;
    private const int FSCONFIG_CMD_CREATE = 6;
    private const int FSMOUNT_CLOEXEC = 1;

    /// <summary>Makes it.</summary>
    /// <param name="type">The file system: tmpfs, devpts …</param>
    /// <param name="attributes">Of <see cref="MountAttributes"/>.</param>
    /// <param name="options">Its options; one without a value is a flag.</param>
    /// <returns>Its root, usable as a directory at once.</returns>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static Descriptor Make(string type, ulong attributes, params ReadOnlySpan<(string Name, string? Value)> options)
    {
        using Descriptor context = Taken(Call(SYS_fsopen, Text(type), FSOPEN_CLOEXEC), "fsopen", type);
        foreach ((string name, string? value) in options)
        {
            nint set = value is null
                ? Configure(SYS_fsconfig, context.Number, FSCONFIG_SET_FLAG, Text(name), null, 0)
                : Configure(SYS_fsconfig, context.Number, FSCONFIG_SET_STRING, Text(name), Text(value), 0);
            if (set != 0)
                throw SyscallException.FromLastError("fsconfig", $"{type}, {name}={value}");
        }

        if (Configure(SYS_fsconfig, context.Number, FSCONFIG_CMD_CREATE, null, null, 0) != 0)
            throw SyscallException.FromLastError("fsconfig", $"{type}, create");
        return Taken(Mount(SYS_fsmount, context.Number, FSMOUNT_CLOEXEC, (nint)attributes), "fsmount", type);
    }

    private static Descriptor Taken(nint fd, string call, string type)
        => fd >= 0 ? new Descriptor((int)fd) : throw SyscallException.FromLastError(call, type);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + '\0');

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, byte[] type, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Configure(nint number, nint context, nint command, byte[]? name, byte[]? value, nint extra);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Mount(nint number, nint context, nint flags, nint attributes);
}
