"""Plays a pilot that owns cgroups of its job and goes for the leaves of payloads, over and over, until its input ends.

Usage: attacker.py [--patient] MOUNT OWN [MOUNT OWN]... : each hierarchy's mount point, and the pilot's directory in it. One that is patient lets
payloads in first: it removes no leaf before something was in it, and makes nothing threaded. It looks for directories cell-* and,
for each, tries everything in ATTACKS with its own rights; it also moves its own clients about. Prints at the end, as JSON: how often each
attack was tried, and how often it succeeded, as "attack v1" or "attack v2".
"""
import collections, contextlib, json, os, select, sys

PATIENT = sys.argv[1] == "--patient"
WORDS = sys.argv[2 if PATIENT else 1:]
PLACES = list(zip(WORDS[::2], WORDS[1::2]))
filled = set()
tried, succeeded = collections.Counter(), collections.Counter()


def write(path, text):
    with open(path, "w", buffering=1) as file:
        file.write(str(text))


def read(path):
    with open(path) as file:
        return file.read()


def attempt(name, version, act):
    tried[f"{name} {version}"] += 1
    try:
        act()
    except OSError:
        return
    succeeded[f"{name} {version}"] += 1


def leaves(directory, depth):
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            if not entry.is_dir(follow_symlinks=False):
                continue
            if entry.name.startswith(("cell-", "moved-cell-")):
                yield entry.path
            elif depth > 1:
                yield from leaves(entry.path, depth - 1)


def attack(leaf, own, version):
    above, name = os.path.split(leaf)
    pids = []
    with contextlib.suppress(OSError):
        pids = read(f"{leaf}/cgroup.procs").split()
    if pids:
        filled.add(leaf)
    for pid in pids:
        for target in (own, f"{own}/stolen"):
            for file in ("cgroup.procs", "tasks") if version == "v1" else ("cgroup.procs", "cgroup.threads"):
                attempt("pull a process out", version, lambda: write(f"{target}/{file}", pid))
    for file, text in (
        ("cgroup.type", "threaded"), ("cgroup.freeze", 1), ("cgroup.kill", 1), ("cgroup.max.descendants", 0), ("cgroup.subtree_control", "+memory"),
        ("memory.limit_in_bytes", 1 << 40), ("memory.max", "max"), ("pids.max", "max"), ("cgroup.procs", 0), ("tasks", 0), ("notify_on_release", 1),
    ):
        attempt(f"write {file}", version, lambda: write(f"{leaf}/{file}", text))
    attempt("chmod", version, lambda: os.chmod(leaf, 0o777))
    attempt("make a cgroup in it", version, lambda: os.mkdir(f"{leaf}/below"))
    with contextlib.suppress(OSError):
        if os.stat(above).st_uid != os.getuid():  # its own it may do with what it likes, and stand still in it itself
            attempt("make what is above threaded", version, lambda: write(f"{above}/cgroup.type", "threaded"))
            attempt("freeze what is above", version, lambda: write(f"{above}/cgroup.freeze", 1))
    attempt("rename", version, lambda: os.rename(leaf, f"{above}/{name[6:] if name.startswith('moved-') else 'moved-' + name}"))
    if not pids and (leaf in filled or not PATIENT):
        attempt("remove", version, lambda: os.rmdir(leaf))


def clients():
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{entry}").st_uid == os.getuid() and read(f"/proc/{entry}/comm").strip() in ("isolation", "python3"):
                    yield entry


def main():
    print("ready", flush=True)
    turn = 0
    while not select.select([0], [], [], 0)[0]:
        turn += 1
        for mount, own in PLACES:
            version = "v2" if os.path.exists(f"{mount}/cgroup.controllers") else "v1"
            with contextlib.suppress(OSError):
                os.mkdir(f"{own}/stolen")
            for leaf in set(leaves(mount, 3)) | set(leaves(os.path.dirname(own), 3)):
                attack(leaf, own, version)
            for client in clients():
                attempt("move a client", version, lambda: write(f"{own}/stolen/cgroup.procs" if turn % 2 else f"{own}/cgroup.procs", client))
            if version == "v2":
                if not PATIENT:
                    attempt("make one's own threaded", version, lambda: write(f"{own}/stolen/cgroup.type", "threaded"))
                with contextlib.suppress(OSError):  # as long as it is there, no payload gets in beside it
                    os.rmdir(f"{own}/stolen")
    print(json.dumps({"tried": tried, "succeeded": succeeded}), flush=True)


main()
