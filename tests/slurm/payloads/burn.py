"""A known load: holds so many MiB of touched memory, burns so many seconds of CPU, then sleeps, and says what the kernel counted.

burn.py MIB CPU_SECONDS SLEEP_SECONDS
"""
import resource
import sys
import time

held = bytearray(int(sys.argv[1]) << 20)
for offset in range(0, len(held), 4096):
    held[offset] = 1
while time.process_time() < float(sys.argv[2]):
    pass
time.sleep(float(sys.argv[3]))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(f"cpu {usage.ru_utime + usage.ru_stime:.3f} rss {usage.ru_maxrss * 1024}", flush=True)
