using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>The rooms of one level, as the warden builds them.</summary>
internal sealed class WardenIsolator(WardenLink warden, IsolatorDescription description, string fix, ILogger log) : IIsolator
{
    public IsolatorDescription Description { get; } = description;

    public async Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        if (!warden.IsConnected)
            return new Readiness.NotReady("the warden does not answer", fix);
        try
        {
            using WardenReply reply = await warden.AskAsync(WardenOperation.Probe, b => b.U8((byte)Description.Level)).WaitAsync(ct).ConfigureAwait(false);
            ProbedLevel probed = ProbedLevel.Read(reply.Body());
            return probed.Kinds.Length > 0 ? new Readiness.Ready([.. probed.Kinds]) { Lacking = probed.Cause } : new Readiness.NotReady(probed.Cause, probed.Fix);
        }
        catch (SetupException e)
        {
            return new Readiness.NotReady($"the level cannot be tried: {e.Message}", fix);
        }
        catch (WireException e)
        {
            Log.WardenStrange(log, e.Message);
            return new Readiness.NotReady($"the warden's answer is strange: {e.Message}", "Install warden and isolationd of one release.");
        }
    }

    public async Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        var cell = new WardenCellCalls(warden, plan.Cell, log);
        var client = (Descriptor?)plan.Client ?? throw new ArgumentException("the warden builds for a client", nameof(plan));
        await cell.CallAsync(WardenOperation.Build, new BuildRoom(plan.Cell.Value, (byte)plan.Key.Level, plan.Key.Kind, plan.Account?.Value ?? 0, plan.Image?.Name.ToString() ?? "", plan.Image?.Pattern ?? "").Write, ct, client).ConfigureAwait(false);
        return new WardenRoom(plan, cell);
    }
}
