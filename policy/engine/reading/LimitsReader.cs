using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads <c>limits</c> of a rule or a class.</summary>
internal sealed class LimitsReader(ValueReader values, Findings findings)
{
    // PID_MAX_LIMIT of the kernel on 64-bit machines.
    private const long MostProcesses = 4_194_304;

    public Limits Read(Node? node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write limits: { wall: 24h }.");
        var limits = new Limits
        {
            Wall = values.Duration(reader.Optional("wall")),
            MemoryBytes = values.Size(reader.Optional("memory")),
            Processes = values.Count(reader.Optional("pids"), MostProcesses),
            ScratchBytes = values.Size(reader.Optional("scratch")),
        };
        reader.Done();
        if (LimitsInForce.NotEnforced(limits) is { Count: > 0 } kinds)
            findings.Note(node!,
                $"this version enforces 'wall' only: a payload that meets a limit on {string.Join(", ", kinds)} gets 'not ready' and is never run without it");
        return limits;
    }
}
