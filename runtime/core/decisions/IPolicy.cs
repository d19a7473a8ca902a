namespace Isolation.Core;

/// <summary>The site's policy as one snapshot in force. Deciding is a pure function of its arguments and that snapshot.</summary>
public interface IPolicy
{
    /// <summary>Decides one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="readiness">What each level can do on this host, as last probed.</param>
    Decision Decide(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness);

    /// <summary>The fourth question's answer for a cause that arises after the decision (<c>on-internal-error</c>).</summary>
    bool PilotMayRun(string cause);
}
