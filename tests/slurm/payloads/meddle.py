"""Does to the leaves in the job's memory cgroup whatever the pilot can, as fast as it can, until it is killed.

meddle.py remove|rename|replace
"""
import os
import sys

with open("/proc/self/cgroup") as lines:
    task = "/sys/fs/cgroup/memory" + next(line.strip().split(":", 2)[2] for line in lines if ":memory:" in line)
done = 0
while True:
    for name in os.listdir(task):
        if not name.startswith("cell-"):
            continue
        try:
            if sys.argv[1] == "remove":
                os.rmdir(f"{task}/{name}")
            else:
                os.rename(f"{task}/{name}", f"{task}/taken-{done}")
                if sys.argv[1] == "replace":
                    os.mkdir(f"{task}/{name}")
                    os.rmdir(f"{task}/{name}")
            done += 1
            print("done", done, flush=True)
        except OSError:
            pass
