using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>
/// Two network namespaces with a line between them: one for a pilot, with a default route, and one outside, in which a server answers. They are gone with this object.
/// </summary>
internal sealed class PilotNetworks : IDisposable
{
    public const string Pilot4 = "10.99.0.2", Pilot6 = "fd99::2", Outside4 = "10.99.0.1", Outside6 = "fd99::1";
    private readonly List<Process> _processes = [];

    public PilotNetworks()
    {
        try
        {
            (Process pilot, Process outside) = (Begin("unshare", "-n", "sleep", "infinity"), Begin("unshare", "-n", "sleep", "infinity"));
            Until.True(() => IsApart(pilot) && IsApart(outside), 10, () => "unshare has made no network namespace");
            (Pilot, Outside) = ($"nsenter -n -t {pilot.Id} --", $"nsenter -n -t {outside.Id} --");
            Run($"""
                ip link add iso-p netns {pilot.Id} type veth peer name iso-o netns {outside.Id}
                {Pilot} ip link set lo up && {Pilot} ip link set iso-p up && {Outside} ip link set lo up && {Outside} ip link set iso-o up
                {Pilot} ip addr add {Pilot4}/24 dev iso-p && {Pilot} ip addr add {Pilot6}/64 dev iso-p nodad
                {Outside} ip addr add {Outside4}/24 dev iso-o && {Outside} ip addr add {Outside6}/64 dev iso-o nodad
                {Pilot} ip route add default via {Outside4} && {Pilot} ip -6 route add default via {Outside6}
                """);
            Serve(Outside);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What runs a command as one of the pilot's network.</summary>
    public string Pilot { get; } = "";

    /// <summary>What runs one outside.</summary>
    public string Outside { get; } = "";

    /// <summary>Has a server answer there.</summary>
    public void Serve(string place)
    {
        string[] words = place.Split(' ');
        Process server = Begin(words[0], [.. words[1..], "python3", AppContext.BaseDirectory + "/networks/outside.py"]);
        Assert.Equal("up", server.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    private static bool IsApart(Process process) => new FileInfo($"/proc/{process.Id}/ns/net").LinkTarget != new FileInfo("/proc/self/ns/net").LinkTarget;

    private Process Begin(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        _processes.Add(process);
        return process;
    }

    private static void Run(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", script]) { RedirectStandardError = true })!;
        string errors = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, errors);
    }
}
