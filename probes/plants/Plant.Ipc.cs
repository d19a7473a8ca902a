using System.Globalization;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

internal sealed partial class Plant
{
    private const int IPC_CREAT = 0x200, IPC_RMID = 0, SegmentSize = 4096;
    private nint _segment = -1;
    private nint _attached;
    private nint _messages = -1;
    private nint _semaphores = -1;
    private bool _queue;

    // Readable and writable by all: what separates them can only be the namespace, or the permission that is missing here on purpose.
    private void PlantSystemV()
    {
        _segment = KernelCall.Invoke(Nr.shmget, 0, SegmentSize, IPC_CREAT | 0x1b6);
        if (_segment >= 0)
        {
            _attached = KernelCall.Invoke(Nr.shmat, _segment, 0, 0);
            Encoding.ASCII.GetBytes(New("segment"), NativeBuffer.At(_attached, SegmentSize));
            _told["sysv.shm"] = Text(_segment);
        }

        _messages = KernelCall.Invoke(Nr.msgget, 0, IPC_CREAT | 0x1b6);
        if (_messages >= 0)
        {
            string secret = New("message");
            using NativeBuffer message = new(8 + secret.Length);
            message.Long(0) = 1;
            Encoding.ASCII.GetBytes(secret, message.Span[8..]);
            KernelCall.Invoke(Nr.msgsnd, _messages, message.Address, secret.Length, 0x800);
            _told["sysv.msg"] = Text(_messages);
        }

        _semaphores = KernelCall.Invoke(Nr.semget, 0, 1, IPC_CREAT | 0x1b6);
        if (_semaphores >= 0)
            _told["sysv.sem"] = Text(_semaphores);
    }

    private void PlantQueue()
    {
        using NativeBuffer name = new(Name), attributes = new(64), secret = new(New("queue"));
        attributes.Long(8) = 4; // mq_maxmsg
        attributes.Long(16) = 256; // mq_msgsize
        nint mask = KernelCall.Invoke(Nr.umask, 0);
        nint queue = KernelCall.Invoke(Nr.mq_open, name.Address, Sys.O_CREAT | Sys.O_RDWR | Sys.O_CLOEXEC, 0x1b6, attributes.Address);
        KernelCall.Invoke(Nr.umask, mask);
        if (queue < 0)
            return;
        KernelCall.Invoke(Nr.mq_timedsend, queue, secret.Address, secret.Length - 1, 0, 0);
        _queue = true;
        _told["mq"] = Name;
    }

    private IEnumerable<string> TouchedIpc()
    {
        if (_attached > 0 && Secret.Find(NativeBuffer.At(_attached, SegmentSize), _run) is null)
            yield return "its shared segment is changed";
        foreach ((string key, int call) in new[] { ("sysv.shm", Nr.shmctl), ("sysv.msg", Nr.msgctl) })
        {
            using NativeBuffer state = new(256);
            if (_told.TryGetValue(key, out string? id) && KernelCall.Invoke(call, nint.Parse(id, CultureInfo.InvariantCulture), 2 /* IPC_STAT */, state.Address) < 0)
                yield return $"its {key} is gone";
        }
    }

    private void ClearIpc()
    {
        if (_segment >= 0)
            KernelCall.Invoke(Nr.shmctl, _segment, IPC_RMID);
        if (_messages >= 0)
            KernelCall.Invoke(Nr.msgctl, _messages, IPC_RMID);
        if (_semaphores >= 0)
            KernelCall.Invoke(Nr.semctl, _semaphores, 0, IPC_RMID);
        if (_queue)
            Kernel.OnPath(Nr.mq_unlink, Name);
    }
}
