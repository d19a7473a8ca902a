using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

/// <summary>Zeroed memory at a fixed address, to be shown to <see cref="KernelCall"/>.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private void* _start;

    /// <summary>So many bytes.</summary>
    public NativeBuffer(int length)
    {
        _start = NativeMemory.AllocZeroed((nuint)Math.Max(1, length));
        Length = length;
    }

    /// <summary>A text in UTF-8 with its NUL.</summary>
    public NativeBuffer(string text) : this(Encoding.UTF8.GetByteCount(text) + 1) => Encoding.UTF8.GetBytes(text, Span);

    /// <summary>A copy of bytes.</summary>
    public NativeBuffer(ReadOnlySpan<byte> bytes) : this(bytes.Length) => bytes.CopyTo(Span);

    /// <summary>How many bytes.</summary>
    public int Length { get; }

    /// <summary>Where it is, for an argument of a call.</summary>
    public nint Address => (nint)_start;

    /// <summary>The bytes.</summary>
    public Span<byte> Span => new(_start, Length);

    /// <summary>One 32-bit value of it.</summary>
    public ref int Int(int offset) => ref MemoryMarshal.Cast<byte, int>(Span[offset..])[0];

    /// <summary>One 64-bit value of it.</summary>
    public ref long Long(int offset) => ref MemoryMarshal.Cast<byte, long>(Span[offset..])[0];

    /// <summary>Bytes at an address that the kernel has returned, such as an attached segment.</summary>
    public static Span<byte> At(nint address, int length) => new((void*)address, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
    }
}
