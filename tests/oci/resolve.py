"""resolve.py PROFILE: a config.json whose linux.seccomp is an engine's profile, for
a container without capabilities on amd64, as engines resolve it."""
import json
import sys

with open(sys.argv[1]) as f:
    profile = json.load(f)


def holds(g):
    inc, exc = g.get("includes") or {}, g.get("excludes") or {}
    arches = {"amd64", "x86", "x32"}
    return (
        not inc.get("caps")
        and (not inc.get("arches") or arches & set(inc["arches"]))
        and not arches & set(exc.get("arches") or [])
    )


out = {
    "defaultAction": profile["defaultAction"],
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [
        {k: g[k] for k in ("names", "action", "args", "errnoRet") if g.get(k) is not None}
        for g in profile["syscalls"]
        if holds(g)
    ],
}
if profile.get("defaultErrnoRet") is not None:
    out["defaultErrnoRet"] = profile["defaultErrnoRet"]
json.dump({"linux": {"seccomp": out}}, sys.stdout)
