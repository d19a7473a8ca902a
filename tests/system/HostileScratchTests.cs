using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: whatever lies in a scratch when its payload ends is removed in bounded time and nothing of it followed; what can harm others cannot be
/// made there; and what root alone can have put there is told, and goes when it can.
/// </summary>
[Collection(PrivateServiceTests.Name)]
public sealed class HostileScratchTests(PrivateService shared)
{
    [SkippableFact]
    public void EverythingThatAPayloadCanMakeThereIsGone()
    {
        Service service = shared.Get();
        File.Copy($"{AppContext.BaseDirectory}/clients/plants.py", service.Work + "/plants.py", overwrite: true);
        JsonElement ended = Run("made", "python3 $WORK/plants.py");
        Assert.Equal("removed", ended.GetProperty("residue").GetProperty("scratch").GetProperty("proven").GetString());
        Assert.Empty(Directory.GetFileSystemEntries(service.State + "/scratch"));
        Assert.True(File.Exists("/etc/passwd"));
    }

    [SkippableFact]
    public void AHundredThousandFilesAreGoneInBoundedTime()
    {
        Service service = shared.Get();
        File.Copy($"{AppContext.BaseDirectory}/clients/plants.py", service.Work + "/plants.py", overwrite: true);
        using Process process = service.Shell.Start($"exec $A run -- bash -c 'python3 {service.Work}/plants.py {Until.Many(100_000)} && exec 1>&-'");
        Assert.Equal("made\n", process.StandardOutput.ReadToEnd());
        Stopwatch time = Stopwatch.StartNew();
        Assert.True(process.WaitForExit(Until.Deadline(15)));
        Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(15).TotalSeconds); // ten for the removal
        Until.True(() => Directory.GetFileSystemEntries(service.State + "/scratch").Length == 0, 30, () => service.Log);
    }

    [SkippableFact]
    public void WhatRootPutThereIsRemovedWhereTheKernelLetsIt()
    {
        Service service = shared.Get();
        using Client client = Start();
        Shell(client, "mknod null c 1 3; cp /bin/true setid; chmod 6755 setid; mkdir -m 0 closed; ln /etc/hostname elsewhere || ln -s /etc/hostname elsewhere");
        Shell(client, "touch go");
        Assert.Equal(0, client.Wait());
        Assert.Equal("removed", Ended(client.Id).GetProperty("residue").GetProperty("scratch").GetProperty("proven").GetString());
        Assert.True(File.Exists("/etc/hostname"));
    }

    [SkippableFact]
    public void AnImmutableFileIsToldEverythingElseGoesAndItFollowsWhenItCan()
    {
        Service service = shared.Get();
        using Client client = Start();
        string scratch = $"{service.State}/scratch/{client.Id}";
        Shell(client, "mkdir -p a-dir-{1..9} z-dir/below; for i in $(seq 50); do touch a-dir-1/$i z-dir/$i f$i; done; touch z-dir/below/kept");
        int code = Shell(client, "chattr +i a-dir-* z-dir/below/kept", mustWork: false);
        try
        {
            Skip.IfNot(code == 0, "chattr +i does not work on the file system of the state directory");
            Shell(client, "touch go");
            Stopwatch time = Stopwatch.StartNew();
            Assert.Equal(0, client.Wait());
            Assert.InRange(time.Elapsed.TotalSeconds, 0, Until.Deadline(15).TotalSeconds);
            string told = Ended(client.Id).GetProperty("residue").GetProperty("scratch").GetProperty("found").GetString()!;
            Assert.Contains("Operation not permitted", told, StringComparison.Ordinal);
            Assert.Equal([.. Enumerable.Range(1, 9).Select(i => $"a-dir-{i}"), "z-dir"], Directory.GetFileSystemEntries(scratch).Select(p => Path.GetFileName(p)!).Order());
            Assert.Equal(["below"], Directory.GetFileSystemEntries(scratch + "/z-dir").Select(p => Path.GetFileName(p)!));
        }
        finally
        {
            Shell(client, "chattr -i a-dir-* z-dir/below/kept", mustWork: false);
            Shell(client, "touch go", mustWork: false);
        }

        Until.True(() => !Directory.Exists(scratch), 10, () => service.Log);
    }

    private Client Start() => shared.Get().Shell.StartPayload("bash -c 'until [ -e go ]; do sleep 0.05; done'");

    private int Shell(Client client, string script, bool mustWork = true)
    {
        string scratch = $"{shared.Get().State}/scratch/{client.Id}";
        if (!Directory.Exists(scratch))
            return 1;
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = scratch, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || !mustWork, errors);
        return process.ExitCode;
    }

    private JsonElement Run(string said, string command)
    {
        Service service = shared.Get();
        string file = $"{service.Work}/status-{Guid.NewGuid():N}";
        Assert.Equal(said, service.Shell.Bash($"$A run --status-file {file} -- {command}").Silent());
        return Ended(JsonDocument.Parse(File.ReadAllLines(file)[^1]).RootElement.GetProperty("id").GetString()!);
    }

    private JsonElement Ended(string id)
        => JsonDocument.Parse(shared.Get().LedgerText().Split('\n').Single(line => line.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal))).RootElement;
}
