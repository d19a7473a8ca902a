namespace Isolation.Cli;

/// <summary>Every command and option there is. Each entry is made when it is asked for: a run pays for its own only.</summary>
internal static class CommandTable
{
    /// <summary>--socket.</summary>
    public static readonly OptionSpec Socket = new("--socket", "PATH", "the service's socket (ISOLATION_SOCKET, else /run/isolation/isolation.sock)");

    /// <summary>The names, in the order of the help.</summary>
    public static readonly string[] Names =
        ["run", "wait", "ps", "show", "kill", "trace", "trace verify", "policy check", "policy install", "policy explain", "policy reload", "accounts clear", "status", "doctor", "separation"];

    private const string HandleHelp = "the secret that proves a payload yours (ISOLATION_HANDLE)";

    /// <summary>The command of that name, or null.</summary>
    public static CommandSpec? Find(string name) => name switch
    {
        "run" => new CommandSpec(name, "[OPTIONS] [--] CMD [ARGUMENT…]", 0, 0, "run a payload; its exit code is the command's",
            [.. Request(), .. RunOnly()], RunCommand.Run) { TakesCommand = true },
        "wait" => new CommandSpec(name, "[OPTIONS] ID", 1, 1, "wait for the ending of a payload; the exit code is that of its run",
            [Handle(repeats: true), HandleFile(), new OptionSpec("--forward-signals", null, "forward signals to the payload, as run does; without it they act on the waiting alone")], WaitCommand.Run),
        "ps" => new CommandSpec(name, "[OPTIONS]", 0, 0, "list the payloads: an operator sees all, others those of the handles shown",
            [Handle(repeats: true), HandleFile(), Json()], ListCommand.Run),
        "show" => new CommandSpec(name, "[OPTIONS] ID", 1, 1, "tell what there is to know about one payload", [Handle(repeats: true), HandleFile(), Json()], ShowCommand.Run),
        "kill" => new CommandSpec(name, "[OPTIONS] ID", 1, 1, "send a signal to a payload",
            [Handle(repeats: true), HandleFile(), new OptionSpec("--signal", "N|NAME", "the signal, by number or name; TERM if not given")], KillCommand.Run),
        "trace" => new CommandSpec(name, "[OPTIONS]", 0, 0, "print the records of this node (operators)",
            [new OptionSpec("--payload", "ID", "those of one payload"), new OptionSpec("--uid", "N", "those of one pilot's uid"), Json()], TraceCommand.Run),
        "trace verify" => Offline(name, "[DIR]", "verify a ledger without a service"),
        "policy check" => Offline(name, "FILE", "list every fault of a policy file"),
        "policy install" => Offline(name, "FILE", "check a policy file and put it in force (root)"),
        "policy explain" => new CommandSpec(name, "[OPTIONS] [--] CMD [ARGUMENT…]", 0, 0,
            "what would be decided for this run, and why; nothing is run or recorded",
            [.. Request(), new OptionSpec("--uid", "N", "as if that pilot asked (operators)"), Json()], ExplainCommand.Run) { TakesCommand = true },
        "policy reload" => new CommandSpec(name, "", 0, 0, "let the service read its policy file again (operators)", [], ReloadCommand.Run),
        "accounts clear" => new CommandSpec(name, "UID", 1, 1, "let an account out of quarantine, after you have looked at what was left (operators)", [], ClearAccountCommand.Run),
        "status" => new CommandSpec(name, "[OPTIONS]", 0, 0, "how the service is, and which levels are ready", [Json()], StatusCommand.Run),
        "doctor" => new CommandSpec(name, "[OPTIONS]", 0, 0,
            "what a payload of yours would get here and now, and what mends what is missing; nothing is run or recorded", [Json()], DoctorCommand.Run),
        "separation" => new CommandSpec(name, "[OPTIONS]", 0, int.MaxValue, "try to break out of payloads of your own, and tell what held", [], OtherProgram.Run)
        {
            CarriedOutBy = OtherProgram.Separation,
        },
        _ => null,
    };

    private static CommandSpec Offline(string name, string operands, string summary)
        => new(name, operands, 0, int.MaxValue, summary, [], OtherProgram.Run) { CarriedOutBy = OtherProgram.Daemon };

    private static OptionSpec[] Request() =>
    [
        new("--level", "L", "the isolation level: log-only, setuid, container or vm; policy's choice if not given"),
        new("--image", "IMAGE", "the image that a container shows as its tree, where policy allows it: a directory, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG]; host, the default, is this node's own"),
        new("--claim", "SUBJECT", "whom the payload belongs to, where policy trusts the pilot to say so"),
        new("--workdir", "DIR", "the working directory; the payload's scratch if not given"),
        new("--env", "K=V", "an environment variable of the payload", Repeats: true),
        new("--tag", "K=V", "a note for the record", Repeats: true),
        new("--limit", "KIND=N", LimitOptions.Forms, Repeats: true),
        new("--detach", null, "do not wait: print the payload's id and handle once it runs, which it does until its end or its wall limit"),
    ];

    private static OptionSpec[] RunOnly() =>
    [
        new("--in", "FILE[:NAME]", "copy a file into the payload's scratch before the start", Repeats: true),
        new("--lend-credentials", null, "lend a working directory also where it is, or holds, your home or a credential of yours"),
        new("--out", "NAME[:FILE]", "copy a file out of the payload's scratch after the ending", Repeats: true),
        new("--stdin", "FILE", "with --detach: the payload's standard input; /dev/null if not given"),
        new("--stdout", "FILE", "with --detach: its standard output"),
        new("--stderr", "FILE", "with --detach: its standard error; may be the same file"),
        new("--status-fd", "N", "write a JSON line for each state to this descriptor"),
        new("--status-file", "F", "the same, to a new file of mode 0600"),
        new("--usage-file", "F", "keep a summary of what the payload has used in this file, as prmon writes it"),
        new("--usage-interval", "T", "how often, 1s to 1d; 30s if not given"),
    ];

    private static OptionSpec Handle(bool repeats) => new("--handle", "HANDLE", HandleHelp, repeats);

    private static OptionSpec HandleFile() => new("--handle-file", "F", "a file that ends with the handle, as what run --detach prints does");

    private static OptionSpec Json() => new("--json", null, "one JSON object a line, for machines");
}
