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
# All processes end: this is process 1 of its namespace. Then their groups go.
finish() {
	local i
	box-ps -q | timeout 60 xargs -r box-stop -t 0 >"$tmp/ended" || :
	jobs -p | xargs -r kill 2>/dev/null || :
	for ((i = 0; i < 50; i++)); do
		[ "$(jobs -pr)" ] || break
		sleep 0.1
	done
	kill -KILL -1 2>/dev/null || :
	wait
	# A group is busy until the last of its processes is reaped.
	for ((i = 0; i < 50; i++)); do
		box-gc || :
		[ -z "$(box-gc -n)" ] && groups_end && break
		sleep 0.1
	done
	rm -rf --one-file-system "$tmp"
}
# groups_end: those of docker, and of a floor that was killed, are gone.
groups_end() {
	local dir left=0
	# shellcheck disable=SC2086
	for dir in $(find /sys/fs/cgroup -depth -type d -path "*/${tmp##*/}*" 2>/dev/null) \
	    $(IFS=: && find ${groups:-/none} -maxdepth 1 -type d -name 'floor[0-9]*' 2>/dev/null); do
		rmdir "$dir" 2>/dev/null || left=1
	done
	return $left
}
trap finish EXIT
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link set lo up
# In memory, as a host's.
export BOX_STATE=/run/box
# As on a host: a namespace of processes that may end has none.
export BOX_GRACE=1
root=$tmp/root
"$top/rootfs/busybox" "$root"
mkdir "$root/www"

# The groups that box-run makes, for the floor.
floor=$top/tests/bench/floor
groups=$(box-run -x --rm "$root" true 2>&1 |
    sed -n 's,^+ mkdir \(/sys/fs/cgroup.*\)/[^/]*$,\1,p' | paste -sd :)

# Most peers fail on a host with cgroups of both versions, so v2 is covered there.
# only_v2 CMD...: CMD sees v2 alone, which podman needs.
crun="crun --cgroup-manager cgroupfs --root /run/crun"
mkdir /run/v2
if v2=$(findmnt -nfo TARGET -t cgroup2); then
	mount --bind "$v2" /run/v2
	! findmnt -nt cgroup >"$tmp/v1" || mount -t tmpfs tmpfs "$v2"
fi
cat >"$tmp/only_v2" <<-END
	#!/bin/sh
	mount --bind /run/v2 /sys/fs/cgroup && exec "\$@"
END
chmod +x "$tmp/only_v2"

# installed CMD: quietly.
installed() { command -v "$1" >/dev/null; }

# bundle NAME PROG...: the directory $tmp/NAME, with which crun and runc run PROG, with
# the limits of a box.
bundle() {
	installed crun || return 0
	mkdir "$tmp/$1"
	crun spec --bundle "$tmp/$1"
	jq --arg root "$root" '.root.path = $root | .process.terminal = false |
	    .process.args = $ARGS.positional | .process.rlimits = [] |
	    .linux.cgroupsPath = "/" + $group | .linux.resources += {pids: {limit: 20},
	    cpu: {quota: 50000, period: 100000}}' --arg group "${tmp##*/}" \
	    "$tmp/$1/config.json" --args "${@:2}" >"$tmp/config"
	mv "$tmp/config" "$tmp/$1/config.json"
}
podman="unshare --mount $tmp/only_v2 podman --root $tmp/podman --runroot $tmp/podman.run
    --cgroup-manager cgroupfs run --rm --cgroups disabled --ulimit nofile=1024:1024
    --ulimit nproc=1024:1024"
podman=${podman//$'\n'/ }

# in_net NAMESPACE CMD...: "ip netns exec" would hide the groups.
in_net() { nsenter --net="/run/netns/$1" "${@:2}"; }

# docker_up NAMESPACE: docker's daemon, with its files in memory, and $root as its
# image "bench". Its network is a namespace of its own, because the daemon makes a
# policy for all that is forwarded.
docker_up() {
	local dir i net=$1
	installed dockerd || return 0
	[ -e "/run/netns/$net" ] || ip netns add "$net"
	ip -n "$net" link set lo up
	for dir in /var/lib/docker /var/lib/containerd /etc/docker; do
		[ ! -d $dir ] || mount -t tmpfs tmpfs $dir
	done
	cat >"$tmp/docker.json" <<-END
		{"data-root": "/run/docker-data", "exec-root": "/run/docker", "pidfile": "/run/docker.pid",
		"hosts": ["unix:///run/docker.sock"], "cgroup-parent": "/${tmp##*/}",
		"exec-opts": ["native.cgroupdriver=cgroupfs"]}
	END
	export DOCKER_HOST=unix:///run/docker.sock
	in_net "$net" dockerd --config-file "$tmp/docker.json" >"$tmp/docker.log" 2>&1 &
	for ((i = 0; i < 150; i++)); do
		! docker version >"$tmp/docker.up" 2>&1 || break
		sleep 0.2
	done
	tar -C "$root" -c . | docker import - bench >"$tmp/docker.image" ||
	    { tail -n 1 "$tmp/docker.log" >&2 && return 1; }
}
