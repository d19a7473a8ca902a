using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C10. Also a pipe that nobody reads, and one whose reader has gone: what these do, they do to the payload that has them.</summary>
internal static class C10
{
    public static readonly Probe Probe = new("C10", "replace, link or add files where pilot and service write; hold them up by a pipe that nobody reads, end them by SIGPIPE", Run)
    {
        Place = Place.Alone,
        After = Look,
    };

    private const int SIGPIPE = 13, FIONREAD = 0x541b, Signals = 1000;

    private static void Run(Attack attack)
    {
        Storm(attack);
        string pilot = attack.Target["pilot.dir"], run = attack.Target["service.run"];
        foreach (string directory in new[] { pilot, run, run + "/front", run + "/rooms", Path.GetDirectoryName(run) ?? "/" })
        {
            string planted = $"{directory.TrimEnd('/')}/separation-{attack.Target.Run}-planted";
            nint linked = Kernel.OnPaths(Nr.symlink, "/etc/passwd", planted);
            Kernel.Remove(planted);
            if (linked != -Errno.ENOENT)
                attack.Refused("plant a link in " + directory, linked);
        }

        string status = pilot + "/status-0";
        foreach (string file in new[] { status, run + "/unanswered", run + "/isolation.sock" })
        {
            // Onto itself: permitted or not, nothing changes.
            nint renamed = Kernel.OnPaths(Nr.rename, file, file);
            if (renamed is 0)
                renamed = Kernel.TryOpen(Path.GetDirectoryName(file)! + $"/separation-{attack.Target.Run}-x", Sys.O_WRONLY | Sys.O_CREAT, 0x180);
            Kernel.Remove(Path.GetDirectoryName(file)! + $"/separation-{attack.Target.Run}-x");
            if (renamed != -Errno.ENOENT)
                attack.Refused("replace " + file, renamed);
        }

        for (int stream = 1; stream <= 2; stream++)
        {
            string link = new FileInfo($"/proc/self/fd/{stream}").LinkTarget ?? "";
            if (link.StartsWith('/') && link != "/dev/null")
                attack.Refused($"open stream {stream}, {link}, anew for writing", Kernel.TryOpen(link, Sys.O_RDWR));
        }
    }

    // To whom started it, and to its own process group. Not to all whom it may signal: an account can have payloads that are not of this run.
    private static void Storm(Attack attack)
    {
        int starter = Foreign.Starter;
        nint uid = KernelCall.Invoke(Nr.getuid);
        if (!attack.Target.Has("bare") && uid == attack.Target.Number("pilot.uid"))
        {
            attack.Missing("send SIGPIPE to whom it may", "it has its pilot's account: what it may signal is its pilot's");
            return;
        }

        nint sent = 0;
        for (int i = 0; i < Signals && sent >= 0; i++)
            sent = KernelCall.Invoke(Nr.kill, starter, SIGPIPE);
        attack.Refused($"send {Signals} SIGPIPE to {starter}, which started it", sent);
        for (int i = 0; i < Signals && uid != 0; i++)
            KernelCall.Invoke(Nr.kill, 0, SIGPIPE);
    }

    private static void Look(Attack attack)
    {
        Outside outside = attack.Outside!;
        (Descriptor read, Descriptor write) = Sys.Pipe();
        using Descriptor unread = read, full = write;
        using Started payload = outside.Stage.Start(outside.Subject("pour"), ["pour"], new Needs { Output = full });
        payload.Process.EndInput();
        int held = Fill(unread);
        if (attack.Target.Has("bare"))
        {
            // Without a service both write into the pilot's one pipe.
            using Started neighbour = outside.Stage.Start(outside.Subject("neighbour"), ["idle"], new Needs { Output = full });
            neighbour.Process.EndInput();
            attack.Refused($"fill a pipe of {held} bytes that a neighbour writes to as well", neighbour.Process.Wait(1) is null ? 0 : -Errno.EAGAIN);
            neighbour.Process.Kill();
        }
        else
        {
            Tell(attack, $"fill a pipe of {held} bytes, and hold up a neighbour", outside.Neighbour(10, out _), "it was served; the one that writes waits");
            if (payload.Process.Wait(0) is { } early)
                attack.Broke("wait for its reader", $"ended with {early.Value}: {payload.Process.Errors}");
        }

        full.Dispose();
        unread.Dispose();
        ChildEnd? end = payload.Process.Wait(10);
        string told = end is null ? "not over after 10 s" : $"it ended with {end.Value.Value} when its reader had gone {PayloadStatus.Read(payload.StatusFile)?.Ending}";
        Tell(attack, "end its client by SIGPIPE", end is { IsExit: true, Value: 0 } ? null : told, told);
        if (!attack.Target.Has("bare"))
            Tell(attack, "hold up or end the service by SIGPIPE", outside.Neighbour(10, out _), "a neighbour was served");
    }

    private static void Tell(Attack attack, string tried, string? trouble, string seen)
    {
        if (trouble is null)
            attack.Held(tried, seen);
        else
            attack.Broke(tried, trouble);
    }

    // Until it grows no more.
    private static int Fill(Descriptor pipe)
    {
        using NativeBuffer count = new(4);
        int before = -1;
        for (int look = 0; look < 50 && (count.Int(0) == 0 || count.Int(0) != before); look++)
        {
            before = count.Int(0);
            Kernel.Pause(100);
            KernelCall.Invoke(Nr.ioctl, pipe.Number, FIONREAD, count.Address);
        }

        return count.Int(0);
    }
}
