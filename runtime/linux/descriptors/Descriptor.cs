using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Linux;

/// <summary>An owned file descriptor, close-on-exec from birth. Kinds that can do more derive from it.</summary>
public partial class Descriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over a descriptor that the kernel has just given.</summary>
    public Descriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    /// <summary>For the marshaller.</summary>
    public Descriptor() : base(ownsHandle: true) { }

    /// <summary>The number, for what is passed on by number; valid only while this object is held.</summary>
    /// <exception cref="ObjectDisposedException">It is closed: the number may be another file's by now.</exception>
    public int Number => IsClosed ? throw new ObjectDisposedException(GetType().Name) : handle.ToInt32();

    /// <summary>Gives the number away: this object no longer closes it.</summary>
    public int Release()
    {
        int number = Number;
        SetHandleAsInvalid();
        return number;
    }

    /// <summary>Another descriptor of the same open file, at or above <paramref name="least"/>.</summary>
    public Descriptor Duplicate(int least = 3) => new(Sys.Fcntl(this, Sys.F_DUPFD_CLOEXEC, least, "duplicate"));

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Close(handle.ToInt32()) == 0;

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
