using System.Text;
using Isolation.Linux;
using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary>The files that root makes from the policy: the warden's limits, and what clients may do when nobody answers.</summary>
internal static class PublishedFiles
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ForRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the warden's limits.</summary>
    /// <exception cref="LaunchException">The policy cannot be in force on this host.</exception>
    public static byte[] LimitsOf(PolicySnapshot policy, HostFacts facts, string user) => WardenLimits.From(policy, facts, user) switch
    {
        WardenLimits.Made made => made.File.ToJson(),
        WardenLimits.NotMade not => throw new LaunchException(ExitCodes.BadPolicy, $"the warden's limits cannot be made: {not.Why}. {not.Fix}"),
        _ => throw new InvalidOperationException("limits without an answer"),
    };

    /// <summary>Writes the warden's limits, for root alone.</summary>
    public static void WriteLimits(ServicePaths paths, byte[] limits) => Replace(paths.WardenLimits, limits, ForRoot);

    /// <summary>Publishes the fourth question's answer for the case that nobody answers.</summary>
    public static void WriteUnanswered(ServicePaths paths, PolicySnapshot policy)
        => Replace(paths.Unanswered, Encoding.ASCII.GetBytes($"pilot-may-run: {(policy.PilotMayRun(ErrorCauses.ServiceUnavailable) ? "yes" : "no")}\n"), ForAll);

    /// <summary>Puts a policy file in place, readable for all.</summary>
    public static void WritePolicy(string path, byte[] content) => Replace(path, content, ForAll);

    /// <summary>The old content or the new one, whatever happens in between, and durable. The directory is root's.</summary>
    private static void Replace(string path, byte[] content, UnixFileMode mode)
    {
        string fresh = path + ".new";
        File.Delete(fresh);
        using (FileStream file = new(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ForRoot }))
        {
            file.Write(content);
            File.SetUnixFileMode(file.SafeFileHandle, mode);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
