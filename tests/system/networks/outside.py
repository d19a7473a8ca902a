"""Answers on TCP port 7001 and UDP port 7002 of every address, of both families: who asked; and on the abstract socket iso-outside."""
import selectors
import socket

tcp = socket.create_server(("::", 7001), family=socket.AF_INET6, dualstack_ipv6=True)
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
udp.bind(("::", 7002))
local = socket.socket(socket.AF_UNIX)
local.bind("\0iso-outside")
local.listen()
either = selectors.DefaultSelector()
either.register(tcp, selectors.EVENT_READ)
either.register(local, selectors.EVENT_READ)
either.register(udp, selectors.EVENT_READ)
print("up", flush=True)
while True:
    for ready, _ in either.select():
        if ready.fileobj is tcp:
            connection, peer = tcp.accept()
            with connection:
                connection.sendall(peer[0].removeprefix("::ffff:").encode())
        elif ready.fileobj is local:
            connection, _ = local.accept()
            with connection:
                connection.sendall(b"abstract")
        else:
            _, peer = udp.recvfrom(64)
            udp.sendto(peer[0].removeprefix("::ffff:").encode(), peer)
