namespace Isolation.Service.Tests;

/// <summary>Promise: the level setuid with rooms that see the host as it is conforms with no more of the kernel than EL9 has.</summary>
public sealed class ClassicConformanceOnEl9(El9Service shared) : IsolatorConformance, IClassFixture<El9Service>
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level setuid with private rooms conforms with no more of the kernel than EL9 has.</summary>
public sealed class PrivateConformanceOnEl9(El9PrivateService shared) : IsolatorConformance, IClassFixture<El9PrivateService>
{
    private protected override string Level => "setuid";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level container conforms with no more of the kernel than EL9 has.</summary>
public sealed class ContainerConformanceOnEl9(El9ContainerService shared) : IsolatorConformance, IClassFixture<El9ContainerService>
{
    private protected override string Level => "container";

    private protected override Service Get() => shared.Get();
}

/// <summary>Promise: the level log-only conforms likewise.</summary>
public sealed class LogOnlyConformanceOnEl9(El9Service shared) : IsolatorConformance, IClassFixture<El9Service>
{
    private protected override string Level => "log-only";

    private protected override string Options => "--level log-only";

    private protected override bool HasAnAccountOfItsOwn => false;

    private protected override Service Get() => shared.Get();
}

/// <summary>A service without what EL9's kernel has not; log-only for those who ask for it.</summary>
public sealed class El9Service : IDisposable
{
    private Service? _service;

    internal Service Get()
    {
        Site.Require();
        return _service ??= Service.Start(LogOnlyService.Policy, arguments: Site.LikeEl9);
    }

    public void Dispose() => _service?.Dispose();
}

/// <summary>The same with private rooms.</summary>
public sealed class El9PrivateService : PrivateService
{
    private protected override string[] Arguments => Site.LikeEl9;
}
