using System.Security.Cryptography;
using System.Text;

namespace Isolation.Linux;

/// <summary>The name of a service's slice, the cgroup that holds its leaves.</summary>
public static class SliceName
{
    private const string DefaultRun = "/run/isolation";

    /// <summary>That of a run directory: others have others, so that two services share no cgroup.</summary>
    public static string Of(string run)
        => run == DefaultRun ? "isolation" : $"isolation-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(run)))[..8]}";
}
