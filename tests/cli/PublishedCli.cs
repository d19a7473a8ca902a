using System.Diagnostics;

namespace Isolation.Cli.Tests;

/// <summary>The program as it is shipped: out/bin/isolation where it is newer than its sources, else published once for these tests.</summary>
public sealed class PublishedCli
{
    public PublishedCli()
    {
        string root = Root();
        Program = Path.Combine(root, "out/bin/isolation");
        if (!IsNewerThanSources(Program, root))
            Program = Publish(root);
    }

    public string Program { get; }

    internal static string Root()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Directory.Packages.props")))
            at = Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException("these tests run inside the repository");
    }

    private static bool IsNewerThanSources(string program, string root)
        => File.Exists(program) && new[] { "cli", "runtime/linux", "runtime/wire", "runtime/core" }
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(root, d), "*", SearchOption.AllDirectories))
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".csproj", StringComparison.Ordinal))
            .All(f => File.GetLastWriteTimeUtc(f) <= File.GetLastWriteTimeUtc(program));

    private static string Publish(string root)
    {
        // In folders of its own: the projects may be under build by others at the same time. Output to a file: a build server that
        // stays would keep a pipe open.
        string target = Path.Combine(root, "artifacts/cli-under-test");
        string log = Path.Combine(target, "publish.log");
        Directory.CreateDirectory(target);
        ProcessStartInfo start = new("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log,
            "dotnet", "publish", Path.Combine(root, "cli"), "-c", "Release", "-v", "q", "-nodeReuse:false", "-p:UseSharedCompilation=false",
            $"-p:ArtifactsPath={target}/", "-o", Path.Combine(target, "bin-out")]);
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k == "DOTNET_HOST_PATH").ToList())
            start.Environment.Remove(name);
        using Process publish = Process.Start(start)!;
        publish.WaitForExit();
        return publish.ExitCode == 0
            ? Path.Combine(target, "bin-out/isolation")
            : throw new InvalidOperationException("publishing the client failed: " + File.ReadAllText(log));
    }
}

/// <summary>One publication for every class that runs the program; they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PublishedCliCollection : ICollectionFixture<PublishedCli>
{
    public const string Name = "published client";
}
