namespace Isolation.Probes;

/// <summary>Payloads of the service, started by the client beside this program like anybody's.</summary>
internal sealed class PayloadStage(string level, string directory, IReadOnlyList<string> environment) : IStage
{
    private int _count;
    private bool _claims = true;

    public bool Separates => true;

    /// <summary>Whether the site lets this pilot name subjects; else each payload belongs to the pilot's own identity.</summary>
    public bool Claims => _claims;

    public Started Start(string subject, IReadOnlyList<string> words, Needs needs)
    {
        string status = $"{directory}/status-{_count++}";
        List<string> line = ["run", "--status-file", status];
        if (level.Length > 0)
            line.AddRange(["--level", level]);
        if (_claims)
            line.AddRange(["--claim", subject]);
        foreach (string limit in needs.Limits)
            line.AddRange(["--limit", limit]);
        foreach (string variable in needs.Environment)
            line.AddRange(["--env", variable]);
        line.AddRange(["--", Programs.Separation, .. words]);
        Running client = Running.Start(Programs.Client, line, [.. environment, .. needs.CallersEnvironment], needs.Input, needs.Output, needs.CallersFiles);
        return new Started(client, status);
    }

    public IEnumerable<KeyValuePair<string, string>> Facts(string subject)
    {
        using Running client = Running.Start(Programs.Client, ["policy", "explain", .. level.Length > 0 ? (IEnumerable<string>)["--level", level] : [], .. _claims ? (IEnumerable<string>)["--claim", subject] : [], "--", "/bin/true"], environment);
        client.EndInput();
        // What a pilot is told of the policy; without the sentence there is no such room.
        bool allowed = client.Lines(10).Any(l => l.Contains("User namespaces in its room: allow", StringComparison.Ordinal));
        yield return new("policy.nested", allowed ? "allow" : "deny");
    }

    /// <summary>From now on no payload names a subject.</summary>
    public void WithoutClaims() => _claims = false;
}
