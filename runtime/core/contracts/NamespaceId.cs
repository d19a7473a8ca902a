namespace Isolation.Core;

/// <summary>Which namespace it is (ioctl_ns(2)): of one boot, and for as long as the namespace lives.</summary>
/// <param name="Device">The device of its file.</param>
/// <param name="Inode">The inode of its file.</param>
public readonly record struct NamespaceId(long Device, long Inode);
