using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>What a program that unpacks has said and left.</summary>
/// <param name="Output">Its standard output.</param>
/// <param name="Size">What is in its directory now.</param>
internal sealed record Unpacked(byte[] Output, TreeSize Size);

/// <summary>
/// Runs one program that reads what a stranger has packed, in an <see cref="UnpackingRoom"/>, for a bounded time, and ends it when it has written too much. It does not
/// outlive the warden, and nothing that it started outlives it.
/// </summary>
/// <param name="room">Where.</param>
/// <param name="limits">How much it may take.</param>
/// <param name="clock">The clock.</param>
internal sealed class UnpackingChild(UnpackingRoom room, StoreLimits limits, TimeProvider clock)
{
    private const int SIGKILL = 9;
    private const int MostOutput = 4 << 20; // the largest manifest that registries take
    private const int MostErrors = 16 << 10;
    private const int MostTold = 500;
    private const int RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7;
    private const ulong MostMemory = 2UL << 30;
    private const ulong MostThreads = 1024; // of all that unpack
    private const ulong MostDescriptors = 1024;
    private const int ShortestWait = 200, LongestWait = 2000; // ms between two looks
    private const int LookShare = 10; // of the time no more than this part is spent on looking, where that may be
    private const int Crashed = 2; // how Go's runtime ends a program: out of memory, of threads
    private const int LeastProtected = 1000; // oom_score_adj
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    // strerror(3), as the programs print it.
    private static readonly string[] s_troubles =
    [
        "no space left on device", "disk quota exceeded", "input/output error", "stale file handle", "stale NFS file handle", "resource temporarily unavailable", "too many open files",
        "cannot allocate memory",
    ];

    /// <summary>Runs it.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <param name="source">What it reads, or null.</param>
    /// <param name="output">What it writes in, or null.</param>
    /// <param name="time">How long it may take.</param>
    /// <exception cref="UnusableImageException">It says that the image is at fault, or wrote too much.</exception>
    /// <exception cref="IOException">It could not be started, did not end in time, was killed by another, or the file system is full.</exception>
    internal Task<Unpacked> RunAsync(ImmutableArray<string> words, ImageSource? source, Descriptor? output, TimeSpan time)
        => Task.Factory.StartNew(() => Run(words, source, output, time), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Unpacked Run(ImmutableArray<string> words, ImageSource? source, Descriptor? output, TimeSpan time)
    {
        using ToldPipe answers = new(MostOutput), complaints = new(MostErrors);
        PidFd program = Start(words, source, output, answers, complaints);
        try
        {
            TreeSize size = Follow(words[0], program, answers, complaints, output, time);
            return answers.IsTooLong ? throw new UnusableImageException($"{words[0]} says more than {MostOutput} bytes") : new Unpacked(answers.Bytes, size);
        }
        finally
        {
            _ = Child.Abandon(program); // where it is over already, no more than its descriptor
        }
    }

    private PidFd Start(ImmutableArray<string> words, ImageSource? source, Descriptor? output, ToldPipe answers, ToldPipe complaints)
    {
        using Descriptor answering = answers.TakeEnd(), complaining = complaints.TakeEnd();
        using RoomBirth tree = room.Prepare(source, output);
        using Descriptor nothing = SealedMemory.Create("nothing"u8, []);
        ImmutableArray<GroupId> readers = source is null ? [] : [source.Account.Gid, .. source.Groups];
        ChildPlan plan = new()
        {
            Program = Encoding.UTF8.GetBytes(words[0]),
            Arguments = [.. Bytes(words)],
            Environment = [.. Bytes(["PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent", "GOMAXPROCS=2"])],
            Descriptors = [nothing, answering, complaining],
            Namespaces = OwnNamespaces.Mounts | OwnNamespaces.Processes | OwnNamespaces.Ipc | OwnNamespaces.Network,
            Nursery = room.Nurseries.Of(room.Settings).Mounts,
            Mounts = tree.Steps,
            NewKeyring = true,
            OomScoreAdjustment = LeastProtected, // not the warden's
            FileModeMask = 0x12, // 0022
            ResourceLimits =
            [
                (RLIMIT_FSIZE, (ulong)limits.ImageBytes, (ulong)limits.ImageBytes), (RLIMIT_DATA, MostMemory, MostMemory), (RLIMIT_CORE, 0, 0),
                (RLIMIT_NPROC, MostThreads, MostThreads), (RLIMIT_NOFILE, MostDescriptors, MostDescriptors),
            ],
            Account = new ChildAccount(room.Account, room.Account, [.. readers.Select(group => group.Value).Distinct()]),
            ParentDeathSignal = SIGKILL,
            Directory = "/"u8.ToArray(),
            Filter = PayloadFilter.ForUnpacking,
        };
        return Child.Start(plan, StartDeadline) switch
        {
            ChildResult.Running running => running.Process,
            ChildResult.Failed { Step: >= ChildResult.Failed.FirstMount } failed
                => throw Failure(words[0], source, plan.Mounts[failed.Step - ChildResult.Failed.FirstMount], failed.Errno),
            ChildResult.Failed failed => throw new SyscallException("start", $"{words[0]}, step {failed.Step}", failed.Errno),
            _ => throw new InvalidOperationException("a start without a result"),
        };
    }

    private IOException Failure(string program, ImageSource? source, MountStep step, int errno)
        => ImageSource.Objection(step, errno) is string why ? new UnusableImageException(why)
            // A directory is not shown in the place of a file.
            : source is { Image.IsFile: true } && step is MountStep.Attach at && at.Target == room.Source(isFile: true) && errno is (Errno.EINVAL or Errno.ENOTDIR) ? new UnusableImageException("it is no regular file")
            : new SyscallException("start", $"{program}: {step.Name}", errno);

    // Until it is over, or has to be.
    private TreeSize Follow(string program, PidFd process, ToldPipe answers, ToldPipe complaints, Descriptor? output, TimeSpan time)
    {
        long since = clock.GetTimestamp();
        int wait = ShortestWait;
        while (IsAlive(process, answers, complaints, wait))
        {
            if (clock.GetElapsedTime(since) > time)
                throw new IOException($"{program} did not end within {time.TotalSeconds:0} s");
            if (output is not null)
                (_, wait) = Look(output);
        }

        answers.ReadAll();
        complaints.ReadAll();
        ChildEnd end = Sys.WaitFor(process, reap: true) ?? throw new IOException($"{program} is over, and nobody knows how it ended");
        if (Fault(program, end, complaints.Text) is IOException fault)
            throw fault;
        return output is null ? default : Look(output).Size;
    }

    private (TreeSize Size, int Wait) Look(Descriptor output)
    {
        long since = clock.GetTimestamp();
        var size = TreeSize.Of(output, limits.ImageBytes, limits.ImageFiles);
        if (size.IsTooDeep)
            throw new UnusableImageException("its directories are too deep");
        if (size.Bytes > limits.ImageBytes)
            throw new UnusableImageException($"unpacking it takes more than {limits.ImageBytes} bytes");
        if (size.Files > limits.ImageFiles)
            throw new UnusableImageException($"unpacking it takes more than {limits.ImageFiles} files");
        return (size, Math.Clamp(LookShare * (int)clock.GetElapsedTime(since).TotalMilliseconds, ShortestWait, LongestWait));
    }

    // False as soon as it is over; true after a while, whatever it says meanwhile.
    private static bool IsAlive(PidFd process, ToldPipe answers, ToldPipe complaints, int milliseconds)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            int left = Math.Max(0, milliseconds - (int)Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            Span<PollEntry> each = [new PollEntry { Number = process.Number, Wanted = PollEvents.In }, answers.Entry, complaints.Entry];
            _ = Sys.Poll(each, left);
            if (each[1].Seen != PollEvents.None)
                answers.Read();
            if (each[2].Seen != PollEvents.None)
                complaints.Read();
            if (each[0].Seen != PollEvents.None)
                return false;
            if (left == 0)
                return true;
        }
    }

    // What lies in the image is told as that; what is the node's trouble, or the program's own, is the sandbox's failure.
    private static IOException? Fault(string program, ChildEnd end, string said)
    {
        if (end is { IsExit: true, Value: 0 })
            return null;
        string told = PrintableText.Of(Encoding.UTF8.GetBytes(said.Length > MostTold ? said[^MostTold..] : said)).Trim();
        if (!end.IsExit)
            return new IOException($"{program} was killed by signal {end.Value}: {told}");
        return end.Value == Crashed || s_troubles.Any(trouble => said.Contains(trouble, StringComparison.OrdinalIgnoreCase))
            ? new IOException($"{program} ended with {end.Value}: {told}")
            : new UnusableImageException($"{Path.GetFileName(program)} says: {(told.Length == 0 ? $"nothing, and ended with {end.Value}" : told)}");
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Bytes(IEnumerable<string> words) => words.Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));
}
