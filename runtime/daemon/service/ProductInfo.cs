using System.Reflection;
using System.Runtime.InteropServices;

namespace Isolation.Daemon;

/// <summary>Name and version of this program.</summary>
internal static class ProductInfo
{
    /// <summary>The product's version.</summary>
    public static string Version { get; } = typeof(ProductInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>What the first frame tells a client.</summary>
    public static string Service { get; } = $"isolationd {Version}";

    /// <summary>What <c>--version</c> prints.</summary>
    public static string Full { get; } = $"{Service}, {RuntimeInformation.FrameworkDescription}";
}
