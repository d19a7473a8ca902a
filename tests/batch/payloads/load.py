"""A load that does what its input says, one line each, and answers when it is done."""
import os
import signal
import sys
import time

held = []


def fork(most):
    """Starts processes until one cannot be started; how many there were."""
    children = []
    for _ in range(most):
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            signal.pause()
        children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)


def leave():
    """Leaves a process in a session of its own that ignores what can be ignored; its number."""
    child = os.fork()
    if child == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.close(0)
        os.close(1)
        while True:
            time.sleep(60)
    return child


for line in iter(sys.stdin.readline, ""):
    word, figure = line.split()
    answer = 0
    if word == "hold":  # MiB
        held.append(b"\1" * (int(figure) << 20))
    elif word == "burn":  # milliseconds
        until = time.process_time() + int(figure) / 1000
        while time.process_time() < until:
            pass
    elif word == "fork":
        answer = fork(int(figure))
    elif word == "leave":
        answer = leave()
    print(answer, flush=True)
