"""Reads what `perf trace -T` wrote of payloads one after another, and tells how long each step took: steps.py TRACE TRACED UNTRACED."""
import re
import statistics
import sys

LINE = re.compile(r"\s*([\d.]+) \(\s*([\d.]+ ms)?\s*\): (.+?)/(\d+) +(\.\.\. \[continued\]: )?(\w+)\((.*)")
RESULT = re.compile(r"= (-?\d+)")

# In the order of their happening; each ends what the one before began.
STEPS = [
    ("the client starts", "client connects"),
    ("isolationd reads the request, decides, lends an account", "build asked"),
    ("the warden takes a room from stock", "build answered"),
    ("isolationd asks for the entry", "enter asked"),
    ("the warden makes leaf, scratch and mounts", "enter told"),
    ("cell-init attaches the mounts, opens the channel", "enter heard"),
    ("the answer goes by isolationd to the client", "streams sent"),
    ("cell-init takes the streams, opens the command", "resolved"),
    ("the answer goes to isolationd, which writes the durable record", "start asked"),
    ("the warden writes the ticket", "start told"),
    ("cell-init starts the payload", "payload born"),
    ("the payload runs", "payload over"),
    ("cell-init counts, proves the leaf empty", "ending told"),
    ("the warden writes the ticket", "ending answered"),
    ("isolationd asks for the removal", "destroy asked"),
    ("the room ends; leaf and scratch are removed", "destroy answered"),
    ("isolationd writes the durable record, answers", "client over"),
    ("the client ends", "client reaped"),
]


def events(path):
    """Each call's start and end, thread's name, call, result and arguments; one that takes long is seen at its start too, without result."""
    begun = {}
    for line in open(path, errors="replace"):
        match = LINE.match(line)
        if not match:
            continue
        at, took, name, thread, continued, call, rest = match.groups()
        at, took = float(at), float(took[:-3]) if took else None
        result = RESULT.search(rest.rsplit(")", 1)[-1]) if ")" in rest else None
        result = int(result.group(1)) if result else None
        if took is None:
            begun[thread, call] = rest
        elif continued:
            rest = begun.pop((thread, call), "")
        yield at, at + took if took is not None else at, name, call, result, rest


def payloads(trace):
    """Marks of each payload, by name."""
    marks, asked, told = {}, 0, 0
    for start, done, name, call, result, rest in sorted(events(trace), key=lambda event: event[1]):
        if name == "starts" and call == "clone3" and result and result > 0:
            marks, asked, told = {"begin": start}, 0, 0
            continue
        if not marks:
            continue
        if name == "isolation" and call == "connect" and result == 0:
            marks.setdefault("client connects", done)
        elif name == "isolation" and call == "sendmsg" and result == 8 and "enter heard" in marks:
            marks.setdefault("streams sent", done)
        elif name == "isolation" and call == "exit_group":
            marks.setdefault("client over", start)
        elif name == "starts" and call == "wait4" and "client over" in marks:
            marks["client reaped"] = done
            yield marks
            marks = {}
        elif name == "true" and call == "exit_group":
            marks.setdefault("payload over", start)
        elif name == "true":
            marks.setdefault("payload born", start)
        elif name == "cell-init" and call == "sendmsg" and "enter told" in marks:
            if "enter heard" not in marks and result == 9:
                marks["enter heard"] = done
            elif "streams sent" in marks and "resolved" not in marks and result and result > 20:
                marks["resolved"] = done
            elif "start told" in marks and "payload born" not in marks and result == 9:
                marks["payload born"] = done
            elif "payload over" in marks and result and result > 20:
                marks.setdefault("ending told", done)
        elif name == "warden" and call == "recvmsg" and "CMSG_CLOEXEC" in rest and result and result > 5:
            mark = {1: "build asked", 2: "enter asked", 4: "start asked", 6: "destroy asked"}.get(asked := asked + 1)
            if mark:
                marks.setdefault(mark, done)
        elif name == "warden" and call == "sendmsg" and result and result > 0:
            if "DONTWAIT" in rest:
                mark = {1: "build answered", 5: "ending answered", 6: "destroy answered"}.get(told := told + 1)
                if mark:
                    marks.setdefault(mark, done)
            elif "enter asked" in marks and result > 200:
                marks.setdefault("enter told", done)
            elif "start asked" in marks and result == 5:
                marks.setdefault("start told", done)


def microseconds(path):
    return [float(n) for n in open(path).read().split("\t")[1].split()]


found = [m for m in payloads(sys.argv[1]) if all(mark in m for _, mark in STEPS)]
if not found:
    sys.exit("steps: no payload could be followed through the trace")
print("| step | microseconds |")
print("|---|---|")
for i, (step, mark) in enumerate(STEPS):
    before = "begin" if i == 0 else STEPS[i - 1][1]
    print(f"| {step} | {statistics.median((m[mark] - m[before]) * 1000 for m in found):.0f} |")
total = statistics.median((m["client reaped"] - m["begin"]) * 1000 for m in found)
print(f"| **all** | **{total:.0f}** |")
print(f"\n{len(found)} payloads could be followed. Without the tracing the same took {statistics.median(microseconds(sys.argv[3])):.0f} (with it {statistics.median(microseconds(sys.argv[2])):.0f}).")
