using System.Text;
using Isolation.Linux;

namespace Isolation.Images;

/// <summary>What a program says, as much of it as is wanted; the rest is read and forgotten.</summary>
internal sealed class ToldPipe : IDisposable
{
    private readonly int _most;
    private readonly List<byte> _bytes = [];
    private readonly Descriptor _pipe;
    private readonly Descriptor _end;
    private bool _isOver;

    /// <summary>An empty one.</summary>
    /// <param name="most">How many bytes are kept.</param>
    internal ToldPipe(int most)
    {
        _most = most;
        (_pipe, _end) = Sys.Pipe();
    }

    /// <summary>It said more than that.</summary>
    internal bool IsTooLong { get; private set; }

    internal byte[] Bytes => [.. _bytes];

    internal string Text => Encoding.UTF8.GetString(Bytes);

    internal PollEntry Entry => new() { Number = _isOver ? -1 : _pipe.Number, Wanted = PollEvents.In };

    /// <summary>The program's end; the caller disposes it when the program has it.</summary>
    internal Descriptor TakeEnd() => _end;

    /// <summary>Reads what is there; there must be something.</summary>
    internal void Read()
    {
        Span<byte> part = stackalloc byte[16 << 10];
        int length = Sys.Read(_pipe, part), wanted = Math.Min(length, _most - _bytes.Count);
        _isOver = length == 0;
        IsTooLong |= wanted < length;
        _bytes.AddRange(part[..wanted]);
    }

    /// <summary>Reads what is left, once nobody writes any more.</summary>
    internal void ReadAll()
    {
        while (!_isOver && Sys.Poll(_pipe, PollEvents.In, 0) != PollEvents.None)
            Read();
    }

    public void Dispose()
    {
        _end.Dispose();
        _pipe.Dispose();
    }
}
