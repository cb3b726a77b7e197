#!/usr/bin/env bats
# box-gc: the remains of killed boxes go, and nothing else.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	bb_root
	baseline_save
}
teardown() {
	lab_end
}

# box NAME PORT: a whole box in the background.
box() {
	start box-run --name "$1" -p "$2:80" "$bb" sleep 1000
	runs sleep
}
# killed PID: kills the process and all stages below it, at once.
killed() {
	local p all=("$1")
	for ((i = 0; i < ${#all[@]}; i++)); do
		read -ra p < <(cat "/proc/${all[i]}/task/${all[i]}/children" && echo) || :
		all+=("${p[@]}")
	done
	kill -9 "${all[@]}" 2>/dev/null
	finish "$1"
	for p in "${all[@]}"; do eventually 10 gone "$p"; done
}

# forgotten: box-gc has not found the network namespace, and its hint removes
# the record.
forgotten() {
	local said
	said=$(box-gc 2>&1)
	has "$said" "out of sight"
	sh -c "${said#*hint: }"
	box-gc
	hasnt "$(ls "$BOX_STATE/lock")" net
}

@test "all of a killed box goes, and of a running one nothing" {
	box lives 8081
	lives=$pid
	baseline >"$BATS_TEST_TMPDIR/with"
	box dies 8082
	killed "$pid"
	has "$(baseline)" BOX-LO-1
	has "$(ls /run/netns)" dies
	box-gc
	as_before() { diff "$BATS_TEST_TMPDIR/with" <(baseline) >&2; }
	eventually 10 as_before
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	kill "$lives"
	finish "$lives"
	is "$status" 143
}

@test "-n prints the removals, and changes nothing; -x prints and does them" {
	box dies 8080
	killed "$pid"
	# The kernel deletes the link at its leisure.
	eventually 10 eval 'hasnt "$(host ip -br link)" veth'
	baseline >"$BATS_TEST_TMPDIR/left"
	run -0 --separate-stderr box-gc -n
	is "$stderr" ""
	has "$output" "rmdir "
	has "$output" "rm /run/netns/dies"
	has "$output" "iptables"
	diff "$BATS_TEST_TMPDIR/left" <(baseline)
	run -0 --separate-stderr box-gc -x
	is "$output" ""
	has "$stderr" "rmdir "
}

@test "files of another network namespace stay, though its number begins alike" {
	local cookie
	cookie=$(host python3 -c 'import socket, struct
print(*struct.unpack("Q", socket.socket().getsockopt(1, 71, 8)))')	# SO_NETNS_COOKIE
	mkdir -p "$BOX_STATE/lock"
	: >"$BOX_STATE/lock/netns-${cookie}0"
	run -0 host box-gc -n
	is "$(echo "$BOX_STATE"/lock/netns-*)" "$BOX_STATE/lock/netns-${cookie}0"
	rm "$BOX_STATE/lock/netns-${cookie}0"
}

@test "rules in another network namespace are found; its end takes the record along" {
	start net-nat -p 8080:80 sleep 1000
	runs sleep
	killed "$pid"
	has "$(host iptables-save)" BOX-FWD-0
	box-gc	# not in the lab's
	hasnt "$(host iptables-save)" BOX-
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0

	ip netns add "gone$$"
	nsenter --net="/run/netns/gone$$" net-nat -p 8080:80 sleep 1000 3>&- &
	pid=$!
	runs sleep
	killed "$pid"
	ip netns del "gone$$"
	has "$(ls "$BOX_STATE/lock")" nat-
	eventually 10 eval 'box-gc; hasnt "$(ls "$BOX_STATE/lock")" nat-'
}

@test "a network namespace that only a mount, a descriptor or a thread holds has not gone" {
	requires "python3" command -v python3
	local pin holder=()
	pinned() {
		# Not the lab's name.
		case $1 in
		mount)
			pin="$BATS_TEST_TMPDIR/a pin"
			: >"$pin"
			mount --bind "/run/netns/pin$$" "$pin"
			;;
		descriptor)
			exec 9<"/run/netns/pin$$"
			sleep 1000 3>&- &
			holder=($!)
			exec 9<&-
			;;
		thread)
			python3 -c 'import ctypes, sys, threading
def hold():
    ns = open(sys.argv[1])
    assert ctypes.CDLL(None).setns(ns.fileno(), 0) == 0
    ns.close()
    print("held", flush=True)
    sys.stdin.read()
t = threading.Thread(target=hold, daemon=True)
t.start()
t.join()' "/run/netns/pin$$" <><(:) >"$BATS_TEST_TMPDIR/held" 3>&- &
			holder=($!)
			eventually 20 grep -q held "$BATS_TEST_TMPDIR/held"
			;;
		esac
		ip netns del "pin$$"
	}
	for how in mount descriptor thread; do
		ip netns add "pin$$"
		nsenter --net="/run/netns/pin$$" net-nat --slot 3 up
		pinned $how
		run -0 box-gc
		is "$output" "" "$how"
		[ $how = mount ] || kill "${holder[@]}"
		[ $how != mount ] || umount "$pin"
		eventually 10 forgotten
	done
}

@test "a link goes whose box has ended, though a socket of the box lives on outside" {
	requires "python3" command -v python3
	start box-run "$bb" sleep 1000
	runs sleep
	python3 -c 'import ctypes, socket, sys
setns = ctypes.CDLL(None).setns
own, box = open("/proc/self/ns/net"), open(sys.argv[1])
assert setns(box.fileno(), 0) == 0
s = socket.socket(type=socket.SOCK_DGRAM)
box.close()
assert setns(own.fileno(), 0) == 0
print("held", flush=True)
sys.stdin.read()' "/proc/$prog/ns/net" <><(:) >"$BATS_TEST_TMPDIR/held" 3>&- &
	local outside=$!
	eventually 20 grep -q held "$BATS_TEST_TMPDIR/held"
	kill "$pid"
	finish
	link=$(host ip -br link | sed -n 's/^\(dead[^@]*\)@.*/\1/p')
	[[ $link == dead+([0-9]) ]] || fail "the link: $link"
	# A foreign one, and one of a box's group.
	host ip link add dead1 type veth peer name dead2
	host ip link set dead2 group 45253
	has "$(host box-gc -n)" "# ip link delete $link"
	run -0 host box-gc
	is "$output" ""
	kill -0 "$outside"
	is "$(host ip -br link | grep -o '^[^@ ]*' | sort | xargs)" "dead1 dead2 lo uplink"
	host ip link delete dead1
	kill "$outside"
}

@test "a network namespace that is held out of sight keeps the record of net-nat up" {
	local pin=$BATS_TEST_TMPDIR/pin
	: >"$pin"
	ip netns add "pin$$"
	nsenter --net="/run/netns/pin$$" net-nat --slot 3 up
	unshare -m sh -c 'mount --bind "$@" && exec sleep 1000' sh "/run/netns/pin$$" "$pin" 3>&- &
	unseen=$!
	runs sleep "$unseen"
	ip netns del "pin$$"
	run -0 box-gc
	has "$output" "out of sight"
	hidden() { nsenter -m -t "$unseen" nsenter --net="$pin" "$@"; }
	has "$(hidden iptables-save)" BOX-FWD-3
	run -0 hidden net-nat --slot 3 down
	hasnt "$(hidden iptables-save)" BOX-
	is "$(hidden cat /proc/sys/net/ipv4/ip_forward)" 0
	hasnt "$(ls "$BOX_STATE/lock")" nat-
	kill "$unseen"
}

@test "the rules of net-nat up stay" {
	run -0 host net-nat up
	box-gc
	has "$(host iptables-save)" BOX-FWD-0
	run -0 host net-nat down
}

@test "a record that names a foreign group or namespace is not followed" {
	mkdir -p "$BOX_STATE/lock"
	victim=$(cgroup_dir pids)/victim$$
	mkdir "$victim"
	sleep 1000 3>&- &
	echo $! >"$victim/cgroup.procs"
	printf '%s\n' "$victim" >"$BOX_STATE/lock/cg-other"
	printf '%s\n' "$(cgroup_dir pids)" >"$BOX_STATE/lock/cg-$(basename "$(cgroup_dir pids)")"
	ip netns add "keep$$"
	echo >"$BOX_STATE/lock/name-keep$$"
	run -0 box-gc
	[ -d "$victim" ] && kill -0 $!
	[ -e "/run/netns/keep$$" ]
	kill $!
	wait $! || :
	eventually 5 rmdir "$victim"
	ip netns del "keep$$"
	rm -f "$BOX_STATE"/lock/cg-*
}

@test "box-gc makes nothing: no state directory, and no file of a lock that has gone meanwhile" {
	requires "strace" command -v strace
	for args in "" -n; do
		run -0 env BOX_STATE="$BATS_TEST_TMPDIR/none" box-gc $args
		[ ! -e "$BATS_TEST_TMPDIR/none" ]
	done
	# Not the slots of the tests before, which are new.
	rm -rf "$BOX_STATE/lock"
	mkdir -p "$BOX_STATE/lock"
	for name in cg-7 name-7 box-7 slot-7 nat-999999999-7 names park; do
		touch -d "10 seconds ago" "$BOX_STATE/lock/$name"
		echo >"$BOX_STATE/lock/$name"
	done
	run -0 strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/log" box-gc
	grep -q '/lock' "$BATS_TEST_TMPDIR/log"
	# But for the counters of make coverage.
	hasnt "$(grep -v '\.profraw"' "$BATS_TEST_TMPDIR/log")" O_CREAT
	is "$(ls "$BOX_STATE/lock")" ""
	# An empty file, which a kill leaves, may at first be one whose record comes.
	: >"$BOX_STATE/lock/names"
	freed() { box-gc && is "$(ls "$BOX_STATE/lock")" ""; }
	eventually 10 freed
}

@test "what cannot be read is named" {
	requires "strace" command -v strace
	unread() { run "$1" strace -qqo /dev/null -P "${@:2}" -e trace=openat,open -e inject=openat,open:error=EINVAL box-gc; }
	mkdir -p "$BOX_STATE/ended"
	# musl's glob(3) names the directory with a slash. strace(1) may have a line.
	unread -125 /proc -P /proc/
	[[ ${lines[-1]} == "box-gc: read /proc"?(/)": Invalid argument" ]] || fail "$output"
	unread -0 "$BOX_STATE/ended"
	is "$output" "box-gc: read $BOX_STATE/ended: Invalid argument"
	rmdir "$BOX_STATE/ended"
}

@test "an ordinary user's own groups; nothing, twice; no operands" {
	run -0 box-gc
	is "$output" ""
	run -0 box-gc
	run -125 box-gc everything
	has "$output" "usage: box-gc"
	dir=$(mktemp -d)
	chown 65534 "$dir"
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups env BOX_STATE="$dir" box-gc
	rm -r "$dir"
}
