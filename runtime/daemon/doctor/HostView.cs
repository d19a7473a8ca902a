using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>What doctor looks at on this host.</summary>
/// <param name="Slice">The name of the service's slice.</param>
/// <param name="Kernel">What the kernel can do for the listener; null while that is not known yet.</param>
internal sealed record HostView(string Slice, Func<KernelAbilities?> Kernel)
{
    /// <summary>Adds what is found.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="clientPid">The caller.</param>
    public void Add(Diagnosis to, int clientPid)
    {
        CgroupLayout layout = CgroupLayout.Read();
        CgroupFindings.Add(to, layout, Slice, MountTable.TryRead("self")?.FirstOrDefault(m => m.FileSystem == "cgroup2")?.Options);
        if (Kernel() is { } kernel)
            KernelFindings.Add(to, kernel);
        if (layout.Unified is string unified && Directory.Exists($"{unified}/{Slice}"))
            KernelFindings.Add(to, $"{unified}/{Slice}", layout.V1.Count == 0);
        MountFindings.Add(to, MountTable.TryRead(clientPid.ToString(System.Globalization.CultureInfo.InvariantCulture)), MountTable.TryRead("1"));
    }
}
