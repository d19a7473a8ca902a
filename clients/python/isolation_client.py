#!/usr/bin/env python3
"""A pilot's client for Isolation: one file, the standard library only, Python 3.9 or newer, Linux.

As a module::

    from isolation_client import Limits, Service

    payload = Service().run(["./analysis", "input.root"], claim="/DC=org/CN=Alice", limits=Limits(wall_milliseconds=7_200_000))
    if payload.ending.is_payloads_own:
        print("the payload ended with", payload.exit_code)
    else:
        print(payload.ending.sentence)      # what failed, why, and what to do: never the payload's failure

As a program, with the options and exit codes of ``isolation``::

    python3 isolation_client.py run --claim /DC=org/CN=Alice --limit wall=2h -- ./analysis input.root > result.txt
    python3 isolation_client.py run --detach --limit wall=2h --stdout result.txt -- ./analysis input.root    # prints ID HANDLE
    python3 isolation_client.py wait ID --handle HANDLE
    python3 isolation_client.py status

It speaks docs/protocol.md, version 1; docs/python.md has an example for each use.
"""
from __future__ import annotations

import argparse
import base64
import collections
import contextlib
import dataclasses
import errno
import fcntl
import itertools
import json
import os
import queue
import re
import select
import signal as signals
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Sequence, Tuple, Union

__all__ = ["OWN", "BadRequest", "Ending", "IsolationError", "Limits", "Payload", "ProtocolError", "Service", "ServiceError", "Unanswered"]

VERSION = 1
DEFAULT_SOCKET = "/run/isolation/isolation.sock"
HELLO_SECONDS = 30  # connecting, sending and the service's hello; longer counts as no answer
MOST_FRAME = 10 << 20
LONGEST_STRING = (128 << 10) - 1  # what execve takes, without the NUL
MOST_FILES = 32  # each way
_CHUNK = 1 << 18
_MOST_IDLE = 16  # connections that are kept to be used again
_FIRST_RETRY, _LONGEST_RETRY = 0.1, 2.0  # seconds until a service that went away is looked for; each time twice as long
_CHILD = "--forked-child"

Text = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Json = Dict[str, Any]


class _Own:
    def __repr__(self) -> str:
        return "OWN"


OWN = _Own()
"""The caller's own standard stream; closed for the payload where the caller was started without it."""

Stream = Union[None, int, _Own, Any]
"""A stream of a payload: OWN, a descriptor, anything with a fileno(), or None for a closed one."""


def _sentence(what: str, fix: Optional[str]) -> str:
    what = what.rstrip(". :")
    return f"{what}." if not fix else f"{what}. Fix: {fix.rstrip('. ')}."


class IsolationError(Exception):
    """Something that is no ending of a payload: what was tried, why it failed, and what to do."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(_sentence(f"{what}: {why}" if why else what, fix))
        self.what, self.why, self.fix = what, why, fix

    exit_code = 244


class BadRequest(IsolationError, ValueError):
    """What the caller asks for cannot be asked. Nothing was sent; ``faults`` has a sentence for each fault."""

    exit_code = 240

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("the request is wrong", " ".join(faults), "")
        self.faults = list(faults)


class ServiceError(IsolationError):
    """The service answered with an ``error`` (docs/protocol.md section 3): ``code``, and its own ``why`` and ``fix``."""

    def __init__(self, answer: Json) -> None:
        self.code = str(answer.get("code"))
        super().__init__(self.code, str(answer.get("message")), str(answer.get("fix") or ""))

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return {"bad-request": 240, "not-allowed": 241, "no-such-payload": 241, "busy": 246, "bad-version": 242}.get(self.code, 244)


class Unanswered(IsolationError):
    """Nobody answers on the socket. A run does not raise it: it ends with ``unavailable``."""

    exit_code = 242

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"unavailable: nobody answers on {path}", why, "Start isolationd on this node, or name its socket with --socket or ISOLATION_SOCKET")


class ProtocolError(IsolationError):
    """What came is not of this protocol. A run does not raise it: it ends with ``setup-failed`` or ``lost``."""

    def __init__(self, why: str) -> None:
        super().__init__("the service breaks the protocol", why, "Use the client that belongs to the service")


_CODES = {
    "refused": 241, "setup-failed": 244, "lost": 245, "busy": 246, "timed-out": 247, "killed-from-outside": 248, "abandoned": 249, "out-of-memory": 250,
}
_LIMITS_OF_MEMORY = {
    "payload": ("the payload's own limit", "Ask for more with --limit memory=…, if the site's policy lets you, or use less"),
    "job": ("the batch job's limit", "Ask the batch system for a job with more memory, or use less"),
    "host": ("the host's limit", "Show this line to the administrators of this node"),
}
_UNKNOWN_LIMIT = ("a limit, and whose it was is not known", "Use less memory, or ask for more")


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a payload ended, or why it never began: the kinds and members of docs/protocol.md section 3.

    ``kind`` is ``exited``, ``signaled``, ``refused``, ``unavailable``, ``setup-failed``, ``lost``, ``busy``, ``timed-out``, ``killed-from-outside``,
    ``abandoned`` or ``out-of-memory``. One that this client does not know is kept as it is, and counts as ``lost``.
    """

    kind: str
    code: Optional[int] = None
    signal: Optional[int] = None
    rule: Optional[str] = None
    step: Optional[str] = None
    why: Optional[str] = None
    fix: Optional[str] = None
    pilot_may_run: bool = False
    """Of ``unavailable``: the site lets the pilot run the payload itself."""
    retry_after_milliseconds: Optional[int] = None
    limit_milliseconds: Optional[int] = None
    limit: Optional[str] = None
    victim: Optional[str] = None

    @staticmethod
    def of(members: Json) -> Ending:
        """Reads the member ``ending`` of a frame; members that are not known are left out."""
        kinds = {field.name: field.type for field in dataclasses.fields(Ending)}
        read: Json = {}
        for name, kind in kinds.items():
            value = members.get(_camel(name))
            wanted = bool if "bool" in str(kind) else int if "int" in str(kind) else str
            if type(value) is wanted:
                read[name] = value
        if "kind" not in read:
            raise ProtocolError("an ending without a kind")
        if (read["kind"] == "exited" and "code" not in read) or (read["kind"] == "signaled" and "signal" not in read):
            raise ProtocolError(f"an ending \"{read['kind']}\" without its number")
        return Ending(**read)

    @staticmethod
    def of_frame(ended: Json) -> Ending:
        """Reads a frame ``ended``."""
        ending = ended.get("ending")
        return Ending.of(ending if isinstance(ending, dict) else {})

    @property
    def members(self) -> Json:
        """The members as the protocol writes them."""
        told = {_camel(field.name): getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in told.items() if value is not None and (name != "pilotMayRun" or self.kind == "unavailable")}

    @property
    def is_payloads_own(self) -> bool:
        """The payload ended by itself: with ``code``, or by ``signal``. Everything else is somebody else's doing."""
        return self.kind in ("exited", "signaled")

    @property
    def never_ran(self) -> bool:
        """Nothing of the payload has run: it can be tried again, here or elsewhere."""
        return self.kind in ("refused", "unavailable", "setup-failed", "busy")

    @property
    def has_run(self) -> bool:
        """Something of the payload has run, whoever ended it; of ``lost`` and ``abandoned`` that is not known."""
        return self.is_payloads_own or self.kind in ("timed-out", "out-of-memory", "killed-from-outside")

    @property
    def exit_code(self) -> int:
        """The exit code of ``isolation run`` (docs/cli.md)."""
        if self.kind == "exited":
            return int(self.code or 0) & 0xFF
        if self.kind == "signaled":
            return 128 + int(self.signal or 0)
        if self.kind == "unavailable":
            return 243 if self.pilot_may_run else 242
        return _CODES.get(self.kind, 245)

    @property
    def sentence(self) -> Optional[str]:
        """What failed, why, and what to do, in one line; None where the payload speaks for itself."""
        own = {
            "refused": (f"refused by rule \"{self.rule}\": {self.why}", None),
            "unavailable": (f"unavailable, and the site {'lets' if self.pilot_may_run else 'does not let'} the pilot run the payload itself: {self.why}", None),
            "setup-failed": (f"the sandbox failed at step \"{self.step}\", nothing of the payload has run: {self.why}",
                             "Try again; if it stays, show this line to the administrators of this node"),
            "lost": (f"how the payload ended is not known: {self.why}", "Treat it as failed; `isolation trace` on this node may know more"),
            "busy": (f"too much at once: {self.why}", f"Try again after {(self.retry_after_milliseconds or 3000) / 1000:g}s"),
            "timed-out": (f"the payload was ended at its wall limit of {(self.limit_milliseconds or 0) / 1000:g}s",
                          "Ask for a longer one with --limit wall=…, if the site's policy lets you"),
            "killed-from-outside": (f"the payload was ended from outside: {self.why}", "Ask the operators of this node"),
            "abandoned": ("the payload was ended because its client was taken to be gone" + (f": {self.why}" if self.why else ""),
                          "Keep the client running, unstopped, until the payload has ended"),
            "out-of-memory": (f"the kernel killed the payload's main process: out of memory at {_LIMITS_OF_MEMORY.get(self.limit or '', _UNKNOWN_LIMIT)[0]}; "
                              f"killed: {self.victim or 'who is not known'}", _LIMITS_OF_MEMORY.get(self.limit or "", _UNKNOWN_LIMIT)[1]),
        }
        if self.is_payloads_own:
            return None
        what, fix = own.get(self.kind, (f"the payload ended in a way that this client does not know, \"{self.kind}\": {self.why}",
                                        "Use the client that belongs to the service"))
        return _sentence(what, self.fix or fix)


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of the payload's own; None sets none. Of the site's limit and this one the tighter applies."""

    wall_milliseconds: Optional[int] = None
    memory_bytes: Optional[int] = None
    swap_bytes: Optional[int] = None
    processes: Optional[int] = None
    cpu_weight: Optional[int] = None
    milli_cpus: Optional[int] = None
    io_weight: Optional[int] = None
    open_files: Optional[int] = None
    scratch_bytes: Optional[int] = None
    scratch_files: Optional[int] = None

    @property
    def members(self) -> Json:
        """The members of a request."""
        return {_camel(name): value for name, value in dataclasses.asdict(self).items() if value is not None}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _printable(text: str) -> str:
    """Words of others, safe for a terminal."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]", lambda found: "\\x%02x" % ord(found[0]) if found[0] < "\u0100" else "\\u%04x" % ord(found[0]), text)


def _frame(members: Json) -> bytes:
    body = json.dumps(members).encode()
    if len(body) > MOST_FRAME:
        raise BadRequest([f"arguments and environment make a request of {len(body)} bytes; the service takes {MOST_FRAME}. "
                          "Fix: pass them in a file or on standard input."])
    return struct.pack(">I", len(body)) + body


class _HungUp(Exception):
    """The connection is over."""


class _Connection:
    """Frames over ``isolation.sock``, and the descriptors that come with some."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.pid = os.getpid()
        self._buffer = bytearray()
        self._descriptors: Deque[int] = collections.deque()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def connect(self) -> None:
        # Blocking, with the kernel's own deadline: a non-blocking connect to a full backlog fails at once.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", HELLO_SECONDS, 0))
        try:
            self.socket.connect(os.fsencode(self.path))
        except (OSError, ValueError) as error:
            raise Unanswered(self.path, _reason(error)) from None

    def greet(self, request: Json) -> None:
        """Sends hello and the first request in one write, and takes the hello."""
        self.send({"type": "hello", "version": VERSION, "client": "isolation_client.py 1"}, request)
        try:
            answer = self.frame(time.monotonic() + HELLO_SECONDS)
        except _HungUp as end:
            raise Unanswered(self.path, str(end)) from None
        if answer is None:
            raise Unanswered(self.path, f"no hello came within {HELLO_SECONDS} s")
        if answer["type"] == "error":
            raise ServiceError(answer)
        if answer["type"] != "hello":
            raise ProtocolError(f"a frame \"{answer['type']}\" where \"hello\" was due")

    def send(self, *frames: Json) -> None:
        """Sends frames. A service that refuses early answers before it has read everything: what it said is read all the same."""
        data = b"".join(map(_frame, frames))
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    @property
    def is_idle(self) -> bool:
        """Nothing has come, no end either, and this process is the one that connected."""
        return self.pid == os.getpid() and not self._buffer and not self._readable(0)

    def frame(self, deadline: Optional[float]) -> Optional[Json]:
        """The next frame; None when the deadline (of time.monotonic) has passed. What has come of a frame by then is kept."""
        while True:
            if len(self._buffer) >= 4:
                (length,) = struct.unpack_from(">I", self._buffer)
                if not 0 < length <= MOST_FRAME:
                    raise ProtocolError(f"a frame of {length} bytes")
                if len(self._buffer) >= 4 + length:
                    body = bytes(self._buffer[4:4 + length])
                    del self._buffer[:4 + length]
                    return self._parsed(body)
            if not self._readable(None if deadline is None else max(0.0, deadline - time.monotonic())):
                return None
            self._fill()

    def descriptor(self) -> int:
        """The next descriptor that came along, the caller's from then on."""
        if not self._descriptors:
            raise ProtocolError("a frame came without its descriptor")
        return self._descriptors.popleft()

    def fileno(self) -> int:
        """Readable when :meth:`frame` has something to take; -1 when it was closed."""
        return self.socket.fileno()

    def wake(self) -> None:
        """Lets whoever waits for a frame see the connection's end; a copy in another process leaves it alone."""
        if self.pid == os.getpid():
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.close()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _readable(self, seconds: Optional[float]) -> bool:
        poll = select.poll()
        try:
            poll.register(self.fileno(), select.POLLIN)
        except ValueError:
            raise _HungUp("the connection was closed") from None
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def _fill(self) -> None:
        try:
            # Without the flag the descriptors would be inheritable.
            data, ancillary, flags, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(2 * 4), socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError as error:
            raise _HungUp(_reason(error)) from None
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._descriptors.extend(struct.unpack(f"{len(content) // 4}i", content[:len(content) // 4 * 4]))
        if not data:
            raise _HungUp("the connection ended without an answer")
        if flags & socket.MSG_CTRUNC:
            raise ProtocolError("more descriptors came than any frame has")
        self._buffer += data

    @staticmethod
    def _parsed(body: bytes) -> Json:
        try:
            frame = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise ProtocolError("a frame that is no JSON") from None
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise ProtocolError("a frame that is no object with a type")
        return frame


class _Alarm:
    """A descriptor that is readable from a time on: timerfd_create(2), which Python has from 3.13 only."""

    def __init__(self) -> None:
        import ctypes
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = int(self._libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_CLOEXEC | os.O_NONBLOCK))
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def set(self, seconds: Optional[float]) -> None:
        """So many seconds from now; None for never."""
        nanoseconds = 0 if seconds is None else max(1, int(seconds * 1e9))
        self._libc.timerfd_settime(self.fd, 0, struct.pack("4l", 0, 0, *divmod(nanoseconds, 10**9)), None)

    def take(self) -> bool:
        """The time has come; once."""
        try:
            return bool(os.read(self.fd, 8))
        except BlockingIOError:
            return False

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class _Reconnection(_Connection):
    """Asks one service after the other for the ending of a payload whose own connection is gone (docs/protocol.md, ``wait``).

    Its frames are theirs, without ``hello`` and ``busy``; :meth:`frame` raises _HungUp when nobody has answered for ``patience`` seconds, and ``is_over``
    says that nothing of the payload is to be seen either.
    """

    def __init__(self, path: str, request: Json, first: float, patience: float, is_over: Callable[[], bool]) -> None:
        super().__init__(path)
        self.socket.close()  # a new one each time
        self._request, self._retry, self._patience, self._is_over = request, first, patience, is_over
        self._is_connected = self._is_woken = self._is_heard = False
        self._silent_since = time.monotonic()
        with contextlib.ExitStack() as undo:
            self._alarm = _Alarm()
            undo.callback(self._alarm.close)
            self._either = select.epoll()  # the alarm, and the socket while there is one
            undo.callback(self._either.close)
            self._either.register(self._alarm.fd, select.EPOLLIN)
            self._wait_to_retry()
            undo.pop_all()

    def fileno(self) -> int:
        return -1 if self._either.closed else self._either.fileno()

    def frame(self, deadline: Optional[float]) -> Optional[Json]:
        while True:
            frame = super().frame(deadline)
            if frame is None:
                return None
            if not self._is_heard:
                self._is_heard = True
                self._set_alarm(None)
            if frame["type"] == "error" and frame.get("code") == "busy":
                self._drop("busy")
            elif frame["type"] != "hello":
                self._retry = _FIRST_RETRY
                return frame

    def wake(self) -> None:
        if self.pid == os.getpid():
            self._is_woken = True
            self._alarm.set(0)

    def close(self) -> None:
        super().close()
        self._either.close()
        self._alarm.close()

    def _fill(self) -> None:
        try:
            if self._alarm.take():
                self._on_alarm()
            elif self._is_connected:
                super()._fill()
        except _HungUp as end:
            self._drop(str(end))

    def _on_alarm(self) -> None:
        if self._is_connected:
            raise _HungUp(f"no hello came within {HELLO_SECONDS} s")
        try:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.setblocking(False)  # a full backlog is no answer
            self.socket.connect(os.fsencode(self.path))
            self._either.register(self.socket, select.EPOLLIN)
        except (OSError, ValueError) as error:
            raise _HungUp(_reason(error)) from None
        self._is_connected = True
        self._set_alarm(HELLO_SECONDS)
        self.send({"type": "hello", "version": VERSION, "client": "isolation_client.py 1"}, self._request)

    def _drop(self, why: str) -> None:
        if self._is_connected:
            self._either.unregister(self.socket)  # closing does not, where a forked process has a copy
        super().close()
        self._buffer.clear()
        if self._is_heard:
            self._silent_since = time.monotonic()
        self._is_connected = self._is_heard = False
        if time.monotonic() - self._silent_since >= self._patience and self._is_over():
            raise _HungUp(f"nobody has answered for {self._patience:g} s: {why}")
        self._wait_to_retry()

    def _wait_to_retry(self) -> None:
        self._set_alarm(self._retry)
        self._retry = min(max(self._retry * 2, _FIRST_RETRY), _LONGEST_RETRY)

    def _set_alarm(self, seconds: Optional[float]) -> None:
        self._alarm.set(seconds)
        if self._is_woken:  # perhaps before the alarm was set, which then hides it
            raise _HungUp("the connection was closed")


def _reason(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _site_lets_pilot_run(path: str) -> Tuple[bool, str]:
    """The file ``unanswered`` beside the socket: what it answers, and a word on it (docs/protocol.md section 6)."""
    name = os.path.join(os.path.dirname(path), "unanswered")
    try:
        # Not blocking: a FIFO of that name must not hold up anybody.
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
                return False, f"{name} is no regular file of root's that nobody else can write"
            line = file.read(256).strip()
    except (OSError, ValueError) as error:
        return False, f"{name}: {_reason(error)}"
    known = line in (b"pilot-may-run: yes", b"pilot-may-run: no")
    return line == b"pilot-may-run: yes", name if known else f"{name} holds neither `pilot-may-run: yes` nor `pilot-may-run: no`"


def _unanswered(error: Unanswered, path: str) -> Ending:
    may_run, word = _site_lets_pilot_run(path)
    ending = Ending("unavailable", why=f"nobody answers on {path} ({error.why}; {word})", fix=error.fix, pilot_may_run=may_run)
    # The service cannot tell it. A datagram that never waits; the module syslog would change the caller's own settings.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.setblocking(False)
        log.connect("/dev/log")
        log.send(f"<28>isolation[{os.getpid()}]: {_printable(ending.sentence or '')}".encode())
    return ending


def _pieces(fd: int, length: int) -> Iterator[Tuple[int, bytes]]:
    """The first ``length`` bytes of a file, holes left out."""
    at = 0
    while at < length:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
            end = min(length, os.lseek(fd, at, os.SEEK_HOLE))
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # a hole up to the end
            end = length
        while at < end:
            data = os.pread(fd, min(_CHUNK, end - at), at)
            if not data:
                raise OSError(errno.ESTALE, "it became shorter meanwhile")
            yield at, data
            at += len(data)


def _write_at(fd: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, at)
        rest, at = rest[written:], at + written


class _DirectoryScratch:
    """The scratch itself (docs/protocol.md section 4b). The payload may have planted anything in it: each part of a name is opened by itself, and no link followed."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._found = -1
        self._length = 0

    def put(self, name: bytes, mode: int, source: int, length: int) -> None:
        target = self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, make=True)
        try:
            for at, data in _pieces(source, length):
                _write_at(target, data, at)
            os.ftruncate(target, length)
            os.fchmod(target, mode)
        finally:
            os.close(target)

    def find(self, name: bytes) -> Tuple[int, int]:
        self._found = self._open(name, os.O_RDONLY)
        status = os.fstat(self._found)
        if not stat.S_ISREG(status.st_mode):
            self.leave()
            raise OSError(errno.EINVAL, "it is no regular file")
        self._length = status.st_size
        return status.st_mode & 0o777, status.st_size

    def take(self, target: int, is_given_up: Callable[[], bool]) -> None:
        try:
            for at, data in _pieces(self._found, self._length):
                _write_at(target, data, at)
                if is_given_up():
                    raise OSError(errno.EINTR, "a signal ended the fetching")
            os.ftruncate(target, self._length)
        finally:
            self.leave()

    def leave(self) -> None:
        if self._found >= 0:
            os.close(self._found)
        self._found = -1

    def close(self) -> None:
        self.leave()
        os.close(self._directory)

    def _open(self, name: bytes, flags: int, make: bool = False) -> int:
        *directories, last = name.split(b"/")
        above = os.dup(self._directory)
        try:
            for part in directories:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o755, dir_fd=above)
                below = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
                os.close(above)
                above = below
            # Without waiting for a pipe's other end.
            return os.open(last, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600, dir_fd=above)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EISDIR):
                raise OSError(errno.EINVAL, "it is no regular file, or lies behind a link") from None
            raise
        finally:
            os.close(above)


class _CopierScratch:
    """The scratch by way of a process that copies with the payload's rights."""

    PUT, DATA, SKIP, END, GET, STATUS, FILE = range(1, 8)
    MOST_DATA = 1 << 16
    HEADER = struct.Struct("<B3xIq")

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._length = 0

    def put(self, name: bytes, mode: int, source: int, length: int) -> None:
        self._send(self.PUT, mode, rest=name)
        sent = 0
        failure: Optional[OSError] = None
        try:
            for at, data in _pieces(source, length):
                if at > sent:
                    self._send(self.SKIP, length=at - sent)
                for start in range(0, len(data), self.MOST_DATA):
                    self._send(self.DATA, rest=data[start:start + self.MOST_DATA])
                sent = at + len(data)
            if sent < length:
                self._send(self.SKIP, length=length - sent)
        except OSError as error:
            failure = error
        self._send(self.END)
        kind, number, _, _ = self._receive()
        if failure or kind != self.STATUS or number:
            raise failure or OSError(number or errno.EPROTO, os.strerror(number or errno.EPROTO))

    def find(self, name: bytes) -> Tuple[int, int]:
        self._send(self.GET, rest=name)
        kind, number, length, _ = self._receive()
        if kind != self.FILE:
            known = kind == self.STATUS and number
            linked = number in (errno.EINVAL, errno.EISDIR, errno.ELOOP)
            raise OSError(number if known else errno.EPROTO, "it is no regular file, or lies behind a link" if linked else os.strerror(number or errno.EPROTO))
        self._length = length
        return number & 0o777, length

    def take(self, target: int, is_given_up: Callable[[], bool]) -> None:
        self._drain(target, is_given_up)
        os.ftruncate(target, self._length)

    def leave(self) -> None:
        self._drain(None, lambda: False)

    def close(self) -> None:
        self._socket.close()

    def _drain(self, target: Optional[int], is_given_up: Callable[[], bool]) -> None:
        # Everything is received, also after a failure: the next file comes behind it.
        at, failure = 0, None
        while True:
            kind, number, length, data = self._receive()
            if kind == self.DATA and len(data) <= self._length - at:
                try:
                    if target is not None and failure is None:
                        _write_at(target, data, at)
                except OSError as error:
                    failure = error
                at += len(data)
            elif kind == self.SKIP and 0 < length <= self._length - at:
                at += length
            elif kind == self.STATUS:
                if failure or number:
                    raise failure or OSError(number, os.strerror(number))
                return
            else:
                raise OSError(errno.EPROTO, os.strerror(errno.EPROTO))
            if is_given_up():
                raise OSError(errno.EINTR, "a signal ended the fetching")

    def _send(self, kind: int, number: int = 0, length: int = 0, rest: bytes = b"") -> None:
        self._socket.send(self.HEADER.pack(kind, number, length) + rest)

    def _receive(self) -> Tuple[int, int, int, bytes]:
        message = self._socket.recv(self.HEADER.size + self.MOST_DATA)
        if len(message) < self.HEADER.size:
            raise OSError(errno.EPIPE, "the service's copier went away")
        kind, number, length = self.HEADER.unpack_from(message)
        return kind, number, length, message[self.HEADER.size:]


class _Output:
    """Where one fetched file goes: beside its place under another name, then renamed, so that there is the old file or the whole new one."""

    _numbers = itertools.count()

    def __init__(self, path: Text) -> None:
        above, self._last = os.path.split(os.fsencode(path))
        if not self._last:
            raise OSError(errno.EISDIR, "it names no file")
        self._new = b".isolation-out-%d-%d" % (os.getpid(), next(self._numbers))
        self._directory = os.open(above or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with contextlib.suppress(FileNotFoundError):
                if not stat.S_ISREG(os.stat(self._last, dir_fd=self._directory, follow_symlinks=False).st_mode):
                    raise OSError(errno.EEXIST, "it is there and no regular file")
            os.close(self._create(0o600))
            self._abandon()
        except BaseException:
            self.close()
            raise

    def fetch(self, scratch: Any, name: bytes, is_given_up: Callable[[], bool]) -> int:
        mode, length = scratch.find(name)
        try:
            target = self._create(mode | 0o600)
        except OSError:
            scratch.leave()
            raise
        try:
            scratch.take(target, is_given_up)
            os.rename(self._new, self._last, src_dir_fd=self._directory, dst_dir_fd=self._directory)
            return int(length)
        except BaseException:
            self._abandon()
            raise
        finally:
            os.close(target)

    def close(self) -> None:
        if self._directory >= 0:
            os.close(self._directory)
        self._directory = -1

    def _create(self, mode: int) -> int:
        self._abandon()
        return os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self._directory)

    def _abandon(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._new, dir_fd=self._directory)


class _Exchange:
    """The files of one payload. What is brought is opened, and the place of what is fetched tried, before anything is asked."""

    def __init__(self, inputs: Mapping[Text, Text], outputs: Mapping[Text, Text], faults: List[str]) -> None:
        self._inputs: List[Tuple[bytes, str, int, os.stat_result]] = []
        self._outputs: List[Tuple[bytes, _Output]] = []
        self._scratch: Any = None
        self.fetched: Dict[str, int] = {}
        self.missing: Dict[str, str] = {}
        for what, count in (("input", len(inputs)), ("output", len(outputs))):
            if count > MOST_FILES:
                faults.append(f"there are more than {MOST_FILES} {what}s. Fix: put several files into one archive.")
        for given, path in inputs.items():
            name = self._name(given, faults)
            try:
                file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
                status = os.fstat(file)
                self._inputs.append((name, os.fsdecode(path), file, status))
                if not stat.S_ISREG(status.st_mode):
                    faults.append(f"the input {os.fsdecode(path)} is no regular file. Fix: name one; put a directory into an archive.")
            except (OSError, ValueError) as error:
                faults.append(f"the input {os.fsdecode(path)} cannot be read: {_reason(error)}. Fix: name a file that you can read.")
        for given, path in outputs.items():
            name = self._name(given, faults)
            try:
                self._outputs.append((name, _Output(path)))
            except (OSError, ValueError) as error:
                faults.append(f"the output {os.fsdecode(path)} cannot be made: {_reason(error)}. Fix: name a file in a directory where you can write.")

    @property
    def is_asked(self) -> bool:
        return bool(self._inputs or self._outputs)

    @property
    def members(self) -> Json:
        return {"in": [{"name": _base64(name), "bytes": status.st_size} for name, _, _, status in self._inputs],
                "out": [_base64(name) for name, _ in self._outputs]}

    def bring(self, kind: Optional[str], descriptor: int) -> Optional[Ending]:
        """Copies in what is brought; an ending where that fails."""
        if kind not in ("directory", "copier"):
            os.close(descriptor)
            raise ProtocolError(f"an exchange of the kind \"{kind}\"")
        scratch: Union[_DirectoryScratch, _CopierScratch] = _DirectoryScratch(descriptor) if kind == "directory" else _CopierScratch(descriptor)
        self._scratch = scratch
        for name, path, file, status in self._inputs:
            try:
                scratch.put(name, status.st_mode & 0o777 | 0o400, file, status.st_size)
            except OSError as error:
                full = error.errno in (errno.EDQUOT, errno.ENOSPC)
                return Ending("setup-failed", step="exchange", why=f"{path} could not be copied: {_reason(error)}",
                              fix="Ask for more with --limit scratch=…, if the site's policy lets you, or bring less" if full
                              else "Try again with a file that stays as it is")
        return None

    def fetch(self, is_given_up: Callable[[], bool]) -> Json:
        """Fetches what is fetched; the frame that tells so."""
        files: List[Json] = []
        for name, output in self._outputs:
            shown = os.fsdecode(name)
            try:
                if is_given_up():
                    raise OSError(errno.EINTR, "a signal ended the fetching")
                self.fetched[shown] = output.fetch(self._scratch, name, is_given_up)
                files.append({"bytes": self.fetched[shown]})
            except OSError as error:
                self.missing[shown] = _reason(error)
                files.append({"why": self.missing[shown]})
        return {"type": "collected", "files": files}

    def over(self, why_none: Optional[str]) -> None:
        """The payload is over: what was not fetched by now will not be."""
        for name, output in self._outputs:
            if os.fsdecode(name) not in self.fetched:
                self.missing.setdefault(os.fsdecode(name), why_none or "the service did not ask for it")
        self.close()

    def close(self) -> None:
        for _, _, file, _ in self._inputs:
            os.close(file)
        for _, output in self._outputs:
            output.close()
        if self._scratch is not None:
            self._scratch.close()
        self._inputs, self._scratch = [], None

    @staticmethod
    def _name(given: Text, faults: List[str]) -> bytes:
        name = os.fsencode(given)
        if not 0 < len(name) <= 255 or b"\0" in name or any(part in (b"", b".", b"..") for part in name.split(b"/")):
            faults.append(f"\"{_printable(os.fsdecode(name))}\" is no relative name of 1 to 255 bytes, without empty parts, . and .., for the scratch. Fix: give one.")
        return name


def _base64(text: Text) -> str:
    return base64.b64encode(os.fsencode(text)).decode()


# X.509 (Globus), bearer tokens (WLCG token discovery), Kerberos, HTCondor, ssh.
_CREDENTIALS = ("HOME", "X509_USER_PROXY", "X509_USER_CERT", "X509_USER_KEY", "BEARER_TOKEN_FILE", "KRB5CCNAME", "_CONDOR_CREDS", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR")


def _credential_in(directory: bytes) -> Optional[str]:
    """What a directory is or holds (docs/protocol.md section 4c) that is lent only to who means it: what is lent can be read, changed and planted with programs."""
    own = os.path.realpath(directory)
    known = [(name, os.environb.get(os.fsencode(name), b"")) for name in _CREDENTIALS]
    known += [("the proxy in /tmp", b"/tmp/x509up_u%d" % os.geteuid()), ("the token in /tmp", b"/tmp/bt_u%d" % os.geteuid())]
    for name, path in known:
        path = path[5:] if path.startswith(b"FILE:") else path
        if path.startswith(b"/") and os.path.exists(path) and (os.path.realpath(path) + b"/").startswith(own.rstrip(b"/") + b"/"):
            return f"{os.fsdecode(path)} ({name})"
    return None


class _ForkedChild:
    """The payload at log-only (docs/protocol.md section 4a). A fresh Python becomes it: forking in a program with threads is safe only when an exec follows at once."""

    def __init__(self, path: str, fork: Json, request: Json, streams: Sequence[Optional[int]]) -> None:
        named = [base64.b64decode(entry).partition(b"=") for entry in request["environment"] + request.get("explicitEnvironment", [])]
        environment = {name: value for name, _, value in named}
        environment.update({b"ISOLATION_PAYLOAD": os.fsencode(fork["id"]), b"ISOLATION_LEVEL": os.fsencode(str(fork.get("level")))})
        self._may_go = threading.Lock()
        self._goes: Optional[bool] = None
        with contextlib.ExitStack() as childs, contextlib.ExitStack() as ours:
            may, self._let = os.pipe()
            childs.callback(os.close, may)
            ours.callback(os.close, self._let)
            self._report, report = os.pipe()
            ours.callback(os.close, self._report)
            childs.callback(os.close, report)
            self._connection = _Connection(path)
            ours.callback(self._connection.close)
            passed = [None if fd is None else fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in streams]
            plan = os.memfd_create("isolation-child")  # holds the handle, so it is no argument that others see
            for fd in (plan, *passed):
                if fd is not None:
                    childs.callback(os.close, fd)
            descriptors = {"connection": self._connection.socket.fileno(), "may": may, "report": report}
            with open(os.dup(plan), "wb") as file:
                file.write(json.dumps({
                    **descriptors, "streams": passed, "path": path, "id": fork["id"], "handle": fork["handle"], "command": request["command"],
                    "environment": [_base64(name + b"=" + value) for name, value in environment.items()], "directory": request.get("workingDirectory"),
                    # The kernel counts the end of the thread that forked as the parent's.
                    "parent": os.getpid() if threading.current_thread() is threading.main_thread() else 0,
                }).encode())
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", os.path.abspath(__file__), _CHILD, str(plan)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[plan, *descriptors.values(), *(fd for fd in passed if fd is not None)])
            ours.callback(self._process.kill)
            threading.Thread(target=self._follow, daemon=True, name="isolation-child").start()
            ours.pop_all()

    def signal(self, number: int) -> bool:
        # TSTP is discarded in an orphaned process group, as a batch job's mostly is.
        self._process.send_signal(signals.SIGSTOP if number == signals.SIGTSTP else number)
        return self._process.returncode is None

    def end(self) -> bool:
        """Nothing of the payload outlives what is told of it.

        :returns: whether it was let go: if not, nothing of it has run or will.
        """
        with self._may_go:
            self._goes = self._goes is True
        self._process.kill()
        self._connection.wake()
        return self._goes

    def _follow(self) -> None:
        try:
            if os.read(self._report, 1) == b"c":
                answer: Optional[Json] = {"type": "hello"}
                while answer and answer["type"] == "hello":
                    answer = self._connection.frame(None)
                with self._may_go:
                    self._goes = self._goes is None and answer is not None and answer["type"] == "go"
                    if self._goes:
                        os.write(self._let, b"g")
        except (OSError, _HungUp, ProtocolError):
            pass  # as good as no: why, the service says in `ended`
        os.close(self._let)
        failure = os.read(self._report, 4)
        os.close(self._report)
        with contextlib.suppress(_HungUp, ProtocolError):
            if failure:  # that nothing has run is heard before the child is collected
                self._connection.send({"type": "tell", "errno": struct.unpack("i", failure)[0]})
                self._connection.frame(time.monotonic() + 10)
        code = self._process.wait()
        if self._goes and not failure:
            self._connection.send({"type": "tell", "signal": -code} if code < 0 else {"type": "tell", "code": code})
        with contextlib.suppress(_HungUp, ProtocolError):
            self._connection.frame(time.monotonic() + 10)
        self._connection.close()


def _forked_child(plan_fd: int) -> NoReturn:
    """What the child does: it connects, joins, waits for its parent's word, and becomes the command."""
    with open(plan_fd, "rb") as file:
        file.seek(0)
        plan = json.load(file)
    if plan["parent"]:
        import ctypes
        ctypes.CDLL(None).prctl(1, signals.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != plan["parent"]:
            os._exit(99)
    for ignored in (signals.SIGPIPE, signals.SIGXFSZ):  # by Python, for itself
        signals.signal(ignored, signals.SIG_DFL)
    if signals.getsignal(signals.SIGINT) is signals.default_int_handler:
        signals.signal(signals.SIGINT, signals.SIG_DFL)
    for fd in (plan["connection"], plan["may"], plan["report"]):
        os.set_inheritable(fd, False)
    connection = socket.socket(fileno=plan["connection"])
    connection.connect(os.fsencode(plan["path"]))
    connection.sendall(_frame({"type": "hello", "version": VERSION}) + _frame({"type": "join", "id": plan["id"], "handle": plan["handle"]}))
    os.write(plan["report"], b"c")
    if os.read(plan["may"], 1) != b"g":
        os._exit(99)
    try:
        for number, fd in enumerate(plan["streams"]):
            if fd is None:
                os.close(number)
            else:
                os.dup2(fd, number)
        for fd in filter(None, plan["streams"]):
            os.set_inheritable(fd, False)
        if plan["directory"]:
            os.chdir(base64.b64decode(plan["directory"]))
        command = [base64.b64decode(word) for word in plan["command"]]
        entries = [base64.b64decode(entry).partition(b"=") for entry in plan["environment"]]
        os.execvpe(command[0], command, {name: value for name, _, value in entries})
    except OSError as error:
        os.write(plan["report"], struct.pack("i", error.errno or errno.EIO))
    os._exit(99)


class Payload:
    """One payload, from the asking to its ending; made by :meth:`Service.start` and :meth:`Service.run`.

    **Keep the object until the ending**: with it goes the pilot's channel, and with that the payload. Used with ``with``, it is closed at the block's end.
    Any thread may call any method.

    One that was started with ``detach`` is left once it runs: letting go of the object changes nothing for it. Keep ``id`` and ``handle``; ``wait`` and
    ``signal`` go by the service then, and ``poll`` and ``fileno`` tell nothing.
    """

    def __init__(self, service: Service, request: Json, streams: Sequence[Optional[int]], exchange: _Exchange,
                 lend_credentials: bool, on_state: Optional[Callable[[Payload], None]]) -> None:
        self.id = ""
        """The payload's id, a UUID; empty until its room was entered."""
        self.handle: Optional[str] = None
        """The secret that proves the payload to be the pilot's: needed to look at it or signal it over another connection."""
        self.state = "asked"
        """``asked``, ``entered``, ``running`` or ``ended``."""
        self.details: Json = {}
        """What the service tells of it once it runs: pid, cgroup, level, room, placement, account, limits, … (docs/protocol.md section 3)."""
        self.ending: Optional[Ending] = None
        """None until it is over."""
        self.usage: Optional[Json] = None
        """What it has used; None where it never ran."""
        self.out_of_memory: Optional[Json] = None
        """What the kernel killed of it for want of memory; None where it killed nothing."""
        self.error: Optional[IsolationError] = None
        self._service, self._request, self._streams, self._exchange = service, request, streams, exchange
        self._lend_credentials, self._on_state = lend_credentials, on_state
        self._connection: Optional[_Connection] = None
        self._channel: Optional[socket.socket] = None
        self._child: Optional[_ForkedChild] = None
        self._has_streams = False
        self._nothing: Optional[int] = None
        self._kept: List[int] = []
        self._is_closing = False
        self._is_left = False
        self._reading = threading.RLock()
        self._sending = threading.Lock()
        self._is_given_up: Callable[[], bool] = lambda: False

    def __enter__(self) -> Payload:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def fetched(self) -> Dict[str, int]:
        """The length of each output that was fetched."""
        return self._exchange.fetched

    @property
    def not_fetched(self) -> Dict[str, str]:
        """Why, for each output that was not fetched."""
        return self._exchange.missing

    @property
    def exit_code(self) -> Optional[int]:
        """The exit code of ``isolation run`` (docs/cli.md); None until it is over."""
        if self.ending is None:
            return None
        return 251 if self.not_fetched and self.ending.exit_code == 0 else self.ending.exit_code

    def wait(self, timeout: Optional[float] = None) -> Ending:
        """Waits for the ending; fetches the outputs before.

        :raises TimeoutError: it is not over after so many seconds. It goes on; wait again.
        :raises ServiceError: the service answered with an error before the payload was entered.
        :raises IsolationError: of a detached payload also what :meth:`Service.wait` raises.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._read(lambda: False, timeout)
        if self._is_left and self.ending is None:
            frame = self._service._ended(self.id, self.handle, None if deadline is None else max(0.0, deadline - time.monotonic()))
            with self._reading:
                if self.ending is None:
                    self._take_ended(frame)
        if self.ending is None:
            raise TimeoutError(f"the payload is not over after {timeout} s")
        return self.ending

    def poll(self) -> Optional[Ending]:
        """Takes what the service has told meanwhile, without waiting; the ending, or None while there is none."""
        self._read(lambda: False, 0)
        return self.ending

    def fileno(self) -> int:
        """For select: readable when :meth:`poll` has something to do, also while a service that went away is waited for. -1 when the payload is over.

        It is another number after the service went away: ask for it after each :meth:`poll`.
        """
        connection = self._connection
        return -1 if self.ending or connection is None else connection.fileno()

    def signal(self, number: int) -> bool:
        """Sends the payload a signal; before it runs it is kept until then.

        :returns: False where the payload is over.
        """
        if not 1 <= number <= 64:
            raise ValueError(f"{number} is no signal: they are 1 to 64")  # the cell would take it as the end of the channel
        with self._sending:
            if self.state in ("asked", "entered"):
                self._kept.append(int(number))
                return True
            if self._child is not None:
                return self.ending is None and self._child.signal(number)
            if not self._is_left:
                return self._signal_by_channel(number)
        try:
            self._service.signal(self.id, number, self.handle)
        except ServiceError as error:
            if error.code in ("no-such-payload", "failed"):
                return False
            raise
        return True

    def _signal_by_channel(self, number: int) -> bool:
        try:
            return self._channel is not None and self._channel.send(struct.pack("<BBHi", 2, 0, 0, number), socket.MSG_DONTWAIT) > 0
        except BlockingIOError:
            raise IsolationError("the payload takes no signals now", "too many wait to be delivered", "Try again later") from None
        except OSError:
            return False  # the ending is on its way

    def close(self) -> None:
        """Lets go of it: a payload that is not over is ended at once, by SIGKILL to all of it; a detached one that runs goes on."""
        self._is_closing = True
        connection = self._connection
        if connection is not None:
            connection.wake()
        with self._reading:  # another thread that reads sees the end of the connection
            if self.ending is None and self.error is None and not self._is_left:
                self._over(Ending("abandoned", why="the client let go of it"))

    def _start(self, until_running: bool) -> None:
        try:
            self._connection = self._service._send(self._request)
        except Unanswered as error:
            return self._over(_unanswered(error, self._service.path))
        except ProtocolError as error:
            return self._over(Ending("setup-failed", step="protocol", why=error.why, fix=error.fix))
        except IsolationError as error:
            self._fail(error)
        self._read(lambda: not until_running or self.state == "running", None)

    def _read(self, is_enough: Callable[[], bool], timeout: Optional[float]) -> None:
        """Every frame of a payload is read here, until the ending, or until there is enough."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._reading.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            return
        try:
            while self.ending is None and self._connection is not None and not is_enough():
                try:
                    frame = self._connection.frame(deadline)
                    if frame is None:
                        return
                    self._take(frame)
                except _HungUp as end:
                    self._end_unseen(str(end))
                except ProtocolError as error:
                    self._end_unseen(f"{error.what}: {error.why}", error)
            if self.error is not None:
                raise self.error
        finally:
            self._reading.release()

    def _take(self, frame: Json) -> None:
        kind = frame["type"]
        if kind == "ended":
            self._take_ended(frame)
        elif kind == "error":
            error = ServiceError(frame)
            if error.code == "no-such-payload" and self.state == "entered" and isinstance(self._connection, _Reconnection):
                # What is not on record was never started, and the service that was about to has gone.
                self._over(Ending("setup-failed", step="start", why="the service was started again before the payload was", fix="Try again"))
            elif self._may_have_run():
                self._over(Ending("lost", why=f"the service failed: {error.why}"))
            else:
                self._fail(error)
        elif kind == "lend" and self.state == "asked" and self._request.get("lend"):
            self._lend()
        elif kind == "entered" and self.state == "asked":
            self._take_entered(frame)
        elif kind == "fork" and self.state == "asked":
            self._fork(frame)
        elif kind == "started":
            if self.state != "running":  # each service that is asked says it
                self._take_started(frame)
        elif kind == "collect":
            assert self._connection is not None
            self._connection.send(self._exchange.fetch(lambda: self._is_closing or self._is_given_up()))
        elif not self._has_streams and self._child is None:
            raise ProtocolError(f"a frame \"{kind}\" where \"entered\" was due")

    def _lend(self) -> None:
        assert self._connection is not None
        directory = base64.b64decode(self._request.get("workingDirectory", ""))
        with socket.socket(fileno=self._connection.descriptor()) as namer:
            held = None if self._lend_credentials else _credential_in(directory)
            if held is None:
                with contextlib.suppress(OSError):  # whether it was heard comes with the answer
                    namer.send(directory)
                return
        self._over(Ending("refused", rule="lend", why=f"{os.fsdecode(directory)} would be lent to the payload, and it is or holds {held}",
                          fix="Lend another directory, or say lend_credentials (--lend-credentials) if the payload may have that"))

    def _take_entered(self, frame: Json) -> None:
        assert self._connection is not None
        self._known(frame)
        self._channel = socket.socket(fileno=self._connection.descriptor())
        self._tell_state("entered")
        if self._exchange.is_asked:
            failure = self._exchange.bring(frame.get("exchange"), self._connection.descriptor())
            if failure is not None:
                return self._over(failure)
        open_streams = [fd for fd in self._streams if fd is not None]
        for fd in self._streams[1:]:
            _let_write(fd)
        bits = sum(1 << number for number, fd in enumerate(self._streams) if fd is not None)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(open_streams)}i", *open_streams))] if open_streams else []
        self._has_streams = True
        with contextlib.suppress(OSError):  # the room is gone already: `ended` says why
            self._channel.sendmsg([struct.pack("<BBHi", 1, bits, 0, 0)], rights)

    def _fork(self, frame: Json) -> None:
        self._known(frame)
        self._tell_state("entered")
        if self._exchange.is_asked:
            return self._over(Ending("refused", rule="log-only", why="files are copied to and from a scratch, and at log-only there is none",
                                     fix="Leave inputs and outputs out, or ask for another level"))
        try:
            self._child = _ForkedChild(self._service.path, frame, self._request, self._streams)
        except (OSError, RuntimeError) as error:
            self._over(Ending("setup-failed", step="fork", why=_reason(error), fix="Look at the limits of processes and open files (ulimit -u, -n)"))

    def _take_started(self, frame: Json) -> None:
        payload = frame.get("payload")
        self.details = payload if isinstance(payload, dict) else {}
        self._tell_state("running")
        kept, self._kept = self._kept, []
        for number in kept:
            self.signal(number)
        if self._request.get("detach"):
            self._is_left = True
            self._let_go(reusable=True)

    def _take_ended(self, frame: Json) -> None:
        usage, killed = frame.get("usage"), frame.get("outOfMemory")
        told = Ending.of_frame(frame)
        self.id = str(frame.get("id") or self.id)
        self.usage = usage if isinstance(usage, dict) else None
        self.out_of_memory = killed if isinstance(killed, dict) else None
        why_none = frame.get("notCollected")
        self._over(told, why_none if isinstance(why_none, str) else None, reusable=True)

    def _known(self, frame: Json) -> None:
        if not isinstance(frame.get("id"), str) or not isinstance(frame.get("handle"), str):
            raise ProtocolError(f"a frame \"{frame['type']}\" without id and handle")
        self.id, self.handle = frame["id"], frame["handle"]

    def _end_unseen(self, cause: str, error: Optional[ProtocolError] = None) -> None:
        """The frames have ended before the ending came."""
        if self._is_closing:
            self._over(Ending("abandoned", why="the client let go of it"))
        elif self._has_streams and error is None and not isinstance(self._connection, _Reconnection):
            self._reconnect()
        elif self._may_have_run():
            self._over(Ending("lost", why=f"{cause if error else f'the service went away ({cause})'} while it ran. It is ended, because its client ends it now"))
        elif self._child is not None:
            self._over(Ending("setup-failed", step="fork", why=f"{cause}, before the payload was let go", fix="Try again when the service answers"))
        elif error is not None:
            self._over(Ending("setup-failed", step="protocol", why=cause, fix=error.fix))
        else:
            self._over(_unanswered(Unanswered(self._service.path, cause), self._service.path))

    def _reconnect(self) -> None:
        """The payload runs on without its service; the next one is asked for the ending."""
        assert self._connection is not None
        self._connection.close()
        request = _about("wait", self.id, self.handle)
        try:
            self._connection = _Reconnection(self._service.path, request, _FIRST_RETRY, self._service.patience, self._is_cell_over)
        except (OSError, ImportError) as error:
            return self._over(Ending("lost", why=f"the service went away while it ran, and the next one cannot be waited for: {error}"))
        if self._is_closing:  # close() may have seen the connection before
            self._connection.wake()

    def _is_cell_over(self) -> bool:
        with self._sending:
            poll = select.poll()
            if self._channel is not None:
                poll.register(self._channel, 0)
            return self._channel is None or bool(poll.poll(0))

    def _may_have_run(self) -> bool:
        return self._child.end() if self._child is not None else self._has_streams

    def _fail(self, error: IsolationError) -> NoReturn:
        self.error = error
        self._let_go(reusable=False)
        raise error

    def _over(self, ending: Ending, why_none: Optional[str] = None, reusable: bool = False) -> None:
        self._let_go(reusable, why_none)
        self.ending = ending
        self._tell_state("ended")

    def _let_go(self, reusable: bool, why_none: Optional[str] = None) -> None:
        with self._sending:
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()
        if self._child is not None:
            self._child.end()
        self._exchange.over(why_none)
        if self._nothing is not None:
            os.close(self._nothing)
        self._nothing = None
        connection, self._connection = self._connection, None
        if connection is not None:
            self._service._give_back(connection, reusable and not isinstance(connection, _Reconnection))

    def _tell_state(self, state: str) -> None:
        with self._sending:
            self.state = state
        if self._on_state is not None:
            self._on_state(self)


def _let_write(fd: Optional[int]) -> None:
    """Lets the payload's account write by name (> /dev/stderr) to a pipe of the caller's own making, and never read from it: users may share it."""
    with contextlib.suppress(OSError):
        if fd is not None and os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:") and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
            os.fchmod(fd, 0o622)


class Service:
    """The service of this node. Any number of threads may use one object; connections are opened as needed, and used again."""

    def __init__(self, path: Optional[Text] = None, patience: float = 120.0) -> None:
        """
        :param path: the socket; without it ISOLATION_SOCKET, else /run/isolation/isolation.sock.
        :param patience: where the service went away and nothing of a payload is to be seen any more, its ending is ``lost`` when nobody has answered for
            so many seconds.
        """
        self.patience = patience
        self.path = os.fsdecode(path if path is not None else os.environ.get("ISOLATION_SOCKET") or DEFAULT_SOCKET)
        self._idle: List[_Connection] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections that are not in use. Payloads that run go on."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def run(self, command: Sequence[Text], **options: Any) -> Payload:
        """Runs a payload to its ending; takes what :meth:`start` takes. The payload, with ``ending`` set."""
        with self.start(command, **options) as payload:
            payload.wait()
            return payload

    def start(
        self, command: Sequence[Text], *,
        stdin: Stream = OWN, stdout: Stream = OWN, stderr: Stream = OWN,
        level: Optional[str] = None, image: Optional[str] = None, claim: Optional[str] = None, limits: Optional[Limits] = None,
        tags: Optional[Mapping[str, str]] = None, env: Optional[Mapping[str, str]] = None, environment: Optional[Mapping[Any, Any]] = None,
        workdir: Optional[Text] = None, lend: bool = False, lend_credentials: bool = False,
        inputs: Optional[Mapping[Text, Text]] = None, outputs: Optional[Mapping[Text, Text]] = None, detach: bool = False,
        on_state: Optional[Callable[[Payload], None]] = None, until_running: bool = True,
    ) -> Payload:
        """Starts a payload. It returns when the payload runs, or has come to nothing: look at ``ending`` then.

        :param command: the arguments; the first names the program.
        :param stdin, stdout, stderr: the payload's streams: a descriptor, anything with a fileno(), None for a closed one; the caller's own if not given.
            They may be closed once ``start`` has returned, and a pipe's end must be before its other end is read to the end.
        :param level: ``log-only``, ``setuid``, ``container`` or ``vm``; policy's choice if not given. At log-only the payload is a child of this process.
        :param image: the image that a container shows as its tree, where policy allows it: a directory, ``oci:DIR[:TAG]``, ``oci-archive:FILE[:TAG]`` or ``docker-archive:FILE[:NAME:TAG]``; the node's own tree (``host``) if not given.
        :param claim: whom the payload belongs to, where policy trusts this pilot to say so.
        :param tags: notes for the record.
        :param env: variables of the payload's, whatever their names.
        :param environment: the pilot's own variables, of which the service's allow-list passes some; ``os.environ`` if not given.
        :param workdir: the working directory; the payload's scratch if not given.
        :param lend: the working directory is the pilot's own and is lent to the payload where the site lets it; ``lend_credentials`` also where it is, or
            holds, the pilot's home or a credential.
        :param inputs: files that are copied into the scratch before the start: name there → file here.
        :param outputs: files that are copied out of the scratch by :meth:`Payload.wait`, after the end: name there → file here.
        :param detach: the payload does not end with this process, once it runs; it needs a wall limit, of ``limits`` or of the site's. OWN streams are /dev/null
            then, and there are no outputs. A script that ends leaves ``id`` and ``handle``, which :meth:`wait` takes.
        :param on_state: called with the payload whenever its state changes, in the thread that waits; with ``entered`` before it starts.
        :param until_running: false to return as soon as the service was asked; then :meth:`Payload.wait` or :meth:`Payload.poll` must be called, and the
            streams stay open until it runs.
        :raises BadRequest: what is asked for cannot be asked; nothing was sent.
        :raises ServiceError: the service answered with an error.
        """
        faults: List[str] = []
        request: Json = {"type": "run"}
        words = [_bytes(word, "an argument", faults) for word in command]
        if not words or not words[0]:
            faults.append("the command to run is missing or an empty word. Fix: name a program.")
        request["command"] = [_base64(word) for word in words]
        own = os.environb if environment is None else {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        entries = [name + b"=" + value for name, value in own.items()]
        request["environment"] = [_base64(entry) for entry in entries if not entry.startswith(b"=") and len(entry) <= LONGEST_STRING]
        if env:
            request["explicitEnvironment"] = [_base64(_bytes(f"{name}={value}", "a variable", faults)) for name, value in env.items()]
            faults.extend(f"\"{_printable(name)}\" names no variable. Fix: give a name without = and NUL." for name in env if not name or "=" in name)
        for name, text in (("level", level), ("image", image), ("claim", claim), *(tags or {}).items()):
            if text is not None and not _is_utf8(name + text):
                faults.append(f"\"{_printable(text)}\" ({_printable(name)}) is not UTF-8. Fix: give it as UTF-8 text.")
        request.update({name: value for name, value in (("level", level), ("image", image and (image.rstrip("/") or "/")), ("claim", claim), ("tags", dict(tags or {}) or None)) if value is not None})
        if limits is not None and limits.members:
            request["limits"] = limits.members
        if workdir is not None:
            directory = _bytes(workdir, "the working directory", faults)
            if not directory.startswith(b"/") or len(directory) > 4095:
                faults.append(f"the working directory {_printable(os.fsdecode(directory))} is no absolute path of at most 4095 bytes. Fix: begin it with /.")
            request["workingDirectory"] = _base64(directory.rstrip(b"/") or b"/")
            if lend:
                request.update({"lend": True, **({"lendCredentials": True} if lend_credentials else {})})
        elif lend or lend_credentials:
            faults.append("lending says nothing without a working directory. Fix: name one.")
        if detach and outputs:
            faults.append("outputs are fetched by who waits, and a detached payload is left. Fix: leave out detach or outputs, or lend a directory.")
        given = (stdin, stdout, stderr)
        streams = [None if detach and isinstance(stream, _Own) else _stream(number, stream, faults) for number, stream in enumerate(given)]
        exchange = _Exchange(inputs or {}, outputs or {}, faults)
        if exchange.is_asked:
            request["exchange"] = exchange.members
        if faults:
            exchange.close()
            raise BadRequest(faults)
        payload = Payload(self, request, streams, exchange, lend_credentials, on_state)
        if detach:
            request["detach"] = True
            nothing = payload._nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            payload._streams = [nothing if isinstance(stream, _Own) else fd for stream, fd in zip(given, streams)]
        try:
            payload._start(until_running)
        except BaseException:
            payload.close()
            raise
        return payload

    def status(self) -> Json:
        """How the service is: the frame ``status`` of docs/protocol.md."""
        return self._ask({"type": "status"}, "status")

    def list(self, handles: Iterable[str] = ()) -> List[Json]:
        """The payloads between entering and ending, oldest first: an operator sees all, anybody else those of the handles."""
        shown = [*handles]
        found = self._ask({"type": "list", **({"handles": shown} if shown else {})}, "payloads").get("payloads")
        return [payload for payload in found or () if isinstance(payload, dict)]

    def show(self, id: str, handle: Optional[str] = None) -> Json:
        """One of them."""
        found = self._ask(_about("show", id, handle), "payload").get("payload")
        return found if isinstance(found, dict) else {}

    def signal(self, id: str, number: int, handle: Optional[str] = None) -> bool:
        """Sends a payload a signal by its id.

        :returns: False where the batch system has suspended the payload's job: then the signal acts when it is resumed.
        """
        answer = self._ask({**_about("signal", id, handle), "signal": int(number)}, "done")
        return answer.get("suspended") is not True

    def wait(self, id: str, handle: Optional[str] = None, timeout: Optional[float] = None) -> Ending:
        """Waits for the ending of a payload by its id, from any process of the pilot's, also while the service is started again.

        The payload stays its client's, and a detached one nobody's: neither ends with who waits here.

        :raises TimeoutError: it is not over after so many seconds.
        :raises ServiceError: the service knows no such payload, or none of the caller's.
        :raises Unanswered: nobody has answered for the ``patience`` of this object.
        """
        return Ending.of_frame(self._ended(id, handle, timeout))

    def _ended(self, id: str, handle: Optional[str], timeout: Optional[float]) -> Json:
        """The frame ``ended`` of a payload."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with contextlib.closing(_Reconnection(self.path, _about("wait", id, handle), 0, self.patience, lambda: True)) as connection:
            while True:
                try:
                    frame = connection.frame(deadline)
                except _HungUp as end:
                    raise Unanswered(self.path, str(end)) from None
                if frame is None:
                    raise TimeoutError(f"the payload is not over after {timeout} s")
                if frame["type"] == "error":
                    raise ServiceError(frame)
                if frame["type"] == "ended":
                    return frame
                if frame["type"] != "started":
                    raise ProtocolError(f"a frame \"{frame['type']}\" where \"ended\" was due")

    def _ask(self, request: Json, kind: str) -> Json:
        """One request with one answer."""
        connection = self._send(request)
        reusable = False
        try:
            answer = connection.frame(None)
            assert answer is not None
            reusable = answer["type"] in ("error", kind)
        except _HungUp as end:
            raise Unanswered(self.path, str(end)) from None
        finally:
            self._give_back(connection, reusable)
        if answer["type"] == "error":
            raise ServiceError(answer)
        if not reusable:
            raise ProtocolError(f"a frame \"{answer['type']}\" where \"{kind}\" was due")
        return answer

    def _send(self, request: Json) -> _Connection:
        """Sends a request over a connection that is idle, or over a new one; then the hello was taken, too."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if connection.is_idle:
                connection.send(request)
                return connection
            connection.close()  # the service hung up meanwhile, or another process opened it
        connection = _Connection(self.path)
        try:
            connection.connect()
            connection.greet(request)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: _Connection, reusable: bool) -> None:
        with self._lock:
            if reusable and len(self._idle) < _MOST_IDLE:
                return self._idle.append(connection)
        connection.close()


def _about(kind: str, id: str, handle: Optional[str]) -> Json:
    """A request about one payload."""
    return {"type": kind, "id": id, **({"handle": handle} if handle else {})}


def _bytes(text: Text, what: str, faults: List[str]) -> bytes:
    data = os.fsencode(text)
    if len(data) > LONGEST_STRING:
        faults.append(f"{what} is longer than the {LONGEST_STRING} bytes that Linux takes. Fix: pass it in a file or on standard input.")
    if b"\0" in data:
        faults.append(f"{what} holds a NUL byte. Fix: pass it in a file or on standard input.")
    return data


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode()) or True
    except UnicodeEncodeError:
        return False


def _stream(number: int, given: Stream, faults: List[str]) -> Optional[int]:
    if given is None:
        return None
    if isinstance(given, _Own):
        # None is what Python makes of a descriptor that it was started without; whatever has its number now is something else.
        return None if (sys.__stdin__, sys.__stdout__, sys.__stderr__)[number] is None else number
    try:
        fd = given if isinstance(given, int) else int(given.fileno())
        os.get_inheritable(fd)
        return fd
    except (OSError, ValueError, AttributeError) as error:
        faults.append(f"stream {number} is no open file: {_reason(error)}. Fix: give a descriptor, a file, or None for a closed one.")
        return None


_FORWARDED = (signals.SIGTERM, signals.SIGINT, signals.SIGHUP, signals.SIGQUIT, signals.SIGUSR1, signals.SIGUSR2, signals.SIGWINCH, signals.SIGCONT, signals.SIGTSTP)
_ENDING_SIGNALS = (signals.SIGTERM, signals.SIGINT, signals.SIGHUP, signals.SIGQUIT)
_OF_TERMINALS = (signals.SIGINT, signals.SIGQUIT, signals.SIGTSTP, signals.SIGWINCH)
_STREAMS = ("stdin", "stdout", "stderr")
_KEEP_SECONDS = 1.0  # a signal that should end the client is not kept for longer: the start may wait for a file system that sleeps
_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_LIMITS = {
    "wall": "wall_milliseconds", "memory": "memory_bytes", "swap": "swap_bytes", "pids": "processes", "cpu-weight": "cpu_weight", "cpus": "milli_cpus",
    "io-weight": "io_weight", "files": "open_files", "scratch": "scratch_bytes", "scratch-files": "scratch_files",
}
_FORMS = "wall=10m, memory=4GiB, swap=0, pids=100, cpus=1.5, cpu-weight=50, io-weight=50, files=1024, scratch=1GiB or scratch-files=10000"


def _limit(kind: str, text: str) -> Optional[int]:
    """The value of ``--limit kind=text``; None for what is none. Bounds are the service's business."""
    if kind == "wall":
        found = _DURATION.fullmatch(text)
        return sum(int(count or 0) * unit for count, unit in zip(found.groups(), (86_400_000, 3_600_000, 60_000, 1_000, 1))) or None if found else None
    if kind in ("memory", "swap", "scratch"):
        sized = re.fullmatch(r"(\d{1,18})([A-Za-z]*)", text, re.ASCII)
        value = int(sized[1]) * _UNITS[sized[2]] if sized and sized[2] in _UNITS else None
        return value if kind == "swap" or value else None
    if kind == "cpus":
        decimal = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,3}))?", text, re.ASCII)
        return int(decimal[1]) * 1000 + int((decimal[2] or "").ljust(3, "0")) or None if decimal else None
    return int(text) or None if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _pairs(option: str, given: Sequence[str], faults: List[str]) -> Dict[str, str]:
    pairs: Dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            faults.append(f"--{option} {_printable(one)} is not NAME=value. Fix: write --{option} NAME=value.")
        elif name in pairs and option != "env":
            faults.append(f"--{option} {_printable(name)} is given twice. Fix: give each once.")
        pairs[name] = value
    return pairs


def _files(option: str, given: Sequence[str], faults: List[str]) -> Dict[Text, Text]:
    """The values of --in FILE[:NAME], cut at the last colon, and --out NAME[:FILE], cut at the first: name in the scratch → file here."""
    files: Dict[Text, Text] = {}
    for one in given:
        first, _, second = one.rpartition(":") if option == "in" and ":" in one else one.partition(":")
        second = second or first.rpartition("/")[2]
        name, file = (second, first) if option == "in" else (first, second)
        if name in files:
            faults.append(f"--{option} {_printable(one)} uses a name of the scratch twice. Fix: give each file another.")
        if option == "out" and file in files.values():
            faults.append(f"--out {_printable(one)} goes where another one does. Fix: name another file.")
        files[name] = file
    return files


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.exit(_complain(240, f"{message}. Fix: see {self.prog} --help."))


def _complain(exit_code: int, line: str) -> int:
    with contextlib.suppress(OSError):
        os.write(2, f"isolation: {_printable(line)}\n".encode())
    return exit_code


def _split(words: List[str]) -> Tuple[List[str], List[str]]:
    """Options, and the payload's command: after ``--``, or from the first word that is no option."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        at += 1 if "=" in words[at] or words[at] in ("--lend-credentials", "--detach", "--help", "-h") else 2
    return words[:at], words[at + (words[at:at + 1] == ["--"]):]


class _ForwardedSignals:
    """Signals of this process, read from a pipe. One that the client was started with ignored stays ignored."""

    def __init__(self) -> None:
        self.fd, self._wakeup = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._wakeup, False)
        self._seen: List[int] = []
        self._ends = False

    def take(self) -> None:
        signals.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        for number in _FORWARDED:
            if signals.getsignal(number) is not signals.SIG_IGN:
                signals.signal(number, lambda *_: None)

    def read(self) -> List[int]:
        with contextlib.suppress(BlockingIOError):
            self._seen += [number for number in os.read(self.fd, 4096) if number in _FORWARDED]
        seen, self._seen = self._seen, []
        return list(dict.fromkeys(seen))

    def end_fetching(self) -> bool:
        """One that ends programs has come, while the payload is over."""
        self._seen = self.read()
        self._ends = self._ends or any(number in _ENDING_SIGNALS for number in self._seen)
        return self._ends


class _StatusChannel:
    """A line of JSON for each state (docs/protocol.md section 5)."""

    def __init__(self, fd: Optional[int]) -> None:
        self._fd = fd

    def write(self, payload: Payload) -> None:
        line: Json = {"id": payload.id, "state": payload.state}
        if payload.handle:
            line["handle"] = payload.handle
        line.update({name: value for name, value in payload.details.items() if name not in ("id", "state", "handle", "ending", "usage")})
        ends = {"ending": payload.ending and payload.ending.members, "usage": payload.usage, "outOfMemory": payload.out_of_memory}
        self.line({**line, **{name: value for name, value in ends.items() if value is not None}})

    def ended(self, payload_id: str, handle: Optional[str], kind: str, why: str) -> None:
        self.line({"id": payload_id, "state": "ended", **({"handle": handle} if handle else {}), "ending": {"kind": kind, "why": why}})

    def line(self, members: Json) -> None:
        rest = json.dumps(members).encode() + b"\n"
        with contextlib.suppress(OSError):  # a reader that goes away changes nothing
            while rest and self._fd is not None:
                rest = rest[os.write(self._fd, rest):]


def _run(words: List[str]) -> int:
    options_given, command = _split(words)
    parser = _Parser(prog="isolation_client.py run", usage="%(prog)s [OPTIONS] [--] CMD [ARGUMENT…]", allow_abbrev=False, description="Runs a payload.")
    parser.add_argument("--socket")
    for name in ("level", "image", "claim", "workdir", "status-file", *_STREAMS):
        parser.add_argument(f"--{name}")
    parser.add_argument("--lend-credentials", action="store_true")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--status-fd", type=int)
    for name, form in (("env", "K=V"), ("tag", "K=V"), ("limit", "KIND=N"), ("in", "FILE[:NAME]"), ("out", "NAME[:FILE]")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=form)
    given = vars(parser.parse_args(options_given))
    faults: List[str] = []
    limits: Dict[str, int] = {}
    for one in given["limit"]:
        kind, _, text = one.partition("=")
        value = _limit(kind, text) if kind in _LIMITS else None
        if value is None:
            faults.append(f"--limit {_printable(one)} is no limit. Fix: write {_FORMS}.")
        elif _LIMITS[kind] in limits:
            faults.append(f"--limit {kind} is given twice. Fix: give each kind once.")
        else:
            limits[_LIMITS[kind]] = value
    options = {
        "level": given["level"], "image": given["image"], "claim": given["claim"], "limits": Limits(**limits), "tags": _pairs("tag", given["tag"], faults),
        "env": _pairs("env", given["env"], faults), "workdir": given["workdir"], "lend": given["workdir"] is not None,
        "lend_credentials": given["lend_credentials"], "inputs": _files("in", given["in"], faults), "outputs": _files("out", given["out"], faults),
    }
    status = _StatusChannel(_open_status(given["status_fd"], given["status_file"], faults))
    options.update(_detached_streams(given, faults))
    if faults:
        return max(_complain(240, fault) for fault in faults)
    return _follow(Service(given["socket"]), command, options, status)


def _detached_streams(given: Json, faults: List[str]) -> Json:
    """--detach, and the files that are the payload's streams then."""
    opened: Json = {"detach": given["detach"]}
    for name in _STREAMS:
        path = given[name]
        if path is None:
            continue
        if not given["detach"]:
            faults.append(f"--{name} says nothing without --detach: the payload has the caller's own streams. Fix: redirect them (<, >, 2>).")
            continue
        try:
            if name == "stderr" and path == given["stdout"] and "stdout" in opened:
                opened[name] = opened["stdout"]
            else:
                flags = os.O_RDONLY if name == "stdin" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                opened[name] = os.open(path, flags | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
        except (OSError, ValueError) as error:
            faults.append(f"--{name} {_printable(path)} cannot be opened: {_reason(error)}. Fix: name a file that you can {'read' if name == 'stdin' else 'write'}.")
    if given["detach"] and sys.__stdout__ is None and given["status_fd"] is None and given["status_file"] is None:
        faults.append("--detach tells the payload's id and handle on standard output, which is closed. Fix: open it, or give --status-file.")
    return opened


def _open_status(number: Optional[int], path: Optional[str], faults: List[str]) -> Optional[int]:
    if number is not None and path is not None:
        faults.append("--status-fd and --status-file exclude each other. Fix: give one.")
    elif number is not None:
        with contextlib.suppress(OSError):
            if number >= 3:
                os.set_inheritable(number, False)
                return number
        faults.append(f"--status-fd {number} is not open, or below 3. Fix: open it for the client, for example with 3>FILE.")
    elif path is not None:
        try:
            # New: an existing file could belong to, or be readable by, somebody who must not see the handle.
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
        except (OSError, ValueError) as error:
            faults.append(f"--status-file {_printable(path)} cannot be made: {_reason(error)}. Fix: name a file that does not exist, where you can write.")
    return None


def _follow(service: Service, command: List[str], options: Json, status: _StatusChannel) -> int:
    """Runs the payload, forwards signals, and returns the exit code."""
    forwarded = _ForwardedSignals()
    payload: Optional[Payload] = None
    try:
        payload = service.start(command, on_state=status.write, until_running=False, **options)
        payload._is_given_up = forwarded.end_fetching
        give_up_at: Optional[float] = None
        kept: List[int] = []
        is_taken = False
        while payload.poll() is None and not payload._is_left:
            if payload.state != "asked" and not is_taken:
                is_taken = True
                forwarded.take()
                if not options["detach"]:
                    _release()
            if payload.state == "running":
                _forward(payload, kept)
                give_up_at = None
            elif give_up_at is not None and time.monotonic() >= give_up_at:
                return _end_by(next(number for number in kept if number in _ENDING_SIGNALS), payload, status)
            wanted = select.poll()
            for fd in (payload.fileno(), forwarded.fd):
                wanted.register(fd, select.POLLIN)
            wanted.poll(None if give_up_at is None else max(0.0, give_up_at - time.monotonic()) * 1000)
            kept += forwarded.read()
            if payload.state != "running" and give_up_at is None and any(number in _ENDING_SIGNALS for number in kept):
                give_up_at = time.monotonic() + _KEEP_SECONDS
    except BadRequest as error:
        return max(_complain(240, fault) for fault in error.faults)
    except IsolationError as error:
        kind = {240: "refused", 241: "refused", 242: "unavailable", 246: "busy"}.get(error.exit_code, "setup-failed")
        status.ended(payload.id if payload else "", payload.handle if payload else None, kind, str(error))
        return _complain(error.exit_code, str(error))
    if payload._is_left or (options["detach"] and payload.ending is not None and payload.ending.has_run):
        _forward(payload, kept)
        if sys.__stdout__ is not None:
            os.write(1, f"{payload.id} {payload.handle}\n".encode())
        return 0
    assert payload.ending is not None and payload.exit_code is not None
    if payload.ending.sentence:
        _complain(0, payload.ending.sentence)
    elif payload.out_of_memory:
        where, fix = _LIMITS_OF_MEMORY.get(str(payload.out_of_memory.get("limit")), _UNKNOWN_LIMIT)
        _complain(0, _sentence(f"the kernel killed {payload.out_of_memory.get('kills')} of the payload's processes: out of memory at {where}; "
                               f"killed: {payload.out_of_memory.get('victims') or 'who is not known'}", fix))
    for name, why in payload.not_fetched.items():
        _complain(0, _sentence(f"--out {name} was not fetched: {why}", None))
    return payload.exit_code


def _forward(payload: Payload, kept: List[int]) -> None:
    while kept:
        number = kept.pop(0)
        # A terminal's goes to its whole foreground process group, in which a payload at log-only is.
        if payload._child is None or number not in _OF_TERMINALS or not _is_in_foreground():
            with contextlib.suppress(IsolationError):
                payload.signal(number)
        if number == signals.SIGTSTP:
            os.kill(os.getpid(), signals.SIGSTOP)  # goes on when somebody sends CONT, which is then forwarded


def _is_in_foreground() -> bool:
    with contextlib.suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _end_by(number: int, payload: Payload, status: _StatusChannel) -> int:
    """Nothing has started, and somebody wants this client to end: it ends by that signal, and the service undoes the rest."""
    payload._on_state = None
    payload.close()
    status.ended(payload.id, payload.handle, "abandoned", f"the client was ended by signal {number} before the payload's start")
    signals.signal(number, signals.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def _release() -> None:
    """Lets go of standard input and output where they are pipes or sockets: who is at the other end must see the payload's end of them, not ours."""
    for fd in (0, 1):
        mode = os.fstat(fd).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, fd)
            os.close(nothing)


def _look(command: str, words: List[str]) -> int:
    """status, ps, show: a line of JSON an answer, as the service sent it. kill, wait: an exit code."""
    parser = _Parser(prog=f"isolation_client.py {command}", allow_abbrev=False)
    parser.add_argument("--socket")
    if command != "status":
        parser.add_argument("--handle", action="append", default=[])
        parser.add_argument("--handle-file")
    if command == "wait":
        parser.add_argument("--forward-signals", action="store_true")
    if command == "kill":
        parser.add_argument("--signal", default="TERM")
    if command in ("show", "kill", "wait"):
        parser.add_argument("id")
    given = parser.parse_args(words)
    service = Service(given.socket)
    known: List[str] = []
    if command != "status":
        try:
            shown = given.handle + ([_handle_in(given.handle_file)] if given.handle_file is not None else [])
        except (OSError, ValueError) as error:
            return _complain(240, f"--handle-file {given.handle_file} cannot be read: {_reason(error)}. Fix: name a file that ends with the payload's handle.")
        known = [handle for handle in ",".join(shown or [os.environ.get("ISOLATION_HANDLE", "")]).split(",") if handle]
    try:
        if command == "kill":
            number = _signal_number(given.signal)
            if not number:
                return _complain(240, f"--signal {given.signal} is no signal. Fix: give a number from 1 to 64, or a name like TERM.")
            if not _with_each(known, lambda handle: service.signal(given.id, number, handle)):
                _complain(0, "the payload's job is suspended: the signal acts when it is resumed.")
            return 0
        if command == "wait":
            if given.forward_signals:
                _SignalSender(given.socket, given.id, known).take()
            ending: Ending = _with_each(known, lambda handle: service.wait(given.id, handle))
            return _complain(ending.exit_code, ending.sentence) if ending.sentence else ending.exit_code
        answers = [service.status()] if command == "status" else service.list(known) if command == "ps" else \
            [_with_each(known, lambda handle: service.show(given.id, handle))]
    except IsolationError as error:
        forgotten = command == "wait" and isinstance(error, ServiceError) and error.code == "failed"
        return _complain(_CODES["lost"] if forgotten else error.exit_code, str(error))
    for answer in answers:
        print(json.dumps(answer))
    return 0


def _handle_in(path: str) -> str:
    """The last word of a file, so that what ``run --detach`` printed will do."""
    with open(path, "rb") as file:
        words = file.read(4096).split()
    if not words:
        raise ValueError("it is empty")
    return os.fsdecode(words[-1])


class _SignalSender:
    """Sends this process's signals to a payload by the service; one that comes before it runs, or while the service is away, is kept until then."""

    def __init__(self, path: Optional[str], id: str, handles: Sequence[str]) -> None:
        self._path, self._id, self._handles = path, id, handles
        self._numbers: queue.SimpleQueue[int] = queue.SimpleQueue()

    def take(self) -> None:
        for number in _FORWARDED:
            if signals.getsignal(number) is not signals.SIG_IGN:
                signals.signal(number, lambda number, _: self._numbers.put(number))
        threading.Thread(target=self._send_all, daemon=True, name="isolation-signals").start()

    def _send_all(self) -> None:
        while True:
            number = self._numbers.get()
            while not self._is_sent(number):
                time.sleep(0.2)
            if number == signals.SIGTSTP:
                os.kill(os.getpid(), signals.SIGSTOP)  # goes on when somebody sends CONT, which is then forwarded

    def _is_sent(self, number: int) -> bool:
        try:
            with Service(self._path) as service:
                _with_each(self._handles, lambda handle: service.signal(self._id, number, handle))
        except ServiceError as error:
            return error.code not in ("busy", "failed")
        except IsolationError:
            return False
        return True


def _with_each(handles: Sequence[str], ask: Callable[[Optional[str]], Any]) -> Any:
    """Asks with one handle after the other, until the payload is known."""
    for handle in handles[:-1]:
        try:
            return ask(handle)
        except ServiceError as error:
            if error.code != "no-such-payload":
                raise
    return ask(handles[-1] if handles else None)


def _signal_number(text: str) -> int:
    if text.isdigit():
        return int(text) if 1 <= int(text) <= 64 else 0
    name = text.upper()
    name = name if name.startswith("SIG") else "SIG" + name
    from_end = re.fullmatch(r"SIGRT(MIN\+|MAX-)(\d{1,2})", name)
    if from_end:
        number = int(signals.SIGRTMIN) + int(from_end[2]) if from_end[1] == "MIN+" else int(signals.SIGRTMAX) - int(from_end[2])
        return number if signals.SIGRTMIN <= number <= signals.SIGRTMAX else 0
    return int(signals.Signals.__members__.get(name, 0))


def main(words: Optional[List[str]] = None) -> int:
    """The program; returns its exit code."""
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if stream is None:
            os.open(os.devnull, os.O_RDWR)  # nothing of ours may take the place of a closed one
    words = sys.argv[1:] if words is None else words
    if words[:1] == [_CHILD]:
        _forked_child(int(words[1]))
    if signals.getsignal(signals.SIGINT) is signals.default_int_handler:
        signals.signal(signals.SIGINT, signals.SIG_DFL)
    command = words[0] if words else ""
    if command == "run":
        return _run(words[1:])
    if command in ("status", "ps", "show", "kill", "wait"):
        return _look(command, words[1:])
    usage = "isolation_client.py run [OPTIONS] [--] CMD [ARGUMENT…] | status | ps | show ID | kill ID | wait ID"
    if command in ("--help", "-h"):
        print(f"usage: {usage}\n\nThe options and exit codes are those of `isolation`: docs/cli.md.")
        return 0
    return _complain(240, f"there is no command \"{command}\". Fix: write {usage}.")


if __name__ == "__main__":
    sys.exit(main())
