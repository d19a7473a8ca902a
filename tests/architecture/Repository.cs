using System.Diagnostics;
using System.Reflection;

namespace Isolation.Architecture.Tests;

/// <summary>The files of this repository, as git tracks them; where there is no git, those that are there but for what a build makes.</summary>
internal static class Repository
{
    private static readonly string[] Made = ["artifacts/", "out/", ".git/"];

    public static string Root { get; } = Path.GetFullPath(
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!);

    /// <summary>Paths relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } = List();

    public static IEnumerable<string> SourceFiles => Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Projects => Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string[] List()
    {
        ProcessStartInfo start = new("git", ["-c", "safe.directory=*", "-C", Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process git = Process.Start(start)!;
            string output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            if (git.ExitCode == 0)
                return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(Path.Combine(Root, f)))];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // no git here
        }

        return [.. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f))
            .Where(f => !Made.Any(m => f.StartsWith(m, StringComparison.Ordinal)))];
    }
}
