using Isolation.Cells;

namespace Isolation.Images;

/// <summary>The programs of the host that unpack images: they read what a stranger has written, and so run with nobody's rights (<see cref="UnpackingChild"/>).</summary>
/// <param name="Shell">Opens a file, and has its status told.</param>
/// <param name="Skopeo">Copies an image of whatever form into a layout.</param>
/// <param name="Umoci">Unpacks a layout.</param>
internal sealed record ImageTools(string Shell, string Skopeo, string Umoci)
{
    private static readonly string[] s_directories = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

    /// <summary>The host's.</summary>
    /// <exception cref="IOException">One is not there, or not root's alone to change.</exception>
    internal static ImageTools OfHost() => new(Find("sh"), Find("skopeo"), Find("umoci"));

    private static string Find(string name)
    {
        string path = s_directories.Select(directory => $"{directory}/{name}").FirstOrDefault(File.Exists)
            ?? throw new IOException($"images cannot be unpacked: there is no {name} in {string.Join(", ", s_directories)}. Install it: apt install skopeo umoci");
        return HostProgram.Fault(path) is string fault ? throw new IOException($"images cannot be unpacked by {path}: {fault}") : path;
    }
}
