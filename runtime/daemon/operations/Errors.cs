using System.Collections.Immutable;
using System.Globalization;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>The error answers that more than one place gives.</summary>
internal static class Errors
{
    /// <summary>The same words for an id that never was and for somebody else's.</summary>
    public static readonly ErrorAnswer NoSuchPayload = new(ErrorCodes.NoSuchPayload, "there is no such payload of yours",
        "Check the id, and show the handle that came with the payload (--handle or ISOLATION_HANDLE).");

    public static readonly ErrorAnswer InsideACell = new(ErrorCodes.NotAllowed, "a process inside a cell may not ask for anything", "Ask from the pilot.");

    public static readonly ErrorAnswer OperatorsOnly = new(ErrorCodes.NotAllowed, "only operators may do this", "Ask as root or as a member of the group isolation-operators.");

    /// <summary>Every fault with its fix; numbered when there are several.</summary>
    public static ErrorAnswer BadRequest(ImmutableArray<Fault> faults)
        => new(ErrorCodes.BadRequest, Join(faults, f => f.What), Join(faults, f => f.Fix));

    private static string Join(ImmutableArray<Fault> faults, Func<Fault, string> text)
        => faults.Length == 1 ? text(faults[0]) : string.Join(' ', faults.Select((f, i) => string.Create(CultureInfo.InvariantCulture, $"({i + 1}) {text(f)}{(text(f).EndsWith('.') ? "" : ".")}")));
}
