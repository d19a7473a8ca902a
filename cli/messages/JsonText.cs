using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Isolation.Cli;

/// <summary>Writes JSON by hand: the serializer would cost the start 1.3 ms and 2 MB, and a request needs none of it.</summary>
internal sealed class JsonText(int capacity)
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(capacity, 64));
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Bytes as they are.</summary>
    public JsonText Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Next(bytes.Length));
        _length += bytes.Length;
        return this;
    }

    /// <summary>A string, escaped.</summary>
    public JsonText Text(string text)
    {
        Raw("\""u8);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            if (b is (byte)'"' or (byte)'\\')
                Raw([(byte)'\\', b]);
            else if (b < 0x20)
                Raw(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)b:x4}")));
            else
                Raw([b]);
        }

        return Raw("\""u8);
    }

    /// <summary>A number.</summary>
    public JsonText Number(long value)
    {
        _ = Utf8Formatter.TryFormat(value, Next(20), out int written);
        _length += written;
        return this;
    }

    /// <summary>Bytes as a base64 string.</summary>
    public JsonText Base64(ReadOnlySpan<byte> bytes)
    {
        Raw("\""u8);
        _ = System.Buffers.Text.Base64.EncodeToUtf8(bytes, Next(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out int written);
        _length += written;
        return Raw("\""u8);
    }

    /// <summary>Byte strings as an array of base64.</summary>
    public JsonText Base64(IReadOnlyList<ReadOnlyMemory<byte>> strings)
    {
        Raw("["u8);
        for (int i = 0; i < strings.Count; i++)
        {
            if (i > 0)
                Raw(","u8);
            Base64(strings[i].Span);
        }

        return Raw("]"u8);
    }

    /// <summary>Leaves space for what is filled in afterwards, and returns its offset.</summary>
    public int Reserve(int count)
    {
        Next(count).Clear();
        _length += count;
        return _length - count;
    }

    /// <summary>The reserved space.</summary>
    public Span<byte> At(int offset, int count) => _bytes.AsSpan(offset, count);

    private Span<byte> Next(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        return _bytes.AsSpan(_length, count);
    }
}
