using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>What can be told without a service, in the form in which the service tells what it finds (docs/protocol.md, <c>diagnosed</c>).</summary>
internal static class OwnChecks
{
    /// <summary>Looks at what this process can see.</summary>
    /// <param name="input">What it was started with.</param>
    /// <param name="socket">The socket that was tried.</param>
    /// <param name="cause">What came of it.</param>
    public static JsonText Diagnose(ProcessInput input, byte[] socket, string cause)
    {
        JsonText findings = new(4096);
        findings.Raw("{\"type\":\"diagnosed\",\"ready\":false,\"findings\":["u8);
        Service(findings, socket, cause);
        Answer(findings, socket);
        Program(findings, input);
        Cgroups(findings, input);
        return findings.Raw("]}"u8);
    }

    private static void Service(JsonText to, byte[] socket, string cause)
    {
        string name = Encoding.UTF8.GetString(socket);
        using Descriptor? place = Sys.TryOpen(null, socket, Sys.O_PATH, 0, out int errno);
        string what = place is not null ? $"nobody answers on {name} ({cause})"
            : errno == Errno.ENOENT ? $"there is no socket {name}"
            : $"{name} cannot be reached ({ErrnoText.Of(errno)})";
        // No comma before the first.
        Add(to, "service", "missing", what,
            "As root: isolationd --policy /etc/isolation/policy.yaml. Or name another socket with --socket or ISOLATION_SOCKET; in a container, bind the host's into it", isFirst: true);
    }

    private static void Answer(JsonText to, byte[] socket)
    {
        byte[] file = Unanswered.FileBeside(socket);
        bool? mayRun = Unanswered.Read(file, out string detail);
        string name = Encoding.UTF8.GetString(file);
        if (mayRun is bool known)
            Add(to, "policy", "note", $"the site {(known ? "lets" : "does not let")} a pilot run its payload itself while nobody answers ({name})");
        else
            Add(to, "policy", "note", $"what a pilot may do while nobody answers is not known, so it must not run its payload itself ({name}: {detail})", "As root: isolation policy install FILE");
    }

    private static void Program(JsonText to, ProcessInput input)
    {
        string[] places = [.. OtherProgram.Places(input, OtherProgram.Daemon)];
        if (Array.Find(places, File.Exists) is { } program)
            Add(to, "service", "holds", $"isolationd is installed: {program}");
        else
            Add(to, "service", "missing", "isolationd is not installed here: it is neither beside this program nor in PATH", $"Install it as {places[0]}, or in a directory of PATH");
    }

    private static void Cgroups(JsonText to, ProcessInput input)
    {
        try
        {
            CgroupLayout layout = CgroupLayout.Read();
            if (layout.Unified is string unified)
                Add(to, "cgroups", "holds", $"the v2 hierarchy is mounted at {unified}");
            else
                Add(to, "cgroups", "missing", "the v2 hierarchy is not mounted, or not as a whole, as this process sees it", "mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified");
            RecognisedJob? job = BatchRecognition.Recognise(ProcessCgroups.Parse(File.ReadAllText("/proc/self/cgroup")), layout, [], TrackingGroups.None);
            BatchClaim? claim = BatchClaims.Read(input.Environment.Select(e => e.ToArray()));
            if (job is not null)
                Add(to, "batch", "holds", $"{job.Job.System.Name()} {job.Job.Id}, as the cgroup {job.Job.Cgroup} shows");
            else if (claim is not null)
                Add(to, "batch", "missing", $"the environment names {claim.System.Name()} {claim.Id}, and no cgroup that this process sees shows such a job", "docs/batch-systems.md says what is recognised");
            else
                Add(to, "batch", "note", "this process is in no batch job that is recognised");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Add(to, "cgroups", "missing", $"/proc does not show this process's cgroups: {e.Message}", "Run it where /proc is mounted");
        }
    }

    private static void Add(JsonText to, string topic, string state, string what, string? fix = null, bool isFirst = false)
    {
        to.Raw(isFirst ? "{\"topic\":"u8 : ",{\"topic\":"u8).Text(topic).Raw(",\"state\":"u8).Text(state).Raw(",\"what\":"u8).Text(what);
        if (fix is not null)
            to.Raw(",\"fix\":"u8).Text(fix);
        to.Raw("}"u8);
    }
}
