using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The nursery of each state of the site's settings: the newest is kept; rooms that are being born from an older one hold that until then.</summary>
/// <param name="host">Where cells live.</param>
public sealed class Nurseries(CellHost host)
{
    private readonly Lock _turn = new();
    private Nursery? _newest;

    /// <summary>The one for rooms like this.</summary>
    /// <exception cref="SyscallException">The kernel refuses a step of making it.</exception>
    public Nursery Of(PrivateRoomSettings settings)
    {
        lock (_turn)
        {
            if (_newest is null || _newest.Settings != settings)
                _newest = Nursery.Make(host, settings);
            return _newest;
        }
    }
}
