"""restart.py ROOT PILOT PAYLOADS: how long both programs, killed, take until they serve again, with none and with so many payloads running."""
import json
import os
import pwd
import signal
import subprocess
import sys
import time

root, pilot, payloads = sys.argv[1], pwd.getpwnam(sys.argv[2]), int(sys.argv[3])
client = f"{root}/bin/isolation"
TIMES = 5


def pid_of(name):
    pids = subprocess.run(["pgrep", "-f", f"^[^ ]*{name} .*{root}/"], capture_output=True, text=True).stdout.split()
    return int(pids[0]) if pids else None


def resident(name):
    for line in open(f"/proc/{pid_of(name)}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024


def serves(running):
    answer = subprocess.run([client, "status", "--json"], capture_output=True, text=True)
    if answer.returncode != 0:
        return False
    status = json.loads(answer.stdout)
    return status["warden"]["ready"] and status["running"] == running


def restart(running):
    for name in ("isolationd", "warden"):
        os.kill(pid_of(name), signal.SIGKILL)
    while pid_of("isolationd") or pid_of("warden"):
        time.sleep(.01)
    begun = time.monotonic()
    with open(f"{root}/log", "a") as log:
        subprocess.Popen([f"{root}/bin/isolationd", "--policy", f"{root}/policy.yaml", "--state", f"{root}/state", "--run", f"{root}/run", "--user", "isolation"],
                         stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    while not serves(running):
        if time.monotonic() - begun > 120:
            sys.exit("it does not serve again")
        time.sleep(.01)
    return time.monotonic() - begun


def median(values):
    return sorted(values)[len(values) // 2]


none = [restart(0) for _ in range(TIMES)]
before = resident("isolationd"), resident("warden")
clients = []
for number in range(payloads):
    process = subprocess.Popen([client, "run", "--", "/bin/sh", "-c", "echo; exec sleep 3600"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               user=pilot.pw_uid, group=pilot.pw_gid, extra_groups=[])
    if process.stdout.read(1) != b"\n":
        sys.exit("a payload did not start")
    clients.append(process)
with_them = resident("isolationd"), resident("warden")
many = [restart(payloads) for _ in range(TIMES)]
after = resident("isolationd"), resident("warden")
print(f"\n| | p50 of {TIMES}, s | slowest | ratio |\n|---|---|---|---|")
print(f"| none running | {median(none):.2f} | {max(none):.2f} | |")
print(f"| {payloads} running, all found again | {median(many):.2f} | {max(many):.2f} | {median(many) / median(none):.1f} |")
print("\n| resident, MiB | none running | " + f"{payloads} running | {payloads} found again |\n|---|---|---|---|")
for index, name in enumerate(("isolationd", "warden")):
    print(f"| {name} | {before[index]:.0f} | {with_them[index]:.0f} | {after[index]:.0f} |")
begun = time.monotonic()
for process in clients:
    process.send_signal(signal.SIGTERM)
codes = [process.wait() for process in clients]
if codes != [143] * payloads:
    sys.exit(f"not each ended by its signal: {sorted(set(codes))}")
print(f"\nThen each was sent SIGTERM: {payloads} times exit code 143, in {time.monotonic() - begun:.1f} s.")
