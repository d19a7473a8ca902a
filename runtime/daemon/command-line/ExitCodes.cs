namespace Isolation.Daemon;

/// <summary>How isolationd ends; the numbers of sysexits.h where one fits.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 64;
    public const int NoUser = 67;
    public const int Unavailable = 69;
    public const int HostError = 71;
    public const int NoPermission = 77;
    public const int BadPolicy = 78;
}
