# helpers.bash - loaded by the tests of engines: an engine, with box-oci, in network
# and mount namespaces of the test file, with its files below the test's directory.
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
load ../helpers

# engine_up: $keeper, a process in the namespaces; $parent, the control group for
# containers; $data, a directory.  The lab's link is the way out.
engine_up() {
	requires "root" test "$EUID" = 0
	lab_up
	export data=$BATS_FILE_TMPDIR/data parent keeper
	mkdir -p "$data"
	parent=$(awk -F: '$2 == "pids" || $2 == "" { print $3; exit }' /proc/self/cgroup)
	parent=${parent%/}/boxtest
	# An engine's usual places are its own here.
	(enter "$HOSTNS" unshare --mount --propagation private sh -euc '
		for dir in /run /var/lib/containers /var/lib/cni /etc/cni /var/lib/docker /var/lib/containerd; do
			[ ! -d $dir ] || mount -t tmpfs tmpfs $dir
		done
		touch /run/ready
		exec sleep infinity' 3>&-) &
	keeper=$!
	eventually 10 inside test -e /run/ready
	bb_root
}

# inside CMD...: in the namespaces, without bats's descriptor.
inside() { nsenter --target "$keeper" --mount --net -- "$@" 3>&-; }

# engine_down [PATTERN]: what is left of containers is an error; PATTERN are the names
# of their control groups.
engine_down() {
	local dir left=0
	for dir in $(find /sys/fs/cgroup -type d -path "*$parent/*" -name "${1:-*}" 2>/dev/null); do
		echo "left behind: $dir" >&2
		left=1
	done
	[ -z "$(inside ls /run/box-oci 2>/dev/null)" ] || { inside ls -R /run/box-oci >&2 && left=1; }
	kill "$keeper"
	lab_down
	return $left
}

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
