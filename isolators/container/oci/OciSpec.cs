using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Isolators.Container;

/// <summary>The members of an OCI runtime configuration that rooms use (OCI runtime specification 1.0.2, config.md and config-linux.md).</summary>
internal sealed record OciSpec(string OciVersion, OciProcess Process, OciRoot Root, ImmutableArray<OciMount> Mounts, OciLinux Linux)
{
    /// <summary>As config.json.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OciJson.Default.OciSpec);
}

internal sealed record OciProcess(
    bool Terminal, OciUser User, ImmutableArray<string> Args, ImmutableArray<string> Env, string Cwd, OciCapabilities Capabilities, bool NoNewPrivileges);

internal sealed record OciUser(uint Uid, uint Gid);

internal sealed record OciCapabilities(ImmutableArray<string> Bounding, ImmutableArray<string> Effective, ImmutableArray<string> Permitted);

internal sealed record OciRoot(string Path, bool Readonly);

internal sealed record OciMount(string Destination, string Type, string Source, ImmutableArray<string> Options);

internal sealed record OciNamespace(string Type);

[method: JsonConstructor]
internal sealed record OciIdMapping([property: JsonPropertyName("containerID")] uint Inside, [property: JsonPropertyName("hostID")] uint OnHost, uint Size);

internal sealed record OciLinux(
    ImmutableArray<OciNamespace> Namespaces, ImmutableArray<OciIdMapping> UidMappings, ImmutableArray<OciIdMapping> GidMappings,
    string CgroupsPath, string RootfsPropagation, ImmutableArray<string> MaskedPaths, ImmutableArray<string> ReadonlyPaths);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OciSpec))]
internal sealed partial class OciJson : JsonSerializerContext;
