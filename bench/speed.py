"""The other tables of bench/speed: speed.py DIRECTORY RUNS_OF_A_BLOCK."""
import statistics
import sys

root, each = sys.argv[1], int(sys.argv[2])


def numbers(name):
    return [[float(n) for n in line.split()] for line in open(f"{root}/{name}")]


def rates(name):
    return [each / (end - start) for start, end in numbers(name)]


ours, sudo = rates("many-ours"), rates("many-sudo")
print(f"\n# Payloads per second\n\nAs many at a time as there are processors; {len(ours)} blocks of {each} of each, in turns.\n")
print("| way | median a second | lowest | highest | ours / it |")
print("|---|---|---|---|---|")
print(f"| `isolation run -- /bin/true` | {statistics.median(ours):.0f} | {min(ours):.0f} | {max(ours):.0f} | – |")
print(f"| `sudo -n -u nobody /bin/true` | {statistics.median(sudo):.0f} | {min(sudo):.0f} | {max(sudo):.0f} | {statistics.median(ours) / statistics.median(sudo):.2f} |")

print("\n# A payload's own speed\n\nMeasured by the payload itself, in turns with the same program run without us as the pilot; the median and the quickest of each.\n")
print("| what | ours, s | bare, s | ours / bare | quickest / quickest |")
print("|---|---|---|---|---|")
for name, what in (("jets", "FastJet, CPU time"), ("pipe", "1 GiB through a pipe"), ("file", "1 GiB into the working directory, and back")):
    ours, bare = ([n[0] for n in numbers(f"{name}-{whose}")] for whose in ("ours", "without"))
    print(f"| {what} | {statistics.median(ours):.3f} | {statistics.median(bare):.3f} | {statistics.median(ours) / statistics.median(bare):.3f} | {min(ours) / min(bare):.3f} |")
