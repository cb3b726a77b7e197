# cgroups.bash - a program in a group of cg-limit's, and that group's files
# shellcheck shell=bash disable=SC2034,SC2154

# limit CONTROLLER V2-FILE V1-FILE: of the group of $prog; on v2 one without the
# controller has no limit.
limit() {
	local d
	d=$(cgroup_dir "$1" "$prog")
	if [ -e "$d/$2" ]; then
		cat "$d/$2"
	elif [ -e "$d/cgroup.controllers" ]; then
		echo max
	else
		cat "$d/$3"
	fi
}
is_v2() { [ -e "$(cgroup_dir "$1")/cgroup.controllers" ]; }
# The share of one CPU in the group's file, in millionths.
share() {
	local d quota period
	d=$(cgroup_dir cpu "$prog")
	if [ -e "$d/cpu.max" ]; then
		read -r quota period <"$d/cpu.max"
	elif [ ! -e "$d/cpu.cfs_quota_us" ]; then
		quota=max # v2: no controller, no limit
	else
		quota=$(<"$d/cpu.cfs_quota_us") period=$(<"$d/cpu.cfs_period_us")
	fi
	case $quota in max | -1) echo max ;; *) echo $((quota * 1000000 / period)) ;; esac
}
# home CONTROLLER...: the place of a group with them. On v1 below ours; on v2
# further up, because a group with processes has no limited groups below it.
home() {
	local d c
	d=$(cgroup_dir "$1")
	is_v2 "$1" || { echo "$d"; return; }
	for c; do
		while ! grep -qw "$c" "$d/cgroup.controllers" ||
		    { [ -e "$d/cgroup.events" ] && [ "$(<"$d/cgroup.procs")" ]; }; do
			d=${d%/*}
		done
	done
	echo "$d/boxtools"
}
# limited ARGS...: starts cg-limit ARGS sleep, with $prog the sleep.
limited() {
	start cg-limit "$@" sleep 1000
	runs sleep
}
over() { kill "$prog" && finish; }
# last_cpu: $cpu is one of two CPUs or more that we may use.
cpus_of() { awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$1/status"; }
last_cpu() {
	local list
	list=$(cpus_of self)
	requires "two CPUs" test "$list" != "${list##*[-,]}"
	cpu=${list##*[-,]}
}
# loop_device: a disk of 4 MiB, $disk, with the number $device; the caller's
# teardown calls loop_gone.
loop_device() {
	beyond_box disk
	limits_disks() {
		[ -e "$(cgroup_dir blkio)/blkio.throttle.read_bps_device" ] ||
		    grep -qsw io "$(cgroup_dir "")/cgroup.controllers"
	}
	lacks_kernel "limits of disks" limits_disks
	modprobe -q loop || :
	truncate -s 4M "$BATS_TEST_TMPDIR/disk"
	disk=$(losetup -f --show "$BATS_TEST_TMPDIR/disk")
	device=$(lsblk -dno MAJ:MIN "$disk" | tr -d ' ')
}
loop_gone() { [ ! "${disk:-}" ] || losetup -d "$disk"; }
# rate KIND: of $device, in the group of $prog
rate() {
	local d n
	d=$(cgroup_dir blkio "$prog")
	if [ -e "$d/io.max" ]; then
		sed -n "s/^$device .*$1=\([^ ]*\).*/\1/p" "$d/io.max"
		return
	fi
	case $1 in
	rbps) n=read_bps ;;
	wbps) n=write_bps ;;
	riops) n=read_iops ;;
	wiops) n=write_iops ;;
	esac
	n=$(awk -v dev="$device" '$1 == dev { print $2 }' "$d/blkio.throttle.${n}_device")
	echo "${n:-max}"
}
