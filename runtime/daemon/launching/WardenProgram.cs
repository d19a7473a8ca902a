using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>The warden, as root sees it when it starts the service or installs a policy.</summary>
internal static class WardenProgram
{
    private const int HelloDeadline = 5000; // ms
    private const int BetweenTries = 20; // ms
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Tells a living warden to read its limits again.</summary>
    /// <returns>False when none lives there.</returns>
    /// <exception cref="LaunchException">It lives, and does not take them.</exception>
    public static async Task<bool> TryRereadAsync(ServicePaths paths)
    {
        if (TryConnect(paths) is not { } channel)
            return false;
        using (channel)
        {
            new Thread(() => channel.Read(), 256 << 10) { IsBackground = true, Name = "warden" }.Start();
            try
            {
                using WardenReply reply = await channel.AskAsync(WardenOperation.RereadLimits, null).WaitAsync(TimeSpan.FromMilliseconds(HelloDeadline)).ConfigureAwait(false);
                reply.Done();
                return true;
            }
            catch (Exception e) when (e is SetupException or WireException or TimeoutException)
            {
                throw new LaunchException(ExitCodes.Unavailable, $"the warden at {paths.WardenSocket} does not take its new limits: {e.Message}. Its log says more.", e);
            }
        }
    }

    /// <summary>True when a warden answers there.</summary>
    /// <exception cref="LaunchException">Somebody does, and does not talk.</exception>
    public static bool IsLiving(ServicePaths paths)
    {
        using WardenChannel? channel = TryConnect(paths);
        return channel is not null;
    }

    /// <summary>Starts the warden beside this program, and waits until it answers.</summary>
    /// <exception cref="LaunchException">It is not there, or ends, or does not answer in time.</exception>
    /// <param name="paths">Where everything is.</param>
    /// <param name="withoutKernel">Features of the kernel to do without; those that are the warden's are passed on.</param>
    /// <param name="tracking">The groups by which batch systems of this site track their jobs.</param>
    /// <param name="clock">The clock.</param>
    public static void Start(ServicePaths paths, IReadOnlySet<string> withoutKernel, TrackingGroups tracking, TimeProvider clock)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "warden");
        if (!File.Exists(program))
            throw new LaunchException(ExitCodes.HostError, $"there is no {program}: install the warden beside isolationd (./build puts both into out/bin).");
        List<string> arguments = ["warden", "--limits", paths.WardenLimits, "--state", paths.State, "--run", paths.Run];
        if (KernelFeatures.Names.Where(withoutKernel.Contains).ToArray() is { Length: > 0 } hidden)
            arguments.AddRange(["--without-kernel", string.Join(',', hidden)]);
        if (tracking != TrackingGroups.None)
            arguments.AddRange([CommandLine.TrackingGroupsFlag, tracking.ToString()]);
        int pid = Sys.SpawnDetached(program, [.. arguments], ProgramEnvironment.Own());
        using PidFd warden = PidFd.TryOpen(pid, out int errno) ?? throw new SyscallException("pidfd_open", $"warden, pid {pid}", errno);

        long started = clock.GetTimestamp();
        string seen = "nothing was tried";
        while (clock.GetElapsedTime(started) < StartDeadline)
        {
            try
            {
                using WardenChannel answering = WardenChannel.Connect(paths.WardenSocket, uid: 0, HelloDeadline);
                return;
            }
            catch (Exception e) when (e is IOException or WireException)
            {
                seen = e.Message;
            }

            // Its end is an event; its socket is not, so it is tried again.
            if (Sys.Poll(warden, PollEvents.In, BetweenTries) != PollEvents.None)
                throw new LaunchException(ExitCodes.Unavailable, $"the warden ended at its start ({EndOf(warden)}); what it wrote above says why.");
        }

        warden.Signal(15);
        throw new LaunchException(ExitCodes.Unavailable, $"the warden (pid {pid}) did not answer within {StartDeadline.TotalSeconds} s: {seen}");
    }

    private static WardenChannel? TryConnect(ServicePaths paths)
    {
        try
        {
            return WardenChannel.Connect(paths.WardenSocket, uid: 0, HelloDeadline);
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return null; // no socket, or nobody behind it
        }
        catch (Exception e) when (e is IOException or WireException)
        {
            throw new LaunchException(ExitCodes.Unavailable, $"a warden lives at {paths.WardenSocket} and does not talk: {e.Message}. Stop it (payloads run on), then start again.", e);
        }
    }

    private static string EndOf(PidFd warden)
        => Sys.WaitFor(warden, reap: true) is { } end ? $"{(end.IsExit ? "exit code" : "signal")} {end.Value}" : "how is not known";
}
