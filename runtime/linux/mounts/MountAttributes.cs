using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>struct mount_attr, linux/mount.h: what mount_setattr(2) changes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountAttributes
{
    /// <summary>Nothing can be written through this mount.</summary>
    public const ulong ReadOnly = 1;

    /// <summary>Set-id bits are ignored.</summary>
    public const ulong NoSetId = 2;

    /// <summary>Device nodes cannot be opened.</summary>
    public const ulong NoDevices = 4;

    /// <summary>Nothing can be executed.</summary>
    public const ulong NoExecution = 8;

    /// <summary>One account's files are shown as another's, as <see cref="UserNamespace"/> says.</summary>
    public const ulong IdMapped = 0x100000;

    /// <summary>MS_PRIVATE: nothing propagates either way.</summary>
    public const ulong Private = 1 << 18;

    /// <summary>Attributes to set.</summary>
    public ulong Set;

    /// <summary>Attributes to clear.</summary>
    public ulong Clear;

    /// <summary>The new propagation; 0 leaves it.</summary>
    public ulong Propagation;

    /// <summary>A user namespace, with MOUNT_ATTR_IDMAP.</summary>
    public ulong UserNamespace;
}
