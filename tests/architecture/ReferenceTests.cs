using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Isolation.Architecture.Tests;

/// <summary>Promise: a part knows only the parts that the design lets it know, in the project files and in what was built from them.</summary>
public sealed class ReferenceTests
{
    private static IEnumerable<string> Products => Repository.Projects.Where(p => !p.StartsWith("tests/", StringComparison.Ordinal) && !p.StartsWith("bench/", StringComparison.Ordinal));

    [Fact]
    public void EveryProjectReferencesOnlyWhatItMay()
    {
        List<string> faults = [];
        foreach (string file in Products)
        {
            string project = Path.GetFileNameWithoutExtension(file);
            if (!References.Allowed.TryGetValue(project, out string[]? allowed))
            {
                faults.Add($"{file}: not in the table of projects");
                continue;
            }

            faults.AddRange(ReferencesOf(file).Except(allowed).Select(r => $"{project} references {r}"));
        }

        Assert.Empty(faults);
    }

    [SkippableFact]
    public void EveryBuiltAssemblyNamesOnlyWhatItMay()
    {
        List<string> faults = [];
        int seen = 0;
        foreach (string project in Products.Select(p => Path.GetFileNameWithoutExtension(p)!).Where(References.Allowed.ContainsKey))
        {
            string name = References.AssemblyNames.GetValueOrDefault(project, project);
            IReadOnlySet<string> allowed = References.AllowedInTheEnd(project);
            string built = Path.Combine(Repository.Root, "artifacts", "obj", project);
            if (!Directory.Exists(built))
                continue;
            foreach (string assembly in Directory.EnumerateFiles(built, name + ".dll", SearchOption.AllDirectories).Where(f => !f.Contains("/ref", StringComparison.Ordinal)))
            {
                seen++;
                faults.AddRange(NamedBy(assembly).Where(n => !allowed.Contains(n)).Select(n => $"{project} names {n}"));
            }
        }

        Skip.If(seen == 0, "nothing is built yet: run ./build first");
        Assert.Empty(faults.Distinct());
    }

    [Fact]
    public void OnlyTheWardenNamesAnIsolator()
        => Assert.All(
            Products.Where(p => Path.GetFileNameWithoutExtension(p) != "Isolation.Warden"),
            file => Assert.DoesNotContain(ReferencesOf(file), r => r.StartsWith("Isolation.Isolators.", StringComparison.Ordinal)));

    [Fact]
    public void EveryProjectIsInTheSolution()
    {
        string solution = Repository.Text("Isolation.sln").Replace('\\', '/');
        Assert.Empty(Repository.Projects.Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> ReferencesOf(string project) => XDocument.Parse(Repository.Text(project)).Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));

    private static IEnumerable<string> NamedBy(string assembly)
    {
        using PEReader reader = new(File.OpenRead(assembly));
        MetadataReader metadata = reader.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))
            .Where(n => n.StartsWith("Isolation.", StringComparison.Ordinal))];
    }
}
