using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The client's end of the pilot's channel, as a descriptor of this process.</summary>
public sealed class PilotEndDescriptor(UnixSocket socket) : SafePilotEnd(socket.Release())
{
    /// <summary>Takes the descriptor out; this object then holds nothing.</summary>
    public Descriptor Take()
    {
        Descriptor taken = new(handle.ToInt32());
        SetHandleAsInvalid();
        SetHandle(-1);
        return taken;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        new Descriptor(handle.ToInt32()).Dispose();
        return true;
    }
}
