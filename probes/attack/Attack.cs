using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>What one probe works with: its target, and where its attempts go.</summary>
internal sealed class Attack(string probe, Target target, Action<Attempt> report)
{
    /// <summary>What it has besides where it runs in no payload, but beside the pilot; else null.</summary>
    public Outside? Outside { get; init; }

    /// <summary>What it was told.</summary>
    public Target Target { get; } = target;

    /// <summary>It was refused, or showed nothing.</summary>
    public void Held(string tried, string seen) => Report(tried, Outcome.Held, seen);

    /// <summary>It succeeded.</summary>
    public void Broke(string tried, string seen) => Report(tried, Outcome.Broke, seen);

    /// <summary>It succeeded where the site decides whether it may.</summary>
    public void ByPolicy(string tried, string seen) => Report(tried, Outcome.ByPolicy, seen);

    /// <summary>There is nothing to try it on.</summary>
    public void Missing(string tried, string why) => Report(tried, Outcome.NotApplicable, why);

    /// <summary>A call that must fail. True when it did.</summary>
    public bool Refused(string tried, nint result)
    {
        if (result < 0)
            Held(tried, ErrnoName.Of(-result));
        else
            Broke(tried, $"the kernel returned {result}");
        return result < 0;
    }

    /// <summary>Bytes that must hold no secret. True when they hold none.</summary>
    public bool ShowsNothing(string tried, ReadOnlySpan<byte> bytes)
    {
        if (Secret.Find(bytes, Target.Run) is { } secret)
            Broke(tried, "read " + secret);
        else
            Held(tried, $"{bytes.Length} bytes without a secret");
        return Secret.Find(bytes, Target.Run) is null;
    }

    /// <summary>A file that must not be readable, or hold no secret.</summary>
    public void Read(string path)
    {
        if (Kernel.ReadFile(path, out int errno) is { } bytes)
            ShowsNothing("read " + path, bytes);
        else
            Held("read " + path, ErrnoName.Of(errno));
    }

    private void Report(string tried, Outcome outcome, string seen)
        => report(new Attempt(probe, Printable.Of(tried), outcome, Printable.Of(seen)));
}
