using Isolation.Core;

namespace Isolation.Cells;

/// <summary>The undo of each step done so far, run in reverse when a later one fails. Before each step is a crash point.</summary>
/// <param name="operation">What the steps are of.</param>
public sealed class Rollback(string operation)
{
    private readonly Stack<(string Step, Func<string?> Undo)> _undo = new();

    /// <summary>What the steps are of.</summary>
    public string Operation { get; } = operation;

    /// <summary>The step being done; names a failure.</summary>
    public string Step { get; private set; } = "";

    /// <summary>Says which step comes next.</summary>
    public void Begin(string step)
    {
        Step = step;
        CrashPoint.Reach($"warden: {Operation}: {step}");
    }

    /// <summary>How the current step is undone; returns what could not be undone, or null.</summary>
    public void Push(Func<string?> undo) => _undo.Push((Step, undo));

    /// <summary>How the current step is undone.</summary>
    public void Push(Action undo) => Push(() =>
    {
        undo();
        return null;
    });

    /// <summary>Undoes everything, whatever fails on the way.</summary>
    /// <returns>What could not be undone, or null.</returns>
    public string? Unwind()
    {
        List<string> failures = [];
        while (_undo.TryPop(out (string Step, Func<string?> Undo) entry))
        {
            try
            {
                if (entry.Undo() is string failure)
                    failures.Add($"{entry.Step}: {failure}");
            }
            catch (Exception e)
            {
                failures.Add($"{entry.Step}: {e.Message}");
            }
        }

        return failures.Count == 0 ? null : string.Join("; ", failures);
    }
}
