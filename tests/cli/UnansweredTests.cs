using System.Diagnostics;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>When nobody answers, only a file of root's that nobody else can write lets the pilot run its payload itself.</summary>
[Collection(PublishedCliCollection.Name)]
public sealed class UnansweredTests(PublishedCli cli) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("isolation-unanswered-").FullName;

    private string File => Path.Combine(_directory, "unanswered");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("pilot-may-run: yes\n", ExitCode.PilotMayRun)]
    [InlineData("pilot-may-run: no\n", ExitCode.Unavailable)]
    [InlineData("pilot-may-run: maybe\n", ExitCode.Unavailable)]
    [InlineData("pilot-may-run: yes\npilot-may-run: no\n", ExitCode.Unavailable)]
    [InlineData("", ExitCode.Unavailable)]
    public void The_sites_answer_is_obeyed(string content, int expected)
    {
        Publish(content);
        Assert.Equal(expected, Run());
    }

    [Fact]
    public void Without_the_file_the_pilot_must_not_run_it() => Assert.Equal(ExitCode.Unavailable, Run());

    [Fact]
    public void A_symbolic_link_is_not_followed()
    {
        Publish("pilot-may-run: yes\n");
        System.IO.File.Move(File, File + ".real");
        System.IO.File.CreateSymbolicLink(File, File + ".real");
        Assert.Equal(ExitCode.Unavailable, Run());
    }

    [Theory]
    [InlineData("chmod 0664")]
    [InlineData("chmod 0646")]
    [InlineData("chown 1000")]
    public void A_file_that_others_could_have_written_is_not_believed(string change)
    {
        Publish("pilot-may-run: yes\n");
        Shell($"{change} '{File}'");
        Assert.Equal(ExitCode.Unavailable, Run());
    }

    [Fact]
    public void A_pipe_of_that_name_holds_up_nobody()
    {
        Shell($"mkfifo -m 0644 '{File}'");
        Assert.Equal(ExitCode.Unavailable, Run());
    }

    [Fact]
    public void A_service_that_goes_away_before_it_answers_has_not_answered()
    {
        using FakeService service = new();
        System.IO.File.WriteAllText(Path.Combine(service.Directory, "unanswered"), "pilot-may-run: yes\n");
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using (FakeConnection connection = service.Next())
            connection.Greet<RunRequest>();
        (int exitCode, string output, string error) = client.Finish();
        Assert.Equal((ExitCode.PilotMayRun, ""), (exitCode, output));
        Assert.StartsWith("isolation: unavailable: nobody answers on ", error, StringComparison.Ordinal);
        Assert.Contains("the site lets the pilot run the payload itself", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    private void Publish(string content)
    {
        System.IO.File.WriteAllText(File, content);
        Shell($"chmod 0644 '{File}'; chown 0 '{File}'");
    }

    private int Run()
    {
        using RunningClient client = RunningClient.Start(cli, Path.Combine(_directory, "isolation.sock"), "run", "--", "x");
        (int exitCode, _, string error) = client.Finish();
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        return exitCode;
    }

    private static void Shell(string line)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", line]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
