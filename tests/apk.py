#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""apk.py NAME ARCH DIR SCRIPT OUT - makes a package for Alpine's apk, unsigned

Two gzip streams in one file: the description with SCRIPT, which runs after the
installation, as a tar archive that lacks its end, and the files of DIR.
"""
import gzip
import hashlib
import io
import os
import sys
import tarfile


def archive(add, end):
    raw = io.BytesIO()
    tar = tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT)
    add(tar)
    size = tar.offset
    tar.close()
    return gzip.compress(raw.getvalue()[: None if end else size])


def put(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = mode
    tar.addfile(info, io.BytesIO(data))


def entry(info):
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    if info.isreg():
        with open(os.path.join(directory, info.name), "rb") as f:
            sha1 = hashlib.sha1(f.read()).hexdigest()
        info.pax_headers = {"APK-TOOLS.checksum.SHA1": sha1}
    return info


name, arch, directory, script, out = sys.argv[1:]


def data(tar):
    for name in os.listdir(directory):
        tar.add(os.path.join(directory, name), name, filter=entry)


files = archive(data, True)
about = f"""pkgname = {name}
pkgver = 1-r0
pkgdesc = {name}
url = http://example.org
arch = {arch}
size = 1
license = MIT
datahash = {hashlib.sha256(files).hexdigest()}
""".encode()
with open(script, "rb") as f:
    after = f.read()


def control(tar):
    put(tar, ".PKGINFO", about)
    put(tar, ".post-install", after, 0o755)


with open(out, "wb") as f:
    f.write(archive(control, False) + files)
