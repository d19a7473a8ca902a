using Isolation.Core;

namespace Isolation.Policy;

/// <summary>What Q2 and Q3 say about levels. Null where the answer itself is faulty: nothing follows from it then.</summary>
internal sealed record LevelLaw(IdentitySwitch? Switch, LogOnlyMode? LogOnly)
{
    /// <summary>The level where the file names none.</summary>
    public Level Otherwise => LogOnly == LogOnlyMode.Require ? Level.LogOnly : Switch == IdentitySwitch.No ? Level.Container : Level.Setuid;

    /// <summary>Reads a level, and tells of one that the answers forbid.</summary>
    public Level? Read(Node? node, ValueReader values, Findings findings)
    {
        if (values.Text(node, "a level") is not string text)
            return null;
        if (!LevelNames.TryParse(text, out Level level))
        {
            findings.Fault(node!, $"unknown level {Findings.Quote(text)}", NearestName.Suggest(text, [.. LevelNames.All.Select(l => l.Name())]));
            return null;
        }

        if (Against(level) is (string what, string fix))
            findings.Fault(node!, what, fix);
        return level;
    }

    private (string What, string Fix)? Against(Level level) => (level, Switch, LogOnly) switch
    {
        (Level.LogOnly, _, LogOnlyMode.No) => ("the level log-only contradicts 'log-only: no'", "Remove the level here, or answer 'log-only: allow'."),
        (not Level.LogOnly, _, LogOnlyMode.Require) => ($"the level {level.Name()} contradicts 'log-only: require'", "Remove the level here, or answer 'log-only: allow'."),
        (Level.LogOnly, IdentitySwitch.Require, _) => ("the level log-only contradicts 'identity-switch: require'", "Remove the level here, or answer 'identity-switch: allow'."),
        (Level.Setuid, IdentitySwitch.No, _) => ("the level setuid contradicts 'identity-switch: no'", "Remove the level here, or answer 'identity-switch: allow'."),
        _ => null,
    };
}
