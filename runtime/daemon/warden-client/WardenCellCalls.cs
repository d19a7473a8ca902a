using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>The calls to the warden about one room or cell.</summary>
internal sealed class WardenCellCalls(WardenLink warden, CellId cell, ILogger log)
{
    public CellId Cell => cell;

    /// <summary>A call whose answer is only "done". When it is given up, what it makes is removed as soon as it is there.</summary>
    /// <exception cref="SetupException">Denied, failed, or the warden went away.</exception>
    public async Task CallAsync(WardenOperation operation, Action<MessageWriter> body, CancellationToken ct, params Descriptor[] descriptors)
    {
        using WardenReply reply = await AskAsync(operation, body, ct, descriptors).ConfigureAwait(false);
        Checked(reply, static r =>
        {
            r.Done();
            return true;
        });
    }

    /// <summary>A call that builds or enters: given up, it is undone as soon as it is done.</summary>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<WardenReply> AskAsync(WardenOperation operation, Action<MessageWriter> body, CancellationToken ct, params Descriptor[] descriptors)
    {
        Task<WardenReply> call = warden.AskAsync(operation, body, descriptors);
        try
        {
            return await call.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            _ = UndoAsync(operation, call);
            throw;
        }
    }

    /// <summary>A call about the cell with its id alone as the body.</summary>
    public Task<WardenReply> AskAsync(WardenOperation operation) => warden.AskAsync(operation, b => b.Id(cell.Value));

    /// <summary>A call about the cell with its id, and more.</summary>
    public Task<WardenReply> AskAsync(WardenOperation operation, Action<MessageWriter> rest, params Descriptor[] descriptors)
        => warden.AskAsync(operation, b => rest(b.Id(cell.Value)), descriptors);

    /// <summary>Reads an answer; one that is not in the protocol is a failed step, not an error of ours.</summary>
    public T Checked<T>(WardenReply reply, Func<WardenReply, T> read)
    {
        try
        {
            return read(reply);
        }
        catch (WireException e)
        {
            Log.WardenStrange(log, e.Message);
            throw new SetupException("warden", $"the warden's answer is not in its protocol: {e.Message}", null, e);
        }
    }

    /// <summary>Removes the room or cell; never throws, whatever has become of the warden.</summary>
    public async Task<Residue> DestroyAsync(TimeSpan grace)
    {
        try
        {
            using WardenReply reply = await AskAsync(WardenOperation.Destroy, b => b.I64((long)grace.TotalMilliseconds)).ConfigureAwait(false);
            return Checked(reply, r => CellMapping.Of(DestroyedCell.Read(r.Body())));
        }
        catch (SetupException e)
        {
            Log.CellNotDestroyed(log, cell, e.Message);
            // Something may be left and nobody has looked: the account must not be lent again as it is.
            Finding unknown = new Finding.NotProvable(e.Message);
            return Residue.OfAll(unknown) with { Processes = new Finding.Found($"not destroyed: {e.Message}") };
        }
    }

    /// <summary>The ticket may go; never throws.</summary>
    public async Task ForgetAsync()
    {
        try
        {
            using WardenReply reply = await AskAsync(WardenOperation.Forget).ConfigureAwait(false);
            reply.Done();
        }
        catch (Exception e) when (e is SetupException or WireException)
        {
            Log.CellNotDestroyed(log, cell, e.Message);
        }
    }

    private async Task UndoAsync(WardenOperation operation, Task<WardenReply> call)
    {
        try
        {
            using WardenReply reply = await call.ConfigureAwait(false);
            reply.Body();
        }
        catch (Exception e) when (e is SetupException or WireException)
        {
            if (operation == WardenOperation.Build)
                return; // nothing was made
        }

        _ = await DestroyAsync(TimeSpan.Zero).ConfigureAwait(false);
        await ForgetAsync().ConfigureAwait(false);
    }
}
