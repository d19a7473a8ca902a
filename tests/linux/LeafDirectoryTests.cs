using System.Globalization;

namespace Isolation.Linux.Tests;

/// <summary>Promise: whoever owns the directory above a leaf can rename and replace it at any moment; what was made is what is removed, and nothing stays.</summary>
public sealed class LeafDirectoryTests
{
    private const int Rounds = 2_000;

    [SkippableFact]
    public void ALeafThatIsRenamedAtAnyMomentIsRemoved()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root");
        Skip.IfNot(CgroupLayout.Read().V1.TryGetValue("memory", out string? memory), "cgroups can be renamed on v1 only, and this host has no memory hierarchy of v1");
        string parent = string.Create(CultureInfo.InvariantCulture, $"{memory}/iso-leaf-{Environment.ProcessId}");
        Directory.CreateDirectory(parent);
        try
        {
            using (Descriptor place = Sys.Open(null, parent, Sys.O_PATH))
                Sys.SetOwnerOfPlace(place, 5000, 5000);
            using CancellationTokenSource over = new();
            Thread meddler = new(() => Rename(parent, over.Token));
            meddler.Start();
            int made = 0;
            for (int i = 0; i < Rounds; i++)
            {
                try
                {
                    using LeafDirectory leaf = LeafDirectory.Make(parent, $"cell-{i}");
                    Assert.Null(leaf.Remove());
                    made++;
                }
                catch (SyscallException)
                {
                    // Taken away before it could be held.
                }
            }

            over.Cancel();
            meddler.Join();
            Assert.InRange(made, 1, Rounds);
            Assert.Empty(Directory.GetDirectories(parent));
        }
        finally
        {
            foreach (string left in Directory.GetDirectories(parent))
                Directory.Delete(left);
            Directory.Delete(parent);
        }
    }

    private static void Rename(string parent, CancellationToken over)
    {
        for (int i = 0; !over.IsCancellationRequested; i++)
        {
            foreach (string leaf in Directory.EnumerateDirectories(parent, "cell-*"))
            {
                try
                {
                    Directory.Move(leaf, $"{parent}/taken-{i}");
                }
                catch (IOException)
                {
                    // It went meanwhile.
                }
            }
        }
    }
}
