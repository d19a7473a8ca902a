using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload of a job that its batch system has suspended ends on record, in bounded time, with the word that the job is suspended, and goes when the job is resumed.</summary>
public sealed class SuspendedJobTests
{
    private const string Freezer = "/sys/fs/cgroup/freezer";

    [SkippableFact]
    public void ItsEndingIsToldAsSuspendedAndItIsGoneAfterwards()
    {
        Site.Require();
        Skip.IfNot(Directory.Exists(Freezer), "this host has no v1 freezer");
        using Service service = Service.Start(Site.Policy + "\nplacement: { must: [], want: [job-limits, job-accounting, own-limits, cgroup-proof] }\n");
        string job = $"slurm/uid_{service.Shell.Bash("id -u isotest-a").Silent()}/job_{Random.Shared.Next(100_000, 999_999)}", task = job + "/step_0/task_0";
        string[] hierarchies = [.. new[] { "freezer", "memory" }.Select(c => $"/sys/fs/cgroup/{c}").Where(Directory.Exists)];
        string status = $"{service.Work}/status-suspended";
        JsonElement? payload = null;
        foreach (string hierarchy in hierarchies)
            Directory.CreateDirectory($"{hierarchy}/{task}");
        try
        {
            string join = string.Concat(hierarchies.Select(h => $"echo $$ > {h}/{task}/cgroup.procs; "));
            using Process client = service.Shell.Start($"{join}exec $A run --limit wall=2s --status-file {status} -- sleep 60");
            Until.True(() => (payload = Running(status)) is not null, 20, () => $"the payload did not start: {(client.HasExited ? client.StandardError.ReadToEnd() : "the client lives")}\n{service.Log}");
            int pid = payload!.Value.GetProperty("pid").GetInt32();
            string id = payload.Value.GetProperty("id").GetString()!;
            Assert.Contains($":freezer:/{task}", File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);

            File.WriteAllText($"{Freezer}/{job}/freezer.state", "FROZEN");
            Until.True(() => service.LedgerText().Contains("\"timed-out\"", StringComparison.Ordinal), 25, () => service.LedgerText() + service.Log);
            string record = service.Shell.Bash($"$ROOT trace --payload {id} --json").Expect(0).Lines.Single(l => l.Contains("\"type\":\"ended\"", StringComparison.Ordinal));
            JsonElement residue = JsonDocument.Parse(record).RootElement.GetProperty("residue").GetProperty("processes");
            Assert.Contains("the batch job is suspended", residue.GetProperty("found").GetString(), StringComparison.Ordinal);
            Assert.True(HostProcess.IsAlive(pid));

            File.WriteAllText($"{Freezer}/{job}/freezer.state", "THAWED");
            Until.True(() => !HostProcess.IsAlive(pid), 5, () => "the payload lives on after its job was resumed");
            Assert.True(client.WaitForExit(10_000));
            Assert.Equal(247, client.ExitCode);
            // What was suspended could not be removed with its cell.
            string leaf = "cell-" + id;
            Until.True(() => !Until.Directories("/sys/fs/cgroup", 8).Any(d => Path.GetFileName(d) == leaf), 10, () => "its leaf stays after its job was resumed\n" + service.Log);
        }
        finally
        {
            File.WriteAllText($"{Freezer}/{job}/freezer.state", "THAWED");
            Until.Try(() => hierarchies.All(h => Empty($"{h}/{job}")), 5);
            foreach (string hierarchy in hierarchies)
                Process.Start("bash", ["-c", $"cd {hierarchy} && find {job} -depth -type d -exec rmdir {{}} \\; ; rmdir --ignore-fail-on-non-empty slurm/uid_* slurm 2> /dev/null"]).WaitForExit();
        }
    }

    private static JsonElement? Running(string status) => !File.Exists(status) ? null
        : File.ReadAllText(status).Split('\n')[..^1].Select(l => (JsonElement?)JsonDocument.Parse(l).RootElement).FirstOrDefault(l => l!.Value.GetProperty("state").GetString() == "running");

    private static bool Empty(string cgroup)
        => Until.Directories(cgroup, 4).Append(cgroup).All(d => !File.Exists(d + "/cgroup.procs") || File.ReadAllText(d + "/cgroup.procs").Length == 0);
}
