using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>The descriptors that come with <see cref="EnterCell"/>, each under its name. Opened by the host's root.</summary>
internal sealed class CellDescriptors : IDisposable
{
    private readonly Descriptor[] _all;

    private CellDescriptors(Descriptor[] all, EnterCell enter)
    {
        _all = all;
        Channel = new UnixSocket(all[0].Release());
        Client = new PidFd(all[1].Release());
        Command = all[2];
        Leaf = all[3];
        Kill = all[4];
        Freeze = all[5];
        Events = all[6];
        Counters = [.. enter.Counters.Select((kind, i) => new LeafCounter((CounterKind)kind, all[EnterCell.FixedDescriptors + i]))];
        int tasks = EnterCell.FixedDescriptors + enter.Counters.Length;
        TaskFiles = all[tasks..(tasks + enter.TaskFiles)];
        Mounts = all[(tasks + enter.TaskFiles)..];
    }

    internal UnixSocket Channel { get; }

    internal PidFd Client { get; }

    internal Descriptor Command { get; }

    internal Descriptor Leaf { get; }

    internal Descriptor Kill { get; }

    internal Descriptor Freeze { get; }

    internal Descriptor Events { get; }

    internal LeafCounter[] Counters { get; }

    internal Descriptor[] TaskFiles { get; }

    internal Descriptor[] Mounts { get; }

    /// <summary>Takes over what came.</summary>
    /// <exception cref="WireException">More or fewer came than the message says.</exception>
    internal static CellDescriptors Take(Descriptor[] came, EnterCell enter)
    {
        if (came.Length == enter.Descriptors)
            return new CellDescriptors(came, enter);
        foreach (Descriptor descriptor in came)
            descriptor.Dispose();
        throw new WireException($"{came.Length} descriptors came, {enter.Descriptors} were announced");
    }

    /// <summary>Closes what only the start needed: a <c>tasks</c> file can move any process.</summary>
    internal void CloseWhatTheStartNeeded()
    {
        foreach (Descriptor tasks in TaskFiles)
            tasks.Dispose();
        Leaf.Dispose();
        Command.Dispose();
    }

    public void Dispose()
    {
        foreach (Descriptor descriptor in _all)
            descriptor.Dispose();
        Client.Dispose();
    }
}
