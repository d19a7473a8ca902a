namespace Isolation.Service.Tests;

/// <summary>Promise: with the client in Python in place of <c>isolation</c>, the level setuid with rooms that see the host as it is conforms.</summary>
public sealed class PythonClassicConformance(PythonService shared) : IsolatorConformance, IClassFixture<PythonService>
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: likewise with private rooms.</summary>
public sealed class PythonPrivateConformance(PythonPrivateService shared) : IsolatorConformance, IClassFixture<PythonPrivateService>
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: likewise at log-only, but for what a payload with its pilot's own account cannot have.</summary>
public sealed class PythonLogOnlyConformance(PythonService shared) : IsolatorConformance, IClassFixture<PythonService>
{
    private protected override string Level => "log-only";

    private protected override string Options => "--level log-only";

    private protected override bool HasAnAccountOfItsOwn => false;

    private protected override Service Get() => shared.Get();
}
