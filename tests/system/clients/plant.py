"""A pilot that misuses the exchange: plants in the scratch what a payload cannot, holds on to it, and goes on planting while the scratch is removed.

Prints the payload's id, what went where it must not, and "over" once nothing more can be made.
"""
import base64
import json
import os
import socket
import stat
import struct
import time

connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["ISOLATION_SOCKET"])


def send(frame):
    content = json.dumps(frame).encode()
    connection.sendall(struct.pack(">I", len(content)) + content)


def text(word):
    return base64.b64encode(word).decode()


send({"type": "hello", "version": 1})
send({"type": "run", "command": [text(b"/bin/sh"), text(b"-c"), text(b"ls -l planted; exec sleep 1")], "exchange": {"in": [{"name": text(b"planted"), "bytes": 0}], "out": []}})
data, descriptors = b"", []
while b'"type":"entered"' not in data or not data.endswith(b"}"):
    more, passed, _, _ = socket.recv_fds(connection, 65536, 3)
    data += more
    descriptors += passed
entered = json.loads(data[data.index(b'{"type":"entered"'):])
channel, scratch = descriptors
print(entered["id"], flush=True)

os.fchdir(scratch)
for what, act in (
    ("a device node", lambda: (os.mknod("disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)),)),
    ("a hard link to a file of the host", lambda: (os.link("/etc/passwd", "passwd"),)),
    ("a file of the scratch outside", lambda: (open("own", "w").close(), os.link("own", "/tmp/iso-own"))),
    ("above the scratch", lambda: None if os.stat("..").st_ino == os.stat(".").st_ino else os.listdir("..")),
    ("a file given away", lambda: (open("given", "w").close(), os.chown("given", 0, 0))),
):
    try:
        if (done := act()) is not None:
            print(what, done, flush=True)
    except OSError:
        pass
os.close(os.open("planted", os.O_CREAT | os.O_WRONLY, 0o755))
os.chmod("planted", 0o6755)
os.mkfifo("pipe")
os.makedirs("closed/below")
held = os.open("closed/below", os.O_RDONLY)
os.chmod("closed", 0)
for i in range(600):
    os.mkdir("deep" * 5)
    os.chdir("deep" * 5)
bottom = os.open(".", os.O_RDONLY)
socket.send_fds(socket.socket(fileno=os.dup(channel)), [struct.pack("<BBHi", 1, 7, 0, 0)], [0, 1, 2])

made, end = 0, time.monotonic() + 30
while time.monotonic() < end:
    failed = 0
    for directory in (scratch, held, bottom):
        try:
            os.close(os.open(f"more-{made}", os.O_CREAT | os.O_WRONLY, dir_fd=directory))
        except OSError:
            failed += 1
    made += 1
    if failed == 3:
        break
    time.sleep(0.0005)
print("over" if failed == 3 else "it goes on", flush=True)
