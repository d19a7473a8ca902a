using System.Text.Json;
using System.Text.RegularExpressions;

namespace Isolation.Service.Tests;

/// <summary>Promise: programs that people use run in a private room as they do outside: the same exit code, the same output, the CPU time of the same order.</summary>
[Collection(PrivateServiceTests.Name)]
public partial class RealProgramsTests(PrivateService shared)
{
    private const string Raw = "setpriv --reuid=2999999 --regid=2999999 --clear-groups --no-new-privs env -i PATH=$PATH LANG=C.UTF-8 HOME=$dir TMPDIR=$dir";

    // Name, what must be installed, and a script for bash in an empty directory of its own.
    private static readonly (string Name, string Needs, string Script)[] Corpus =
    [
        ("FastJet", "/usr/include/fastjet/ClusterSequence.hh", """
            examples=/usr/share/doc/fastjet-examples/examples
            [ -e $examples/single-event.dat ] || { echo none; exit 0; }
            g++ -O1 -o jets $examples/01-basic.cc -lfastjet && ./jets < $examples/single-event.dat
            """),
        ("Python with numpy", "/usr/lib/python3/dist-packages/numpy", """
            /usr/bin/python3 -c '
            import numpy, multiprocessing, tempfile, sqlite3, subprocess
            a = numpy.arange(250000, dtype=float).reshape(500, 500)
            print(numpy.trace(a @ a.T), numpy.linalg.matrix_rank(a))
            with multiprocessing.get_context("fork").Pool(2) as pool: print(pool.map(abs, range(-3, 3)))
            with tempfile.NamedTemporaryFile() as f: f.write(b"x" * 1000); f.flush(); print(open(f.name, "rb").read() == b"x" * 1000)
            db = sqlite3.connect("a.db"); db.execute("create table t (x)"); db.execute("insert into t values (42)"); db.commit(); print(db.execute("select x from t").fetchall())
            print(subprocess.run(["sh", "-c", "echo child; exit 3"], capture_output=True))'
            """),
        ("gcc and make", "/usr/bin/gcc", """
            for i in 1 2 3 4 5 6; do printf 'int f%d(int x) { return x * %d; }\n' $i $i > f$i.c; done
            printf '#include <stdio.h>\nint f1(int), f6(int);\nint main(void) { printf("%%d\\n", f1(6) + f6(6)); return 5; }\n' > main.c
            for f in *.c; do gcc -O2 -c $f & done; wait
            ar rcs libf.a f?.o && gcc -o prog main.o libf.a && ./prog
            """),
        ("a shell's here-documents, traps and job control", "/bin/bash", """
            set -m
            cat <<END
            one $((1 + 1))
            END
            cat <<'END' | tr a-z A-Z
            quoted $x
            END
            trap 'echo caught' USR1; kill -USR1 $$
            sleep 60 & kill -STOP %1; until jobs | grep -q Stopped; do sleep 0.01; done; jobs | sed 's/  */ /g'; kill -CONT %1; kill %1; wait %1; echo $?
            diff <(seq 3) <(seq 4) | head -2; ulimit -c; umask; exec 5> five; echo five >&5; cat five; mkfifo p; (echo through > p &) ; cat p
            exit 9
            """),
        ("git", "/usr/bin/git", """
            export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
            git init -q -b main r && cd r && git config user.email a@b && git config user.name a
            for i in 1 2 3; do echo $i > f; git add f; git commit -qm "c$i"; done
            git checkout -q -b side HEAD~1; echo s > g; git add g; git commit -qm side; git merge -q --no-edit main; git gc -q; git fsck; git log --format=%s; git rev-parse main
            """),
        ("Java", "/usr/bin/java", """
            cat > T.java <<END
            public class T { public static void main(String[] a) throws Exception {
              java.util.concurrent.ExecutorService pool = java.util.concurrent.Executors.newFixedThreadPool(4);
              java.util.List<java.util.concurrent.Future<Integer>> f = new java.util.ArrayList<>();
              for (int i = 0; i < 8; i++) { final int n = i; f.add(pool.submit(() -> n * n)); }
              int s = 0; for (var x : f) s += x.get(); pool.shutdown(); System.out.println(s);
              java.nio.file.Path p = java.nio.file.Files.createTempFile("a", "b"); java.nio.file.Files.writeString(p, "hello"); System.out.println(java.nio.file.Files.readString(p));
              System.exit(4); } }
            END
            if [ -x /usr/bin/javac ]; then javac T.java && java -Xshare:auto T; else java -Xshare:auto -version 2> /dev/null; exit 4; fi
            """),
        ("shared memory and POSIX semaphores", "/usr/bin/gcc", """
            cat > s.c <<'END'
            #include <fcntl.h>
            #include <mqueue.h>
            #include <semaphore.h>
            #include <stdio.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/wait.h>
            #include <unistd.h>
            int main(void) {
              sem_t *s = sem_open("/iso-prog", O_CREAT | O_EXCL, 0600, 0);
              int fd = shm_open("/iso-prog", O_CREAT | O_EXCL | O_RDWR, 0600);
              if (s == SEM_FAILED || fd < 0 || ftruncate(fd, 4096)) { perror("open"); return 1; }
              char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
              struct mq_attr a = { .mq_maxmsg = 2, .mq_msgsize = 16 };
              mqd_t q = mq_open("/iso-prog", O_CREAT | O_EXCL | O_RDWR, 0600, &a);
              if (fork() == 0) { strcpy(m, "written by the child"); mq_send(q, "hi", 3, 0); sem_post(s); _exit(0); }
              sem_wait(s); puts(m); char b[16]; mq_receive(q, b, 16, 0); puts(b);
              wait(0); sem_unlink("/iso-prog"); shm_unlink("/iso-prog"); mq_unlink("/iso-prog"); return 6; }
            END
            gcc -O1 -o s s.c && ./s
            """),
        ("stress-ng", "/usr/bin/stress-ng", """
            for s in cpu fork pipe sem shm mmap timer futex switch sigq fault pthread epoll eventfd inotify memfd msg mq sock zombie dir; do
                stress-ng --quiet --temp-path . --$s 1 --$s-ops 3 --timeout 10 > out 2>&1; echo "$s $?"
            done
            """),
        ("tar, gzip and find", "/bin/tar", """
            mkdir -p a/b/c; for i in $(seq 50); do head -c $((i * 100)) /dev/zero > a/b/f$i; done; ln -s b/f1 a/link; ln a/b/f2 a/hard; chmod 0640 a/b/f3
            tar czf a.tgz a && mkdir x && tar xzf a.tgz -C x && find x -printf '%M %s %p\n' | grep -v '^d' | sort | sha256sum; diff -r a x/a; echo $?
            """),
    ];

    public static TheoryData<string> Names => [.. Corpus.Select(entry => entry.Name)];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void AProgramRunsAsOutside(string name)
    {
        Service service = shared.Get();
        (_, string needs, string script) = Corpus.Single(entry => entry.Name == name);
        Skip.IfNot(Path.Exists(needs), $"{name}: {needs} is not installed");
        string file = $"{service.Work}/program.sh", used = $"{service.Work}/used-{Guid.NewGuid():N}";
        File.WriteAllText(file, script);

        Outcome raw = service.Shell.Bash($"dir=$(mktemp -d /var/tmp/iso-raw-XXXXXX); chown 2999999:2999999 $dir; cd $dir; TIMEFORMAT='%U %S'; time {Raw} bash {file} < /dev/null; c=$?; rm -rf $dir; exit $c", seconds: 120);
        Outcome isolated = service.Shell.Bash($"$A run --status-file {used} --env LANG=C.UTF-8 -- bash {file} < /dev/null", seconds: 120);

        (string errors, double rawSeconds) = Timed(raw.Errors);
        Assert.True(raw.Code == isolated.Code, $"exit code {raw.Code} outside, {isolated.Code} isolated\n{isolated.Output}\n{isolated.Errors}");
        Assert.Equal(Neutral(raw.Output), Neutral(isolated.Output));
        Assert.Equal(Neutral(errors), Neutral(isolated.Errors));
        Assert.InRange(CpuSeconds(used), (rawSeconds * 0.4) - 0.3, (rawSeconds * 2.5) + 0.3);
    }

    private static double CpuSeconds(string statusFile)
    {
        JsonElement usage = JsonDocument.Parse(File.ReadAllLines(statusFile)[^1]).RootElement.GetProperty("usage");
        return (usage.GetProperty("cpuUserMicroseconds").GetInt64() + usage.GetProperty("cpuSystemMicroseconds").GetInt64()) / 1e6;
    }

    // bash's time is the last line of its errors.
    private static (string Errors, double Seconds) Timed(string errors)
    {
        string[] lines = errors.TrimEnd('\n').Split('\n');
        return (string.Concat(lines[..^1].Select(line => line + "\n")), lines[^1].Split(' ').Sum(part => double.Parse(part, System.Globalization.CultureInfo.InvariantCulture)));
    }

    // Numbers of processes and directories differ from run to run.
    private static string Neutral(string text) => Changing().Replace(text, "?");

    [GeneratedRegex(@"/var/tmp/iso-raw-\w+|/opt/iso-\w+/run/scratch|0x[0-9a-f]+|program.sh: line \d+: +\d+|\[\d+\] \d+")]
    private static partial Regex Changing();
}
