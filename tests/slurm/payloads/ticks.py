"""Prints a line for every signal that arrives and, ten times a second, the time; ignores every signal that can be ignored."""
import signal
import time

def got(number, frame):
    print("signal", signal.Signals(number).name, flush=True)

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT, signal.SIGTSTP):
    signal.signal(number, got)
while True:
    print(f"tick {time.monotonic():.1f}", flush=True)
    time.sleep(0.1)
