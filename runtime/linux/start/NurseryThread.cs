namespace Isolation.Linux;

/// <summary>
/// The one thread that starts children from another mount namespace (the nursery), and in another pid namespace. It is there for the length of one clone3 only, with no
/// managed call between: whatever thread the runtime makes meanwhile is made by another thread, and so in the host's namespaces.
/// </summary>
internal sealed unsafe class NurseryThread
{
    private const int CLONE_FS = 0x200;
    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_NEWPID = 0x20000000;
    private static readonly Lazy<NurseryThread> Made = new(() => new NurseryThread());

    private readonly Lock _turn = new();
    private readonly object _desk = new();
    private bool _isAsked;
    private int _nursery;
    private int _pids;
    private RawPlan* _plan;
    private CloneArguments* _arguments;
    private (int Pid, int Errno) _result;

    private NurseryThread()
    {
        Raw.Warm();
        new Thread(Serve, maxStackSize: 256 << 10) { IsBackground = true, Name = "nursery" }.Start();
    }

    internal static NurseryThread Instance => Made.Value;

    /// <summary>Starts a child from a mount namespace, and in a pid namespace where there is another.</summary>
    internal (int Pid, int Errno) Clone(MountNamespace nursery, Descriptor? pids, RawPlan* plan, CloneArguments* arguments)
    {
        lock (_turn)
        {
            lock (_desk)
            {
                _nursery = nursery.File.Number;
                _pids = pids?.Number ?? -1;
                _plan = plan;
                _arguments = arguments;
                _isAsked = true;
                Monitor.PulseAll(_desk);
                while (_isAsked)
                    Monitor.Wait(_desk);
                return _result;
            }
        }
    }

    private void Serve()
    {
        // A working directory of its own: the kernel moves no thread that shares one into another mount namespace.
        int errno = Raw.Call(Raw.SYS_unshare, CLONE_FS, 0, 0, 0, 0, 0) == 0 ? 0 : *Raw.ErrnoLocation();
        using Descriptor host = Sys.Open(null, "/proc/thread-self/ns/mnt", Sys.O_RDONLY);
        using Descriptor hostPids = Sys.Open(null, "/proc/thread-self/ns/pid", Sys.O_RDONLY);
        int home = host.Number, homePids = hostPids.Number;
        lock (_desk)
        {
            while (true)
            {
                while (!_isAsked)
                    Monitor.Wait(_desk);
                _result = errno == 0 ? Visit(_nursery, home, _pids, homePids, _plan, _arguments) : (-1, errno);
                _isAsked = false;
                Monitor.PulseAll(_desk);
            }
        }
    }

    private static (int Pid, int Errno) Visit(int nursery, int home, int pids, int homePids, RawPlan* plan, CloneArguments* arguments)
    {
        if (Raw.Call(Raw.SYS_setns, nursery, CLONE_NEWNS, 0, 0, 0, 0) < 0)
            return (-1, *Raw.ErrnoLocation());
        // What is moved is not this thread, but where its children are born (pid_namespaces(7)).
        bool isThere = pids < 0 || Raw.Call(Raw.SYS_setns, pids, CLONE_NEWPID, 0, 0, 0, 0) == 0;
        nint pid = isThere ? Raw.Call(Raw.SYS_clone3, (nint)arguments, sizeof(CloneArguments), 0, 0, 0, 0) : -1;
        if (pid == 0)
            RawChild.Become(plan);
        int errno = *Raw.ErrnoLocation();
        if (pids >= 0 && Raw.Call(Raw.SYS_setns, homePids, CLONE_NEWPID, 0, 0, 0, 0) < 0)
            Environment.FailFast("a thread of the warden cannot leave a room's pid namespace");
        if (Raw.Call(Raw.SYS_setns, home, CLONE_NEWNS, 0, 0, 0, 0) < 0)
            Environment.FailFast("a thread of the warden cannot leave the nursery");
        return pid < 0 ? (-1, errno) : ((int)pid, 0);
    }
}
