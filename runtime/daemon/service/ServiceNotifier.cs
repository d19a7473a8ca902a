using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Isolation.Daemon;

/// <summary>Tells systemd how the service is (sd_notify(3)), over the datagram socket that NOTIFY_SOCKET names; does nothing without one.</summary>
internal sealed class ServiceNotifier(string? address, TimeProvider clock)
{
    /// <summary>Serving.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>Reading the policy again; <see cref="Ready"/> follows.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture,
        $"RELOADING=1\nMONOTONIC_USEC={clock.GetTimestamp() / (clock.TimestampFrequency / 1_000_000)}"));

    /// <summary>On the way out.</summary>
    public void Stopping() => Send("STOPPING=1");

    private void Send(string state)
    {
        if (string.IsNullOrEmpty(address))
            return;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ stands for the abstract name space.
            socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // Whoever started this no longer listens; the service does not depend on it.
        }
    }
}
