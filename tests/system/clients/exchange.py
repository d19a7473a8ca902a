"""Asks for an exchange and prints what the service gives: the kind, or how many descriptors came. With the word hold it keeps it until its input ends."""
import base64
import json
import os
import socket
import struct
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["ISOLATION_SOCKET"])


def send(frame):
    content = json.dumps(frame).encode()
    connection.sendall(struct.pack(">I", len(content)) + content)


def text(word):
    return base64.b64encode(word).decode()


send({"type": "hello", "version": 1})
send({"type": "run", "command": [text(b"true")], "exchange": {"in": [], "out": [text(b"x")]}})
data, descriptors = b"", []
while b'"entered"' not in data or not data.endswith(b"}"):
    more, passed, _, _ = socket.recv_fds(connection, 65536, 2)
    if not more:
        break
    data += more
    descriptors += passed
entered = data[data.index(b'{"type":"entered"'):]
print(json.loads(entered)["exchange"] if len(descriptors) == 2 else len(descriptors), flush=True)
if "hold" in sys.argv:
    sys.stdin.read()
