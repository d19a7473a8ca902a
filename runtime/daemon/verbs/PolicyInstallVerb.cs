using Isolation.Linux;
using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary>
/// <c>policy install FILE</c>, by root: check, put in place, write the warden's limits and tell it, publish what holds when nobody
/// answers, and have a living service reload. One source, two readers.
/// </summary>
internal static class PolicyInstallVerb
{
    public static async Task<int> RunAsync(Invocation.InstallPolicy install, TextWriter output, TextWriter errors)
    {
        if (Sys.EffectiveUid() != 0)
        {
            errors.WriteLine("isolationd: policy install writes root's files: run it as root. (policy check needs no privilege.)");
            return ExitCodes.NoPermission;
        }

        HostFacts facts = HostFacts.Read();
        PolicyCheck check;
        byte[] bytes;
        try
        {
            check = PolicyReading.Check(install.File, facts, out bytes);
        }
        catch (IOException e)
        {
            errors.WriteLine($"{install.File}: cannot be read: {e.Message}");
            return ExitCodes.BadPolicy;
        }

        if (check is not PolicyCheck.Accepted { Snapshot: PolicySnapshot policy })
            return PolicyCheckVerb.Run(install.File, output, errors);

        byte[] limits = PublishedFiles.LimitsOf(policy, facts, install.User);
        HostAccountEntry user = HostAccounts.FindUser(install.User) ?? throw new LaunchException(ExitCodes.NoUser, $"the user {install.User} does not exist.");
        ServiceDirectories.Make(install.Paths, user.Uid, user.Gid);
        if (Path.GetDirectoryName(install.Target) is { Length: > 0 } directory)
            Directory.CreateDirectory(directory);
        PublishedFiles.WritePolicy(install.Target, bytes);
        PublishedFiles.WriteLimits(install.Paths, limits);
        bool warden = await WardenProgram.TryRereadAsync(install.Paths).ConfigureAwait(false);
        PublishedFiles.WriteUnanswered(install.Paths, policy);
        output.WriteLine($"{install.Target}: installed, {policy.Epoch}");
        output.WriteLine(warden ? "the warden has read its limits again" : "no warden lives there: it reads its limits when it starts");
        return ReloadRequest.Send(install.Paths.Socket, output, errors) ? ExitCodes.Done : ExitCodes.Failed;
    }
}
