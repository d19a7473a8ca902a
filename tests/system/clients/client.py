#!/usr/bin/env python3
"""A client of Isolation, written from docs/protocol.md alone."""
import argparse, base64, json, os, signal, socket, struct, sys
from contextlib import suppress

CODES = {"refused": 241, "unavailable": 242, "setup-failed": 244, "busy": 246, "timed-out": 247, "killed-from-outside": 248, "abandoned": 249}
LOST = 245  # also for a kind of ending that this client does not know
FORWARDED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}

def send(service, **members):
    body = json.dumps(members).encode()
    with suppress(ConnectionError):  # closed already: the error that says why can still be read
        service.sendall(struct.pack(">I", len(body)) + body)

def receive(service, count, descriptors):
    data = b""
    while len(data) < count:  # without the flag Python makes the descriptor inheritable
        piece, ancillary, _, _ = service.recvmsg(count - len(data), socket.CMSG_LEN(4), socket.MSG_CMSG_CLOEXEC)
        if not piece:
            raise ConnectionError("the connection ended")
        data += piece
        descriptors += [struct.unpack("i", content)[0] for _, _, content in ancillary]
    return data

def run(path, request, streams, record):
    """Runs the payload, tells record(members) the states on the way, and returns the members of the last one."""
    channel = None
    def forward(number, _):
        with suppress(OSError):  # the payload is over: `ended` comes
            channel.send(struct.pack("<BBHi", 2, 0, 0, number))
    try:
        service = socket.socket(socket.AF_UNIX)
        service.settimeout(30)
        service.connect(path)
        send(service, type="hello", version=1, client="client.py 1")
        send(service, type="run", **request)
        while True:
            descriptors = []
            answer = json.loads(receive(service, struct.unpack(">I", receive(service, 4, descriptors))[0], descriptors))
            service.settimeout(None)  # the first answer was the hello
            if answer["type"] == "error":
                return {"ending": {"kind": "busy" if answer["code"] == "busy" else "refused", "why": answer["message"], "fix": answer["fix"]}}
            elif answer["type"] == "entered":
                channel = socket.socket(fileno=descriptors[0])
                record(state="entered", id=answer["id"], handle=answer["handle"])
                with suppress(ConnectionError):  # the room is gone already: `ended` says why
                    socket.send_fds(channel, [struct.pack("<BBHi", 1, sum(1 << fd for fd in streams), 0, 0)], streams)
                for fd in (0, 1):  # let go of the payload's pipes
                    os.dup2(os.open(os.devnull, os.O_RDWR), fd)
            elif answer["type"] == "started":
                record(**answer["payload"])
                for number in (n for n in FORWARDED if signal.getsignal(n) != signal.SIG_IGN):
                    signal.signal(number, forward)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)  # those that came earlier are forwarded now
            elif answer["type"] == "ended":
                return {name: answer[name] for name in ("id", "ending", "usage") if name in answer}
    except (OSError, ValueError, LookupError) as error:
        return {"ending": {"kind": "lost" if channel else "unavailable", "why": f"{path}: {error}"}}

def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)  # the room would drop them before the payload runs
    streams = [fd for fd in range(3) if os.path.lexists(f"/proc/self/fd/{fd}")]
    for _ in range(3 - len(streams)):  # nothing of ours may take the place of a closed one
        os.open(os.devnull, os.O_RDWR)
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--socket", default="/run/isolation/isolation.sock")
    parser.add_argument("--claim")
    parser.add_argument("--status", default=os.devnull)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    encoded = lambda strings: [base64.b64encode(os.fsencode(string)).decode() for string in strings]
    environment = [f"{name}={os.environ[name]}" for name in ("PATH", "LANG") if name in os.environ]
    status, state = os.open(options.status, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), {"id": ""}
    def record(**members):
        state.update(members)
        os.write(status, json.dumps(state).encode() + b"\n")
    record(state="ended", **run(options.socket, {"command": encoded(options.command), "environment": encoded(environment), "claim": options.claim}, streams, record))
    match state["ending"]:
        case {"kind": "exited", "code": code}: return code
        case {"kind": "signaled", "signal": number}: return 128 + number
        case {"kind": kind} as ending:
            with suppress(OSError):
                os.write(2, (" ".join(f"client: {kind}: {ending.get('why', '')} {ending.get('fix', '')}".split()) + "\n").encode())
            return 243 if ending.get("pilotMayRun") else CODES.get(kind, LOST)

sys.exit(main())
