using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G4. A number says nothing of who had it: two have it one after the other, and in a room of its own everybody has the same ones.</summary>
internal static class G4
{
    private const int CLONE_VFORK = 0x4000, SIGCHLD = 17, CloneArguments = 88;

    public static readonly Probe Probe = new("G4", "be taken for another by its process number: have one that is free again, or everybody's", Run) { Place = Place.Alone, After = Look };

    private static void Run(Attack attack)
    {
        // A number that was somebody's a moment ago.
        int gone = Waiter.Spawn(["wait", "0"]);
        if (gone > 0 && PidFd.TryOpen(gone, out _) is { } child)
        {
            using (child)
                Sys.Poll(child, PollEvents.In, 5000);
            Sys.Reap(gone);
        }

        using NativeBuffer arguments = new(CloneArguments), number = new(4);
        number.Int(0) = gone;
        arguments.Long(0) = CLONE_VFORK; // its results are written before its parent's
        arguments.Long(32) = SIGCHLD;
        arguments.Long(64) = number.Address;
        arguments.Long(72) = 1;
        ScriptOutcome outcome = SyscallScript.Run(0, [new ScriptCall(Nr.clone3, [arguments.Address, CloneArguments])]);
        attack.Refused($"clone3 with the number {gone} of a process that is gone", outcome.Results.Count > 0 ? outcome.Results[0] : -Errno.EPERM);
        const string Last = "/proc/sys/kernel/ns_last_pid";
        attack.Refused($"write to {Last} what it says: the next number is one more", Kernel.WriteFile(Last, Kernel.Text(Last).Trim(), 0, flags: 0));
    }

    // Where the room has numbers of its own, two payloads one after the other have the same one without doing anything for it.
    private static void Look(Attack attack)
    {
        if (attack.Target.Has("bare"))
            return;
        List<(int Number, PayloadStatus? Status)> two = [];
        for (int i = 0; i < 2; i++)
        {
            using Started payload = attack.Outside!.Stage.Start(attack.Outside.Subject($"g4-{i}"), ["idle"], new Needs());
            int number = int.TryParse(payload.Process.NextLine(20), out int own) ? own : -1;
            payload.Process.EndInput();
            payload.Process.Wait(10);
            two.Add((number, PayloadStatus.Read(payload.StatusFile)));
        }

        string tried = "have two payloads with one number" + (two[0].Number == two[1].Number ? $", {two[0].Number} in the room of each" : $" ({two[0].Number} and {two[1].Number} here)");
        if (attack.Outside!.Ledger is not { } ledger)
        {
            attack.Missing(tried, "records are an operator's to read: run it as root");
            return;
        }

        string?[] keys = [.. two.Select(t => Key(ledger, t.Status?.Id ?? ""))];
        if (keys[0] is null || keys[1] is null || keys[0] == keys[1])
            attack.Broke(tried, $"the records do not tell them apart: {keys[0]}, {keys[1]}");
        else
            attack.Held(tried, $"the records tell them apart: {keys[0]}; {keys[1]}");
    }

    // What a record names a payload by, if it has all of it: boot, time since boot, cgroup, number on the host; the pilot with its start time.
    private static string? Key(Ledger ledger, string id)
    {
        if (ledger.Payload(id) is not { } records)
            return null;
        string boot = Kernel.Text("/proc/sys/kernel/random/boot_id").Trim();
        string Of(string type, params string[] path) => records.Where(r => Ledger.Member(r, "type") == type).Select(r => Ledger.Member(r, path)).FirstOrDefault() ?? "";
        string[] parts = [Of("started", "boot"), Of("started", "monotonic"), Of("started", "pid"), Of("admitted", "site", "cgroup"), Of("admitted", "pilot", "pid"), Of("admitted", "pilot", "startTime")];
        return parts.Any(p => p.Length == 0) || parts[0] != boot || !parts[3].Contains(id, StringComparison.Ordinal) ? null
            : $"boot {parts[0][..8]}, {parts[1]} ns after it, pid {parts[2]}, {parts[3]}, of pilot {parts[4]} begun at {parts[5]}";
    }
}
