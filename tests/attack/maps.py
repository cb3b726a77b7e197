# maps.py N - N random lists for ns-spawn --map, each checked by a model: a list
# that the model refuses must be refused, and the kernel must have the others.
import os, random, subprocess, sys

TOP = 2**32 - 1  # no id: it means "leave it" to the kernel
seed = int(os.environ.get("SEED", os.getpid()))
rnd = random.Random(seed)
# Few enough that ranges often touch, overlap or pass the end.
ids = [0, 1, 2, 10, 999, 1000, 65535, 65536, 100000, 2**31, TOP - 1000, TOP - 1, TOP, 2**32, 2**64]
counts = [0, 1, 1, 2, 10, 1000, 65536, 2**31, TOP - 1, TOP, 2**32 + 1]


# In a box the kernel takes only ids that the box has, each range from one of its own.
maps = [[tuple(map(int, line.split())) for line in open(f"/proc/self/{kind}_map")] for kind in ("uid", "gid")]


def ours(first, n):
    return all(any(a <= first and first + n <= a + m for a, _, m in own) for own in maps)


def ok(ranges):
    for i, (a, b, n) in enumerate(ranges):
        if n < 1 or max(a, b) + n > TOP or not ours(b, n):
            return False
        for c, d, m in ranges[:i]:
            if a < c + m and c < a + n or b < d + m and d < b + n:
                return False
    return True


def taken(word):
    p = subprocess.run(["ns-spawn", "--only", "user", "--map", word, "cat", "/proc/self/uid_map"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode not in (0, 125):
        sys.exit(f"{word}: status {p.returncode}")
    if p.returncode:
        return None
    return [tuple(map(int, line.split())) for line in p.stdout.splitlines()]


good = 0
for _ in range(int(sys.argv[1])):
    ranges = [(rnd.choice(ids), rnd.choice(ids), rnd.choice(counts)) for _ in range(rnd.choice((1, 1, 1, 2, 3)))]
    word = ",".join("%d:%d:%d" % r for r in ranges)
    want = sorted(ranges) if ok(ranges) else None
    got = taken(word)
    if (sorted(got) if got else got) != want:
        sys.exit(f"SEED={seed} --map {word}: got {got}, want {want}")
    good += want is not None
if not 0 < good < int(sys.argv[1]):
    sys.exit(f"SEED={seed}: {good} of {sys.argv[1]} are good: nothing was tested")
