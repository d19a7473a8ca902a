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
