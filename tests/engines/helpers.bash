# helpers.bash - loaded by the tests of engines: an engine, with box-oci, in network
# and mount namespaces of the test file, with its files below the test's directory.
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
load ../helpers

# For a shell in a mount namespace of its own.
HIDE='for program in runc crun youki runsc; do
	! path=$(command -v $program) || mount --bind /bin/false "$path"
done'

# space NAMESPACE: $space, a process that holds a mount namespace in which the usual
# places of engines are empty, with that network namespace.  The tools are in
# /usr/local/bin, and other runtimes fail: what an engine runs there runs by box-oci.
space() {
	(enter "$1" unshare --mount --propagation private sh -euc '
		for dir in /run /var/lib/containers /var/lib/cni /etc/cni /var/lib/docker /var/lib/containerd /etc/docker; do
			[ ! -d $dir ] || mount -t tmpfs tmpfs $dir
		done
'"$HIDE"'
		mount --bind "$TOP/bin" /usr/local/bin
		cp -R /etc/containers /run/etc
		mount --bind /run/etc /etc/containers
		# Without an answer engines wait long for a registry.
		echo nameserver 127.0.0.1 >/run/resolv.conf
		! resolv=$(readlink -e /etc/resolv.conf) || mount --bind /run/resolv.conf "$resolv"
		cut -d" " -f2 /proc/mounts | sort >/run/ready
		exec sleep infinity' 3>&-) &
	space=$!
	eventually 10 nsenter --target "$space" --mount test -s /run/ready
}

# engine_up: $keeper, the process of space() for the lab's host; $parent, the control
# group for containers; $data, a directory.  The lab's link is the way out.
engine_up() {
	requires "root" test "$EUID" = 0
	lab_up
	export data=$BATS_FILE_TMPDIR/data parent keeper others
	mkdir -p "$data"
	# On v2 the groups above have no processes.
	parent=$(awk -F: '$2 == "pids" { print $3 }' /proc/self/cgroup)
	parent=${parent%/}/boxtest
	# Podman's own group for pods, at the top.
	others=$(echo /sys/fs/cgroup/*/libpod_parent)
	space "$HOSTNS"
	keeper=$space
	bb_root
}

# inside CMD...: in the namespaces of $at or $keeper, without bats's descriptor.
inside() { nsenter --target "${at:-$keeper}" --mount --net -- "$@" 3>&-; }

# engine_down [PATTERN]: what the engine has left is an error; PATTERN are the names of
# the containers' control groups, because podman keeps others.
engine_down() {
	local status=0
	eventually 10 nothing_left "${1:-*}" || status=1
	kill "$keeper"
	# Groups of others come and go while find looks.
	find /sys/fs/cgroup -depth -type d -path "*$parent*" -exec rmdir {} + 2>/dev/null || :
	[ -e "${others%% *}" ] || find /sys/fs/cgroup/*/libpod_parent -depth -type d -exec rmdir {} + 2>/dev/null || :
	# Above $parent, in a hierarchy in which we are elsewhere.
	[ "$parent" = /boxtest ] || rmdir /sys/fs/cgroup/*"${parent%/*}" 2>/dev/null || :
	lab_down
	return $status
}
nothing_left() {
	is "$(find /sys/fs/cgroup -type d -path "*$parent/*" -name "$1" 2>/dev/null)" "" "groups"
	is "$(inside find /run/box-oci /run/docker/runtime-runc /run/containerd/runc -mindepth 2 2>/dev/null)" "" "state"
	is "$(inside find /proc/[0-9]*/ns/mnt -lname "$(readlink "/proc/$keeper/ns/mnt")" -printf '%h\n' |
	    sed 's,ns$,comm,' | xargs cat 2>/dev/null | grep -vxE 'sleep|find')" "" "processes"
	# But the places for network namespaces.
	is "$(inside sh -c 'cut -d" " -f2 /proc/mounts | sort | comm -13 /run/ready - | grep -vE "^/run/(netns$|docker/netns/)"')" "" "mounts"
}
# ours ID: box-oci has this container.
ours() { [ "$(inside find /run -path "*/$1*/fstab")" ]; }

# make_image: $image, a docker archive of busybox's root, as box/bb:1.
make_image() {
	requires "skopeo and umoci" command -v skopeo umoci
	local layout=$BATS_FILE_TMPDIR/layout
	export image=$BATS_FILE_TMPDIR/image.tar
	umoci init --layout "$layout"
	umoci new --image "$layout:1"
	umoci insert --image "$layout:1" "$bb.new" /
	umoci config --image "$layout:1" --config.cmd sh --config.env PATH=/usr/sbin:/usr/bin:/sbin:/bin
	skopeo copy -q "oci:$layout:1" "docker-archive:$image:docker.io/box/bb:1"
}

# make_pause: $pause, the same that only waits, as box/pause:1.
make_pause() {
	local layout=$BATS_FILE_TMPDIR/layout
	export pause=$BATS_FILE_TMPDIR/pause.tar
	umoci tag --image "$layout:1" pause
	umoci config --image "$layout:pause" --clear config.cmd --config.entrypoint /bin/sleep --config.entrypoint 100000
	skopeo copy -q "oci:$layout:pause" "docker-archive:$pause:docker.io/box/pause:1"
}

# dockerd_up NAME [JSON]: docker's daemon, with box-oci for each container, and the
# image; JSON is more of the config.
dockerd_up() {
	cat >"$data/$1.json" <<-END
		{${2-} "data-root": "/run/$1", "exec-root": "/run/docker", "pidfile": "/run/docker.pid", "hosts": ["unix:///run/docker.sock"],
		"storage-driver": "vfs", "runtimes": {"box": {"path": "$TOP/bin/box-oci"}}, "default-runtime": "box",
		"cgroup-parent": "$parent", "exec-opts": ["native.cgroupdriver=cgroupfs"]}
	END
	daemon "$1" dockerd --config-file "$data/$1.json"
	eventually 30 docker version >/dev/null || { tail -n 5 "$data/$1.log" >&2 && return 1; }
	docker load -q -i "$image"
}
docker() { inside timeout 60 docker -H unix:///run/docker.sock "$@"; }

# daemon NAME CMD...: in the background, in the namespaces of $at or $keeper, with its lines in $data/NAME.log and its pid
# in $data/NAME.pid; daemon_end NAME ends it.
daemon() {
	nsenter --target "${at:-$keeper}" --mount --net -- "${@:2}" >"$data/$1.log" 2>&1 3>&- &
	echo $! >"$data/$1.pid"
}
daemon_end() {
	kill "$(<"$data/$1.pid")"
	eventually 20 gone "$(<"$data/$1.pid")"
}
