#!/usr/bin/env bats
# ns-spawn: namespaces, id maps, init, names, lifetimes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

KINDS="user mnt pid net uts ipc cgroup"
BASE=1879048192

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() { baseline_check; }

# The option's word and the kernel's are the same, but for mnt.
opt_of() { [ "$1" = mnt ] && echo mount || echo "$1"; }
links() { for k in $KINDS; do echo "$k $(readlink "/proc/$1/ns/$k")"; done; }
# spawned ARGS...: starts a box with a sleep in it; $prog is the sleep.
spawned() {
	start ns-spawn "$@" sleep 1000
	runs sleep
}
over() { kill -9 "$prog" && finish; }
map() { awk '{print $1, $2, $3}' "/proc/$prog/${1:-u}id_map"; }

@test "by default all seven namespaces are new" {
	spawned
	for k in $KINDS; do
		[ "$(readlink "/proc/$prog/ns/$k")" != "$(readlink "/proc/$pid/ns/$k")" ] || fail "$k is the host's"
	done
	over
}

@test "each one can be the host's" {
	for k in $KINDS; do
		spawned "--$(opt_of $k)" host
		for j in $KINDS; do
			if [ "$(readlink "/proc/$prog/ns/$j")" = "$(readlink "/proc/$pid/ns/$j")" ]; then
				is "$j" "$k" "the host's"
			else
				[ $j != $k ] || fail "$k is new"
			fi
		done
		over
	done
}

@test "the last word on a namespace counts" {
	run -0 ns-spawn --uts host --uts new hostname
	is "$output" container
}

@test "--only: namespaces that are not listed are the host's" {
	spawned --only uts,ipc
	for k in $KINDS; do
		case $k in
		uts | ipc) [ "$(readlink "/proc/$prog/ns/$k")" != "$(readlink "/proc/$pid/ns/$k")" ] ;;
		*) is "$(readlink "/proc/$prog/ns/$k")" "$(readlink "/proc/$pid/ns/$k")" ;;
		esac
	done
	over
	for k in $KINDS; do
		run -0 host ns-spawn --only "$(opt_of $k)" readlink /proc/self/ns/$k
		[ "$output" != "$(readlink /proc/self/ns/$k)" ]
	done
}

@test "each one can be joined by path" {
	spawned
	first=$pid box=$prog
	for k in $KINDS; do
		args=()
		for j in $KINDS; do
			args+=("--$(opt_of $j)" host)
		done
		spawned "${args[@]}" "--$(opt_of $k)" "/proc/$box/ns/$k"
		is "$(readlink "/proc/$prog/ns/$k")" "$(readlink "/proc/$box/ns/$k")" "$k"
		over
	done
	# All at once, as one enters a box.
	args=()
	for j in $KINDS; do args+=("--$(opt_of $j)" "/proc/$box/ns/$j"); done
	spawned "${args[@]}"
	is "$(links "$prog")" "$(links "$box")"
	over
	kill -9 "$box"
	finish "$first"
}

@test "bad namespaces are refused" {
	while read -r args; do
		# shellcheck disable=SC2086
		run -125 ns-spawn $args true
		[[ ${lines[0]} == "ns-spawn: "* ]]
		[ ${#lines[@]} -le 2 ]
	done <<-END
		--net /no/such/file
		--net /etc/passwd
		--net /proc/self/ns/uts
		--uts /proc/self/ns/net
		--net nonsense
		--only nonsense
		--only mount,,uts
		--slot -1
		--slot x
		--slot 99999999999
		--info-fd 99
		--info-fd x
		--init=nonsense
		--uts host --domainname web
		--net host --loopback
		--domainname a/b
		--only uts --plain
		--user host --plain
		--gid-map 0:1:1
		--map self --gid-map 0:1:1
		--map 0:70000:1 --gid-map self
		--map 0:70000:1 --gid-map 0:70000:1:
	END
}

@test "id map: root has a range of the slot's" {
	spawned
	is "$(map u)" "0 $BASE 65536"
	is "$(map g)" "0 $BASE 65536"
	is "$(cat "/proc/$prog/setgroups")" allow
	is "$(awk '/^[UG]id/{print $2}' "/proc/$prog/status" | sort -u)" $BASE "owner"
	over
	spawned --slot 3
	is "$(map u)" "0 $((BASE + 3 * 65536)) 65536"
	over
	run -0 ns-spawn id -u
	is "$output" 0
	run -0 env BOX_SLOT=5 ns-spawn cat /proc/self/uid_map
	is "$(awk '{print $2}' <<<"$output")" $((BASE + 5 * 65536))
	run -0 env BOX_SLOT=5 ns-spawn --slot 2 cat /proc/self/uid_map
	is "$(awk '{print $2}' <<<"$output")" $((BASE + 2 * 65536))
}

@test "id map: self, and lists of IN:OUT:COUNT" {
	spawned --map self
	is "$(map u)" "0 0 1"
	is "$(map g)" "0 0 1"
	over
	spawned --map 0:100000:1000,1000:200000:10
	is "$(map u)" $'0 100000 1000\n1000 200000 10'
	is "$(map g)" $'0 100000 1000\n1000 200000 10'
	over
}

@test "id map: --gid-map has the groups' own ids" {
	spawned --map 0:100000:1000 --gid-map 0:200000:1,5:300000:10
	is "$(map u)" "0 100000 1000"
	is "$(map g)" $'0 200000 1\n5 300000 10'
	over
}

@test "a new user namespace joins others of the host's" {
	start unshare -n -u -i sleep 1000
	runs sleep
	other=$prog holder=$pid
	spawned --net "/proc/$other/ns/net" --uts "/proc/$other/ns/uts" --ipc "/proc/$other/ns/ipc"
	for k in net uts ipc; do is "$(readlink "/proc/$prog/ns/$k")" "$(readlink "/proc/$other/ns/$k")"; done
	[ "$(readlink "/proc/$prog/ns/user")" != "$(readlink "/proc/$other/ns/user")" ]
	# ns-spawn itself is back.
	is "$(readlink "/proc/$pid/ns/net")" "$(host readlink /proc/self/ns/net)"
	over
	kill "$other"
	finish "$holder"
}

@test "id map: bad ones are refused" {
	while read -r arg; do
		run -125 ns-spawn --map "$arg" touch "$BATS_TEST_TMPDIR/ran"
		[[ ${lines[0]} == "ns-spawn: --map: "* ]]
		[ ${#lines[@]} -le 2 ]
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done <<-END
		0:100000:10,5:200000:10
		0:100000:10,20:100005:10
		0:100000:0
		0:4294967290:100
		4294967290:0:100
		0:0:4294967296
		a:b:c
		0:1
		0:1:2:3
		-1:0:1
		,
		0:100000:10,
		nonsense
	END
	run -125 ns-spawn --map "" true
	run -125 ns-spawn --map "$(printf '0:1:1,%.0s' {1..11000})" true
	[ ${#output} -lt 2000 ] || fail "the message repeats it all"
}

@test "id map: subid takes the range of /etc/subuid" {
	requires "newuidmap" command -v newuidmap
	run -0 unshare -m bash -c '
		echo root:300000:65536 >"$1/subuid" && echo root:400000:65536 >"$1/subgid" &&
		for f in subuid subgid; do [ -e /etc/$f ] || exit 99; mount --bind "$1/$f" /etc/$f || exit 99; done
		ns-spawn --map subid cat /proc/self/uid_map /proc/self/gid_map' - "$BATS_TEST_TMPDIR"
	is "$(awk '{print $1, $2, $3}' <<<"$output")" $'0 300000 65536\n0 400000 65536'
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 unshare -m bash -c '
		echo nobody:300000:65536 >"$1/subuid" && echo nobody:400000:65536 >"$1/subgid" &&
		for f in subuid subgid; do mount --bind "$1/$f" /etc/$f || exit 99; done
		setpriv --reuid 65534 --regid 65534 --clear-groups ns-spawn -n --map subid true' - "$BATS_TEST_TMPDIR"
	has "$output" $'newuidmap $BOX_PID 0 65534 1 1 300000 65536\nnewgidmap $BOX_PID 0 65534 1 1 400000 65536'
}

@test "id map: auto is root's range, the caller's, or one id; root without the ids has one id" {
	requires "newuidmap" command -v newuidmap
	dir=$(mktemp -d)
	chmod 755 "$dir"
	mkdir "$dir/own" "$dir/none"
	printf '%s\n' nobody:300000:65536 | tee "$dir/own/subuid" >"$dir/own/subgid"
	: >"$dir/none/subuid" && : >"$dir/none/subgid"
	# maps RANGES CMD...: the maps of the box that CMD ns-spawn --map auto makes.
	maps() {
		unshare -m bash -c '
			for f in subuid subgid; do [ -e /etc/$f ] || exit 99; mount --bind "$1/$f" /etc/$f || exit 99; done
			"${@:2}" /bin/cat /proc/self/uid_map /proc/self/gid_map' - "$dir/$1" "${@:2}" |
		    awk '{ print $1 ":" $2 ":" $3 }' | xargs
	}
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	spawn=("$TOP/bin/ns-spawn" --map auto)
	is "$(maps own "${spawn[@]}")" "0:1879048192:65536 0:1879048192:65536" root
	two="0:65534:1 1:300000:65536"
	is "$(maps own "${user[@]}" "${spawn[@]}")" "$two $two" "a range"
	one="0:65534:1 0:65534:1"
	is "$(maps none "${user[@]}" "${spawn[@]}")" "$one" "no range"
	is "$(maps own "${user[@]}" --no-new-privs "${spawn[@]}")" "$one" no_new_privs
	is "$(maps own env PATH="$TOP/bin" "$(command -v setpriv)" "${user[@]:1}" "${spawn[@]}")" \
	    "$one" "no newuidmap"
	for map in "" "--map auto"; do
		# shellcheck disable=SC2086
		is "$(maps own unshare -Ur ns-spawn $map)" "0:0:1 0:0:1" "a container's root"
	done
	rm -r "$dir"
	run -125 --separate-stderr "${user[@]}" --no-new-privs ns-spawn --map subid true
	[[ $stderr == *"no range of ids"* ]] || has "$stderr" "hint: from outside of no_new_privs"
}

@test "id map: subid never has the host's 0 in it" {
	requires "newuidmap" command -v newuidmap
	run -125 unshare -m bash -c '
		echo root:0:65536 >"$1/subuid" && echo root:400000:65536 >"$1/subgid" &&
		for f in subuid subgid; do [ -e /etc/$f ] || exit 99; mount --bind "$1/$f" /etc/$f || exit 99; done
		ns-spawn --map subid true' - "$BATS_TEST_TMPDIR"
	has "$output" /etc/subuid
}

# As a member of a group: the file is closed to the group, and open to its owner
# and all others.
@test "an ordinary user: a group cannot be left to read a file that is closed to it" {
	requires "setpriv" command -v setpriv
	member=(setpriv --reuid 65534 --regid 65534 --groups "65534,1234" env -u BOX_STATE)
	lacks_kernel "user namespaces for ordinary users" "${member[@]}" unshare -Ur true
	dir=$(mktemp -d)
	install -m 705 -o root -g 1234 /dev/null "$dir/closed"
	chmod 755 "$dir"
	run "${member[@]}" bash -c 'cat "$1" || ns-spawn sh -c "cat \"\$1\" || setpriv --clear-groups cat \"\$1\" || echo no" - "$1"' - "$dir/closed"
	one=$output
	run setpriv --reuid 65534 --regid 65534 --clear-groups cat "$dir/closed"
	rm -r "$dir"
	is "$status" 0 "to others it is open"
	is "$(grep -c "ermission denied" <<<"$one")" 2
	has "$one" "setgroups"
	is "${one##*$'\n'}" no
}

@test "an ordinary user may not map foreign ids" {
	requires "setpriv" command -v setpriv
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE)
	lacks_kernel "user namespaces for ordinary users" "${nobody[@]}" unshare -Ur true
	for map in 0:0:1 0:65533:1 0:65534:2 0:300000:10; do
		run -125 "${nobody[@]}" ns-spawn --map $map touch /tmp/bt.ran
		has "$output" "hint: "
	done
	[ ! -e /tmp/bt.ran ]
	run -0 "${nobody[@]}" ns-spawn --map 7:65534:1 id -u
	is "$output" 7
}

@test "an ordinary user: their own id, and no setgroups" {
	requires "setpriv" command -v setpriv
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	lacks_kernel "user namespaces for ordinary users" "${nobody[@]}" unshare -Ur true
	run -0 "${nobody[@]}" env -u BOX_STATE ns-spawn sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups; hostname'
	is "$(awk '{print $1, $2, $3}' <<<"$output" | tr '\n' ,)" "0  ,0 65534 1,deny  ,container  ,"
}

@test "supplementary groups do not come along" {
	run -0 setpriv --groups 4,20,1234 ns-spawn cat /proc/self/status
	groups=$(awk '/^Groups/{$1 = ""; print}' <<<"$output")
	for g in $groups; do is "$g" 0 "group"; done
}

@test "the box's root owns its namespaces, and the host's root no less" {
	run -0 host ns-spawn sh -c 'hostname mine && hostname && mount -t tmpfs none /mnt && ip link set lo up &&
		ip -o link show lo'
	has "$output" mine
	has "$output" "LOOPBACK,UP"
	# Not of shared namespaces.
	run ! host ns-spawn --net host ip link set lo down
	run ! host ns-spawn --uts host hostname evil
}

@test "host name: container, or --hostname" {
	before=$(hostname)
	run -0 ns-spawn hostname
	is "$output" container
	run -0 ns-spawn --hostname web hostname
	is "$output" web
	is "$(hostname)" "$before"
	run -125 ns-spawn --hostname "$(printf '%65s' x | tr ' ' x)" true
	run -125 ns-spawn --hostname "" true
	run -125 ns-spawn --uts host --hostname web true
	run -125 ns-spawn --only pid --uts /proc/self/ns/uts --hostname web true
	# A joined namespace keeps its name, or gets another one.
	run -0 ns-spawn --only uts --hostname first sh -c 'exec 9</proc/self/ns/uts
	    unshare -u sh -c "for o in \"\" \"--hostname second\"; do ns-spawn --only pid --uts /proc/self/fd/9 \$o hostname; done"'
	is "${lines[*]}" "first second"
	is "$(hostname)" "$before"
}

@test "--loopback" {
	has "$(ns-spawn --loopback ip link show lo)" "<LOOPBACK,UP,LOWER_UP>"
	has "$(ns-spawn ip link show lo)" "<LOOPBACK>"
	has "$(ns-spawn -n --loopback true)" "ip link set lo up"
}

@test "--domainname" {
	run -0 ns-spawn --domainname example.org cat /proc/sys/kernel/domainname
	is "$output" example.org
	run -0 ns-spawn -n --domainname example.org true
	has "$output" "domainname example.org"
}

@test "--plain: files have their own ids, also below a directory that is closed to the box" {
	bb_root
	closed=$BATS_TEST_TMPDIR/closed
	mkdir -p "$closed/src"
	copy_root
	mv "$root" "$closed/root"
	chown -R 70000:70000 "$closed/root" "$closed/src"
	chmod 700 "$closed"
	map="--map 0:70000:65536"
	for stage in "rootfs-enter -v $closed/src:/mnt" "rootfs-fstab --fstab $BATS_TEST_TMPDIR/fstab"; do
		echo "$closed/src /mnt none rbind" >"$BATS_TEST_TMPDIR/fstab"
		run -0 ns-spawn $map --plain $stage "$closed/root" sh -c 'stat -c %u /bin /mnt; touch /mnt/new'
		is "$output" $'0\n0' "$stage"
		is "$(stat -c %u "$closed/src/new")" 70000
		run -0 ns-spawn $map $stage "$closed/root" stat -c %u /bin
		is "$output" 65534
		rm "$closed/src/new"
	done
	# The same in a user namespace that is joined.
	spawned $map
	box=$prog
	run -0 ns-spawn --user "/proc/$box/ns/user" --plain rootfs-enter "$closed/root" stat -c %u /bin
	is "$output" 0
	over
}

@test "--made: a command of the host's when the root is made, before PROG" {
	bb_root
	made=$BATS_TEST_TMPDIR/made
	for c in "rootfs-enter $bb cat /etc/hostname" "env true" true; do
		# shellcheck disable=SC2016
		run -0 ns-spawn --made 'readlink /proc/$BOX_PID/ns/pid >'"$made" $c
		[ "$(cat "$made")" != "$(readlink /proc/self/ns/pid)" ] && [ -s "$made" ]
		rm "$made"
		run -125 --separate-stderr ns-spawn --made 'echo why >&2; exit 3' $c
		is "$output" ""
		has "$stderr" "--made: status 3: why"
	done
	# It is there once, with no signal blocked; the mounts are not in the way.
	run -0 ns-spawn --made 'echo one >>'"$made; grep SigBlk /proc/self/status >>$made" rootfs-enter "$bb" true
	is "$(cat "$made")" $'one\nSigBlk:\t0000000000000000'
	run -0 ns-spawn -n --made 'touch '"$made.n" true
	[ ! -e "$made.n" ]
}

@test "PROG is process 1; behind --init it is process 2" {
	run -0 ns-spawn sh -c 'echo $$'
	is "$output" 1
	run -0 ns-spawn --init sh -c 'echo $$'
	is "$output" 2
	run -0 ns-spawn --init=linger sh -c 'echo $$'
	is "$output" 2
}

@test "mounts in the box are not seen outside" {
	start ns-spawn sh -c 'mount -t tmpfs inner-tmpfs /mnt && exec sleep 1000'
	runs sleep
	has "$(cat "/proc/$prog/mountinfo")" inner-tmpfs
	hasnt "$(cat /proc/self/mountinfo)" inner-tmpfs
	over
	# With a shared root, too.
	run -0 unshare -m --propagation shared bash -c 'ns-spawn mount -t tmpfs inner-tmpfs /mnt && cat /proc/self/mountinfo'
	hasnt "$output" inner-tmpfs
}

# bats test_tags=vm
@test "the cgroup namespace begins at the box's own group" {
	run -0 ns-spawn cat /proc/self/cgroup
	is "$(cut -d: -f3- <<<"$output" | sort -u)" /
}

@test "--info-fd: pid and namespaces as JSON" {
	requires "jq" command -v jq
	start bash -c 'exec 7>"$1" && exec ns-spawn --init --info-fd 7 sh -c "ls /proc/self/fd; exec sleep 1000"' - "$BATS_TEST_TMPDIR/info"
	runs sleep
	eventually 10 jq -e . "$BATS_TEST_TMPDIR/info"
	init=$(jq .pid "$BATS_TEST_TMPDIR/info")
	is "$init" "$(awk '/^PPid/{print $2}' "/proc/$prog/status")" pid
	is "$(jq .ns.net "$BATS_TEST_TMPDIR/info")" "$(stat -Lc %i "/proc/$prog/ns/net")" net
	# Seven in all, with any names.
	for k in $KINDS; do
		has " $(jq -r '.ns[]' "$BATS_TEST_TMPDIR/info" | tr '\n' ' ')" " $(stat -Lc %i "/proc/$prog/ns/$k") "
	done
	hasnt " $(tr '\n' ' ' <"$out")" " 7 "
	over
}

@test "--netns: the name reaches the box, and goes with it" {
	spawned --netns "bn$$"
	[ -L "/run/netns/bn$$" ]
	is "$(stat -Lc %i "/run/netns/bn$$")" "$(stat -Lc %i "/proc/$prog/ns/net")"
	is "$(ip netns exec "bn$$" readlink /proc/self/ns/net)" "$(readlink "/proc/$prog/ns/net")"
	# Taken: refused, and left alone.
	run -125 host ns-spawn --netns "bn$$" true
	has "$output" "bn$$"
	is "$(stat -Lc %i "/run/netns/bn$$")" "$(stat -Lc %i "/proc/$prog/ns/net")"
	over
	[ ! -L "/run/netns/bn$$" ]
	run -125 host ns-spawn --netns "$HOSTNS" true
	[ -e "/run/netns/$HOSTNS" ]
	for bad in ../x a/b . .. ""; do
		run -125 ns-spawn --netns "$bad" true
	done
}

@test "--netns: a dead box's name is taken over" {
	spawned --netns "bn$$"
	kill -9 "$pid"
	finish
	eventually 5 gone "$prog"
	run -0 host ns-spawn --netns "bn$$" true
	[ ! -L "/run/netns/bn$$" ]
}

@test "kill -9 of ns-spawn: the whole box is gone" {
	for init in "" --init --init=linger; do
		# shellcheck disable=SC2086
		start ns-spawn $init bash -c 'setsid sleep 1001 & setsid setsid sleep 1002 & sleep 1009'
		runs sleep
		kill -9 "$pid"
		finish
		is "$status" 137
		eventually 5 bash -c '! pgrep -f "^sleep 100[129]$"'
	done
}

@test "kill(0) in the box ends at the box, also with the caller's ids" {
	for opts in "" "--map self" "--init --map self"; do
		run -0 setsid -w bash -c 'ns-spawn $1 bash -c "kill -9 0"; echo "status $?"; echo alive' - "$opts"
		is "${lines[-1]}" alive "with '$opts'"
	done
}

@test "the box dies with the process that started it" {
	start bash -c 'ns-spawn --init sleep 1000; :'
	runs sleep
	kill -9 "$pid"
	finish
	eventually 5 gone "$prog"
	start bash -c 'ns-spawn sleep 1000; :'
	runs sleep
	kill -9 "$pid"
	finish
	eventually 5 gone "$prog"
}

@test "the box ends with its PROG; with --init too" {
	for init in "" --init; do
		# shellcheck disable=SC2086
		run -3 ns-spawn $init bash -c 'setsid sleep 1003 & exit 3' 3>&-
		run ! pgrep -f '^sleep 1003'
	done
}

@test "--init=linger: the box ends with its last process, with PROG's status" {
	start ns-spawn --init=linger bash -c 'setsid sleep 1004 <&- >&- 2>&- & exit 3'
	eventually 10 pgrep -f '^sleep 1004'
	prog_ended() { ! pgrep -P "$(pgrep -P "$pid")" -x bash; }
	eventually 10 prog_ended
	kill -0 "$pid"
	kill -9 "$(pgrep -f '^sleep 1004')"
	finish
	is "$status" 3
}

@test "--stop-signal: what PROG gets for TERM, by any name" {
	while read -r signal number; do
		start ns-spawn --init --stop-signal "$signal" bash -c "trap 'exit 9' $number; echo up; while :; do sleep 0.1; done"
		eventually 10 grep -q up "$out"
		kill "$pid"
		finish
		is "$status" 9 "$signal"
	done <<<"USR2 12
		SIGQUIT 3
		28 28
		RTMIN+3 37"
	# Then TERM is for all.
	start ns-spawn --init=linger --stop-signal INT bash -c 'setsid sleep 1006 & trap "exit 3" INT; echo up; while :; do sleep 0.1; done'
	eventually 10 grep -q up "$out"
	kill "$pid"
	finish
	is "$status" 3
	run -125 ns-spawn --stop-signal INT true
	has "$output" "needs --init"
}

@test "--init=linger lets go of 0, 1 and 2" {
	start ns-spawn --init=linger bash -c 'setsid sleep 1005 <&- >&- 2>&- & exit 0'
	eventually 10 pgrep -f '^sleep 1005'
	init=$(pgrep -P "$pid")
	let_go() { ! find "/proc/$init/fd" -lname "$BATS_TEST_TMPDIR/*" | grep -q .; }
	eventually 10 let_go
	for fd in "/proc/$init/fd/"[012]; do
		[ ! -e "$fd" ] || is "$(readlink "$fd")" /dev/null "$fd"
	done
	kill -9 "$(pgrep -f '^sleep 1005')"
	finish
	is "$status" 0
}

@test "init reaps a thousand orphans" {
	start ns-spawn --init=linger bash -c 'for i in {1..1000}; do (true & exec true); done; echo made; exec sleep 1000'
	eventually 60 grep -q made "$out"
	runs sleep
	init=$(awk '/^PPid/{print $2}' "/proc/$prog/status")
	only_prog() { is "$(pgrep -cP "$init")" 1 "children of init"; }
	eventually 20 only_prog
	over
}

@test "init is not dumpable and keeps no capability but KILL" {
	spawned --init
	init=$(awk '/^PPid/{print $2}' "/proc/$prog/status")
	[ "$init" != "$pid" ]
	for c in CapInh CapPrm CapEff CapBnd CapAmb; do
		has "CapInh CapAmb 0000000000000000 CapPrm CapEff CapBnd 0000000000000020" \
		    "$(awk -v c=$c: '$1 == c {print $2}' "/proc/$init/status")"
	done
	is "$(awk '/^CapEff/{print $2}' "/proc/$init/status")" 0000000000000020
	is "$(awk '/^CapPrm/{print $2}' "/proc/$init/status")" 0000000000000020
	# The kernel gives a process that is not dumpable to root, not to its user.
	is "$(stat -c %u "/proc/$prog/environ")" $BASE "owner of PROG"
	is "$(stat -c %u "/proc/$init/environ")" 0 "owner of init"
	# And no process in the box may look into it.
	run nsenter -t "$prog" -U -p -m readlink "/proc/$init/exe"
	is "$output" ""
	over
}

@test "ns-spawn's own descriptors are not held by init" {
	spawned --init
	init=$(awk '/^PPid/{print $2}' "/proc/$prog/status")
	for fd in "/proc/$init/fd/"*; do
		case ${fd##*/} in
		[012]) ;;
		*) [[ $(readlink "$fd") =~ ^(anon_inode:\[(signalfd|eventpoll|pidfd)\]|socket:|pipe:) ]] ||
		    fail "$fd is $(readlink "$fd")" ;;
		esac
	done
	over
}

@test "signals: forwarded once, and PROG decides" {
	for init in "" --init; do
		# shellcheck disable=SC2086
		start ns-spawn $init bash -c 'trap "echo term; exit 5" TERM; trap "echo usr1" USR1; trap "echo winch" WINCH
			trap "echo hup" HUP; echo ready; while :; do read -t 0.05 <> <(:); done'
		eventually 10 grep -q ready "$out"
		for s in usr1 winch hup; do
			kill -"${s^^}" "$pid"
			eventually 10 grep -q $s "$out"
		done
		kill -TERM "$pid"
		finish
		is "$status" 5
		is "$(tr '\n' ' ' <"$out")" "ready usr1 winch hup term "
	done
}

@test "signals: init passes TERM on, the status is PROG's" {
	spawned --init
	kill -TERM "$pid"
	finish
	is "$status" 143
}

state_is() { is "$(awk '/^State/{print $2}' "/proc/$2/status")" "$1"; }
@test "signals: TSTP stops box and ns-spawn, CONT continues both" {
	spawned --init
	kill -TSTP "$pid"
	eventually 10 state_is T "$pid"
	eventually 10 state_is T "$(pgrep -P "$pid")"
	kill -CONT "$pid"
	eventually 10 state_is S "$pid"
	eventually 10 state_is S "$(pgrep -P "$pid")"
	over
}

@test "PROG that is stopped inside does not hang or end ns-spawn" {
	spawned --init
	kill -STOP "$prog"
	eventually 10 state_is T "$prog"
	kill -CONT "$prog"
	eventually 10 state_is S "$prog"
	kill -0 "$pid"
	over
	is "$status" 137
}

@test "files that PROG makes outside a root directory belong to the range" {
	dir=$(mktemp -d)
	chmod 777 "$dir"
	run ns-spawn --slot 2 touch "$dir/file"
	owner=$(stat -c %u:%g "$dir/file")
	rm -r "$dir"
	is "$owner" $((BASE + 2 * 65536)):$((BASE + 2 * 65536))
	run ns-spawn cat /etc/shadow
	[ "$status" != 0 ] || fail "the box's root reads the host's secrets"
}

@test "-n prints the commands of a shell" {
	run -0 ns-spawn -n true
	has "$output" unshare
	run -0 ns-spawn -n --netns "bn$$" --hostname web true
	has "$output" web
	has "$output" "/run/netns/bn$$"
	[ ! -e "/run/netns/bn$$" ]
}

@test "signals that the kernel drops for process 1 end PROG" {
	for sig in TERM INT USR1; do
		start env --default-signal=INT,TERM,USR1 ns-spawn sleep 1000
		runs sleep
		kill -$sig "$pid"
		finish
		is "$status" $((128 + $(kill -l $sig))) "status after $sig"
	done
	# Not a signal that PROG ignores, or that ends no process by default.
	start env --default-signal=TERM ns-spawn sh -c 'trap "" USR1; trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
	eventually 10 grep -q ready "$out"
	for sig in USR1 WINCH URG CONT TERM; do kill -$sig "$pid"; done
	finish
	is "$status" 7
	start env --default-signal=TERM ns-spawn --init sleep 1000
	runs sleep
	kill -TERM "$pid"
	finish
	is "$status" 143
}

@test "as process 1 itself, with a name: its status, and the name until its end" {
	requires "unshare" command -v unshare
	one=(unshare --pid --fork --mount-proc ns-spawn --netns first)
	run -0 host "${one[@]}" true
	is "$output" ""
	run -7 host "${one[@]}" --init sh -c 'exit 7'
	start "${one[@]}" sleep 1000
	runs sleep
	[ -e "$BOX_STATE/lock/name-first" ] || fail "the lock has gone"
	run -125 host ns-spawn --netns first true
	has "$output" "a box named first is running"
	over
	[ ! -e "$BOX_STATE/lock/name-first" ]
	[ ! -e /run/netns/first ]
}

@test "a start that cannot be finished ends, with a line" {
	requires "strace" command -v strace
	# The parent's two messages to the child.
	for n in 1 2; do
		run -125 --separate-stderr host timeout -k 1 $((30 * ${SLACK:-1})) strace -f -qq -o /dev/null \
		    -e trace=sendto -e inject=sendto:error=ENOBUFS:when=$n ns-spawn true
		is "$stderr" "ns-spawn: send to the other process of the start: No buffer space available"
	done
}

@test "groups of the box that are not mapped are left out" {
	copy_root
	printf 'root:x:0:\nbin:x:1:root\nwheel:x:10:root\n' >"$root/etc/group"
	is "$(host ns-spawn --map self rootfs-enter "$root" id -G)" 0
	is "$(host ns-spawn --map 0:100000:5 rootfs-enter "$root" id -G)" "0 1"
	is "$(host ns-spawn rootfs-enter "$root" id -G)" "0 1 10"
}
