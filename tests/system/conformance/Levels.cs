namespace Isolation.Service.Tests;

/// <summary>Promise: the level setuid with rooms that see the host as it is conforms.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class ClassicConformance(SharedService shared) : IsolatorConformance
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level setuid with private rooms conforms.</summary>
[Collection(PrivateServiceTests.Name)]
public sealed class PrivateConformance(PrivateService shared) : IsolatorConformance
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level container, built by an OCI runtime, conforms.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class ContainerConformance(ContainerService shared) : IsolatorConformance
{
    private protected override string Level => "container";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level log-only conforms, but for what a payload with its pilot's own account cannot have.</summary>
public sealed class LogOnlyConformance(LogOnlyService shared) : IsolatorConformance, IClassFixture<LogOnlyService>
{
    private protected override string Level => "log-only";

    private protected override string Options => "--level log-only";

    private protected override bool HasAnAccountOfItsOwn => false;

    private protected override Service Get() => shared.Get();
}
