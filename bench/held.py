"""What a running service holds: its two processes, found by the directory it lives in, and the leaves that are there."""
import glob
import os
import subprocess


def by(name, root):
    """Resident MiB, descriptors and threads of the service's process of that name."""
    pid = subprocess.run(["pgrep", "-f", f"{name}.*{root}/"], capture_output=True, text=True).stdout.split()[0]
    fields = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status") if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"])


def leaves():
    """How many leaves there are on this host."""
    return len(glob.glob("/sys/fs/cgroup/**/isolation*/cell-*", recursive=True))
