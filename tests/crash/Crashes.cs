namespace Isolation.Service.Tests;

/// <summary>One service for all points of a class; a new one after a failure, of which something may be left.</summary>
public abstract class Crashes(string room, int warm, int containers = 0, string network = "pilot") : IDisposable
{
    private CrashService? _service;

    public void Survive(string point) => Survive(CrashPoints.Of(point));

    public void Survive(Row row)
    {
        _service ??= CrashService.Start(room, warm, containers, network);
        bool survived = false;
        try
        {
            _service.Survive(row);
            survived = true;
        }
        finally
        {
            if (!survived)
                Replace();
        }
    }

    public void Dispose()
    {
        _service?.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Replace()
    {
        CrashService? broken = _service;
        _service = null;
        broken?.Discard();
    }
}

/// <summary>Private rooms, each built when it is asked for.</summary>
public sealed class PrivateCrashes() : Crashes("private", warm: 0);

/// <summary>Classic rooms.</summary>
public sealed class ClassicCrashes() : Crashes("classic", warm: 0);

/// <summary>Private rooms, one of them built ahead.</summary>
public sealed class StockedCrashes() : Crashes("private", warm: 1);

/// <summary>Containers, one of them built ahead.</summary>
public sealed class StockedContainerCrashes() : Crashes("private", warm: 0, containers: 1);

/// <summary>Containers with networks of their own that lead to their pilots'.</summary>
public sealed class UserNetworkCrashes() : Crashes("private", warm: 0, network: "user");
