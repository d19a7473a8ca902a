"""Attaches a filter to a cgroup of the v2 hierarchy that closes one device: deny-device.py DIRECTORY MAJOR MINOR. Exit code 3: this kernel takes none."""
import ctypes, os, struct, sys

SYS_bpf, BPF_PROG_LOAD, BPF_PROG_ATTACH = 321, 5, 8
BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI = 15, 6, 2
libc = ctypes.CDLL(None, use_errno=True)


def insn(code, registers=0, offset=0, immediate=0):
    return struct.pack("=BBhi", code, registers, offset, immediate)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    got = libc.syscall(SYS_bpf, command, buffer, len(attributes))
    if got < 0:
        print(f"bpf({command}): {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        sys.exit(3)
    return got


directory, major, minor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# struct bpf_cgroup_dev_ctx, linux/bpf.h: access_type, major, minor. 0 closes.
code = b"".join([
    insn(0x61, 0x12, 4),                    # r2 = major
    insn(0x55, 0x02, 4, major),             # another: to the end
    insn(0x61, 0x12, 8),                    # r2 = minor
    insn(0x55, 0x02, 2, minor),
    insn(0xB7, 0x00, 0, 0),                 # r0 = 0
    insn(0x95),                             # exit
    insn(0xB7, 0x00, 0, 1),                 # r0 = 1
    insn(0x95),
])
instructions = ctypes.create_string_buffer(code, len(code))
licence = ctypes.create_string_buffer(b"GPL")
program = bpf(BPF_PROG_LOAD, struct.pack("=IIQQ24x", BPF_PROG_TYPE_CGROUP_DEVICE, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(licence)))
cgroup = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
bpf(BPF_PROG_ATTACH, struct.pack("=IIII", cgroup, program, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI))
