namespace Isolation.Core;

/// <summary>
/// Images that a site lets be used: <c>host</c>, the host's own tree, or unpacked directories: an absolute path in which <c>*</c> stands for any run of characters of one
/// name, and the name <c>**</c> for any number of names.
/// </summary>
public sealed record ImagePattern
{
    /// <summary>The image that is the host's own tree.</summary>
    public const string Host = "host";

    private const int LongestPath = 1024;
    private readonly string[] _names;

    private ImagePattern(string text) => (Text, _names) = (text, text == Host ? [] : text[1..].Split('/'));

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>
    /// The directory that an image which fits is looked for in, and that no link in its path leads out of: the names before the first with a star, or before the last; on
    /// CVMFS the repository, whose images are links to where it keeps their trees.
    /// </summary>
    public string Root => "/" + string.Join('/', _names.Take(RootLength));

    /// <summary>Reads one.</summary>
    /// <returns>Null where it is neither <c>host</c> nor a plain path.</returns>
    public static ImagePattern? TryRead(string text) => text == Host || IsPlainPath(text) ? new ImagePattern(text) : null;

    /// <summary>An absolute path without empty names, '.' and '..', of at most 1,024 bytes.</summary>
    public static bool IsPlainPath(string path)
        => path.Length > 1 && path[0] == '/' && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestPath && path[1..].Split('/').All(name => name is not ("" or "." or "..") && !name.Contains('\0'));

    /// <summary>An image that fits may be, or show, what lies at a place.</summary>
    /// <param name="place">An absolute path.</param>
    public bool MayShow(string place) => Text != Host && new RoomImage(Root, "").MayShow(place);

    /// <summary>The image is one of them. The directory in which they are looked for is none itself.</summary>
    /// <param name="image"><c>host</c>, or a plain path.</param>
    public bool Fits(string image) => image == Host ? Text == Host : Text != Host && image.Length > Below && Fits(image[1..].Split('/'));

    /// <summary>The image as a room shows it; null where it does not fit, and for the host's tree.</summary>
    public RoomImage? Of(string image) => image != Host && Fits(image) ? new RoomImage(Root, image[Below..]) : null;

    private int RootLength
    {
        get
        {
            int plain = Array.FindIndex(_names, name => name.Contains('*')) is >= 0 and int starred ? starred : _names.Length - 1;
            return _names is ["cvmfs", ..] && plain > 2 ? 2 : plain;
        }
    }

    private int Below => Root.Length == 1 ? 1 : Root.Length + 1;

    private bool Fits(string[] path) => Glob.Fits<string>(_names, path, "**", (pattern, name) => new Glob(pattern).Matches(name));

    /// <inheritdoc/>
    public bool Equals(ImagePattern? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

/// <summary>An image that a payload may have.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Pattern">The pattern that lets it.</param>
public sealed record AllowedImage(string Path, string Pattern);

/// <summary>An unpacked directory that a room shows as its tree.</summary>
/// <param name="Root">A directory that the site names.</param>
/// <param name="Below">Where it is in that one; no link leads out of it.</param>
public sealed record RoomImage(string Root, string Below)
{
    /// <summary>The path by which it was asked for.</summary>
    public string Path => Root == "/" ? "/" + Below : $"{Root}/{Below}";

    /// <summary>A link in its path may lead to a place, or above it: it stays below the root, and what it leads to is shown with all that is below it on that file system.</summary>
    /// <param name="place">An absolute path.</param>
    public bool MayShow(string place) => Root == "/" || place == Root || place.StartsWith(Root + "/", StringComparison.Ordinal);
}
