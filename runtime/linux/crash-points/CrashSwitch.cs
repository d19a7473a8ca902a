using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// Which crash point kills, in a test build: its name stands in <c>RUN/crash-point</c> while a test wants it. A cell-init, which cannot see that file, is told
/// at its start. What dies says so on standard error first: it is the only proof that the point was reached.
/// </summary>
public static class CrashSwitch
{
    private const string TestBuild = "CRASH_POINTS";
    private const string Variable = "CRASH_POINT";
    private const int SIGKILL = 9;
    private static string _file = "";

    /// <summary>This process dies at the point that the file of the run directory names.</summary>
    /// <param name="run">RUN.</param>
    [Conditional(TestBuild)]
    public static void Follow(string run)
    {
        _file = run + "/crash-point";
        DieWhere(name => name == Chosen());
    }

    /// <summary>This process dies at the point that its environment names.</summary>
    [Conditional(TestBuild)]
    public static void FollowEnvironment()
    {
        if (Environment.GetEnvironmentVariable(Variable) is string chosen)
            DieWhere(name => name == chosen);
    }

    /// <summary>Adds what <see cref="FollowEnvironment"/> reads.</summary>
    /// <param name="environment">That of the process to be started.</param>
    [Conditional(TestBuild)]
    public static void Tell(ref ImmutableArray<ReadOnlyMemory<byte>> environment)
    {
        if (Chosen() is string chosen)
            environment = environment.Add(Encoding.UTF8.GetBytes($"{Variable}={chosen}"));
    }

    private static string? Chosen()
    {
        try
        {
            return File.ReadAllText(_file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void DieWhere(Predicate<string> isChosen) => CrashPoint.Watch(name =>
    {
        if (isChosen(name))
            Die(name);
    });

    private static void Die(string name)
    {
        Sys.WriteAll(new Descriptor(2), Encoding.UTF8.GetBytes($"killed at the crash point '{name}'\n"));
        Sys.SignalSelf(SIGKILL);
        Sys.ExitNow(128 + SIGKILL); // the first process of a pid namespace cannot kill itself
    }
}
