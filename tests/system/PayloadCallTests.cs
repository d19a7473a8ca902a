using System.Globalization;
using Isolation.Linux;

namespace Isolation.Service.Tests;

/// <summary>Promise: inside a payload every call is answered as the table says, and ordinary programs notice nothing of it.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class PayloadCallTests(SharedService shared)
{
    private const int EPERM = 1, EINVAL = 22, ENOTTY = 25, ENOSYS = 38, EAFNOSUPPORT = 97;

    [SkippableFact]
    public void EveryRefusedCallIsAnsweredAsItsGroupSays()
    {
        (int Number, string Name, int Errno)[] refused =
        [
            .. PayloadCalls.All.Select(g => (g.Calls, Rule: g.Rule.Where(nestedContainers: false)))
                .SelectMany(g => g.Rule is CallRule.Fail fail ? g.Calls.Select(c => (c.Number, c.Name, fail.Errno)) : []),
        ];
        Assert.True(refused.Length > 60, $"only {refused.Length} calls are refused");
        Dictionary<string, long> answers = Calls("refused " + string.Join(' ', refused.Select(r => r.Number)));
        Assert.All(refused, r => Assert.True(r.Errno == answers[$"{r.Number}"], $"{r.Name} answered {answers[$"{r.Number}"]}, not {r.Errno}"));
    }

    [SkippableFact]
    public void CallsAreRefusedForTheArgumentsThatTheTableNames()
    {
        foreach ((string name, long errno) in Calls("judged"))
        {
            int expected = name.StartsWith("af-", StringComparison.Ordinal) || name.StartsWith("socketpair-", StringComparison.Ordinal) ? EAFNOSUPPORT
                : name.EndsWith("-enosys", StringComparison.Ordinal) ? ENOSYS
                : name.EndsWith("-enotty", StringComparison.Ordinal) ? ENOTTY : EPERM;
            Assert.True(errno == expected, $"{name} answered {errno}, not {expected}");
        }
    }

    [SkippableFact]
    public void OrdinaryCallsSucceed()
    {
        Dictionary<string, long> answers = Calls("allowed");
        Assert.True(answers.Count > 70, $"only {answers.Count} answers");
        foreach ((string name, long errno) in answers)
            Assert.True(errno == (name.EndsWith("-einval", StringComparison.Ordinal) ? EINVAL : 0), $"{name} answered {errno}");
    }

    // What is run, and what it prints.
    public static TheoryData<string, string, string> Programs { get; } = new()
    {
        { "true", "/bin/true", "" },
        { "python", "python3 -c 'import threading, subprocess, multiprocessing as m, asyncio, tempfile, socket; t = threading.Thread(target=print, args=(1,)); t.start(); t.join(); "
            + "p = m.Process(target=print, args=(2,)); p.start(); p.join(); print(subprocess.check_output([\"echo\", \"3\"]).decode().strip()); "
            + "q = m.Queue(); q.put(4); print(q.get()); asyncio.run(asyncio.sleep(0.01)); tempfile.TemporaryFile().write(b\"x\")'", "1\n2\n3\n4\n" },
        { "gcc", "sh -c 'echo \"#include <stdio.h>\nint main(void) { puts(\\\"built\\\"); return 0; }\" > a.c && gcc -O1 -pipe -o a a.c && ./a'", "built\n" },
        { "git", "sh -c 'git init -q . && git config user.email a@b && git config user.name n && echo x > f && git add f && git commit -qm one && git gc -q && git clone -q . copy && git -C copy log --format=%s'", "one\n" },
        { "jobs", "bash -c 'set -m; sleep 30 & kill -STOP %1; wait %1 2>/dev/null; bg %1 >/dev/null 2>&1; kill %1; wait %1; echo $?; cat <<< here; yes | head -1'", "143\nhere\ny\n" },
        { "tar", "sh -c 'mkdir -m 1777 d && echo x > d/f && ln -s f d/l && tar cf - d | (mkdir o && tar xf - -C o) && cp -a o/d p && readlink p/l'", "f\n" },
        { "terminal", "script -qec 'test -t 0 && stty -a > /dev/null && echo on a terminal' /dev/null", "on a terminal\r\n" },
        { "strace", "strace -f -o trace sh -c 'true & wait; echo traced'", "traced\n" },
        { "strace", "strace -o trace -e inject=getuid:retval=7 id -ru", "7\n" },
        { "gdb", "gdb -q -batch -ex run -ex quit --args /bin/echo debugged", "debugged\n" },
        { "java", "sh -c 'echo \"class A { public static void main(String[] a) { System.out.println(\\\"java\\\"); } }\" > A.java && java -Xmx64m A.java'", "java\n" },
    };

    [SkippableTheory]
    [MemberData(nameof(Programs))]
    public void ProgramsRunAsTheyDoOutside(string name, string command, string output)
    {
        string program = command.Split(' ')[0] is "sh" or "bash" ? name : command.Split(' ')[0];
        Skip.If(name is "gcc" or "git" or "tar" or "terminal" or "strace" or "gdb" or "java" && !Installed(program), $"{program} is not installed");
        Outcome outcome = shared.Get().Shell.Bash($"$A run -- {command}", seconds: 120);
        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}: {outcome.Errors}");
        if (name is "gdb")
            Assert.Contains(output, outcome.Output, StringComparison.Ordinal);
        else
            Assert.Equal(output, outcome.Output);
    }

    private static bool Installed(string program) => new[] { "/usr/bin/", "/bin/" }.Any(d => File.Exists(d + program));

    private Dictionary<string, long> Calls(string arguments)
    {
        Service service = shared.Get();
        Outcome outcome = service.Shell.Bash($"$A run -- {Program(service)} {arguments} < /dev/null");
        outcome.Silent();
        return outcome.Lines.Select(l => l.Split(' ')).ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture));
    }

    private static string Program(Service service)
    {
        string program = $"{service.Work}/calls";
        if (!File.Exists(program))
            service.Shell.Bash($"gcc -w -O1 -o {program} {AppContext.BaseDirectory}/payloads/calls.c -lpthread -lrt").Expect(0);
        return program;
    }
}
