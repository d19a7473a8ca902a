using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>Q1: may a pilot run payloads of others than itself?</summary>
internal enum MultiUserPilots { No, Depends, Yes }

/// <summary>Q2: may, or must, the identity be switched?</summary>
internal enum IdentitySwitch { No, Allow, Require }

/// <summary>Q3: may, or must, payloads be logged only?</summary>
internal enum LogOnlyMode { No, Allow, Require }

/// <summary>Q4: may the pilot run the payload itself when the service cannot? Per cause, and otherwise.</summary>
internal sealed record InternalErrors(bool PilotMayRunOtherwise, ImmutableSortedDictionary<string, bool> PilotMayRunOn)
{
    public static readonly InternalErrors Refuse = new(false, ImmutableSortedDictionary<string, bool>.Empty);

    public bool PilotMayRun(string cause) => PilotMayRunOn.TryGetValue(cause, out bool may) ? may : PilotMayRunOtherwise;
}

/// <summary>The site's answers to the four questions of the WLCG.</summary>
internal sealed record Answers(MultiUserPilots MultiUser, IdentitySwitch Switch, LogOnlyMode LogOnly, InternalErrors Errors);
