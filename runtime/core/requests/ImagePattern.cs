namespace Isolation.Core;

/// <summary>
/// Images that a site lets be used: <c>host</c>, the host's own tree; or others of one form, by an absolute path in which <c>*</c> stands for any run of characters of one
/// name, and the name <c>**</c> for any number of names, with before it what an <see cref="ImageName"/> of that form has there.
/// </summary>
public sealed record ImagePattern
{
    /// <summary>The image that is the host's own tree.</summary>
    public const string Host = "host";

    private readonly string[] _names;

    private ImagePattern(string text, ImageForm form, string path) => (Text, Form, _names) = (text, form, text == Host ? [] : path[1..].Split('/'));

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The form of the images.</summary>
    public ImageForm Form { get; }

    /// <summary>
    /// The directory that an image which fits is looked for in, and that no link in its path leads out of: the names before the first with a star, or before the last; on
    /// CVMFS the repository, whose images are links to where it keeps their trees.
    /// </summary>
    public string Root => "/" + string.Join('/', _names.Take(RootLength));

    /// <summary>Reads one.</summary>
    /// <returns>Null where it is neither <c>host</c> nor a plain path.</returns>
    public static ImagePattern? TryRead(string text)
    {
        (ImageForm form, string path) = ImageName.FormOf(text);
        return text == Host || (ImageName.IsPlainPath(path) && (form == ImageForm.Directory || !path.Contains(':', StringComparison.Ordinal))) ? new ImagePattern(text, form, path) : null;
    }

    /// <summary>An image that fits may be, or show, what lies at a place.</summary>
    /// <param name="place">An absolute path.</param>
    public bool MayShow(string place) => Text != Host && new RoomImage(Root, "") { Form = Form }.MayShow(place);

    /// <summary>The image is one of them. The directory in which they are looked for is none itself.</summary>
    /// <param name="image">Null for the host's tree.</param>
    public bool Fits(ImageName? image)
        => image is null ? Text == Host : Text != Host && image.Form == Form && image.Path.Length > Below && Fits(image.Path[1..].Split('/'));

    /// <summary>The image as a room shows it; null where it does not fit.</summary>
    public RoomImage? Of(ImageName image) => Fits(image) ? new RoomImage(Root, image.Path[Below..]) { Form = Form, Tag = image.Tag } : null;

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
/// <param name="Name">It.</param>
/// <param name="Pattern">The pattern that lets it.</param>
public sealed record AllowedImage(ImageName Name, string Pattern);

/// <summary>An image that a room shows as its tree.</summary>
/// <param name="Root">A directory that the site names.</param>
/// <param name="Below">Where it is in that one; no link leads out of it.</param>
public sealed record RoomImage(string Root, string Below)
{
    /// <summary>Its form.</summary>
    public ImageForm Form { get; init; }

    /// <summary>Which of several; null for the only one.</summary>
    public string? Tag { get; init; }

    /// <summary>It is one file, and no directory.</summary>
    public bool IsFile => Form is ImageForm.LayoutArchive or ImageForm.DockerArchive;

    /// <summary>It has to be unpacked before it can be shown.</summary>
    public bool IsPacked => Form != ImageForm.Directory;

    /// <summary>As it was asked for.</summary>
    public ImageName Name => new(Form, Root == "/" ? "/" + Below : $"{Root}/{Below}", Tag);

    /// <summary>
    /// A link in its path may lead to a place, or above it: it stays below the root, and what it leads to is shown with all that is below it on that file system. Of what is
    /// packed only what is unpacked from it is shown.
    /// </summary>
    /// <param name="place">An absolute path.</param>
    public bool MayShow(string place) => Form == ImageForm.Directory && (Root == "/" || place == Root || place.StartsWith(Root + "/", StringComparison.Ordinal));
}
