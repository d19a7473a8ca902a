using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D2. Where policy allows nested containers, what they open of the kernel is told; elsewhere it must not be had.</summary>
internal static class D2
{
    private const long CLONE_NEWUSER = 0x10000000, CLONE_NEWNET = 0x40000000, CLONE_NEWNS = 0x00020000;

    public static readonly Probe Probe = new("D2", "become root of a user namespace of its own, and reach more of the kernel there", Run);

    private static void Run(Attack attack)
    {
        Try(attack, "clone(NEWUSER)", CLONE_NEWUSER);
        Try(attack, "clone(NEWUSER | NEWNS), a mount namespace in it", CLONE_NEWUSER | CLONE_NEWNS);
        ScriptOutcome network = SyscallScript.Run(CLONE_NEWUSER | CLONE_NEWNET, [new ScriptCall(Nr.socket, [16, 3, 12])]);
        Tell(attack, "clone(NEWUSER | NEWNET) and a netfilter socket in it", -network.ChildError, network.Results.Count > 0 ? $"made; the socket: {network.Results[0]}" : "made");
        ScriptOutcome unshared = SyscallScript.Run(0, [new ScriptCall(Nr.unshare, [(nint)CLONE_NEWUSER]), new ScriptCall(Nr.unshare, [(nint)CLONE_NEWUSER])]);
        Tell(attack, "unshare(NEWUSER)", unshared.Results.Count > 0 ? unshared.Results[0] : -Errno.EPERM, "made");
        Tell(attack, "unshare(NEWUSER) a second level deep", unshared.Results.Count > 1 ? unshared.Results[1] : -Errno.EPERM, "made");
    }

    private static void Try(Attack attack, string what, long flags) => Tell(attack, what, -SyscallScript.Run(flags, []).ChildError, "made");

    private static void Tell(Attack attack, string what, nint result, string made)
    {
        if (result < 0)
            attack.Held(what, ErrnoName.Of(-result));
        else if (attack.Target["policy.nested"] == "allow")
            attack.ByPolicy(what, $"{made}: policy says nested-containers: allow");
        else
            attack.Broke(what, made);
    }
}
