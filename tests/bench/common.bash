# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # for the scripts
# common.bash - the place of each measurement: namespaces of its own, a root directory,
# and what is compared
#
# Milliseconds depend on the machine and on its load: so all that is compared is
# measured in turns, within one run, and the ratios are what counts.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd -P)
PATH=$top/bin:/usr/local/sbin:/usr/sbin:/sbin:$PATH
[ "${1-}" = -- ] ||
    exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" -- "$@"
shift

tmp=$(mktemp -d)
trap 'exit 130' INT TERM
finish() {
	# Their stages that stay remove their groups.
	jobs -p | xargs -r kill 2>/dev/null || :
	wait
	box-ps -q | xargs -r box-stop -t 0 >"$tmp/ended" || :
	box-gc || :
	rm -rf --one-file-system "$tmp"
}
trap finish EXIT
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link set lo up
export BOX_STATE=$tmp/state
# As on a host: a namespace of processes that may end has none.
export BOX_GRACE=1
root=$tmp/root
"$top/rootfs/busybox" "$root"
mkdir "$root/www"

# The groups that box-run makes, for the floor.
floor=$top/tests/bench/floor
groups=$(box-run -x --rm "$root" true 2>&1 |
    sed -n 's,^+ mkdir \(/sys/fs/cgroup.*\)/[^/]*$,\1,p' | paste -sd :)

# only_v2 CMD...: most peers fail on a host with cgroups of both versions.
cat >"$tmp/only_v2" <<-END
	#!/bin/sh
	mount --bind $(findmnt -nfo TARGET -t cgroup2) /sys/fs/cgroup && exec "\$@"
END
chmod +x "$tmp/only_v2"

# bundle NAME PROG...: the directory $tmp/NAME, with which crun and runc run PROG,
# without a cgroup.
bundle() {
	mkdir "$tmp/$1"
	crun spec --bundle "$tmp/$1"
	jq --arg root "$root" '.root.path = $root | .process.terminal = false |
	    .process.args = $ARGS.positional | .linux.resources = {} | .process.rlimits = []' \
	    "$tmp/$1/config.json" --args "${@:2}" >"$tmp/config"
	mv "$tmp/config" "$tmp/$1/config.json"
}
podman="unshare --mount $tmp/only_v2 podman --root $tmp/podman --runroot $tmp/podman.run
    --cgroup-manager cgroupfs run --rm --cgroups disabled --ulimit nofile=1024:1024
    --ulimit nproc=1024:1024"
podman=${podman//$'\n'/ }
