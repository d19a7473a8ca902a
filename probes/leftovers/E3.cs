using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>E3. It reads from a file system that sleeps, and is at its limit of time: not even KILL ends that read.</summary>
internal static class E3
{
    /// <summary>Whose payload it is.</summary>
    public const string Subject = "stuck";

    private const double NeighbourSeconds = 10;

    public static readonly Probe Probe = new("E3", "be stuck in the kernel when it is killed, on a file system that sleeps, and stay unnoticed", Run)
    {
        Place = Place.Meanwhile,
        Limits = ["wall=2s"],
        After = Look,
    };

    /// <summary>Says so, and reads from standard input for as long as that takes.</summary>
    public static void Run(Attack attack)
    {
        attack.Missing("read from a file system that sleeps", "read");
        using NativeBuffer buffer = new(4096);
        KernelCall.Invoke(Nr.read, 0, buffer.Address, buffer.Length);
    }

    /// <summary>Whether the payload is stuck now; else there is nothing to look at.</summary>
    public static bool IsStuck(Attack attack)
    {
        string state = "";
        for (int look = 0; look < 20 && !state.StartsWith('D'); look++)
        {
            state = Kernel.StatusField(Kernel.Text($"/proc/{attack.Target["payload.pid"]}/status"), "State");
            Kernel.Pause(state.StartsWith('D') ? 0 : 100);
        }

        if (!state.StartsWith('D'))
            attack.Missing("be stuck in the kernel", $"this kernel lets it go: its state is {(state.Length > 0 ? state : "gone")}");
        return state.StartsWith('D');
    }

    private static void Look(Attack attack)
    {
        if (!IsStuck(attack))
            return;
        if (attack.Target.Has("bare"))
        {
            attack.Broke("look who tells of it once it is killed", "it is in state D, and nobody says so");
            return;
        }

        Outside outside = attack.Outside!;
        if (outside.Payload!.Process.Wait(0) is null)
            attack.Broke("have its ending withheld", "it is killed, and its client still waits for an ending");
        else
            attack.Held("have its ending withheld", attack.Target["ending"]);
        if (outside.Neighbour(NeighbourSeconds, out PayloadStatus? next, Subject) is { } trouble)
            attack.Broke("hold up the next payload of its subject", trouble);
        else
            attack.Held("hold up the next payload of its subject", "it was served");
        LookAtTheRecord(attack, outside.Ledger?.Payload(attack.Target["payload.id"]), next);
    }

    private static void LookAtTheRecord(Attack attack, IReadOnlyList<System.Text.Json.JsonElement>? records, PayloadStatus? next)
    {
        if (records?.FirstOrDefault(r => Ledger.Member(r, "type") == "ended") is not { ValueKind: System.Text.Json.JsonValueKind.Object } ended)
        {
            attack.Broke("go unrecorded", records is null ? "the records could not be read" : $"{records.Count} records, none of its ending");
            return;
        }

        string found = Ledger.Member(ended, "residue", "processes", "found");
        if (found.Length > 0)
            attack.Held("be called gone while it is there", found);
        else
            attack.Broke("be called gone while it is there", Ledger.Member(ended, "residue", "processes"));
        bool shared = records.Any(r => Ledger.Member(r, "account", "shared") == "true");
        string uids = $"its uid was {attack.Target["payload.uid"]}, the next payload's is {next?.Uid}";
        if (next?.Uid != attack.Target.Number("payload.uid"))
            attack.Held("have its account lent again", uids);
        else if (shared)
            attack.ByPolicy("have its account lent again", uids + ": the account is its subject's, or its pilot's, and is kept");
        else
            attack.Broke("have its account lent again", uids);
    }
}
