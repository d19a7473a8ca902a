"""A file system of one file whose server falls asleep once the file has been opened. Needs root and /dev/fuse.

Usage: sleeping_fuse.py DIRECTORY [CONTENT SECONDS]. Prints "mounted", then serves until it sleeps; with CONTENT, a file, it does not sleep, but takes so long for
every 128 KiB after the first. Killing it aborts the connection.
"""
import ctypes, os, stat, struct, sys, time

MS_NOSUID_NODEV = 2 | 4
LOOKUP, GETATTR, OPEN, READ, STATFS, INIT = 1, 3, 14, 15, 17, 26
FIRST = 128 << 10
ENOENT, ENOSYS = 2, 38

directory = sys.argv[1]
content = open(sys.argv[2], "rb").read() if len(sys.argv) > 2 else None
device = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
if libc.mount(b"sleeping", directory.encode(), b"fuse", MS_NOSUID_NODEV, options) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == 1 else stat.S_IFREG | (0o666 if content is None else 0o755)
    return struct.pack("<6Q10I", node, 4096 if content is None else len(content), 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(unique, body=b"", error=0):
    os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


print("mounted", flush=True)
while True:
    request = os.read(device, 1 << 17)
    _, operation, unique, node = struct.unpack_from("<IIQQ", request)
    if operation == INIT:
        major, minor, readahead, _ = struct.unpack_from("<IIII", request, 40)
        answer(unique, struct.pack("<IIIIHHIIHHI7I", 7, 31, readahead, 0, 8, 8, 4096, 1, 0, 0, 0, *[0] * 7))
    elif operation == LOOKUP:
        if request[40:].rstrip(b"\0") == b"file":
            answer(unique, struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2))
        else:
            answer(unique, error=ENOENT)
    elif operation == GETATTR:
        answer(unique, struct.pack("<QII", 0, 0, 0) + attributes(node))
    elif operation == OPEN:
        answer(unique, struct.pack("<QII", 1, 1, 0))  # direct I/O
        if content is None:
            print("asleep", flush=True)
            time.sleep(1 << 30)
    elif operation == STATFS:
        answer(unique, struct.pack("<5Q10I", 0, 0, 0, 0, 0, 4096, 255, 4096, *[0] * 7))
    elif operation == READ:
        _, offset, size = struct.unpack_from("<QQI", request, 40)
        if FIRST <= offset < len(content):
            time.sleep(float(sys.argv[3]) * size / FIRST)
        answer(unique, content[offset:offset + size])
    elif operation != 2:  # FORGET has no answer
        answer(unique, error=ENOSYS)
