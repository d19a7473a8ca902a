namespace Isolation.Probes;

/// <summary>No separation at all: a child of this process with its uid and everything it has. What a probe does not manage here it cannot manage.</summary>
internal sealed class BareStage(IReadOnlyList<string> environment) : IStage
{
    public bool Separates => false;

    public Started Start(string subject, IReadOnlyList<string> words, Needs needs)
        => new(Running.Start(Programs.Separation, words, [.. environment, .. needs.CallersEnvironment, .. needs.Environment], needs.Input, needs.Output, needs.CallersFiles), null);

    public IEnumerable<KeyValuePair<string, string>> Facts(string subject) => [];
}
