using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>A payload's scratch, as its client reaches it. What fails is told by error numbers.</summary>
internal interface IScratch : IDisposable
{
    /// <summary>Makes a file, which must be new, with the content of another.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mode">Its mode.</param>
    /// <param name="from">The other.</param>
    /// <param name="length">How many bytes of it.</param>
    int TryPut(ReadOnlySpan<byte> name, uint mode, Descriptor from, long length);

    /// <summary>Looks up a regular file; then it must be taken or left.</summary>
    int TryFind(ReadOnlySpan<byte> name, out uint mode, out long length);

    /// <summary>Copies what was found into an empty file.</summary>
    int TryTake(Descriptor to, Func<bool> isGivenUp);

    /// <summary>Does not copy what was found.</summary>
    void Leave();
}
