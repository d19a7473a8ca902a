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
    private const ulong MostMemory = 4UL << 30;
    private const ulong MostThreads = 1024; // of all that unpack
    private const ulong MostDescriptors = 1024;
    private const int LookEvery = 200; // ms
    private const int LookShare = 10; // of the time at most this part is spent on looking
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DeathDeadline = TimeSpan.FromSeconds(10);

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
        (Descriptor answers, Descriptor answering) = Sys.Pipe();
        using (answers)
        {
            (Descriptor complaints, Descriptor complaining) = Sys.Pipe();
            using (complaints)
            {
                PidFd program;
                using (answering)
                using (complaining)
                    program = Start(words, source, output, answering, complaining);
                using (program)
                    return Follow(words[0], program, new Told(answers, MostOutput), new Told(complaints, MostErrors), output, time);
            }
        }
    }

    private PidFd Start(ImmutableArray<string> words, ImageSource? source, Descriptor? output, Descriptor answering, Descriptor complaining)
    {
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
    private Unpacked Follow(string program, PidFd process, Told answers, Told complaints, Descriptor? output, TimeSpan time)
    {
        long since = clock.GetTimestamp();
        int wait = LookEvery;
        TreeSize size = default;
        IOException? wrong = null;
        while (wrong is null && Wait(process, answers, complaints, wait))
        {
            if (clock.GetElapsedTime(since) > time)
                wrong = new IOException($"{program} did not end within {time.TotalSeconds:0} s");
            else if (output is not null)
                (size, wait, wrong) = Look(output);
        }

        if (wrong is not null)
            process.Signal(SIGKILL);
        if (Sys.Poll(process, PollEvents.In, (int)DeathDeadline.TotalMilliseconds) == PollEvents.None || Sys.WaitFor(process, reap: true) is not ChildEnd end)
            throw new IOException($"{program} does not end, though it was killed: a file system does not answer");
        answers.ReadAll();
        complaints.ReadAll();
        wrong ??= Fault(program, end, complaints.Text);
        if (wrong is null && output is not null)
            (size, _, wrong) = Look(output);
        return wrong is null ? new Unpacked(answers.Bytes, size) : throw wrong;
    }

    private (TreeSize Size, int Wait, IOException? Wrong) Look(Descriptor output)
    {
        long since = clock.GetTimestamp();
        var size = TreeSize.Of(output, limits.ImageBytes, limits.ImageFiles);
        int wait = Math.Max(LookEvery, LookShare * (int)clock.GetElapsedTime(since).TotalMilliseconds);
        UnusableImageException? wrong = size.IsTooDeep ? new("its directories are too deep")
            : size.Bytes > limits.ImageBytes ? new($"unpacking it takes more than {limits.ImageBytes} bytes")
            : size.Files > limits.ImageFiles ? new($"unpacking it takes more than {limits.ImageFiles} files") : null;
        return (size, wait, wrong);
    }

    // True while it lives, after a while or as soon as it has said something.
    private static bool Wait(PidFd process, Told answers, Told complaints, int milliseconds)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            int left = Math.Max(0, milliseconds - (int)Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            Span<PollEntry> each = [new PollEntry { Number = process.Number, Wanted = PollEvents.In }, answers.Entry, complaints.Entry];
            if (Sys.Poll(each, left) == 0)
                return true;
            if (each[1].Seen != PollEvents.None)
                answers.Read();
            if (each[2].Seen != PollEvents.None)
                complaints.Read();
            if (each[0].Seen != PollEvents.None)
                return false;
        }
    }

    private static IOException? Fault(string program, ChildEnd end, string said)
    {
        if (end is { IsExit: true, Value: 0 })
            return null;
        string told = PrintableText.Of(Encoding.UTF8.GetBytes(said.Length > MostTold ? said[^MostTold..] : said)).Trim();
        if (!end.IsExit)
            return new IOException($"{program} was killed by signal {end.Value}: {told}");
        return said.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)
            ? new IOException($"{program} ended with {end.Value}: {told}")
            : new UnusableImageException($"{Path.GetFileName(program)} says: {(told.Length == 0 ? $"nothing, and ended with {end.Value}" : told)}");
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Bytes(IEnumerable<string> words) => words.Select(word => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(word));

    // What comes out of a pipe; what is too much is read and forgotten.
    private sealed class Told(Descriptor pipe, int most)
    {
        private readonly List<byte> _bytes = [];
        private bool _isOver;

        internal byte[] Bytes => [.. _bytes];

        internal string Text => Encoding.UTF8.GetString(Bytes);

        internal PollEntry Entry => new() { Number = _isOver ? -1 : pipe.Number, Wanted = PollEvents.In };

        internal void Read()
        {
            Span<byte> part = stackalloc byte[16 << 10];
            int length = Sys.Read(pipe, part);
            _isOver = length == 0;
            _bytes.AddRange(part[..Math.Min(length, most - _bytes.Count)]);
        }

        // All that wrote to it are over.
        internal void ReadAll()
        {
            while (!_isOver && Sys.Poll(pipe, PollEvents.In, 0) != PollEvents.None)
                Read();
        }
    }
}
