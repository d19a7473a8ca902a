"""Plays a client that does odd things on purpose. Usage: driver.py [OPTION...] -- COMMAND...

Prints one JSON line a frame on standard error; exits with the payload's code. Options for tests: --big N (bytes of arguments),
--leave-after-entered, --hold SECONDS (before the streams are sent), --fork-holder (a child keeps every descriptor), --signal N (sent once the payload runs).
"""
import array, base64, json, os, socket, struct, sys, time

VERSION = 1
STREAMS, SIGNAL = 1, 2


def b64(text):
    return base64.b64encode(os.fsencode(text)).decode()


def send(connection, frame):
    body = json.dumps(frame).encode()
    connection.sendall(struct.pack(">I", len(body)) + body)


class Service:
    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.connect(path)
        self.buffer, self.descriptors = b"", []

    def take(self, length):
        while len(self.buffer) < length:
            data, ancillary, _, _ = self.connection.recvmsg(65536, socket.CMSG_SPACE(4))
            for level, kind, body in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    self.descriptors.extend(array.array("i", body[: len(body) - len(body) % 4]))
            if not data:
                sys.exit("the service went away")
            self.buffer += data
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def frame(self):
        (length,) = struct.unpack(">I", self.take(4))
        return json.loads(self.take(length))


def main(arguments):
    at = arguments.index("--")
    options, command = arguments[:at], arguments[at + 1 :]
    if "--big" in options:
        command += ["x" * 100_000] * (int(options[options.index("--big") + 1]) // 100_000)
    service = Service(os.environ["ISOLATION_SOCKET"])
    send(service.connection, {"type": "hello", "version": VERSION, "client": "driver.py"})
    send(service.connection, {"type": "run", "command": [b64(word) for word in command], "environment": [b64(f"{k}={v}") for k, v in os.environ.items()]})
    channel = None
    while True:
        frame = service.frame()
        print(json.dumps(frame), file=sys.stderr, flush=True)
        if frame["type"] == "entered":
            if "--leave-after-entered" in options:
                print("left", file=sys.stderr, flush=True)
                os._exit(0)
            channel = socket.socket(fileno=service.descriptors.pop())
            if "--hold" in options:
                time.sleep(float(options[options.index("--hold") + 1]))
            channel.sendmsg([struct.pack("<BBHi", STREAMS, 7, 0, 0)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
        elif frame["type"] == "started":
            if "--fork-holder" in options and os.fork() == 0:
                time.sleep(120)
                os._exit(0)
            if "--signal" in options:
                channel.send(struct.pack("<BBHi", SIGNAL, 0, 0, int(options[options.index("--signal") + 1])))
        elif frame["type"] == "ended":
            ending = frame["ending"]
            return ending["code"] if ending["kind"] == "exited" else 128 + ending["signal"] if ending["kind"] == "signaled" else 250
        elif frame["type"] == "error":
            return 251


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
