using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>The client's end of the pilot's channel, as it came from the warden.</summary>
internal sealed class WardenPilotEnd(Descriptor received) : SafePilotEnd(received.Release())
{
    protected override bool ReleaseHandle()
    {
        new Descriptor(handle.ToInt32()).Dispose();
        return true;
    }
}
