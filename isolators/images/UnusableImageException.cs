namespace Isolation.Images;

/// <summary>An image cannot be a room's tree, and why: the asker's fault, or the image's.</summary>
/// <param name="why">Why.</param>
public sealed class UnusableImageException(string why) : IOException(why);
