namespace Isolation.Core;

/// <summary>How an image lies on disk.</summary>
public enum ImageForm
{
    /// <summary>Its tree as it is: an unpacked directory.</summary>
    Directory,

    /// <summary>A directory as the OCI image layout specification has it.</summary>
    Layout,

    /// <summary>Such a layout in one tar file.</summary>
    LayoutArchive,

    /// <summary>A tar file as <c>docker save</c> and <c>podman save</c> write it.</summary>
    DockerArchive,
}

/// <summary>
/// An image as a payload asks for it: a path, before it <c>oci:</c>, <c>oci-archive:</c> or <c>docker-archive:</c> where it is not an unpacked directory, and behind it
/// <c>:TAG</c> where there are several.
/// </summary>
/// <param name="Form">How it lies on disk.</param>
/// <param name="Path">Where: an absolute path without empty names, '.' and '..', and of what is packed without ':'.</param>
/// <param name="Tag">Which of several; null for the only one.</param>
public sealed record ImageName(ImageForm Form, string Path, string? Tag)
{
    private const int LongestPath = 1024, LongestTag = 256;

    // As containers-transports(5) has them.
    private static readonly Dictionary<ImageForm, string> s_words = new()
    {
        [ImageForm.Layout] = "oci:", [ImageForm.LayoutArchive] = "oci-archive:", [ImageForm.DockerArchive] = "docker-archive:",
    };

    /// <summary>Reads one.</summary>
    /// <returns>Null where it is none.</returns>
    public static ImageName? TryRead(string text)
    {
        (ImageForm form, string rest) = FormOf(text);
        if (form == ImageForm.Directory)
            return IsPlainPath(rest) ? new ImageName(form, rest, null) : null;
        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        (string path, string? tag) = colon < 0 ? (rest, null) : (rest[..colon], rest[(colon + 1)..]);
        return IsPlainPath(path) && (tag is null || IsTag(tag)) ? new ImageName(form, path, tag) : null;
    }

    /// <summary>Which form a text names, and what it says of it.</summary>
    internal static (ImageForm Form, string Named) FormOf(string text)
    {
        foreach ((ImageForm form, string word) in s_words)
            if (text.StartsWith(word, StringComparison.Ordinal))
                return (form, text[word.Length..]);
        return (ImageForm.Directory, text);
    }

    /// <summary>An absolute path without empty names, '.' and '..', of at most 1,024 bytes.</summary>
    internal static bool IsPlainPath(string path)
        => path.Length > 1 && path[0] == '/' && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestPath && path[1..].Split('/').All(name => name is not ("" or "." or "..") && !name.Contains('\0'));

    /// <summary>As it is written.</summary>
    public override string ToString() => $"{s_words.GetValueOrDefault(Form)}{Path}{(Tag is null ? "" : ":" + Tag)}";

    // A tag of a layout, or a name with a tag as docker archives have them.
    private static bool IsTag(string text)
        => text.Length is > 0 and <= LongestTag && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || "._/:+-".Contains(c));
}
