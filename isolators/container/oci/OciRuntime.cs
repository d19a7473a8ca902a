using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Images;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>An OCI runtime of the host's: crun or runc.</summary>
/// <param name="program">Its path.</param>
internal sealed class OciRuntime(string program)
{
    private const int SIGKILL = 9;
    private const int MostLog = 64 << 10;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DeathDeadline = TimeSpan.FromSeconds(5);

    // By bench/containers a payload took 19 ms with crun and, in another run, 46 with runc.
    private static readonly string[] Programs =
        [.. from name in (string[])["crun", "runc"] from place in (string[])["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"] select $"{place}/{name}"];

    /// <summary>Those that are installed, the one to be preferred first.</summary>
    /// <param name="named">The one that the site names; null for every one that is known.</param>
    internal static IReadOnlyList<OciRuntime> Installed(string? named)
        => [.. (named is null ? Programs : [named]).Where(File.Exists).Select(program => new OciRuntime(program))];

    /// <summary>Its path.</summary>
    internal string Program => program;

    /// <summary>Why root is not to run it; null where nothing speaks against it.</summary>
    internal string? Fault => HostProgram.Fault(program);

    /// <summary>
    /// Runs a container up to its first process. That process, and whatever the runtime leaves, is in the cgroup in which the runtime itself is born.
    /// </summary>
    /// <param name="run">What it is given.</param>
    /// <exception cref="SyscallException">It cannot be started.</exception>
    /// <exception cref="IOException">It says why it failed, or did not end in time and was killed.</exception>
    internal async Task RunAsync(OciRun run)
    {
        // On a thread of its own: it waits for as long as a runtime may take.
        int code = await Task.Factory.StartNew(() =>
        {
            using PidFd runtime = Start(run);
            return Wait(runtime);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        if (code != 0)
            throw new IOException($"{program} ended with {code}: {Said(run.Directory)}");
    }

    private PidFd Start(OciRun run)
    {
        // Nothing of the host's: a runtime gives these to the container's root, crun as the host's root (seen: /dev/null).
        using Descriptor nothing = SealedMemory.Create("nothing"u8, []);
        string at = run.Place;
        byte[] path = Encoding.UTF8.GetBytes(program);
        ChildPlan plan = new()
        {
            Program = path,
            Arguments =
            [
                path, .. Words("--root", $"{at}/{OciDirectory.State}", "--log", $"{at}/{OciDirectory.Log}", "--log-format", "json",
                    "run", "--detach", "--bundle", at, "--pid-file", $"{at}/{OciDirectory.Pid}", "--preserve-fds", $"{run.Descriptors.Length}", run.Name),
            ],
            Environment = [],
            Descriptors = [nothing, nothing, run.Errors, .. run.Descriptors],
            Cgroup = run.Cgroup,
            Namespaces = OwnNamespaces.Mounts,
            Nursery = run.Nursery,
            Mounts = run.Mounts,
            NetworkNamespace = run.Network,
            OomScoreAdjustment = run.OomScoreAdjustment,
            BoundingSet = ulong.MaxValue,
        };
        return Child.Start(plan, Deadline) switch
        {
            ChildResult.Running running => running.Process,
            ChildResult.Failed { Step: >= ChildResult.Failed.FirstMount } failed
                => throw Failure(plan.Mounts[failed.Step - ChildResult.Failed.FirstMount], failed.Errno),
            ChildResult.Failed failed => throw new SyscallException("start", $"{program}, step {failed.Step}", failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    private IOException Failure(MountStep step, int errno)
        => ImageSource.Objection(step, errno) is string why ? new UnusableImageException(why) : new SyscallException("start", $"{program}: {step.Name}", errno);

    // The exit code; a signal as the shell has it.
    private int Wait(PidFd runtime)
    {
        bool isOver = Sys.Poll(runtime, PollEvents.In, (int)Deadline.TotalMilliseconds) != PollEvents.None;
        if (!isOver)
        {
            runtime.Signal(SIGKILL);
            _ = Sys.Poll(runtime, PollEvents.In, (int)DeathDeadline.TotalMilliseconds);
        }

        if (Sys.WaitFor(runtime, reap: true) is not ChildEnd end)
            throw new IOException($"{program} did not end within {Deadline.TotalSeconds:0} s, nor when it was killed");
        return isOver ? end.IsExit ? end.Value : 128 + end.Value : throw new IOException($"{program} did not end within {Deadline.TotalSeconds:0} s");
    }

    // The last error in the beginning of its log. The file is root's alone, and its text still a stranger's: bounded, and printed as what it is.
    private static string Said(Descriptor directory)
    {
        using Descriptor? file = Sys.TryOpen(directory, Encoding.ASCII.GetBytes(OciDirectory.Log), Sys.O_RDONLY | Sys.O_NOFOLLOW, 0, out _);
        if (file is null)
            return "it said nothing";
        byte[] text = new byte[MostLog];
        int length = 0;
        while (length < text.Length && Sys.Read(file, text.AsSpan(length)) is int count and > 0)
            length += count;
        string said = "";
        foreach (string line in Encoding.UTF8.GetString(text, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            said = MessageOf(line) ?? said;
        return said.Length == 0 ? "it said nothing" : PrintableText.Of(Encoding.UTF8.GetBytes(said.Length > 500 ? said[..500] : said));
    }

    private static string? MessageOf(string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            return entry.RootElement.TryGetProperty("level", out JsonElement level) && level.GetString() == "error" ? entry.RootElement.GetProperty("msg").GetString() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Words(params string[] words) => words.Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));
}

/// <summary>One run of a runtime.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Directory">The directory of the configuration, as this process sees it.</param>
/// <param name="Place">The same, as the runtime sees it.</param>
/// <param name="Cgroup">Where the runtime is born.</param>
/// <param name="Nursery">The mount namespace that it is born from.</param>
/// <param name="Mounts">What it mounts first.</param>
/// <param name="Network">The network namespace that it moves into; null for this process's.</param>
/// <param name="OomScoreAdjustment">What it, and all that it starts, has as oom_score_adj; null for this process's.</param>
/// <param name="Errors">Standard error, of the runtime and of the container's first process.</param>
/// <param name="Descriptors">What the container's first process gets from descriptor 3 on.</param>
internal sealed record OciRun(
    string Name, Descriptor Directory, string Place, Descriptor Cgroup, MountNamespace Nursery, ImmutableArray<MountStep> Mounts, Descriptor? Network,
    int? OomScoreAdjustment, Descriptor Errors, ImmutableArray<Descriptor?> Descriptors);
