"""A known load: holds so many MiB of touched memory, burns so many seconds of CPU in so many processes, then sleeps, and says what the kernel counted.

burn.py MIB CPU_SECONDS SLEEP_SECONDS [PROCESSES]
"""
import mmap
import os
import resource
import sys
import time

MADV_POPULATE_WRITE = 23  # madvise(2), since Linux 5.14

processes = int(sys.argv[4]) if len(sys.argv) > 4 else 1
size = int(sys.argv[1]) << 20
held = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
# Slurm 22.05 counts huge pages twice on cgroup v2: anon of memory.stat has them, and it adds anon_thp.
held.madvise(mmap.MADV_NOHUGEPAGE)
# In one call: what grows page by page at its limit throws its own program's pages out in between, and reads them again for ever.
held.madvise(MADV_POPULATE_WRITE)
others = []
for _ in range(processes - 1):
    others.append(os.fork())
    if others[-1] == 0:
        break
while time.process_time() < float(sys.argv[2]) / processes:
    pass
if others and others[-1] == 0:
    os._exit(0)
for pid in others:
    os.waitpid(pid, 0)
time.sleep(float(sys.argv[3]))
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
with open("/proc/self/status") as status:
    held = next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))
print(f"cpu {sum(u.ru_utime + u.ru_stime for u in used):.3f} rss {held}", flush=True)
