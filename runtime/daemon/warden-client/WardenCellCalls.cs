using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>The calls to the warden about one room or cell.</summary>
internal sealed class WardenCellCalls(WardenLink warden, CellId cell, ILogger log)
{
    private static readonly Finding ByTheNext = new Finding.NothingFound("the rooms of a warden that is gone: the next one removes those in which nothing was started");

    public CellId Cell => cell;

    /// <summary>A call whose answer is only "done". When it is given up, what it makes is removed first.</summary>
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

    /// <summary>A call that builds or enters: given up, it ends when what it made is undone.</summary>
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
            // Waited for: until it is undone the warden works on it, and the account is in use.
            await UndoAsync(operation, call).ConfigureAwait(false);
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

    /// <summary>A call that means the same a second time: of a warden that goes before it answers, the next one is asked.</summary>
    public Task<WardenReply> AskUntilAnsweredAsync(WardenOperation operation, Action<MessageWriter>? rest = null)
        => warden.AskUntilAnsweredAsync(operation, b =>
        {
            b.Id(cell.Value);
            rest?.Invoke(b);
        });

    /// <summary>
    /// Removes a room or cell in which nothing was told to start; never throws. Where the warden is gone nobody waits for the next one, which removes such rooms
    /// before it builds others.
    /// </summary>
    public Task<Residue> DestroyUnusedAsync(TimeSpan grace) => DestroyAsync(() => AskAsync(WardenOperation.Destroy, b => b.I64((long)grace.TotalMilliseconds)));

    /// <summary>Removes a cell in which a payload was told to start; never throws. Where the warden is gone, the next one is waited for.</summary>
    /// <param name="grace">How long it may take.</param>
    /// <param name="ofNoCell">What is left where the warden has no such cell; null where that proves that nothing was started.</param>
    public Task<Residue> DestroyAsync(TimeSpan grace, Finding? ofNoCell = null)
        => DestroyAsync(() => AskUntilAnsweredAsync(WardenOperation.Destroy, b => b.I64((long)grace.TotalMilliseconds)), ofNoCell);

    /// <summary>The ticket may go; never throws.</summary>
    public async Task ForgetAsync()
    {
        try
        {
            using WardenReply reply = await AskAsync(WardenOperation.Forget).ConfigureAwait(false);
            if (!reply.IsOfNoCell)
                reply.Done();
        }
        catch (WardenGoneException)
        {
            _ = ForgetByTheNextAsync(); // what is on record nobody waits for
        }
        catch (Exception e) when (e is SetupException or WireException)
        {
            Log.CellNotDestroyed(log, cell, e.Message);
        }
    }

    private async Task ForgetByTheNextAsync()
    {
        using WardenReply destroyed = await AskUntilAnsweredAsync(WardenOperation.Destroy, b => b.I64(0)).ConfigureAwait(false);
        using WardenReply forgotten = await AskUntilAnsweredAsync(WardenOperation.Forget).ConfigureAwait(false);
    }

    private async Task<Residue> DestroyAsync(Func<Task<WardenReply>> ask, Finding? ofNoCell = null)
    {
        try
        {
            using WardenReply reply = await ask().ConfigureAwait(false);
            return reply.IsOfNoCell ? Residue.OfAll(ofNoCell ?? ByTheNext) : Checked(reply, r => CellMapping.Of(DestroyedCell.Read(r.Body())));
        }
        catch (WardenGoneException)
        {
            return Residue.OfAll(ByTheNext);
        }
        catch (SetupException e)
        {
            Log.CellNotDestroyed(log, cell, e.Message);
            // Something may be left and nobody has looked: the account must not be lent again as it is.
            Finding unknown = new Finding.NotProvable(e.Message);
            return Residue.OfAll(unknown) with { Processes = new Finding.Found($"not destroyed: {e.Message}") };
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

        _ = await DestroyUnusedAsync(TimeSpan.Zero).ConfigureAwait(false);
        await ForgetAsync().ConfigureAwait(false);
    }
}
