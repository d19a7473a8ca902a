"""growth.py ROOT PILOT PAYLOADS: what the service holds after so many payloads, at a tenth of them and then at every fifth."""
import os
import pwd
import subprocess
import sys
import time

import held

root, pilot, payloads = sys.argv[1], pwd.getpwnam(sys.argv[2]), int(sys.argv[3])
AT_ONCE = 8


def run(many):
    """Seconds for so many."""
    begun = time.monotonic()
    words = ["xargs", "-P", str(AT_ONCE), "-n", "1", f"{root}/bin/isolation", "run", "--", "/bin/true"]
    xargs = subprocess.run(words, input="x\n" * many, text=True, user=pilot.pw_uid, group=pilot.pw_gid, extra_groups=[])
    if xargs.returncode != 0:
        sys.exit(f"a payload failed: xargs ended with {xargs.returncode}")
    return time.monotonic() - begun


def state():
    return [
        *held.by("isolationd", root), *held.by("warden", root), held.leaves(),
        len(open("/proc/self/mountinfo").readlines()),
        len(os.listdir(f"{root}/run/rooms")),
        len(os.listdir(f"{root}/state/scratch")),
    ]


def row(done, seconds, many, now):
    daemon, warden, rest = now[:3], now[3:6], now[6:]
    sizes = [f"{part[0]:.0f} MiB, {part[1]} descriptors, {part[2]} threads" for part in (daemon, warden)]
    print(f"| {done} | {many / seconds:.0f} | {sizes[0]} | {sizes[1]} | {' | '.join(map(str, rest))} |", flush=True)


print("| payloads | a second | isolationd | warden | leaves | mounts | rooms and their lock | scratches |\n|---|---|---|---|---|---|---|---|")
steps = [payloads // 10, payloads // 5, 2 * payloads // 5, 3 * payloads // 5, 4 * payloads // 5, payloads]
done = 0
for step in steps:
    seconds = run(step - done)
    time.sleep(1)
    row(step, seconds, step - done, state())
    done = step
