namespace Isolation.Core;

/// <summary>One pilot's turn to have a payload set up. It can be given back for a while, and again; at the end it is given back whatever happened.</summary>
public sealed class Turn : IDisposable
{
    private readonly FairTurns _turns;

    internal Turn(FairTurns turns, Pilot pilot) => (_turns, Uid, Job) = (turns, pilot.Uid, pilot.Job);

    internal UserId Uid { get; }

    internal JobKey Job { get; }

    // What follows is guarded by the turns' lock.
    internal bool IsHeld { get; set; }

    internal TaskCompletionSource<bool>? Wait { get; set; }

    internal LinkedListNode<Turn>? Place { get; set; }

    internal ITimer? Limit { get; set; }

    /// <summary>Lets the next one go ahead: what comes now waits for somebody outside. A turn that is not held stays as it is.</summary>
    public void GiveBack() => _turns.GiveBack(this);

    /// <summary>Waits for the turn again: ahead of what else waits of the same pilot, and however much that is.</summary>
    /// <exception cref="OperationCanceledException">The client went; the turn is not held.</exception>
    public Task TakeAgainAsync(CancellationToken clientGone) => _turns.TakeAgainAsync(this, clientGone);

    /// <inheritdoc cref="GiveBack"/>
    public void Dispose() => GiveBack();
}
