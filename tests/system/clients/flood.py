"""Plays a pilot that asks for everything at once. Usage: flood.py COUNT [--silent]

Opens COUNT connections, asks for /bin/true on each, and prints "sent" when all are asked for. Then, as they come, a line for each frame: "entered", or the kind
of its ending, with the milliseconds to wait after "busy". With --silent no streams are ever sent, and it stays until its input ends.
"""
import array, base64, json, os, selectors, socket, struct, sys

STREAMS_NONE = struct.pack("<BBHi", 1, 0, 0, 0)
REQUESTS = [
    {"type": "hello", "version": 1, "client": "flood.py"},
    {"type": "run", "command": [base64.b64encode(b"/bin/true").decode()]},
]


def frames(request):
    body = json.dumps(request).encode()
    return struct.pack(">I", len(body)) + body


class Connection:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(os.environ["ISOLATION_SOCKET"])
        self.socket.sendall(b"".join(map(frames, REQUESTS)))
        self.buffer, self.channel = b"", None

    def receive(self):
        """The frames that are there now."""
        data, ancillary, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(4))
        for level, kind, body in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.channel = socket.socket(fileno=array.array("i", body)[0])
        if not data:
            sys.exit("the service went away")
        self.buffer += data
        while len(self.buffer) >= 4:
            (length,) = struct.unpack(">I", self.buffer[:4])
            if len(self.buffer) < 4 + length:
                break
            yield json.loads(self.buffer[4 : 4 + length])
            self.buffer = self.buffer[4 + length :]


def say(*words):
    print(*words, flush=True)


def main(count, silent):
    waiting = selectors.DefaultSelector()
    for _ in range(count):
        connection = Connection()
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
    if silent:
        waiting.register(sys.stdin, selectors.EVENT_READ, None)
    say("sent")
    while waiting.get_map():
        for key, _ in waiting.select():
            if key.data is None:
                return
            for frame in key.data.receive():
                if frame["type"] == "entered":
                    say("entered")
                    if not silent:
                        key.data.channel.send(STREAMS_NONE)
                elif frame["type"] == "ended":
                    say(frame["ending"]["kind"], frame["ending"].get("retryAfterMilliseconds", ""))
                    waiting.unregister(key.fileobj)


main(int(sys.argv[1]), "--silent" in sys.argv)
