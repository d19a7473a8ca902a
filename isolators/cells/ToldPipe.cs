using System.Text;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What a program says, as much of it as is wanted; the rest is read and forgotten.</summary>
public sealed class ToldPipe : IDisposable
{
    private readonly int _most;
    private readonly List<byte> _bytes = [];
    private readonly Descriptor _pipe;
    private readonly Descriptor _end;
    private bool _isOver;

    /// <summary>An empty one.</summary>
    /// <param name="most">How many bytes are kept.</param>
    public ToldPipe(int most)
    {
        _most = most;
        (_pipe, _end) = Sys.Pipe();
    }

    /// <summary>It said more than that.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>What it has said, as far as it is read and kept.</summary>
    public byte[] Bytes => [.. _bytes];

    /// <summary>The same as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>To wait for more; of one that is over, nothing is waited for.</summary>
    public PollEntry Entry => new() { Number = _isOver ? -1 : _pipe.Number, Wanted = PollEvents.In };

    /// <summary>The program's end; the caller disposes it when the program has it.</summary>
    public Descriptor TakeEnd() => _end;

    /// <summary>Reads what is there; there must be something.</summary>
    public void Read()
    {
        Span<byte> part = stackalloc byte[16 << 10];
        int length = Sys.Read(_pipe, part), wanted = Math.Min(length, _most - _bytes.Count);
        _isOver = length == 0;
        IsTooLong |= wanted < length;
        _bytes.AddRange(part[..wanted]);
    }

    /// <summary>Reads what is left, once nobody writes any more.</summary>
    public void ReadAll()
    {
        while (!_isOver && Sys.Poll(_pipe, PollEvents.In, 0) != PollEvents.None)
            Read();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Dispose();
        _pipe.Dispose();
    }
}
