using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// Asks the next service for the ending of a payload whose own connection has broken: it runs on, and whoever has its handle is told. For as long as the
/// payload's cell holds the pilot's channel there is something to wait for.
/// </summary>
/// <param name="socket">The service's socket.</param>
/// <param name="id">The payload.</param>
/// <param name="handle">Its handle; null for an operator, who needs none.</param>
internal sealed class Reconnection(byte[] socket, string id, string? handle)
{
    private const int FirstWait = 100; // ms
    private const int LongestWait = 2000; // ms
    private const int HopeMilliseconds = 120_000; // a service that is started again within it finds its clients
    private int _wait = FirstWait;
    private long _tryAt;
    private long _since;

    /// <summary>The payload.</summary>
    public string Id => id;

    /// <summary>Its handle.</summary>
    public string? Handle => handle;

    /// <summary>A service other than the first is being asked.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>A service has answered: another one that goes is waited out like the first.</summary>
    public void Answered() => (_since, _wait) = (0, FirstWait);

    /// <summary>How long until the next try.</summary>
    public int MillisecondsToTry => (int)Math.Clamp(_tryAt - Environment.TickCount64, 0, LongestWait);

    /// <summary>The connection has broken.</summary>
    public void Begin()
    {
        long now = Environment.TickCount64;
        if (_since == 0)
            _since = now;
        _tryAt = now + _wait;
        _wait = Math.Min(_wait * 2, LongestWait);
        IsAsking = true;
    }

    /// <summary>Tries, where it is time.</summary>
    public ServiceConnection? TryOpen()
    {
        if (MillisecondsToTry > 0)
            return null;
        ServiceConnection? service = ServiceConnection.TryOpen(socket, out _);
        if (service is not null && service.TrySend(Requests.WithHello(to => Requests.Wait(to, id, handle)).Span, out _))
            return service;
        service?.Dispose();
        Begin();
        return null;
    }

    /// <summary>True when nothing of the payload is there any more, and nobody has answered for long.</summary>
    public bool IsHopeless(bool channelIsOpen) => !channelIsOpen && _since != 0 && Environment.TickCount64 - _since > HopeMilliseconds;
}
