using Isolation.Cells;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>What a container's runtime sees in the place of the service's run directory, beside what every room has there.</summary>
/// <param name="Base">The run directory.</param>
internal sealed record ContainerPlaces(string Base)
{
    private const string RootName = "root", ConfigurationName = "oci", ResidentName = "cell-init", ImageName = "image", LayerName = "layer";

    /// <summary>Where the runtime finds the tree, as the container's root.</summary>
    internal string Root => $"{Base}/{RootName}";

    /// <summary>Where it finds its configuration, and keeps its notes; in the container itself it is empty.</summary>
    internal string Configuration => $"{Base}/{ConfigurationName}";

    /// <summary>The program cell-init.</summary>
    internal string Resident => $"{Base}/{ResidentName}";

    /// <summary>The image, where the tree is not the host's; in the container it is not there.</summary>
    internal string Image => $"{Base}/{ImageName}";

    /// <summary>What is laid over the image; in the container it is not there.</summary>
    internal string Layer => $"{Base}/{LayerName}";

    /// <summary>The directory with these places, attached nowhere yet.</summary>
    internal static Descriptor Make() => OwnDirectory.Make([RootName, ConfigurationName], ResidentName);

    /// <summary>The same with those of an image.</summary>
    internal static Descriptor MakeWithImage() => OwnDirectory.Make([RootName, ConfigurationName, ImageName, LayerName], ResidentName);
}
