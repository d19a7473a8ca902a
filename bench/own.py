"""What a payload measures of itself: own.py jets PROGRAM EVENT | pipe | file. Prints seconds."""
import os
import resource
import subprocess
import sys
import time

GIB = 1 << 30
BLOCK = 1 << 20
EVENTS = 300


def jets(program, event):
    """CPU seconds of so many runs of a FastJet program."""
    for _ in range(EVENTS):
        with open(event, "rb") as events:
            subprocess.run([program], stdin=events, stdout=subprocess.DEVNULL, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pipe():
    """From the first byte of standard input to its end."""
    count = len(os.read(0, BLOCK))
    start = time.monotonic()
    while block := os.read(0, BLOCK):
        count += len(block)
    assert count == GIB, count
    return time.monotonic() - start


def file():
    """1 GiB into the working directory, and back: what the disk does with it is not counted."""
    block = os.urandom(BLOCK)
    start = time.monotonic()
    with open("gib", "wb", buffering=0) as target:
        for _ in range(GIB // BLOCK):
            target.write(block)
    with open("gib", "rb", buffering=0) as source:
        count = 0
        while got := len(source.read(BLOCK)):
            count += got
    assert count == GIB, count
    taken = time.monotonic() - start
    os.sync()
    os.unlink("gib")
    return taken


print({"jets": jets, "pipe": pipe, "file": file}[sys.argv[1]](*sys.argv[2:]))
