"""Opens N connections; each tries to pass a socket whose last close lingers for seconds. Prints how many sends the kernel refused."""
import array, os, socket, struct, sys

count, refused, kept = int(sys.argv[1]), 0, []
listener = socket.create_server(("127.0.0.1", 0))
for _ in range(count):
    out = socket.create_connection(listener.getsockname())
    peer, _ = listener.accept()
    out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 6))
    out.setblocking(False)
    try:
        while True:
            out.send(b"x" * 65536)  # never read: closing the last descriptor waits for it
    except BlockingIOError:
        pass
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(os.environ["ISOLATION_SOCKET"])
        connection.sendmsg([b"\0\0\0\5hello"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [out.fileno()]))])
    except OSError:
        refused += 1
    kept.append((peer, out, connection))
print(f"{refused} of {count} refused")
for peer, _, _ in kept:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
os._exit(0)
