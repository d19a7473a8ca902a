using System.Text;

namespace Isolation.Cli.Tests;

/// <summary>A command line is either understood whole, or every fault of it is told at once.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void Every_fault_is_told_at_once()
    {
        CommandLine line = Parse("run", "--bogus", "--level", "a", "--level=b", "--workdir", "relative", "--env", "novalue", "--tag", "=x", "--tag", "k=1", "--tag", "k=2",
            "--limit", "wall=soon", "--limit", "pids=0", "--limit", "memory=1GiB", "--limit", "memory=2GiB", "--status-fd", "1", "--status-file", "f", "--claim");
        RunOptions.From(line);
        string[] expected =
        [
            "no option --bogus", "--level is given twice", "--workdir relative", "--env novalue", "--tag =x", "--tag k is given twice", "--limit wall=soon",
            "--limit pids=0", "--limit memory is given twice", "--status-fd 1", "exclude each other", "--claim lacks its value", "the command to run is missing",
        ];
        Assert.All(expected, e => Assert.Contains(line.Faults, f => f.Contains(e, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, line.Faults.Count);
    }

    [Fact]
    public void A_fault_is_told_once()
    {
        CommandLine line = CommandLine.Parse([Bytes("run"), Bytes("--image"), new byte[] { (byte)'/', 0xff }, Bytes("--"), Bytes("true")]);
        RunOptions.From(line);
        Assert.Contains("not UTF-8", Assert.Single(line.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_limit_has_its_form_and_its_member()
    {
        RunOptions options = RunOptions.From(Parse("run", "--limit", "wall=1h", "--limit", "memory=1GiB", "--limit", "swap=0", "--limit", "pids=100", "--limit", "cpus=1.5",
            "--limit", "cpu-weight=50", "--limit", "io-weight=51", "--limit=files=64", "--limit", "scratch=1kB", "x"));
        Assert.Equal(
            [("wallMilliseconds", 3_600_000), ("memoryBytes", 1 << 30), ("swapBytes", 0), ("processes", 100), ("milliCpus", 1500), ("cpuWeight", 50), ("ioWeight", 51),
                ("openFiles", 64), ("scratchBytes", 1000)],
            options.Limits);
        string[] wrong = ["memory=0", "swap=-1", "swap=none", "pids=1.5", "cpus=0", "cpu-weight=0", "io-weight=", "files=x", "scratch=0", "cores=1", "memory", "=1"];
        CommandLine line = Parse(["run", .. wrong.Select(w => "--limit=" + w), "x"]);
        Assert.Empty(RunOptions.From(line).Limits);
        Assert.Equal(wrong.Select(w => $"--limit {w} is no limit. Fix: write {LimitOptions.Forms}."), line.Faults);
    }

    [Fact]
    public void The_payloads_command_begins_after_two_dashes_or_at_the_first_word()
    {
        Assert.Equal(["ls", "--level", "x"], Words(Parse("run", "--", "ls", "--level", "x").PayloadCommand));
        Assert.Equal(["ls", "--", "-l"], Words(Parse("run", "--level", "setuid", "ls", "--", "-l").PayloadCommand));
        Assert.Equal(["--", "a"], Words(Parse("run", "--", "--", "a").PayloadCommand));
    }

    [Theory]
    [InlineData("there is no command \"bogus\"", "bogus")]
    [InlineData("there is no command \"policy bogus\"", "policy", "bogus")]
    [InlineData("a command is missing", "--socket", "/x")]
    [InlineData("an operand is missing", "show")]
    [InlineData("\"b\" is one word too many", "show", "a", "b")]
    [InlineData("--json takes no value", "ps", "--json=yes")]
    public void What_cannot_be_understood_is_named(string fault, params string[] words)
        => Assert.Contains(fault, Assert.Single(Parse(words).Faults), StringComparison.Ordinal);

    [Fact]
    public void The_socket_may_stand_before_or_after_the_command()
    {
        Assert.Equal("/a", Encoding.UTF8.GetString(Parse("--socket", "/a", "status").Value("--socket")!.Value.Span));
        Assert.Equal("/a", Encoding.UTF8.GetString(Parse("status", "--socket=/a").Value("--socket")!.Value.Span));
    }

    [Fact]
    public void What_isolationd_carries_out_gets_its_words_as_they_are()
    {
        CommandLine line = Parse("trace", "verify", "--json", "--", "DIR");
        Assert.Equal("trace verify", line.Command!.Name);
        Assert.Equal(["--json", "--", "DIR"], Words(line.Operands));
        Assert.Empty(line.Faults);
    }

    [Fact]
    public void Every_command_of_the_help_is_a_command_and_its_help_names_its_options()
    {
        foreach (string name in CommandTable.Names)
        {
            CommandSpec command = CommandTable.Find(name)!;
            Assert.True(Parse([.. name.Split(' '), "--help"]).WantsHelp);
            Assert.All(command.Options, o => Assert.Contains(o.Name, HelpText.Of(command), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_handle_can_be_given_repeatedly_with_commas_or_by_the_environment()
    {
        ProcessInput input = new([], [Bytes("ISOLATION_HANDLE=x,y")], 7);
        Assert.Equal(["x", "y"], ServiceAddress.Handles(input, Parse("ps")));
        Assert.Equal(["a", "b", "c"], ServiceAddress.Handles(input, Parse("ps", "--handle", "a,b", "--handle", "c")));
    }

    [Fact]
    public void Bytes_of_the_command_line_are_kept_as_they_are()
    {
        CommandLine line = CommandLine.Parse([Bytes("run"), Bytes("--workdir"), new byte[] { (byte)'/', 0xff }, Bytes("--"), new byte[] { 0xfe, 0x00 }]);
        Assert.Equal([(byte)'/', 0xff], line.Value("--workdir")!.Value.ToArray());
        Assert.Equal([0xfe, 0x00], line.PayloadCommand[0].ToArray());
        List<ReadOnlyMemory<byte>> split = ProcessInput.Split(Bytes("a\0\0b\0"));
        Assert.Equal(["a", "", "b"], Words(split));
    }

    private static CommandLine Parse(params string[] words) => CommandLine.Parse([.. words.Select(Bytes)]);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static IEnumerable<string> Words(IEnumerable<ReadOnlyMemory<byte>> words) => words.Select(w => Encoding.UTF8.GetString(w.Span));
}
