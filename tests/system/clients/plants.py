"""Makes everything in its working directory that somebody could stumble over; prints what succeeded that must not.

Usage: plants.py [FILES]: that many ordinary files besides.
"""
import errno, fcntl, os, socket, stat, struct, sys

FS_IOC_SETFLAGS, IMMUTABLE, APPEND_ONLY = 0x40086602, 0x10, 0x20


def refused(what, act):
    try:
        act()
    except OSError:
        return
    print(what)


def setid(mode):
    os.close(os.open("program", os.O_CREAT | os.O_WRONLY, 0o755))
    os.chmod("program", mode)


def flag(value):
    file = os.open("flagged", os.O_CREAT | os.O_RDWR)
    fcntl.ioctl(file, FS_IOC_SETFLAGS, struct.pack("i", value))


for target in ("/etc/passwd", "/usr/bin/env", "/etc/shadow", "/bin/su"):
    refused("hard link to " + target, lambda: os.link(target, "link-" + os.path.basename(target)))
refused("set-uid", lambda: setid(0o4755))
refused("set-gid", lambda: setid(0o2755))
refused("character device", lambda: os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3)))
refused("block device", lambda: os.mknod("disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)))
refused("immutable", lambda: flag(IMMUTABLE))
refused("append-only", lambda: flag(APPEND_ONLY))
refused("given away", lambda: (open("given", "w").close(), os.chown("given", 0, 0)))

os.mkfifo("pipe")
os.symlink("/", "root")
os.symlink("/etc/passwd", "passwd")
os.symlink("loop", "loop")
socket.socket(socket.AF_UNIX).bind("socket")
open("twice", "w").write("x")
for i in range(1000):
    os.link("twice", f"twice-{i}")
os.truncate(os.open("sparse", os.O_CREAT | os.O_WRONLY), 1 << 40)
for name in (b"\xff\xfe", b"line\nline", b"\x1b[2J", b" ", b"-rf", b"*", b"$(id)", b"n" * 255, b"\xc3\x28"):
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    os.mkdir(name + b"d" if len(name) < 255 else b"d" * 255)

# Deeper than any path is long, and directories that their owner cannot read.
here = os.open(".", os.O_RDONLY)
for i in range(600):
    os.mkdir("deep" * 5)
    os.chdir("deep" * 5)
open("bottom", "w").close()
os.fchdir(here)
for mode in (0, 0o100, 0o400):
    os.makedirs(f"closed-{mode}/below/further")
    open(f"closed-{mode}/below/file", "w").close()
    os.chmod(f"closed-{mode}/below", mode)
    os.chmod(f"closed-{mode}", mode)

for i in range(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
    os.close(os.open(f"{i}", os.O_CREAT | os.O_WRONLY))
print("made")
