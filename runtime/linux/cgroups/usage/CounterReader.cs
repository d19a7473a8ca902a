using System.Text;

namespace Isolation.Linux;

/// <summary>Reads the counters of one leaf through descriptors that stay open. Used by one thread. Whatever a file holds, reading throws nothing.</summary>
public sealed class CounterReader(IReadOnlyList<LeafCounter> counters)
{
    private const int Most = 64 << 10;
    private byte[] _buffer = new byte[8 << 10];

    /// <summary>The text of a counter; null when the leaf has none of that kind, "" when it cannot be read: the leaf is gone, say.</summary>
    public string? Text(CounterKind kind)
    {
        foreach (LeafCounter counter in counters)
            if (counter.Kind == kind)
                return Whole(counter.File);
        return null;
    }

    // One read gives the whole of such a file; what fills the buffer may be longer.
    private string Whole(Descriptor file)
    {
        try
        {
            while (true)
            {
                int length = Sys.ReadAt(file, _buffer, 0);
                if (length < _buffer.Length)
                    return Encoding.ASCII.GetString(_buffer, 0, length);
                if (length >= Most)
                    return "";
                _buffer = new byte[_buffer.Length * 2];
            }
        }
        catch (SyscallException)
        {
            return "";
        }
    }
}
