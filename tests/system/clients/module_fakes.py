"""What isolation_client.py makes of services that are none: each is played here, in a thread. Prints nothing where all is right."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import isolation_client
from isolation_client import ProtocolError, Service, ServiceError, Unanswered

HELLO = {"type": "hello", "version": 1, "service": "fake"}
ENTERED = {"type": "entered", "id": "019aa3c1-5d00-7000-8000-000000000001", "handle": "00" * 16}
STARTED = {"type": "started", "payload": {"id": ENTERED["id"], "state": "running", "pid": 1, "later": [1]}}
WAIT = {"type": "wait", "id": ENTERED["id"], "handle": ENTERED["handle"]}
BUSY = {"type": "error", "code": "busy", "message": "so it is", "fix": "do this"}
UNKNOWN = {"type": "error", "code": "no-such-payload", "message": "it knows none", "fix": "look"}
ENDED = {"type": "ended", "id": ENTERED["id"], "ending": {"kind": "exited", "code": 3, "later": "x"}, "later": True}


def frame(members):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return struct.pack(">I", len(body)) + body


class Fake:
    """One connection: reads what comes, says its lines (an `entered` with a channel), and hangs up or stays. Then the next life, on a new socket."""

    def __init__(self, *lines, lives=(), stays=False, slowly=False, patience=0.1):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "isolation.sock")
        self.patience = patience
        self.over = threading.Event()
        self.listen()
        self.thread = threading.Thread(target=self.live, args=((lines, *lives), stays, slowly), daemon=True)
        self.thread.start()

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()

    def live(self, lives, stays, slowly):
        ours = []
        for number, lines in enumerate(lives):
            if number:
                time.sleep(0.15)
                self.listen()
            self.play(lines, ours, stays and number == len(lives) - 1, slowly, number > 0)
        for own in ours:
            own.close()

    def play(self, lines, ours, stays, slowly, is_asked):
        connection, _ = self.listener.accept()
        heard = connection.recv(1 << 20)
        if is_asked:
            assert heard.endswith(frame(WAIT)), heard
        for line in lines:
            if callable(line):
                line(ours)
            elif isinstance(line, dict) and line["type"] == "entered":
                own, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                ours.append(own)
                with open(os.memfd_create("exchange"), "rb") as exchange:
                    socket.send_fds(connection, [frame(line)], [given.fileno(), *([exchange.fileno()] if "exchange" in line else [])])
                given.close()
            elif slowly:
                for byte in frame(line):
                    connection.sendall(bytes([byte]))
            else:
                connection.sendall(line if isinstance(line, bytes) else frame(line))
        if stays:
            self.over.wait(20)
        self.listener.close()
        os.unlink(self.path)
        connection.close()

    def __enter__(self):
        self.service = Service(self.path, patience=self.patience)
        return self.service

    def __exit__(self, *_):
        self.service.close()
        self.over.set()
        self.thread.join(20)
        assert not self.thread.is_alive(), "it was not asked as often as it should be"
        self.directory.cleanup()


def streams_came(ours):
    message, descriptors, _, _ = socket.recv_fds(ours[0], 100, 5)
    assert message == bytes([1, 7, 0, 0, 0, 0, 0, 0]) and len(descriptors) == 3, message
    for fd in descriptors:
        os.close(fd)


def signal_came(ours):
    assert ours[0].recv(100) == bytes([2, 0, 0, 0, 15, 0, 0, 0])


def nothing(_):
    """Dies without a word."""
    time.sleep(0.05)


def ends(kind, word, *lines, exit_code, **how):
    with Fake(*lines, **how) as service:
        payload = service.run(["true"])
        assert (payload.ending.kind, payload.exit_code) == (kind, exit_code) and word in payload.ending.sentence, (word, payload.ending)


def raises(error, word, *lines, exit_code, ask=Service.status, **how):
    with Fake(*lines, **how) as service:
        try:
            answer = ask(service)
            raise AssertionError(f"it answered {answer}")
        except error as seen:
            assert word in str(seen) and "Fix: " in str(seen) and seen.exit_code == exit_code, seen


def waits():
    # A service that dies, before or after the start, is waited for; the next one says the ending, and each state is told once.
    for lives in (
        [(STARTED,), (HELLO, STARTED, ENDED)], [(), (HELLO, STARTED, ENDED)], [(STARTED,), (HELLO, ENDED)], [(STARTED, b"\0\0\0\x10{"), (nothing,), (HELLO,), (HELLO, STARTED), (HELLO, ENDED)],
        [(STARTED,), (BUSY,), (HELLO, BUSY), (HELLO, STARTED, ENDED)],
    ):
        states = []
        with Fake(HELLO, ENTERED, streams_came, *lives[0], lives=lives[1:]) as service:
            payload = service.run(["true"], on_state=lambda payload: states.append(payload.state))
            assert payload.ending.code == 3 and payload.id == ENTERED["id"], payload.ending
            assert states in (["entered", "running", "ended"], ["entered", "ended"]) and (payload.details or not lives[0]), states

    # One that accepts and says nothing has not answered.
    with Fake(HELLO, ENTERED, streams_came, STARTED, lives=[(lambda _: time.sleep(1.3),), (HELLO, ENDED)]) as service:
        assert service.run(["true"]).ending.code == 3

    # It is not known there: then it never ran, or nobody knows.
    ends("setup-failed", "nothing of the payload has run: the service was started again", HELLO, ENTERED, streams_came, lives=[(BUSY,), (HELLO, UNKNOWN)], exit_code=244)
    ends("lost", "it knows none", HELLO, ENTERED, streams_came, STARTED, lives=[(HELLO, UNKNOWN)], exit_code=245)
    ends("lost", "no JSON", HELLO, ENTERED, streams_came, STARTED, lives=[(HELLO, frame(b"rubbish"))], exit_code=245)

    def long(_):
        time.sleep(1)

    # Nobody comes back: for as long as the channel is open that is waited for, and patience begins with the last answer.
    begin = time.monotonic()
    with Fake(HELLO, ENTERED, streams_came, STARTED, lives=[(HELLO, STARTED, long)], patience=0.5) as service:
        payload = service.run(["true"])
        assert (payload.ending.kind, payload.exit_code) == ("lost", 245) and "nobody has answered for 0.5 s" in payload.ending.sentence, payload.ending
    assert 1.6 < time.monotonic() - begin < 5

    # Meanwhile deadlines hold, signals go to the payload, select sleeps, and outputs that were not fetched are told.
    with tempfile.TemporaryDirectory() as directory:
        output = os.path.join(directory, "out")
        with Fake(HELLO, {**ENTERED, "exchange": "directory"}, streams_came, STARTED, lives=[(signal_came, HELLO, STARTED, long), (HELLO, STARTED, long, {**ENDED, "notCollected": "it was started again"})]) as service:
            payload = service.start(["true"], outputs={"out": output}, until_running=False)
            while not isinstance(payload._connection, isolation_client._Reconnection):
                payload.poll()
            begin = time.monotonic()
            for timeout in (0, 0.05):
                try:
                    payload.wait(timeout)
                    raise AssertionError("it is over")
                except TimeoutError:
                    pass
            assert time.monotonic() - begin < 1 and payload.signal(15) and payload.fileno() >= 0
            polled = child = 0
            while payload.ending is None:
                if not child and payload._connection._is_heard:
                    kept = payload._connection.socket.fileno()
                    child = os.fork()  # holds a copy
                    if child == 0:
                        os.closerange(3, kept)
                        os.closerange(kept + 1, 1024)
                        time.sleep(20)
                        os._exit(0)
                assert select.select([payload], [], [], 20)[0]
                polled += 1
                begin = time.monotonic()
                payload.poll()
                assert time.monotonic() - begin < 0.8, "it does not return"
            assert child
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            assert polled < 20 and payload.ending.code == 3 and payload.fileno() == -1
            assert payload.not_fetched == {"out": "it was started again"} and payload.exit_code == 3

    # Letting go ends the waiting of another thread, at once.
    for lives in ((), [(long,)]):
        with Fake(HELLO, ENTERED, streams_came, STARTED, lives=lives, patience=30) as service:
            payload = service.start(["true"])
            seen = []
            waiter = threading.Thread(target=lambda: seen.append(payload.wait()))
            waiter.start()
            time.sleep(0.6)
            payload.close()
            waiter.join(0.5)
            assert [ending.kind for ending in seen] == ["abandoned"], seen

    # Another process of the pilot's waits by id and handle.
    own = [ENTERED["id"], ENTERED["handle"]]
    with Fake(HELLO, STARTED, lives=[(BUSY,), (HELLO, STARTED, ENDED)], patience=30) as service:
        assert service.wait(*own).code == 3
    raises(ServiceError, "it knows none", HELLO, UNKNOWN, exit_code=241, ask=lambda service: service.wait(*own))
    raises(ProtocolError, "where \"ended\" was due", HELLO, {"type": "done"}, exit_code=244, ask=lambda service: service.wait(*own))
    raises(Unanswered, "nobody has answered for 0.1 s", HELLO, STARTED, exit_code=242, ask=lambda service: service.wait(*own))
    try:
        Service("/no/such/socket").wait(*own, timeout=0.2)
        raise AssertionError("it is over")
    except TimeoutError:
        pass
    for last, exit_code, line in ((ENDED, 3, b""), ({**ENDED, "ending": {"kind": "timed-out", "limitMilliseconds": 5}}, 247, b"wall limit"), (UNKNOWN, 241, b"it knows none")):
        with Fake(HELLO, STARTED, lives=[(HELLO, last)]) as service:
            client = subprocess.run([sys.executable, isolation_client.__file__, "wait", own[0], "--handle", own[1], "--socket", service.path], stderr=subprocess.PIPE)
            assert client.returncode == exit_code and line in client.stderr and bool(line) == bool(client.stderr), client


def main():
    # As it should be, a byte at a time, with members that no client knows.
    with Fake(HELLO, ENTERED, streams_came, STARTED, signal_came, ENDED, slowly=True) as service:
        payload = service.start(["true"], until_running=False)
        payload.signal(15)  # kept until it runs
        assert payload.wait().code == 3 and payload.details["later"] == [1] and payload.exit_code == 3

    # Nobody answers, in every way that that can be; for a run it is an ending, for anything else an exception.
    isolation_client.HELLO_SECONDS = 1
    silence = time.monotonic()
    ends("unavailable", "no hello came within 1 s", stays=True, exit_code=242)
    assert 0.9 < time.monotonic() - silence < 10
    ends("unavailable", "ended without an answer", exit_code=242)
    ends("unavailable", "ended without an answer", HELLO, exit_code=242)
    ends("unavailable", "ended without an answer", b"\0\0\0\x10{", exit_code=242)
    raises(Unanswered, "nobody answers", exit_code=242)
    raises(Unanswered, "nobody answers", HELLO, exit_code=242)

    # What is no frame, before anything of the payload can have run.
    for word, bad in (
        ("no JSON", frame(b"rubbish")), ("no JSON", frame(b"\xff\xfe{}")), ("no JSON", frame(b"[" * 200_000)), ("no object", frame(b"[]")), ("no object", frame(b'{"type":1}')),
        ("a frame of 0 bytes", b"\0\0\0\0"), ("a frame of 10485761 bytes", struct.pack(">I", (10 << 20) + 1)), ("a frame of 4294967295 bytes", b"\xff" * 4),
        ("\"status\" where \"entered\"", frame({"type": "status"})), ("without its descriptor", frame(dict(ENTERED))), ("without id and handle", frame({"type": "entered"})),
        ("an ending without a kind", frame({"type": "ended"})), ("without its number", frame({"type": "ended", "ending": {"kind": "exited", "code": "0"}})),
    ):
        ends("setup-failed", word, HELLO, bad, exit_code=244, stays=True)
    raises(ProtocolError, "no JSON", HELLO, frame(b"rubbish"), exit_code=244, stays=True)
    raises(ProtocolError, "where \"status\" was due", HELLO, frame({"type": "done"}), exit_code=244, stays=True)
    raises(ProtocolError, "where \"hello\" was due", frame({"type": "status"}), exit_code=244, stays=True)

    # Once it has its streams, nobody knows, also where nobody comes back.
    for lines in ((), (STARTED,), (STARTED, frame(b"rubbish")), (STARTED, {"type": "error", "code": "failed", "message": "a disk broke", "fix": "x"})):
        ends("lost", "how the payload ended is not known", HELLO, ENTERED, streams_came, *lines, exit_code=245)
    ends("vanished", "does not know, \"vanished\"", HELLO, {"type": "ended", "ending": {"kind": "vanished"}}, exit_code=245)

    # At log-only the child waits for a word that does not come.
    ran = os.path.join(tempfile.gettempdir(), f"iso-ran-{os.getpid()}")
    with Fake(HELLO, {**ENTERED, "type": "fork", "level": "log-only"}, lambda _: time.sleep(0.5)) as service:
        payload = service.run(["touch", ran])
        assert (payload.ending.kind, payload.exit_code) == ("setup-failed", 244) and "before the payload was let go" in payload.ending.sentence, payload.ending
    assert not os.path.exists(ran)

    # An error is an answer.
    for code, exit_code in (("busy", 246), ("bad-version", 242), ("not-allowed", 241), ("bad-frame", 244)):
        error = {"type": "error", "code": code, "message": "so it is", "fix": "do this"}
        raises(ServiceError, f"{code}: so it is. Fix: do this.", error, exit_code=exit_code)
        with Fake(HELLO, error, stays=True) as service:
            try:
                service.run(["true"])
                raise AssertionError("it ran")
            except ServiceError as seen:
                assert (seen.code, seen.why, seen.fix, seen.exit_code) == (code, "so it is", "do this", exit_code)

    # A connection that the service hung up meanwhile is not used again.
    with Fake(HELLO, {"type": "status", "site": "first"}) as service, Fake(HELLO, {"type": "status", "site": "second"}) as other:
        assert service.status()["site"] == "first"
        time.sleep(0.1)
        service.path = other.path
        assert service.status()["site"] == "second"

    # A program that is to end before its payload has started ends by that signal, and the room is undone; what should not end it is kept.
    with Fake(HELLO, ENTERED, streams_came, stays=True) as service, tempfile.TemporaryDirectory() as directory:
        status = os.path.join(directory, "status")
        client = subprocess.Popen([sys.executable, isolation_client.__file__, "run", "--socket", service.path, "--status-file", status, "--", "true"])
        deadline = time.monotonic() + 20
        while not (os.path.exists(status) and os.path.getsize(status)) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        client.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        assert client.poll() is None
        client.send_signal(signal.SIGTERM)
        assert client.wait(20) == -signal.SIGTERM
        with open(status) as file:
            states = [json.loads(line) for line in file]
        assert [line["state"] for line in states] == ["entered", "ended"] and states[1]["ending"]["kind"] == "abandoned", states

    waits()

    # What the words of a service do to a terminal.
    ending = isolation_client.Ending.of({"kind": "refused", "rule": "r", "why": "\x1b[2Jx"})
    assert "\x1b" in ending.why and "\x1b" not in isolation_client._printable(ending.sentence)


before = len(os.listdir("/proc/self/fd"))
main()
deadline = time.monotonic() + 10
while (threading.active_count() > 1 or len(os.listdir("/proc/self/fd")) != before) and time.monotonic() < deadline:
    time.sleep(0.01)  # the thread that follows a child at log-only lets go of its own
assert len(os.listdir("/proc/self/fd")) == before, os.listdir("/proc/self/fd")
sys.exit(0)
