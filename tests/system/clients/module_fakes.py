"""What isolation_client.py makes of services that are none: each is played here, in a thread. Prints nothing where all is right."""
import json
import os
import socket
import signal
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
ENDED = {"type": "ended", "id": ENTERED["id"], "ending": {"kind": "exited", "code": 3, "later": "x"}, "later": True}


def frame(members):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return struct.pack(">I", len(body)) + body


class Fake:
    """One connection: reads what comes, says its lines (the second of a pair is sent along as a descriptor), and hangs up or stays."""

    def __init__(self, *lines, stays=False, slowly=False):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "isolation.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.play, args=(lines, stays, slowly))
        self.thread.start()

    def play(self, lines, stays, slowly):
        connection, _ = self.listener.accept()
        connection.recv(1 << 20)
        ours = []
        for line in lines:
            if callable(line):
                line(ours)
            elif line is ENTERED:
                own, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                ours.append(own)
                socket.send_fds(connection, [frame(line)], [given.fileno()])
                given.close()
            elif slowly:
                for byte in frame(line):
                    connection.sendall(bytes([byte]))
            else:
                connection.sendall(line if isinstance(line, bytes) else frame(line))
        if stays:
            self.over.wait(20)
        connection.close()
        for own in ours:
            own.close()

    def __enter__(self):
        self.service = Service(self.path)
        return self.service

    def __exit__(self, *_):
        self.service.close()
        self.over.set()
        self.thread.join(20)
        self.listener.close()
        self.directory.cleanup()


def streams_came(ours):
    message, descriptors, _, _ = socket.recv_fds(ours[0], 100, 5)
    assert message == bytes([1, 7, 0, 0, 0, 0, 0, 0]) and len(descriptors) == 3, message
    for fd in descriptors:
        os.close(fd)


def signal_came(ours):
    assert ours[0].recv(100) == bytes([2, 0, 0, 0, 15, 0, 0, 0])


def ends(kind, word, *lines, exit_code, **how):
    with Fake(*lines, **how) as service:
        payload = service.run(["true"])
        assert (payload.ending.kind, payload.exit_code) == (kind, exit_code) and word in payload.ending.sentence, (word, payload.ending)


def raises(error, word, *lines, exit_code, **how):
    with Fake(*lines, **how) as service:
        try:
            answer = service.status()
            raise AssertionError(f"it answered {answer}")
        except error as seen:
            assert word in str(seen) and "Fix: " in str(seen) and seen.exit_code == exit_code, seen


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

    # Once it has its streams, nobody knows.
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
