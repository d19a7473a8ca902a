using System.Collections.Immutable;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// A socket to a process that has the payload account's ids and the scratch open, and nothing else. It lives while the client brings files, and a
/// second one while it fetches some; in between, while the payload runs, there is none.
/// </summary>
internal sealed class CopierExchange : ScratchExchange
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);
    private readonly string _program;
    private readonly Scratch _scratch;
    private readonly ChildAccount _account;
    private readonly UnixSocket _ownEnd;
    private readonly Lock _gate = new();
    private PidFd? _copier;
    private Descriptor? _life; // open in this process alone: the copier ends with it
    private bool _isOver;

    private CopierExchange(CellHost host, Scratch scratch, Account account, UnixSocket ownEnd, UnixSocket clientEnd) : base(ExchangeKind.Copier, clientEnd)
    {
        (_program, _scratch, _ownEnd) = (host.CellInit, scratch, ownEnd);
        _account = new ChildAccount(account.Uid.Value, account.Gid.Value, []);
    }

    internal static CopierExchange Open(CellHost host, Scratch scratch, Account account)
    {
        (UnixSocket own, UnixSocket clients) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
        CopierExchange exchange = new(host, scratch, account, own, clients);
        try
        {
            _ = Sys.TryRefuseDescriptors(own);
            exchange.Start();
            return exchange;
        }
        catch
        {
            exchange.Dispose();
            throw;
        }
    }

    public override void EndInputs() => Stop();

    public override void BeginCollection() => Start();

    private protected override void Close()
    {
        lock (_gate)
            _isOver = true;
        Stop();
        _ownEnd.Dispose();
    }

    private void Start()
    {
        using Descriptor nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
        (Descriptor read, Descriptor life) = Sys.Pipe();
        using Descriptor end = read;
        byte[] program = Encoding.UTF8.GetBytes(_program);
        ChildPlan plan = new()
        {
            Program = program,
            Arguments = [program, "copy"u8.ToArray()],
            Environment = ImmutableArray<ReadOnlyMemory<byte>>.Empty,
            Descriptors = [nothing, nothing, nothing, _ownEnd, _scratch.Directory, end],
            Account = _account,
            NewKeyring = true,
            FileModeMask = 0x12, // 022
        };
        lock (_gate)
        {
            if (_isOver || _copier is not null)
            {
                life.Dispose();
                return;
            }

            _life = life;
            _copier = Child.Start(plan, StartDeadline) switch
            {
                ChildResult.Running running => running.Process,
                ChildResult.Failed failed => throw new SyscallException("start copier", _program, failed.Errno),
                _ => throw new InvalidOperationException("a start without a result"),
            };
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _life?.Dispose();
            _life = null;
            if (_copier is null)
                return;
            _copier.Signal(SIGKILL);
            // It touches nothing but the scratch and its socket: only a dead disk keeps it.
            if (Sys.Poll(_copier, PollEvents.In, 5000) != PollEvents.None)
                _ = Sys.WaitFor(_copier, reap: true);
            _copier.Dispose();
            _copier = null;
        }
    }
}
