using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// Lets clients lend directories: for each wish one helper process, which reads the path from the client itself and has no more rights over files
/// than the client. Helpers that hang on a client's file system are left behind and counted, by uid.
/// </summary>
public sealed class LendingDesk
{
    /// <summary>So many helpers of one uid may hang; then it can lend nothing until one of them is over.</summary>
    public const int MostStuck = 4;

    internal const string ExchangeInstead = "Use --in and --out, which work on every file system";

    // statfs(2): ext2/3/4, xfs, btrfs, f2fs, tmpfs. On others the kernel would ask a stranger's server, or does not know idmapped mounts.
    private static readonly FrozenSet<long> FileSystems = new long[] { 0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994 }.ToFrozenSet();

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, List<LendingErrand>> _stuck = [];

    /// <summary>How long a helper may take, the client's naming of the directory included.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many helpers of a uid hang now.</summary>
    public int Stuck(uint uid)
    {
        lock (_gate)
        {
            if (!_stuck.TryGetValue(uid, out List<LendingErrand>? helpers))
                return 0;
            foreach (LendingErrand over in helpers.Where(h => h.IsOver).ToArray())
            {
                helpers.Remove(over);
                over.Dispose();
            }

            if (helpers.Count == 0)
                _stuck.Remove(uid);
            return helpers.Count;
        }
    }

    /// <summary>Starts a helper for a client.</summary>
    /// <param name="client">The client.</param>
    /// <param name="roots">Where it may lend from.</param>
    /// <exception cref="SetupException">Too many helpers of its uid hang, the client is gone, or no process can be started.</exception>
    public LendingVisit Begin(PidFd client, ImmutableArray<string> roots)
    {
        try
        {
            int pid = client.Pid;
            string proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
            ClientAccount owner = ClientAccount.Of(client);
            if (Stuck(owner.Uid) >= MostStuck)
                throw new SetupException("lend", $"{MostStuck} earlier directories of uid {owner.Uid} are on file systems that do not answer. {ExchangeInstead}.");
            ImmutableArray<uint> groups = [.. ProcessStatus.Field(KernelFile.Text(proc + "/status"), "Groups")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(g => uint.Parse(g, CultureInfo.InvariantCulture))];
            using Descriptor mounts = Sys.Open(null, proc + "/ns/mnt", Sys.O_RDONLY), root = Sys.Open(null, proc + "/root", Sys.O_PATH | Sys.O_DIRECTORY);
            if (client.IsOver)
                throw new SetupException("lend", "the client is gone"); // the number may be another's by now
            return new LendingVisit(this, LendingErrand.Start(new LendingOrder(pid, owner.Uid, owner.Gid, groups, mounts, root, roots)), owner, pid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SetupException("lend", e.Message, inner: e);
        }
    }

    internal static LendingResult Judge(LendingAnswer? answer, ClientAccount owner, int client, TimeSpan patience)
    {
        if (answer is null)
            return new LendingResult.Refused($"nothing was heard of the directory within {patience.TotalSeconds:0} s: its file system does not answer, or the client did not name it", ExchangeInstead + ".");
        string path = PrintableText.Of(answer.Path);
        if (answer.Mount is null || !ByteString.TryFrom(answer.Path, out ByteString named))
            return Failed(answer, path);
        string? why = !IsPlain(answer.Path) ? "the path has parts that are empty, '.' or '..', or is no printable UTF-8"
            : answer.Status.Kind != FileKind.Directory ? "it is no directory"
            : answer.Status.Uid != owner.Uid ? "it belongs to somebody else"
            : !FileSystems.Contains(answer.FileSystem) ? string.Create(CultureInfo.InvariantCulture, $"its file system (0x{answer.FileSystem:x}) is not one of those that can be lent from")
            : null;
        if (why is null)
            return new LendingResult.Lent(new LentDirectory(answer.Mount, named, owner, client, answer.Status.Device, answer.Status.Inode));
        answer.Mount.Dispose();
        return new LendingResult.Refused($"{path} cannot be lent: {why}", $"Lend a directory of your own on a local file system. {ExchangeInstead}.");
    }

    // The room shows it at that path, which is made there.
    private static bool IsPlain(byte[] path)
        => PrintableText.Of(path).AsSpan().SequenceEqual(Encoding.UTF8.GetString(path)) && Encoding.UTF8.GetString(path)[1..].Split('/').All(part => part is not ("" or "." or ".."));

    internal void LetGo(LendingErrand helper, uint uid)
    {
        helper.Dispose();
        if (helper.IsOver)
            return;
        lock (_gate)
        {
            if (!_stuck.TryGetValue(uid, out List<LendingErrand>? helpers))
                _stuck[uid] = helpers = [];
            helpers.Add(helper);
        }
    }

    private static LendingResult.Refused Failed(LendingAnswer answer, string path) => answer.Failed switch
    {
        LendingStep.Path => new LendingResult.Refused("what the client named is no absolute path of at most 4,095 bytes", "Name one."),
        LendingStep.Sender => new LendingResult.Refused("the directory was named by another process than the client, or with other ids", "Let the client name it."),
        LendingStep.Roots => new LendingResult.Refused($"{path} is under none of the directories that this site lets pilots lend from", $"Lend one that is. {ExchangeInstead}."),
        LendingStep.Open or LendingStep.Status => new LendingResult.Refused(
            $"{path} cannot be opened with the client's rights and without following a link: {ErrnoText.Of(answer.Error)}", "Name a directory by its own path, in which no part is a link."),
        _ => new LendingResult.Refused($"{path} cannot be lent, at the step {answer.Failed}: {ErrnoText.Of(answer.Error)}", ExchangeInstead + "."),
    };
}

/// <summary>One client at the desk. Disposing ends its helper, or leaves it behind where it hangs.</summary>
public sealed class LendingVisit : IDisposable
{
    private readonly LendingDesk _desk;
    private readonly LendingErrand _helper;
    private readonly ClientAccount _owner;

    internal LendingVisit(LendingDesk desk, LendingErrand helper, ClientAccount owner, int client)
    {
        (_desk, _helper, _owner, Client) = (desk, helper, owner, client);
        // A thread of its own: it waits for a client.
        Result = Task.Factory.StartNew(Wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The client's pid.</summary>
    public int Client { get; }

    /// <summary>What came of it; bounded in time, and never faults but for a bug.</summary>
    public Task<LendingResult> Result { get; }

    /// <summary>The client's end of the socket over which it names the directory, once.</summary>
    public UnixSocket TakeClientEnd() => _helper.TakeClientEnd();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Result.IsCompleted)
            _helper.Kill(); // whoever waits for it then hears its end, or gives up in time
        _ = DropAsync();
    }

    private async Task DropAsync()
    {
        if (await Result.ConfigureAwait(false) is LendingResult.Lent lent)
            lent.Directory.Dispose();
    }

    private LendingResult Wait()
    {
        LendingAnswer? answer = _helper.Await(_desk.Patience);
        LendingResult result = LendingDesk.Judge(answer, _owner, Client, _desk.Patience);
        _desk.LetGo(_helper, _owner.Uid);
        return result;
    }
}
