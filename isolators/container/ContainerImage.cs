using Isolation.Images;

namespace Isolation.Isolators.Container;

/// <summary>The image that a container shows as its tree.</summary>
/// <param name="Source">Where it lies; of an unpacked directory its tree is found there.</param>
/// <param name="Stored">Of a packed one: its tree in the store.</param>
internal sealed record ContainerImage(ImageSource Source, StoredImage? Stored) : IDisposable
{
    public void Dispose() => Stored?.Dispose();
}
