namespace Isolation.Linux;

/// <summary>
/// The numbers of the steps between clone3 and exec, in their order. Wire's StartStep names the same numbers; a test holds them equal.
/// </summary>
internal static class ChildSteps
{
    internal const int Clone = 1;
    internal const int V1Leaves = 2;
    internal const int Session = 3;
    internal const int Keyring = 4;
    internal const int OomScore = 5;
    internal const int ResourceLimits = 6;
    internal const int Descriptors = 7;
    internal const int CloseRange = 8;
    internal const int BoundingSet = 9;
    internal const int Groups = 10;
    internal const int GroupId = 11;
    internal const int UserId = 12;
    internal const int ParentDeath = 13;
    internal const int Signals = 14;
    internal const int Directory = 15;
    internal const int NoNewPrivileges = 16;
    internal const int Seccomp = 17;
    internal const int Exec = 18;
    internal const int Deadline = 19;
}
