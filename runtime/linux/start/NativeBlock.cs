using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Memory outside the garbage collector's reach, freed as a whole: what a child reads between clone3 and exec.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private readonly List<nint> _pieces = [];

    /// <summary>A NUL-terminated copy.</summary>
    internal byte* Text(ReadOnlySpan<byte> bytes)
    {
        byte* copy = (byte*)Allocate((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        copy[bytes.Length] = 0;
        return copy;
    }

    /// <summary>A NULL-terminated vector of NUL-terminated copies, as exec takes it.</summary>
    internal byte** Vector(IReadOnlyList<ReadOnlyMemory<byte>> texts)
    {
        byte** vector = (byte**)Allocate((nuint)((texts.Count + 1) * sizeof(byte*)));
        nuint total = 0;
        foreach (ReadOnlyMemory<byte> text in texts)
            total += (nuint)text.Length + 1;
        byte* at = (byte*)Allocate(total + 1);
        for (int i = 0; i < texts.Count; i++)
        {
            vector[i] = at;
            texts[i].Span.CopyTo(new Span<byte>(at, texts[i].Length));
            at += texts[i].Length;
            *at++ = 0;
        }

        vector[texts.Count] = null;
        return vector;
    }

    /// <summary>A copy of an array.</summary>
    internal T* Array<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        T* copy = (T*)Allocate((nuint)(values.Length * sizeof(T)) + 1);
        values.CopyTo(new Span<T>(copy, values.Length));
        return copy;
    }

    public void Dispose()
    {
        foreach (nint piece in _pieces)
            NativeMemory.Free((void*)piece);
        _pieces.Clear();
    }

    private void* Allocate(nuint size)
    {
        void* piece = NativeMemory.Alloc(size);
        _pieces.Add((nint)piece);
        return piece;
    }
}
