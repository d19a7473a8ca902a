"""rooms.py ROOT PILOT ROOMS PAYLOADS: tables of private rooms that stay, and of payloads in a row, with setpriv beside each."""
import pwd
import signal
import subprocess
import sys
import time

import held

root, pilot, rooms, payloads = sys.argv[1], pwd.getpwnam(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
client = f"{root}/bin/isolation"
PEER = ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
STAYS = ["/bin/sh", "-c", "echo; exec sleep 3600"]


def start(words, as_pilot, **streams):
    who = {"user": pilot.pw_uid, "group": pilot.pw_gid, "extra_groups": []} if as_pilot else {}
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, **streams, **who)


def first_byte(words, as_pilot):
    begun = time.monotonic()
    process = start(words, as_pilot, stdout=subprocess.PIPE)
    if process.stdout.read(1) != b"\n":
        sys.exit(f"{words} wrote nothing")
    return process, (time.monotonic() - begun) * 1000


def whole(words, as_pilot):
    begun = time.monotonic()
    if start(words, as_pilot).wait() != 0:
        sys.exit(f"{words} failed")
    return (time.monotonic() - begun) * 1000


def at(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def state():
    """Resident memory and descriptors of isolationd and the warden, and the leaves that are there."""
    words = [f"{size:.0f} MiB, {descriptors} descriptors" for size, descriptors, _ in (held.by(name, root) for name in ("isolationd", "warden"))]
    return f"{words[0]} | {words[1]} | {held.leaves()}"


def rows(ours, peers, part, states, names):
    for name, state, chunk in zip(names, states, ((0, part), (len(ours) - part, len(ours)))):
        mine, theirs = ours[chunk[0]:chunk[1]], peers[chunk[0]:chunk[1]]
        print(f"| {name} | {at(mine, .5):.2f} | {at(mine, .99):.2f} | {at(theirs, .5):.2f} | {at(mine, .5) / at(theirs, .5):.2f} | {state} |")


HEAD = "| | p50 ms | p99 ms | setpriv, p50 ms | ours / it | isolationd | warden | leaves |\n|---|---|---|---|---|---|---|---|"

ours, peers, clients, part = [], [], [], rooms // 10
states = []
for number in range(rooms):
    process, taken = first_byte([client, "run", "--", *STAYS], True)
    clients.append(process)
    ours.append(taken)
    process, taken = first_byte([*PEER, *STAYS], False)
    process.kill()
    process.wait()
    peers.append(taken)
    if number + 1 in (part, rooms):
        states.append(state())
print(f"\n## {rooms} rooms that stay\n\n{HEAD}")
rows(ours, peers, part, states, (f"the first {part}", f"the last {part}"))
begun = time.monotonic()
for process in clients:
    process.send_signal(signal.SIGTERM)
for process in clients:
    process.wait()
print(f"\nAll of them ended by SIGTERM, each with its record and its reply: {time.monotonic() - begun:.1f} s.")

ours, peers, states, part = [], [], [], payloads // 10
for number in range(payloads):
    ours.append(whole([client, "run", "--", "/bin/true"], True))
    peers.append(whole([*PEER, "/bin/true"], False))
    if number + 1 in (part, payloads):
        states.append(state())
print(f"\n## {payloads} payloads in a row\n\n{HEAD}")
rows(ours, peers, part, states, (f"the first {part}", f"the last {part}"))
