using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>The client's end of the pilot's channel, a descriptor. Whoever receives it disposes it.</summary>
public abstract class SafePilotEnd : SafeHandle
{
    /// <summary>An owned descriptor, or -1.</summary>
    protected SafePilotEnd(nint descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;
}
