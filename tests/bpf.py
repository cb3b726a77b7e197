"""bpf.py FILE CALL...: what a compiled filter of system calls says, worked out
without a kernel, so for any architecture.  CALL is ARCH:NR[:ARG...], ARCH a
number of linux/audit.h."""
import struct
import sys

ARCHS = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7, "arm": 0x40000028}


def verdict(code, data):
    acc = pc = 0
    while True:
        op, jt, jf, k = code[pc]
        pc += 1
        if op == 0x20:  # ld [k]
            acc = struct.unpack_from("<I", data, k)[0]
        elif op == 0x54:  # and #k
            acc &= k
        elif op == 0x05:  # ja k
            pc += k
        elif op == 0x15:  # jeq #k
            pc += jt if acc == k else jf
        elif op == 0x35:  # jge #k
            pc += jt if acc >= k else jf
        elif op == 0x06:  # ret #k
            return k
        else:
            sys.exit("bpf.py: instruction %#x" % op)


def text(ret):
    action, value = ret & 0xFFFF0000, ret & 0xFFFF
    if action == 0x7FFF0000:
        return "allow"
    if action == 0x80000000:
        return "kill"
    if value & 0x4000:
        return "cap %d errno %d" % (value >> 8 & 63, value & 255)
    return "errno %d" % value


def main():
    with open(sys.argv[1], "rb") as f:
        code = list(struct.iter_unpack("<HBBI", f.read()))
    for call in sys.argv[2:]:
        arch, nr, *args = call.split(":")
        args = [int(a, 0) for a in args] + [0] * (6 - len(args))
        data = struct.pack("<iIQ6Q", int(nr, 0), ARCHS[arch], 0, *args) if int(nr, 0) < 2**31 else struct.pack(
            "<IIQ6Q", int(nr, 0), ARCHS[arch], 0, *args)
        print(call, text(verdict(code, data)))


main()
