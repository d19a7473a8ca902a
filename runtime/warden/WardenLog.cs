using System.Text;
using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>
/// One line an event on standard error. A front can cause events as fast as it likes, so no more than a bounded number a second is
/// written; how many were left out is told with the next.
/// </summary>
internal sealed class WardenLog(TimeProvider clock)
{
    private const int MostPerSecond = 50;
    private readonly Lock _gate = new();
    private long _second;
    private int _written;
    private int _leftOut;

    internal void Write(string line)
    {
        int leftOut;
        lock (_gate)
        {
            long second = clock.GetUtcNow().ToUnixTimeSeconds();
            if (second != _second)
                (_second, _written) = (second, 0);
            if (++_written > MostPerSecond)
            {
                _leftOut++;
                return;
            }

            (leftOut, _leftOut) = (_leftOut, 0);
        }

        string before = leftOut == 0 ? "" : $"warden: {leftOut} lines left out\n";
        Descriptor errors = new(2);
        _ = Sys.TryWrite(errors, Encoding.UTF8.GetBytes($"{before}warden: {Core.PrintableText.Of(line)}\n"), out _);
        _ = errors.Release(); // descriptor 2 is not ours to close
    }
}
