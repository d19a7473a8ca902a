namespace Isolation.Linux;

/// <summary>
/// The numbers of the steps between clone3 and exec, in their order. Wire's StartStep names the same numbers; a test holds them equal.
/// </summary>
internal static class ChildSteps
{
    internal const int Clone = 1;
    internal const int V1Leaves = 2;
    internal const int NetworkNamespace = 3;
    internal const int Session = 4;
    internal const int Keyring = 5;
    internal const int OomScore = 6;
    internal const int ResourceLimits = 7;
    internal const int Descriptors = 8;
    internal const int CloseRange = 9;
    internal const int BoundingSet = 10;
    internal const int CpuAffinity = 11;
    internal const int SchedulingPolicy = 12;
    internal const int Nice = 13;
    internal const int IoPriority = 14;
    internal const int Groups = 15;
    internal const int GroupId = 16;
    internal const int UserId = 17;
    internal const int ParentDeath = 18;
    internal const int Signals = 19;
    internal const int Directory = 20;
    internal const int NoNewPrivileges = 21;
    internal const int Landlock = 22;
    internal const int Seccomp = 23;
    internal const int Exec = 24;
    internal const int Deadline = 25;
    internal const int Leave = 26;
    internal const int CgroupNamespace = 27; // between V1Leaves and NetworkNamespace
    internal const int UserNamespace = 28; // between CloseRange and BoundingSet
}
