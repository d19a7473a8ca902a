namespace Isolation.Service.Tests;

/// <summary>Promise: what holds of a directory lent to a private room holds of one lent to a container.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class LentToContainersTests() : LentDirectoryTests(ContainerService.Needed);

/// <summary>Promise: and of the files in it.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class FilesLentToContainersTests() : LentFilesTests(ContainerService.Needed);

/// <summary>Promise: where policy allows nested containers, a payload of a container makes containers of its own as one of a private room does.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class NestedInContainersTests(ContainerService denying, NestingContainers allowing) : NestedContainersTests(denying, allowing), IClassFixture<NestingContainers>
{
    private protected override string Places => "['cell-init', 'etc', 'lent', 'oci', 'root', 'scratch']";
}

/// <summary>Promise: programs that people use run in a container as they do outside.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class RealProgramsInContainersTests(ContainerService shared) : RealProgramsTests(shared);

/// <summary>One service whose containers may nest, and to which a directory can be lent.</summary>
public sealed class NestingContainers : NestingService
{
    private protected override string Policy => ContainerService.Needed.Replace("setuid: { room: classic }", "container: { nested-containers: allow }", StringComparison.Ordinal);
}
