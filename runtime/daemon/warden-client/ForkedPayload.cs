using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>
/// What a payload at log-only has instead of a pilot's channel: its client's child joins, is let go, and is told of. Nothing here outlives the run.
/// </summary>
internal sealed class ForkedPayload(WardenCellCalls calls)
{
    private static readonly TimeSpan ForkDeadline = TimeSpan.FromSeconds(30);
    private readonly TaskCompletionSource<Resolution> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True when the child may execute the command; false when it must not.</summary>
    public Task<bool> MayGo => _go.Task;

    /// <summary>Passes the child on to the warden, which looks whether it is the client's.</summary>
    /// <param name="child">Its pidfd, by the kernel's word.</param>
    /// <param name="program">The command's name, as given.</param>
    /// <exception cref="SetupException">The warden does not take it: it is no child of the client's, say, or another has joined.</exception>
    public async Task JoinAsync(PidFd child, ByteString program)
    {
        try
        {
            using WardenReply reply = await calls.AskAsync(WardenOperation.Join, _ => { }, child).ConfigureAwait(false);
            if (reply.IsOfNoCell)
                throw new WardenGoneException("the warden that had the payload's room is gone");
            _ = calls.Checked(reply, static r =>
            {
                r.Done();
                return true;
            });
        }
        catch (WardenGoneException e)
        {
            _joined.TrySetException(e); // no child can join any more; of one that is refused the client's own may still come
            throw;
        }

        _joined.TrySetResult(new Resolution.Resolved(new ResolvedCommand(program, null, "at log-only the client finds and executes the command itself")));
    }

    /// <summary>Waits until the child has joined, or for too long.</summary>
    /// <exception cref="SetupException">The warden went, and the room with it.</exception>
    public async Task<Resolution> JoinedAsync(CancellationToken ct)
    {
        try
        {
            return await _joined.Task.WaitAsync(ForkDeadline, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new Resolution.TimedOut("the client's child");
        }
    }

    /// <summary>The record is durable, and the child is in its leaf.</summary>
    public void LetGo() => _go.TrySetResult(true);

    /// <summary>It is over, or never came to it.</summary>
    public void GiveUp()
    {
        _joined.TrySetResult(new Resolution.ClientGone());
        _go.TrySetResult(false);
    }

    /// <summary>Passes on how the child ended, as the client says: it has collected it, and only it knows, so the next warden is told where this one is gone.</summary>
    /// <exception cref="SetupException">The warden does not take it.</exception>
    public async Task TellAsync(EndedHow how, int value)
    {
        using WardenReply reply = await calls.AskUntilAnsweredAsync(WardenOperation.Tell, b => b.U8((byte)how).I32(value)).ConfigureAwait(false);
        _ = calls.Checked(reply, static r => r.Body().Flag());
    }

    /// <summary>What it has used so far.</summary>
    /// <exception cref="SetupException">It does not run, or the warden does not answer.</exception>
    public async Task<ResourceUsage> UsageAsync()
    {
        using WardenReply reply = await calls.AskAsync(WardenOperation.Usage).ConfigureAwait(false);
        return calls.Checked(reply, static r =>
        {
            MessageReader body = r.Body();
            var usage = ObservedUsage.Read(ref body);
            body.End();
            return ResourceUsage.Of(usage.Pairs);
        });
    }

    /// <summary>Why a child was not let go.</summary>
    public static SetupException NotStarted(string step) => step == "unplaced"
        ? new SetupException("unplaced", "the client's child ended while it was put into its leaf; what bore its number by then was put back, and the leaf was not killed")
        : new SetupException("fork", "the client's child ended before it was let go");
}
