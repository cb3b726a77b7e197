"""profile.py SEED: a config.json with a made-up linux.seccomp, by random numbers."""
import json
import random
import sys

r = random.Random(int(sys.argv[1]))
NAMES = """read write open close stat fstat socket bind connect accept4 recvfrom sendmsg shutdown ioctl clone clone3
personality mmap2 mmap shmget shmat semop semget msgctl prctl futex openat2 no_such_call
arch_prctl old_mmap time stime send recv getrlimit ugetrlimit bpf ptrace""".split()
OPS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
VALUES = [0, 1, 2, 16, 0x7E020000, 2**31, 2**32 - 1, 2**32, 2**32 + 7, 0x8000000100000001, 2**63, 2**64 - 1]
ACTIONS = ["KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "ERRNO", "TRACE", "LOG", "ALLOW"]


def action(d, which, error):
    a = r.choice(ACTIONS)
    d[which] = "SCMP_ACT_" + a
    if a in ("ERRNO", "TRACE") and r.random() < 0.7:
        d[error] = r.randrange(1, 200)


def arg():
    a = {"index": r.randrange(6), "value": r.choice(VALUES), "op": "SCMP_CMP_" + r.choice(OPS)}
    if r.random() < 0.8 or a["op"].endswith("MASKED_EQ"):
        a["valueTwo"] = r.choice(VALUES)
    return a


seccomp = {"architectures": r.choice([["SCMP_ARCH_X86_64"], ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], ["SCMP_ARCH_X86"]])}
action(seccomp, "defaultAction", "defaultErrnoRet")
# A call is in one group: of several verdicts for one call libseccomp takes any.
names = NAMES[:]
r.shuffle(names)
seccomp["syscalls"] = groups = []
while names:
    g = {"names": [names.pop() for _ in range(min(len(names), r.randrange(1, 6)))]}
    action(g, "action", "errnoRet")
    groups.append(g)
    if r.random() < 0.8:
        g["args"] = [arg() for _ in range(r.randrange(0, 5))]
    # The same verdict by other conditions.
    if r.random() < 0.3:
        groups.append(dict(g, args=[arg()]))
json.dump({"linux": {"seccomp": seccomp}}, sys.stdout)
