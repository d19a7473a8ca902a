using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>What this kernel can do for the listener; what it lacks has a fallback.</summary>
/// <param name="PassRights">SO_PASSRIGHTS (Linux 6.16): sends that carry descriptors fail, so a receive never closes a stranger's file.</param>
/// <param name="PeerPidFd">SO_PEERPIDFD (Linux 6.5): the peer is held as the process it is.</param>
internal sealed record KernelAbilities(bool PassRights, bool PeerPidFd)
{
    /// <summary>The names that <c>--without-kernel</c> takes: those of this program, and the warden's, which are passed on.</summary>
    public static readonly IReadOnlyList<string> Names = ["pass-rights", "peer-pidfd", .. KernelFeatures.Names];

    /// <summary>True when connections can be read without a thread of their own: nothing of a stranger's is ever closed by a receive.</summary>
    public bool ReadsWithoutThreads => PassRights && PeerPidFd;

    /// <summary>Tries them, on a socket pair and on the listener itself.</summary>
    /// <param name="listener">Refuses descriptors from now on, where the kernel can.</param>
    /// <param name="without">Abilities to do without, for tests.</param>
    public static KernelAbilities Probe(UnixSocket listener, IReadOnlySet<string> without)
    {
        bool passRights = !without.Contains("pass-rights") && Sys.TryRefuseDescriptors(listener);
        (UnixSocket left, UnixSocket right) = UnixSocket.Pair(UnixSocketKind.Stream);
        using (left)
        using (right)
        using (PidFd? peer = without.Contains("peer-pidfd") ? null : Sys.TryPeerPidFd(left, out _))
            return new KernelAbilities(passRights, peer is not null);
    }
}
