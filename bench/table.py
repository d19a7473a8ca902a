"""Turns what `starts` printed into a table: table.py BACK_TO_BACK AFTER_IDLENESS. The first way is the one compared with the others."""
import sys


def read(path):
    ways = {}
    for line in open(path):
        name, values = line.rstrip("\n").split("\t")
        ways[name] = [float(v) / 1000 for v in values.split()]
    return ways


def at(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


for title, path in (("Back to back", sys.argv[1]), ("Each after 100 ms of idleness", sys.argv[2])):
    ways = read(path)
    ours = next(iter(ways.values()))
    print(f"\n## {title} ({len(ours)} rounds)\n")
    print("| way | p50 ms | p90 ms | p99 ms | ours / it, p50 | ours / it, p99 |")
    print("|---|---|---|---|---|---|")
    for name, values in ways.items():
        p50, p90, p99 = (at(values, p) for p in (0.5, 0.9, 0.99))
        ratios = "| – | – |" if values is ours else f"| {at(ours, 0.5) / p50:.2f} | {at(ours, 0.99) / p99:.2f} |"
        print(f"| `{name}` | {p50:.2f} | {p90:.2f} | {p99:.2f} {ratios}")
