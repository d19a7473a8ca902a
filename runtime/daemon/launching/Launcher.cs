using System.Text;
using Isolation.Linux;
using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary>
/// What isolationd does as root (mechanics.md section 1), in this order: check the policy, make the directories, write the warden's
/// limits, start the warden unless one lives there, publish what holds when nobody answers, give up root and become the service.
/// Where the service lives and its warden does not, it brings back the warden alone.
/// </summary>
internal static class Launcher
{
    /// <summary>Becomes the service, and then does not return; returns when it has only brought back the warden of a living one.</summary>
    /// <exception cref="LaunchException">A step failed.</exception>
    public static async Task LaunchAsync(ServiceOptions options, TimeProvider clock, Action<string> tell)
    {
        (PolicySnapshot policy, HostFacts facts) = Check(options.Policy, tell);
        HostAccountEntry user = HostAccounts.FindUser(options.User) ?? throw new LaunchException(ExitCodes.NoUser,
            $"the user {options.User} does not exist. Make it: useradd --system --no-create-home --shell /usr/sbin/nologin {options.User}");
        if (user.Uid == 0 || user.Gid == 0)
            throw new LaunchException(ExitCodes.NoUser, $"the user {options.User} has uid or gid 0: name an unprivileged one (--user).");
        if (ReadableFile.Obstacle(options.Policy, user.Uid, user.Gid) is string obstacle)
            throw new LaunchException(ExitCodes.NoPermission,
                $"the user {options.User} cannot read {options.Policy}: {obstacle} does not let it. Make the file 0644 (or its group {options.User}) in a directory that all can enter.");
        byte[] limits = PublishedFiles.LimitsOf(policy, facts, options.User);
        if (InstanceLock.HeldBy(options.Paths.InstanceLock) is string holder)
        {
            if (WardenProgram.IsLiving(options.Paths))
                throw new LaunchException(ExitCodes.Unavailable, $"{options.Paths.Run} is served already, by {holder}. Stop it, or choose another --run.");
            PublishedFiles.WriteLimits(options.Paths, limits);
            WardenProgram.Start(options.Paths, options.WithoutKernel, options.TrackingGroups, clock);
            tell($"isolationd: {options.Paths.Run} is served by {holder}, whose warden was gone: started a new one.");
            return;
        }

        ServiceDirectories.Make(options.Paths, user.Uid, user.Gid);
        PublishedFiles.WriteLimits(options.Paths, limits);
        if (!await WardenProgram.TryRereadAsync(options.Paths).ConfigureAwait(false))
            WardenProgram.Start(options.Paths, options.WithoutKernel, options.TrackingGroups, clock);
        PublishedFiles.WriteUnanswered(options.Paths, policy);
        Become(options, user);
    }

    private static (PolicySnapshot Policy, HostFacts Facts) Check(string path, Action<string> tell)
    {
        HostFacts facts = HostFacts.Read();
        try
        {
            switch (PolicyReading.Check(path, facts, out _))
            {
                case PolicyCheck.Accepted accepted:
                    return (accepted.Snapshot, facts);
                case PolicyCheck.Refused refused:
                    foreach (string line in PolicyReading.Lines(path, refused.Faults))
                        tell(line);
                    throw new LaunchException(ExitCodes.BadPolicy, $"the policy file has {refused.Faults.Length} fault{(refused.Faults.Length == 1 ? "" : "s")}: nothing was started.");
                default:
                    throw new InvalidOperationException("a check without an answer");
            }
        }
        catch (IOException e)
        {
            throw new LaunchException(ExitCodes.BadPolicy, $"the policy file cannot be read: {e.Message}. Name another with --policy.", e);
        }
    }

    private static void Become(ServiceOptions options, HostAccountEntry user)
    {
        string program = Environment.ProcessPath ?? throw new LaunchException(ExitCodes.HostError, "this program does not know its own path: mount /proc.");
        // Run by the dotnet host, the first argument is the assembly.
        List<string> arguments = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "isolationd.dll")]
            : [program];
        arguments.AddRange(["--policy", options.Policy, "--state", options.Paths.State, "--run", options.Paths.Run, "--user", options.User, CommandLine.LaunchedFlag]);
        if (options.WithoutKernel.Count > 0)
            arguments.AddRange([CommandLine.WithoutKernelFlag, string.Join(',', options.WithoutKernel)]);

        if (options.TrackingGroups != TrackingGroups.None)
            arguments.AddRange([CommandLine.TrackingGroupsFlag, options.TrackingGroups.ToString()]);

        Environment.CurrentDirectory = "/";
        ReadOnlyMemory<byte>[] argv = [.. arguments.Select(Bytes)], environment = [.. ProgramEnvironment.Own().Select(Bytes)];
        PrivilegeDrop.To(user.Uid, user.Gid);
        Sys.CloseAllButStandardStreamsOnExec();
        throw new SyscallException("execve", program, Sys.Execute(Encoding.UTF8.GetBytes(program), argv, environment),
            "The program and every directory above it must be reachable for the user that runs it.");
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
