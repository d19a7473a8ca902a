using System.Collections.Immutable;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Reads the command line.</summary>
internal static class CommandLine
{
    internal const string LaunchedFlag = "--launched";
    internal const string WithoutKernelFlag = "--without-kernel";
    internal const string TrackingGroupsFlag = "--tracking-groups";

    internal const string Usage =
        """
        isolationd [--policy FILE] [--state DIR] [--run DIR] [--user NAME] [--tracking-groups RANGES]
            Serves payloads, in the foreground. As root it prepares both directories, starts the warden unless one lives there,
            and goes on as the user NAME. SIGHUP reloads the policy; SIGTERM stops the service and lets payloads live.
            RANGES are the group ids by which batch systems of this host track jobs: sge:20000-20100,htcondor:750-757.
            Defaults: --policy /etc/isolation/policy.yaml --state /var/lib/isolation --run /run/isolation --user isolation

        isolationd --drain[=TIME] [--run DIR]
            As an operator: the running service takes no new payloads, ends when those that it has are over, and so does this command; or after
            TIME (90s, 30m, 1h30m, 2d), and then payloads run on for the service that is started next, and the exit code is 1.
        isolationd policy check FILE
            Lists every fault of a policy file with line, column and fix. Exits 78 if there is one.
        isolationd policy install FILE [--policy DEST] [--state DIR] [--run DIR] [--user NAME]
            As root: checks the file, puts it in place, and gives the warden the limits that follow from it.
        isolationd trace verify [DIR]
            Verifies a ledger (default /var/lib/isolation/ledger). Exits 1 if it is not whole.
        isolationd --version | --help
        """;

    /// <summary>What the arguments ask for.</summary>
    public static Invocation Parse(IReadOnlyList<string> arguments) => arguments switch
    {
        ["--help" or "-h"] => new Invocation.Help(),
        ["--version"] => new Invocation.Version(),
        ["policy", "check", var file] when !file.StartsWith('-') => new Invocation.CheckPolicy(file),
        ["policy", "install", var file, ..] when !file.StartsWith('-') => ParseInstall(file, [.. arguments.Skip(3)]),
        ["policy", ..] => new Invocation.Wrong("policy takes: check FILE, or install FILE [--policy DEST] [--state DIR] [--run DIR]"),
        ["trace", "verify"] => new Invocation.VerifyTrace(Path.Combine(ServicePaths.DefaultState, "ledger")),
        ["trace", "verify", var directory] when !directory.StartsWith('-') => new Invocation.VerifyTrace(directory),
        ["trace", ..] => new Invocation.Wrong("trace takes: verify [DIR]"),
        ["--drain", ..] => ParseDrain(null, [.. arguments.Skip(1)]),
        [var drain, ..] when drain.StartsWith("--drain=", StringComparison.Ordinal) => ParseDrain(drain["--drain=".Length..], [.. arguments.Skip(1)]),
        _ => ParseServe(arguments),
    };

    private static Invocation ParseDrain(string? time, IReadOnlyList<string> arguments)
    {
        if (Options.Read(arguments, isServing: false, out Options options) is string wrong)
            return new Invocation.Wrong(wrong);
        return time is not null && DurationText.Parse(time) is null
            ? new Invocation.Wrong($"--drain={time} names no time of at most 49 days: write --drain=30m")
            : new Invocation.Drain(options.Paths, time is null ? null : DurationText.Parse(time));
    }

    private static Invocation ParseServe(IReadOnlyList<string> arguments)
        => Options.Read(arguments, isServing: true, out Options options) is string wrong
            ? new Invocation.Wrong(wrong)
            : new Invocation.Serve(new ServiceOptions(options.Policy, options.Paths, options.User, options.IsLaunched, options.WithoutKernel) { TrackingGroups = options.Tracking });

    private static Invocation ParseInstall(string file, IReadOnlyList<string> arguments)
        => Options.Read(arguments, isServing: false, out Options options) is string wrong
            ? new Invocation.Wrong(wrong)
            : new Invocation.InstallPolicy(file, options.Policy, options.User, options.Paths);

    private sealed record Options(string Policy, ServicePaths Paths, string User, bool IsLaunched, ImmutableHashSet<string> WithoutKernel, TrackingGroups Tracking)
    {
        public static string? Read(IReadOnlyList<string> arguments, bool isServing, out Options options)
        {
            string policy = ServicePaths.DefaultPolicy, state = ServicePaths.DefaultState, run = ServicePaths.DefaultRun, user = "isolation";
            bool launched = false;
            ImmutableHashSet<string> without = [];
            TrackingGroups tracking = TrackingGroups.None;
            string? wrong = null;
            for (int i = 0; i < arguments.Count && wrong is null; i++)
            {
                string name = arguments[i];
                string? value = i + 1 < arguments.Count ? arguments[i + 1] : null;
                switch (name)
                {
                    case LaunchedFlag when isServing:
                        launched = true;
                        continue;
                    case "--policy" or "--state" or "--run" or "--user" when string.IsNullOrEmpty(value):
                    case WithoutKernelFlag or TrackingGroupsFlag when isServing && string.IsNullOrEmpty(value):
                        wrong = $"{name} wants a value";
                        break;
                    case "--policy":
                        policy = value;
                        break;
                    case "--state":
                        state = value;
                        break;
                    case "--run":
                        run = value;
                        break;
                    case "--user":
                        user = value;
                        break;
                    case WithoutKernelFlag when isServing:
                        without = [.. value!.Split(',')];
                        wrong = without.Except(KernelAbilities.Names).FirstOrDefault() is string unknown
                            ? $"{name} takes {string.Join(",", KernelAbilities.Names)}, not {unknown}"
                            : null;
                        break;
                    case TrackingGroupsFlag when isServing:
                        wrong = TrackingGroups.TryParse(value!, out tracking) is string fault ? $"{name}: {fault}" : null;
                        break;
                    default:
                        wrong = $"{name} is not known here";
                        break;
                }

                i++;
            }

            options = new Options(Path.GetFullPath(policy), new ServicePaths(Path.GetFullPath(state), Path.GetFullPath(run)), user, launched, without, tracking);
            return wrong;
        }
    }
}
