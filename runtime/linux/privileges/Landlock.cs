namespace Isolation.Linux;

/// <summary>
/// Landlock (landlock(7)) as far as it closes what the network and pid namespaces leave open: a domain's processes connect to abstract sockets
/// and send signals within the domain only. Whoever is outside still reaches in. Files are not restricted: a domain that did would also lose mounting.
/// </summary>
public static unsafe class Landlock
{
    private const int LANDLOCK_CREATE_RULESET_VERSION = 1;
    private const ulong LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1;
    private const ulong LANDLOCK_SCOPE_SIGNAL = 2;
    private const int WithScopes = 6; // Linux 6.12

    /// <summary>The kernel's version of the interface; 0 where it has none, or where it is switched off at boot.</summary>
    public static int Version { get; } = Math.Max(0, (int)Raw.Call(Raw.SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0));

    /// <summary>A ruleset for <see cref="ChildPlan.LandlockRuleset"/>; null where the kernel lacks scopes.</summary>
    /// <exception cref="SyscallException">The kernel has them, and refused.</exception>
    public static Descriptor? ScopedRuleset()
    {
        if (Version < WithScopes)
            return null;
        // struct landlock_ruleset_attr of Linux 6.12: accesses to files, accesses to the network, scopes
        ulong* attributes = stackalloc ulong[3] { 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL };
        nint ruleset = Raw.Call(Raw.SYS_landlock_create_ruleset, (nint)attributes, 3 * sizeof(ulong), 0, 0, 0, 0);
        return ruleset >= 0 ? new Descriptor((int)ruleset) : throw new SyscallException("landlock_create_ruleset", "scopes", *Raw.ErrnoLocation());
    }
}
