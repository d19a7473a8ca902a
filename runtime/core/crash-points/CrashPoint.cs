using System.Diagnostics;

namespace Isolation.Core;

/// <summary>
/// A named place in a step at which a test build (<c>-p:CrashPoints=true</c>) can be killed. In any other build the calls are not there, and neither are the
/// names. A name begins with the program that passes it: <c>isolationd</c>, <c>warden</c> or <c>cell-init</c>.
/// </summary>
public static class CrashPoint
{
    private const string TestBuild = "CRASH_POINTS";
    private static volatile Action<string>? _reached;

    /// <summary>This place is reached; where it is the chosen one, this does not return.</summary>
    /// <param name="name">The place's name.</param>
    [Conditional(TestBuild)]
    public static void Reach(string name) => _reached?.Invoke(name);

    /// <summary>As <see cref="Reach(string)"/>, where the same lines serve more than the step that is meant.</summary>
    /// <param name="name">The place's name.</param>
    /// <param name="isMeant">It is that step.</param>
    [Conditional(TestBuild)]
    public static void Reach(string name, bool isMeant)
    {
        if (isMeant)
            Reach(name);
    }

    /// <summary>Who is told of every place that is reached.</summary>
    [Conditional(TestBuild)]
    public static void Watch(Action<string> reached) => _reached = reached;
}
