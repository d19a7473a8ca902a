"""Asks, for each 'tcp ADDRESS PORT', 'udp ADDRESS PORT', 'tcp@DEVICE ADDRESS PORT' or 'abstract NAME -', and prints the answer or why there is none."""
import errno
import socket
import sys

for kind, address, port in zip(*[iter(sys.argv[1:])] * 3):
    kind, _, device = kind.partition("@")
    family = socket.AF_UNIX if kind == "abstract" else socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as s:
        s.settimeout(5)
        try:
            if device:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            s.connect("\0" + address if kind == "abstract" else (address, int(port)))
            if kind == "udp":
                s.send(b"who")
            print(s.recv(64).decode())
        except TimeoutError:
            print("ETIMEDOUT")
        except OSError as e:
            print(errno.errorcode[e.errno])
