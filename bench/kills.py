"""Kills crowds of processes, ours and bare, in turns, and prints a table: kills.py ROOT PILOT ROUNDS."""
import glob, json, os, pwd, select, signal, statistics, subprocess, sys, time

ROOT, PILOT, ROUNDS = sys.argv[1], pwd.getpwnam(sys.argv[2]), int(sys.argv[3])
CROWD = """import os, signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
for i in range(1999):
    if os.fork() == 0:
        os.setsid()
        while True: signal.pause()
print("ready", flush=True)
while True: signal.pause()
"""
STORM = """import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    try: os.fork()
    except OSError: pass
"""
KINDS = {"2,000 that ignore SIGTERM": (CROWD, 2000, 2100), "fork storm held at 500": (STORM, 500, 500)}


def mount(controller):
    """Where a controller's hierarchy of v1 is mounted; of `cgroup2`, the v2 one. None where there is none."""
    for line in open("/proc/self/mounts"):
        _, where, kind, options = line.split()[:4]
        if (kind == "cgroup2" and controller == "cgroup2") or (kind == "cgroup" and controller in options.split(",")):
            return where


UNIFIED = mount("cgroup2")


def write(path, text):
    with open(path, "w") as file:
        file.write(str(text))


def program(kind):
    path = f"{ROOT}/{KINDS[kind][1]}.py"
    write(path, KINDS[kind][0])
    return ["/usr/bin/python3", path]


def as_pilot():
    os.setgroups([])
    os.setgid(PILOT.pw_gid)
    os.setuid(PILOT.pw_uid)


def wait_for(count, leaf):
    for _ in range(3000):
        if len(open(f"{leaf}/cgroup.procs").read().split()) >= count * 0.98:
            return
        time.sleep(0.01)
    sys.exit(f"there are no {count} processes in {leaf}")


def until_empty(events, begun):
    """Seconds from the beginning to `populated 0`, or to the removal of the cgroup."""
    poll = select.poll()
    poll.register(events, select.POLLPRI)
    while True:
        try:
            if b"populated 0" in os.pread(events, 4096, 0):
                break
        except OSError:  # removed
            break
        poll.poll(1000)
    return time.monotonic() - begun


def ours(kind, turn):
    _, count, limit = KINDS[kind]
    status = f"{ROOT}/scratch/status-{turn}-{count}"
    with open(f"{ROOT}/client-errors", "a") as errors:
        client = subprocess.Popen([f"{ROOT}/bin/isolation", "run", "--status-file", status, "--limit", f"pids={limit}", "--", *program(kind)],
                                  stdout=subprocess.PIPE, stderr=errors, preexec_fn=as_pilot)
    if client.stdout.readline() != b"ready\n":
        sys.exit("the payload did not start: " + open(f"{ROOT}/client-errors").read())
    running = None
    while running is None:  # the payload may speak before its client has told that it runs
        lines = [json.loads(line) for line in open(status) if line.endswith("\n")]
        running = next((line for line in lines if line["state"] == "running"), None)
    leaf = UNIFIED + running["cgroup"]
    wait_for(count, leaf)
    events = os.open(f"{leaf}/cgroup.events", os.O_RDONLY)
    begun = time.monotonic()
    client.send_signal(signal.SIGKILL)
    empty = until_empty(events, begun)
    os.close(events)
    client.wait()
    while True:
        for line in open(sorted(glob.glob(f"{ROOT}/state/ledger/*.ndjson"))[-1], errors="replace"):
            if '"type":"ended"' in line and running["id"] in line and line.endswith("}\n"):
                record = json.loads(line)
                if record["residue"]["processes"].get("proven") != "cgroup" or record["ending"]["kind"] != "abandoned":
                    sys.exit(f"not proven: {line}")
                return empty, record["monotonic"] / 1e9 - begun
        time.sleep(0.01)


def bare(kind, _):
    _, count, limit = KINDS[kind]
    places = [f"{where}/isobench" for where in {UNIFIED, mount("memory"), mount("pids")} - {None}]
    for place in places:
        os.mkdir(place)
    pids = [place for place in places if os.path.exists(f"{place}/pids.max")]
    if pids:
        write(f"{pids[0]}/pids.max", limit)

    def enter():
        for place in places:
            write(f"{place}/cgroup.procs", 0)
        as_pilot()

    leaf = f"{UNIFIED}/isobench"
    main = subprocess.Popen(program(kind), stdout=subprocess.PIPE, preexec_fn=enter)
    main.stdout.readline()
    wait_for(count, leaf)
    events, kill = os.open(f"{leaf}/cgroup.events", os.O_RDONLY), os.open(f"{leaf}/cgroup.kill", os.O_WRONLY)
    begun = time.monotonic()
    os.write(kill, b"1")
    empty = until_empty(events, begun)
    os.close(events)
    os.close(kill)
    main.wait()
    for place in places:
        for _ in range(500):
            try:
                os.rmdir(place)
                break
            except OSError:
                time.sleep(0.01)
    return (empty,)


def main():
    os.makedirs(f"{ROOT}/scratch", exist_ok=True)
    os.chmod(f"{ROOT}/scratch", 0o1777)
    for kind in KINDS:
        taken = {"empty": [], "record": [], "bare": []}
        for turn in range(ROUNDS):
            empty, record = ours(kind, turn)
            taken["empty"].append(empty)
            taken["record"].append(record)
            taken["bare"].append(bare(kind, turn)[0])
        print(f"\n## {kind} ({ROUNDS} rounds)\n\n| way | p50 ms | worst ms | it / bare, p50 |\n|---|---|---|---|")
        floor = statistics.median(taken["bare"])
        for name, key in (("ours, until the leaf is empty", "empty"), ("ours, until the ending is on record", "record"), ("bare `cgroup.kill` until `populated 0`", "bare")):
            middle = statistics.median(taken[key])
            print(f"| {name} | {middle * 1000:.1f} | {max(taken[key]) * 1000:.1f} | {'–' if key == 'bare' else f'{middle / floor:.2f}'} |")


main()
