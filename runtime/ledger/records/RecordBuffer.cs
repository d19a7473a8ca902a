using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Isolation.Ledger;

/// <summary>
/// The body of one record while it waits to be written: a JSON object, later spliced into its line. Reused; owned by one
/// record at a time.
/// </summary>
internal sealed class RecordBuffer : IBufferWriter<byte>
{
    private const int KeptCapacity = 64 << 10;
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private byte[] _bytes = new byte[2 << 10];
    private int _length;

    public RecordBuffer() => Json = new Utf8JsonWriter(this, Form);

    /// <summary>Writes into this buffer.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>False when it has grown too large to be kept for another record.</summary>
    public bool IsWorthKeeping => _bytes.Length <= KeptCapacity;

    /// <summary>The members of the object, without its braces.</summary>
    public ReadOnlySpan<byte> Members => _bytes.AsSpan(1, _length - 2);

    /// <summary>Begins the object of a new record.</summary>
    public Utf8JsonWriter Begin()
    {
        _length = 0;
        Json.Reset();
        Json.WriteStartObject();
        return Json;
    }

    /// <summary>Ends the object.</summary>
    public void End()
    {
        Json.WriteEndObject();
        Json.Flush();
    }

    void IBufferWriter<byte>.Advance(int count) => _length += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void Reserve(int sizeHint)
    {
        int needed = _length + Math.Max(sizeHint, 256);
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
    }
}
