"""A pilot in Python that uses isolation_client.py as a module: module.py SCENARIO. Each scenario asserts what it sees, and prints nothing where that is right."""
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

import isolation_client
from isolation_client import BadRequest, Limits, Service, ServiceError, Unanswered

TRAPPING = ["sh", "-c", "trap 'exit 9' TERM; echo up >&2; while :; do sleep 0.05; done"]


def sh(script):
    return ["sh", "-c", script]


def wait_for(condition, what):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def read_all(fd):
    with open(fd, "rb") as file:
        return file.read()


def streams(service):
    data = os.urandom(3_000_000)
    (stdin, feed), (out, stdout), (errors, stderr) = os.pipe(), os.pipe(), os.pipe()
    payload = service.start(sh("cat; echo trouble >&2; exit 6"), stdin=stdin, stdout=stdout, stderr=stderr)
    for fd in (stdin, stdout, stderr):
        os.close(fd)
    feeder = threading.Thread(target=lambda: (os.write(feed, data[:1000]), open(feed, "wb").write(data[1000:])))
    feeder.start()
    assert read_all(out) == data
    assert read_all(errors) == b"trouble\n"
    ending = payload.wait()
    assert (ending.kind, ending.code, payload.exit_code, ending.is_payloads_own, ending.sentence) == ("exited", 6, 6, True, None), ending
    assert payload.usage["wallMicroseconds"] > 0 and payload.id and len(payload.handle) == 32 and payload.details["level"] == "setuid"

    with tempfile.TemporaryFile() as file:
        closed = service.run(sh("for i in 0 1 2; do [ -e /proc/self/fd/$i ] && echo $i; done; exit 3"), stdin=None, stdout=file, stderr=None)
        file.seek(0)
        assert (closed.exit_code, file.read()) == (3, b"1\n")


def arguments(service):
    with tempfile.TemporaryFile() as file:
        odd = b"\xff\xfe line\nline " + bytes(range(1, 256))
        payload = service.run(["printf", "%s|%s|%s", odd, "ü", ""], stdout=file, env={"ODD": "1"})
        file.seek(0)
        assert payload.exit_code == 0 and file.read() == odd + b"|\xc3\xbc|"
    assert service.run(sh('[ "$OWN$PASSED$HIDDEN" = 12 ] && [ $(pwd) = / ]'), env={"OWN": "1", "PASSED": "2"}, environment={"HIDDEN": "3", "PATH": os.environ["PATH"]}, workdir="/",
                       tags={"task": "4711"}, claim="/CN=Py").exit_code == 0


def signals(service):
    _, stderr = pipe = os.pipe()
    with service.start(TRAPPING, stderr=stderr) as payload:
        assert os.read(pipe[0], 3) == b"up\n"
        assert payload.signal(signal.SIGTERM)
        assert payload.wait(20).code == 9
        assert not payload.signal(signal.SIGTERM)
    with service.start(TRAPPING, stderr=stderr) as payload:
        assert os.read(pipe[0], 3) == b"up\n"
        assert service.signal(payload.id, signal.SIGTERM, payload.handle)
        assert payload.wait(20).code == 9
    # One that comes before the payload runs is kept until it does.
    with service.start(["sleep", "60"], until_running=False) as payload:
        assert payload.state == "asked" and payload.signal(signal.SIGINT)
        assert (payload.wait(20).signal, payload.exit_code) == (2, 130)


def look(service):
    with service.start(["sleep", "60"], tags={"who": "look"}) as payload:
        assert service.status()["running"] >= 1
        (found,) = service.list([payload.handle])
        assert (found["id"], found["tags"], found["state"]) == (payload.id, {"who": "look"}, "running")
        assert service.show(payload.id, payload.handle)["pid"] == payload.details["pid"]
        assert service.list() == [] and service.list(["00" * 16]) == []
        for ask in (lambda: service.show(payload.id), lambda: service.signal(payload.id, 9, "00" * 16)):
            try:
                ask()
                raise AssertionError("it was answered")
            except ServiceError as error:
                assert (error.code, error.exit_code) == ("no-such-payload", 241) and error.why and error.fix
    wait_for(lambda: service.list([payload.handle]) == [], "it goes on")


def one_connection(service):
    states = []
    for code in range(5):
        assert service.run(sh(f"exit {code}"), on_state=lambda payload: states.append(payload.state)).exit_code == code
        assert service.status()["site"] == "TEST"
    assert states == ["entered", "running", "ended"] * 5
    (connection,) = service._idle
    assert service.run(["/no/such/program"]).ending.kind == "refused"
    try:
        service.run(["true"], limits=Limits(memory_bytes=1))
        raise AssertionError("a limit of one byte")
    except ServiceError as error:
        assert (error.code, error.exit_code) == ("bad-request", 240) and "memory" in str(error)
    assert service.run(["true"]).exit_code == 0


def threads(service):
    codes = {}

    def work(first):
        for code in range(first, first + 4):
            codes[code] = service.run(sh(f"sleep 0.0{code % 5}; exit {code}")).exit_code

    workers = [threading.Thread(target=work, args=(first,)) for first in range(1, 33, 4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert codes == {code: code for code in range(1, 33)}, codes
    running = [service.start(sh(f"sleep 0.3; exit {code}")) for code in range(8)]
    assert [payload.wait().code for payload in reversed(running)] == list(range(7, -1, -1))


def endings(service):
    timed = service.run(["sleep", "60"], limits=Limits(wall_milliseconds=400))
    assert (timed.ending.kind, timed.ending.limit_milliseconds, timed.exit_code) == ("timed-out", 400, 247)
    assert not timed.ending.is_payloads_own and not timed.ending.never_ran and "wall limit" in timed.ending.sentence
    refused = service.run(["/no/such/program"])
    assert (refused.ending.kind, refused.exit_code, refused.ending.never_ran, refused.usage) == ("refused", 241, True, None)
    assert "Fix: " in refused.ending.sentence
    level = service.run(["true"], level="vm")
    assert level.ending.kind in ("refused", "unavailable") and level.exit_code in (241, 242, 243)
    killed = service.run(sh("kill -SEGV $$"))
    assert (killed.ending.kind, killed.ending.signal, killed.exit_code, killed.ending.is_payloads_own) == ("signaled", 11, 139, True)


def faults(service):
    try:
        service.run([], workdir="relative", lend_credentials=True, inputs={"../up": "/etc/passwd", "x": "/no/such"}, outputs={"o": "/proc/o"}, env={"A=B": "c"}, stdout=99)
        raise AssertionError("it was asked")
    except BadRequest as error:
        text = " ".join(error.faults)
        for word in ("missing", "absolute path", "relative name", "/no/such", "/proc/o", "A=B", "stream 1"):
            assert word in text, (word, text)


def waiting(service):
    with service.start(["sleep", "60"]) as payload:
        for timeout in (0, 0.2):
            try:
                payload.wait(timeout)
                raise AssertionError("it is over")
            except TimeoutError:
                pass
        assert payload.poll() is None and payload.exit_code is None
        seen = []
        waiter = threading.Thread(target=lambda: seen.append(payload.wait()))
        waiter.start()
        time.sleep(0.1)
        payload.close()  # from another thread than the one that waits
        waiter.join(10)
        assert [ending.kind for ending in seen] == ["abandoned"] and payload.exit_code == 249
    wait_for(lambda: service.list([payload.handle]) == [], "it goes on")

    payload = service.start(sh("sleep 0.2; exit 4"), until_running=False)
    polled = 0
    while payload.poll() is None:
        select.select([payload], [], [], 20)
        polled += 1
    assert payload.exit_code == 4 and payload.fileno() == -1 and polled < 100


def forks(service):
    with service.start(sh("sleep 1; exit 3")) as payload:
        assert service.status()["running"] >= 1
        child = os.fork()
        if child == 0:  # lets go of its copies, and of nothing else
            try:
                payload.close()
                os._exit(0 if service.run(sh("exit 4")).exit_code == 4 else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert service.status()["site"] == "TEST"
        assert payload.wait().code == 3, payload.ending


def exchange(service):
    with tempfile.TemporaryDirectory() as own:
        def path(name):
            return os.path.join(own, name)

        content = os.urandom(300_000)
        with open(path("in"), "wb") as file:
            file.write(content)
            file.seek(5_000_000)
            file.write(b"end")
        os.chmod(path("in"), 0o750)
        with open(path("old"), "w") as file:
            file.write("old")
        payload = service.run(
            sh("[ $(stat -c %a d/e/in) = 750 ] || exit 7; cp d/e/in out; ln -s /etc/passwd link; mkfifo fifo; mkdir dir; ln -s /etc up; truncate -s 1T sparse; chmod 640 out; exit 5"),
            inputs={"d/e/in": path("in")},
            outputs={"out": path("old"), **{name: path(name.replace("/", "-")) for name in ("link", "fifo", "dir", "up/passwd", "none", "sparse")}})
        assert payload.exit_code == 5, (payload.exit_code, payload.ending)
        with open(path("old"), "rb") as file:
            assert file.read() == content + b"\0" * (5_000_000 - len(content)) + b"end"
        assert os.stat(path("old")).st_mode & 0o777 == 0o640 and os.stat(path("old")).st_uid == os.geteuid()
        assert os.stat(path("sparse")).st_size == 1 << 40 and os.stat(path("sparse")).st_blocks < 100
        assert payload.fetched == {"out": 5_000_003, "sparse": 1 << 40}, payload.fetched
        assert sorted(payload.not_fetched) == ["dir", "fifo", "link", "none", "up/passwd"], payload.not_fetched
        assert sorted(os.listdir(own)) == ["in", "old", "sparse"]
        missing = service.run(["true"], outputs={"none": path("none")})
        assert missing.exit_code == 251 and missing.ending.code == 0


def lend(service):
    directory = os.environ["LEND"]
    assert service.run(sh(f"[ $(pwd) = {directory} ] && cat f > g"), workdir=directory, lend=True).exit_code == 0
    with open(os.path.join(directory, "g")) as file:
        assert file.read() == "lent\n"
    os.environ["HOME"] = directory
    held = service.run(["true"], workdir=directory, lend=True)
    assert held.ending.kind == "refused" and "(HOME)" in held.ending.sentence
    assert service.run(["test", "-s", "f"], workdir=directory, lend=True, lend_credentials=True).exit_code == 0


def log_only(service):
    with tempfile.TemporaryFile() as file:
        payload = service.run(sh('echo $EXTRA $MORE $ISOLATION_LEVEL $PWD; id -u; ls /proc/self/fd | wc -l; grep SigIgn /proc/self/status; [ $ISOLATION_PAYLOAD ]; exit 5'),
                              level="log-only", stdin=None, stdout=file, env={"MORE": "more"}, environment={**os.environ, "EXTRA": "extra"}, workdir="/usr")
        file.seek(0)
        lines = file.read().decode().split("\n")
        assert lines[:2] == ["extra more log-only /usr", str(os.getuid())] and lines[3].split()[1].endswith("0000"), lines
        assert (payload.exit_code, payload.details["level"]) == (5, "log-only") and payload.usage["wallMicroseconds"] > 0
    assert service.run(["/no/such/program"], level="log-only").ending.kind == "refused"
    assert service.run(["true"], level="log-only", inputs={"x": "/etc/passwd"}).ending.kind == "refused"
    timed = service.run(["sleep", "60"], level="log-only", limits=Limits(wall_milliseconds=500))
    assert timed.ending.kind == "timed-out", timed.ending
    ends = []
    worker = threading.Thread(target=lambda: ends.append(service.start(["sleep", "60"], level="log-only")))
    worker.start()
    worker.join()
    (payload,) = ends  # it outlives the thread that started it
    time.sleep(0.3)
    assert payload.poll() is None and payload.signal(signal.SIGTERM)
    assert (payload.wait(20).kind, payload.exit_code) == ("signaled", 143)
    with service.start(["sleep", "60"], level="log-only") as payload:
        pid = payload.details["pid"]
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "it goes on")


def detach(service):
    hour = Limits(wall_milliseconds=3_600_000)
    refused = service.start(TRAPPING, detach=True)
    assert (refused.ending.kind, refused.ending.rule, refused.ending.never_ran) == ("refused", "detach", True), refused.ending
    try:
        service.start(["true"], detach=True, limits=hour, outputs={"a": "a"})
        raise AssertionError("outputs of a payload that is left")
    except BadRequest as error:
        assert "outputs" in error.faults[0]
    with service.start(sh("[ $(readlink /proc/self/fd/0) = /dev/null ] && sleep 0.5 && exit 4"), detach=True, limits=hour) as payload:
        assert (payload.state, payload.details["detached"], payload.poll(), payload.fileno()) == ("running", True, None, -1)
    assert payload.ending is None  # the block's end changed nothing
    try:
        payload.wait(0.1)
        raise AssertionError("it is over")
    except TimeoutError:
        pass
    assert (payload.wait(20).code, payload.exit_code, payload.usage["wallMicroseconds"] > 0) == (4, 4, True)
    with tempfile.TemporaryFile() as file:
        payload = service.start(TRAPPING, detach=True, limits=hour, stderr=file)
        wait_for(lambda: os.fstat(file.fileno()).st_size == 3, "it does not come up")
        assert service.show(payload.id, payload.handle)["detached"] is True
        assert payload.signal(signal.SIGTERM) and payload.wait(20).code == 9 and not payload.signal(signal.SIGTERM)
    # A pilot that is gone has left it running.
    pilot = subprocess.run([sys.executable, isolation_client.__file__, "run", "--detach", "--limit", "wall=1h", "--", *sh("sleep 0.5; exit 6")], capture_output=True, check=True)
    id, handle = pilot.stdout.decode().split()
    assert service.wait(id, handle, 20).code == 6 and pilot.stderr == b""


def restart(service):
    """The test kills the service when it sees the file py-started, and starts it again when it sees py-signalled."""
    read, stderr = os.pipe()
    trapping = service.start(TRAPPING, stderr=stderr)
    assert os.read(read, 3) == b"up\n"
    # One ends before the kill or just after, the others while nobody is there and when the service is back.
    payloads = {code: service.start(sh(f"sleep {code % 3 * 2}.3; exit {code}")) for code in range(1, 6)}
    waits = {code: subprocess.Popen([sys.executable, isolation_client.__file__, "wait", payloads[code].id, "--handle", payloads[code].handle]) for code in (4, 5)}
    with open("py-started", "w"):
        pass

    def is_down():
        try:
            return not service.status()
        except Unanswered:
            return True

    wait_for(is_down, "the service stays")
    assert trapping.signal(signal.SIGTERM)
    with open("py-signalled", "w"):
        pass
    assert {code: payload.wait(30).code for code, payload in payloads.items()} == {code: code for code in payloads}
    assert {code: client.wait(30) for code, client in waits.items()} == {code: code for code in waits}
    assert trapping.wait(30).code == 9
    assert service.wait(trapping.id, trapping.handle, 30).code == 9  # it is known, though it is over
    os.close(read)
    os.close(stderr)


with Service() as own:
    before = len(os.listdir("/proc/self/fd"))
    globals()[sys.argv[1]](own)
    own.close()
    if sys.argv[1] not in ("streams", "signals", "log_only"):  # those leave pipes of their own
        assert len(os.listdir("/proc/self/fd")) <= before, os.listdir("/proc/self/fd")
