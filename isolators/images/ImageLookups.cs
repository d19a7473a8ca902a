using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>
/// Rooms whose images are being looked for. A file system that does not answer holds a child, a thread and a pilot's turn for as long as a start may take: when a
/// few are held so, the next is told at once.
/// </summary>
/// <param name="clock">The clock.</param>
public sealed class ImageLookups(TimeProvider clock)
{
    private const int MostSlow = 2; // fewer than there are turns
    private const int MostStuck = 8;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);
    private readonly Lock _turn = new();
    private readonly Dictionary<Lookup, long> _underWay = [];

    /// <summary>One begins; it is over when the returned value is disposed.</summary>
    /// <exception cref="IOException">Too many wait already.</exception>
    public IDisposable Begin(RoomImage image)
    {
        lock (_turn)
        {
            if (Child.Stuck >= MostStuck || _underWay.Values.Count(since => clock.GetElapsedTime(since) > Quick) >= MostSlow)
                throw new IOException($"{image.Name} is not looked for: {_underWay.Count} others wait for images whose file systems do not answer. Ask again later");
            Lookup lookup = new(this);
            _underWay.Add(lookup, clock.GetTimestamp());
            return lookup;
        }
    }

    private sealed class Lookup(ImageLookups all) : IDisposable
    {
        public void Dispose()
        {
            lock (all._turn)
                all._underWay.Remove(this);
        }
    }
}
