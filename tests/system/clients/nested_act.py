"""As root of a user namespace, tries what only capabilities of the host's own allow; prints what succeeds. Usage: nested_act.py WORK OTHER-UID"""
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
work, other = sys.argv[1], int(sys.argv[2])
held = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff"))
print("full" if int(held, 16).bit_count() > 35 else held)
def attempt(what, act):
    try:
        if act() in (0, None): print(what)
    except OSError:
        pass
attempt("read the pilot's secret", lambda: open(work + "/secret").close())
attempt("replace the pilot's secret", lambda: os.unlink(work + "/secret"))
attempt("write to the host", lambda: open("/etc/iso-nested", "w").close())
attempt("read shadow", lambda: open("/etc/shadow").close())
attempt("become the other payload", lambda: os.setresuid(other, other, other))
attempt("become a uid of the host", lambda: os.setresuid(1, 1, 1))
attempt("give a file away", lambda: (open("own", "w").close(), os.chown("own", 1, 1))[1])
attempt("make a device node", lambda: os.mknod("disk", 0o600 | 0o060000, os.makedev(8, 0)))
attempt("mount a file system of the host's", lambda: libc.mount(b"/dev/vda", b"/mnt", b"ext4", 0, None))
attempt("signal cell-init", lambda: os.kill(1, 0))
attempt("enter cell-init's mounts", lambda: libc.setns(os.open("/proc/1/ns/mnt", 0), 0))
attempt("show the room's processes", lambda: libc.mount(b"proc", b"/mnt", b"proc", 0, None))
attempt("set the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
attempt("name the machine", lambda: socket.sethostname("iso-nested"))
attempt("open a raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())
attempt("bind a low port", lambda: socket.socket().bind(("127.0.0.1", 81)))
attempt("read the kernel's log", lambda: 0 if libc.klogctl(3, ctypes.create_string_buffer(64), 64) >= 0 else 1)
attempt("be killed last", lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000") and None)
attempt("raise a limit", lambda: libc.prlimit(0, 7, (ctypes.c_ulong * 2)(1 << 30, 1 << 30), None))
attempt("be nicer to itself", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))
print("done")
