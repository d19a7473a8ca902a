using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>What doctor looks at on this host.</summary>
/// <param name="Name">The name of the service's slice.</param>
/// <param name="Kernel">What the kernel can do for the listener; null while that is not known yet.</param>
/// <param name="Scratch">The directory of the scratches.</param>
internal sealed record HostView(string Name, Func<KernelAbilities?> Kernel, string Scratch)
{
    /// <summary>Adds what is found.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="clientPid">The caller.</param>
    public void Add(Diagnosis to, int clientPid)
    {
        CgroupLayout layout = CgroupLayout.Read();
        string slice = SliceIn(layout);
        CgroupFindings.Add(to, layout, slice, MountTable.TryRead("self")?.FirstOrDefault(m => m.FileSystem == "cgroup2")?.Options);
        if (Kernel() is { } kernel)
            KernelFindings.Add(to, kernel);
        if (layout.Unified is string unified && Directory.Exists($"{unified}/{slice}"))
            KernelFindings.Add(to, $"{unified}/{slice}", layout.V1.Count == 0);
        ScratchFindings.Add(to, Scratch);
        MountFindings.Add(to, MountTable.TryRead(clientPid.ToString(System.Globalization.CultureInfo.InvariantCulture)), MountTable.TryRead("1"));
    }

    private string SliceIn(CgroupLayout layout)
        => PayloadsUnit.Guess(layout, ProcessCgroups.Parse(File.ReadAllText("/proc/self/cgroup"))) is string unit ? $"{unit[1..]}/{Name}" : Name;
}
