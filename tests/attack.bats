#!/usr/bin/env bats
# Attacks by a hostile program in the default box.  tests/attack/rows explains the
# numbers.  Every attack is also seen to succeed: with an option that takes the
# defence off or, if there is none, against a copy of the suite with one line
# changed (tests/attack/weaken).
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	lab_up
	make_probe
	weaken
}
teardown_file() { lab_down; }
setup() {
	copy_root
	cp "$probe" "$intruder" "$root"
	# A directory that the box's users could use if they reached it.
	public=$(mktemp -d)
	chmod 755 "$public"
	mv "$root" "$public/root"
	root=$public/root mark=$public/mark
	echo "the host's" >"$mark"
	baseline_save
}
teardown() {
	rm -r "$public"
	for p in ${pid:-} ${sibling:-}; do kill -9 "$p" 2>/dev/null || :; done
	baseline_check
}

# box [OPTIONS...] -- CMD...: in the default box; its output is $output.
box() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	shift
	run -0 host ns-spawn ${spawn:-} rootfs-enter "${opts[@]}" "$root" "$@"
}
# attack VERDICT ROW [OPTIONS...] -- NAME [ARG...]: by the intruder.
attack() {
	local want=$1 row=$2 opts=()
	shift 2
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	weak "$row" box "${opts[@]}" -- /intruder "${@:2}"
	is "$output" "$2 $want" "with defence ${row/#0/none} off"
}
# ends_attack VERDICT: an attack that succeeds ends by itself; another has a moment.
ends_attack() {
	if [ "$1" = ok ]; then eventually 20 gone "$prog"; else sleep 0.2; fi
	kill "$prog" 2>/dev/null || :
	finish
}
join="--user /proc/PID/ns/user --pid /proc/PID/ns/pid"

# overwritten VERDICT ROW OPTIONS: while a program joins that runs the program that
# has run it, and stays until it is killed.
runs_itself() { has "$(tr '\0' ' ' <"/proc/$(payload "$joins")/cmdline")" "/proc/self/exe --seccomp"; }
overwritten() {
	local -x WEAK=$2 PATH=$BATS_TEST_TMPDIR/bin$2:$PATH
	[ -d "$BATS_TEST_TMPDIR/bin$2" ] || cp -a "$weak/bin" "$BATS_TEST_TMPDIR/bin$2"
	start ns-spawn --init $3 rootfs-enter "$root" /intruder overwrite 60
	runs intruder
	ns-spawn ${join//PID/$prog} rootfs-enter -e WEAK "$root" /evil a b 3>&- &
	joins=$!
	eventually 20 runs_itself
	sleep 0.2
	kill -9 "$joins"
	ends_attack "$1"
	is "$(cat "$out")" "overwrite $1"
}
@test "T1: the host's programs are not overwritten" {
	printf '#!/proc/self/exe --seccomp=/fifo\n' >"$root/evil"
	mkfifo "$root/fifo"
	chmod 755 "$root/evil"
	overwritten failed 0 ""
	overwritten failed 0 "--map self"
	diff -r "$weak/bin" "$BATS_TEST_TMPDIR/bin0"
	overwritten ok 1 "--map self"
	run ! diff -rq "$weak/bin" "$BATS_TEST_TMPDIR/bin1"
	has "$output" rootfs-enter
}

@test "T2: no descriptor of the caller's" {
	exec 15</etc 16<"$mark" 17<>/dev/null
	box -- /intruder fds
	is "$output" ""
	weak 2 box -- /intruder fds
	has "$output" "15 16 17"
	run -125 host ns-spawn rootfs-enter -w /proc/self/fd/95 "$root" pwd 95</etc
	has "$output" "No such file"
	weak 2 run -125 host ns-spawn rootfs-enter -w /proc/self/fd/95 "$root" pwd 95</etc
	has "$output" "ross-device link"
}

# entries: the commands by which a program gets into the box of $prog.
entries() {
	echo "ns-spawn ${join//PID/$prog} rootfs-enter $root true"
	echo "ns-enter --pid $prog true"
}
# seized VERDICT ROW: a program that enters a box, by the box's root.
seized() {
	local -x WEAK=$2 PATH=$weak/bin:$PATH
	local entry
	while read -r entry; do
		start ns-spawn --init rootfs-enter "$root" /intruder seize 60
		runs intruder
		entry=${entry//PROG/$prog}
		for _ in $(seq $((10 * ${SOAK:-1}))); do
			run $entry
			[ "$1" = ok ] || is "$status" 0 "$entry: $output"
		done
		# Stopped at a point where it has no more rights than the box's root.
		run strace -fqq -o "$BATS_TEST_TMPDIR/log" -e trace=seccomp \
		    -e inject=seccomp:delay_enter=300000 $entry
		ends_attack "$1"
		is "$(cat "$out")" "seize $1" "$entry"
	done < <(prog=PROG; entries)
}
# bats test_tags=soak
@test "T3: the box cannot trace a process that joins it" {
	requires "strace" command -v strace
	seized failed 0
	seized ok 3
}

@test "T4: no stage leaves the door open" {
	for chain in "ns-spawn" "ns-spawn --init" "ns-spawn net-veth" "cg-limit max ns-spawn net-veth" \
	    "net-lease net-nat ns-spawn --init net-veth"; do
		run -0 host $chain rootfs-enter "$root" /intruder door
		is "$output" "door failed" "$chain"
	done
	run -0 host box-run "$root" /intruder door
	is "$output" "door failed" box-run
	attack ok 4 -- door
}

# into DIR CMD...: CMD in that group
into() { sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$@"; }
@test "T110: a group that holds the caller is not limited, nor ended with a box" {
	start cg-limit --pids 50 max sleep 1000
	runs sleep
	dir=$(cgroup_dir pids "$prog")
	path=${dir#"$(sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - cgroup .*pids.*/\1/p' /proc/self/mountinfo)"}
	path=${path#/sys/fs/cgroup}
	run -125 into "$dir" cg-limit --leave --group "$path" max true
	has "$output" "$path holds this process"
	run -125 into "$dir" cg-set --group "$path" --pids 9
	is "$(cat "$dir/pids.max")" 50
	weak 110 into "$dir" cg-set --group "$path" --pids 9
	is "$(cat "$dir/pids.max")" 9
	kill "$prog"
	finish
}

sockets() { find "/proc/$pid/fd" -lname 'socket:*'; }
@test "T5: nobody listens to the box" {
	start ns-spawn rootfs-enter "$root" sleep 1000
	runs sleep
	is "$(sockets)" ""
	kill -9 "$prog"
	finish
	box -- /intruder flood
	# With the door left open the doorman hears the flood, without harm.
	weak 4 start ns-spawn rootfs-enter "$root" sleep 1000
	runs sleep
	[ "$(sockets)" ]
	kill -9 "$prog"
	finish
	weak 4 box -- /intruder flood
	is "$output" ""
}

@test "T6: the box's words and the caller's environment are not taken as options" {
	words() { host ns-spawn rootfs-enter "$root" "$1"; }
	for word in --help -h -n --seccomp=off -- ""; do
		run words "$word"
		[[ $status == 12[67] ]] || fail "'$word': $status $output"
	done
	weak 6 run -0 words --help
	has "$output" "usage: "
	box -- printf %s "$(printf %120000s x)"
	is "${#output}" 120000
	local -x LD_LIBRARY_PATH=/evil GLIBC_TUNABLES=a=b IFS=/ BOX_FDS=door:2
	box -- env
	[[ ! $output =~ LD_|GLIBC|IFS|BOX_ ]] || fail "$output"
	weak 6 box -- env
	has "$output" GLIBC_TUNABLES
}

@test "T7: lists without end are refused" {
	long=$(awk 'BEGIN { for (i = 1; i < 5000; i++) printf "%d:%d:1,", i, i + 9999999; print "0:0:1" }')
	name=$(printf '%070000d' 0)
	for bad in "ns-spawn --map $long" "ns-spawn --hostname $name" "ns-spawn --netns $name" "cap-drop --cap-add $name" \
	    "net-veth --addr $name" "rootfs-enter --dns $name $root" "rootfs-enter -u $name $root" \
	    "net-nat -p $name" "cg-limit --name $name max" "net-lease --pool $name"; do
		run -125 --separate-stderr host $bad true
		[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "more than a line and a hint: ${bad::40}"
	done
	# The overwritten memory may make the program do anything.
	weak 7 run timeout -s KILL 3 setpriv --reuid 65534 --regid 65534 --clear-groups ns-spawn --map "$long" true
	[ "$status" != 125 ]
}

@test "T10: a mask is never made from the root directory's /dev/null" {
	rm -rf "$root/dev"
	mkdir "$root/dev"
	ln -s "$mark" "$root/dev/null"
	box -- cat /proc/interrupts
	is "$output" ""
	local -x WEAK_NULL=$public/null
	ln -s "$mark" "$WEAK_NULL"
	weak 10 box -- cat /proc/interrupts
	is "$output" "the host's"
}

@test "T11: files planted in /dev are not there" {
	rm -rf "$root/dev"
	mkdir "$root/dev"
	ln -s "$mark" "$root/dev/console"
	ln -s /proc/sysrq-trigger "$root/dev/tty1"
	box -- sh -c 'readlink /dev/console; readlink /dev/tty1; :'
	is "$output" ""
	weak 11 box -- sh -c 'readlink /dev/console; readlink /dev/tty1; :'
	is "$output" "$mark"$'\n/proc/sysrq-trigger'
}

@test "T12: nothing is put over the box's proc" {
	for to in /proc/self /proc/self/attr /proc/sys /proc; do
		run -125 host ns-spawn rootfs-enter --tmpfs $to "$root" true
		run -125 host ns-spawn rootfs-enter -v "$mark:$to/new" "$root" true
	done
	weak 12 box --tmpfs /proc/self/attr -- sh -c 'grep " /proc/[0-9]*/attr " /proc/self/mountinfo'
	has "$output" tmpfs
}

@test "T16: nothing that a box mounts reaches the host" {
	mounts='before=$(cat /proc/self/mountinfo)
		$1 rootfs-enter "$2" true
		[ "$before" = "$(cat /proc/self/mountinfo)" ] && echo same'
	# With the defence off the attack must not reach this machine.
	apart() {
		host unshare -m --propagation private sh -c 'mount --make-rshared / && exec "$@"' - "$@"
	}
	for p in shared private slave; do
		for front in "" "ns-spawn" "ns-spawn --mount host --user host"; do
			run apart unshare -m --propagation $p bash -c "$mounts" - "$front" "$root"
			is "$output" same "$front, / $p"
		done
	done
	weak 16 run apart unshare -m --propagation shared bash -c "$mounts" - "" "$root"
	hasnt "$output" same
}

@test "T17: no way out of the root directory" {
	attack failed 0 -- escape "$mark"
	attack failed 0 --cap-add ALL --seccomp off -- escape "$mark"
	# The intruder is in the old root.
	mkdir -p "$root$public"
	cp "$intruder" "$root$public"
	cp "$intruder" "$public"
	weak 17 box -- "$public/intruder" escape "$mark"
	is "$output" "escape ok"
	run -0 unshare -m chroot "$root" /intruder escape "$mark"
	is "$output" "escape ok" "by chroot alone"
}

@test "T19: a device in the root directory does not open" {
	beyond_box node
	mknod -m 666 "$root/zero" c 1 5
	run host ns-spawn rootfs-enter "$root" head -c 1 /zero
	has "$output" "Permission denied"
	weak 19 box -- sh -c 'head -c 1 /zero | wc -c'
	is "$output" 1
}

@test "T20: a state directory that others can write is refused" {
	mkdir -p "$BATS_TEST_TMPDIR/state/lock"
	local -x BOX_STATE=$BATS_TEST_TMPDIR/state
	for change in "chown 65534" "chmod 777"; do
		for dir in "$BOX_STATE" "$BOX_STATE/lock"; do
			run -0 net-lease true
			$change "$dir"
			run -125 net-lease true
			run -125 box-ps
			weak 20 run -0 net-lease true
			chown 0 "$dir" && chmod 755 "$dir"
		done
	done
}

@test "T22: files of the host's kernel cannot be read" {
	read='for f in acpi asound interrupts kcore keys kmsg latency_stats sched_debug scsi timer_list timer_stats; do
		cat /proc/$f /proc/$f/* 2>/dev/null; done | head -c 9; ls /sys/firmware/* /sys/devices/virtual/powercap/* 2>/dev/null; :'
	box -- sh -c "$read"
	is "$output" ""
	weak 22 box -- sh -c "$read"
	[ "$output" ]
}

@test "T23: no cgroup file system is mounted in the box" {
	box -- /probe mount_cgroup
	is "$output" "mount_cgroup EPERM"
	box --seccomp off -- /probe mount_cgroup
	is "$output" "mount_cgroup EPERM"
	box --cap-add SYS_ADMIN -- /probe mount_cgroup
	is "$output" "mount_cgroup ok"
}

@test "T24: the host's cgroups are not changed from the box" {
	make='for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
		mkdir $d/boxtools-attack 2>/dev/null && rmdir $d/boxtools-attack && echo made; done; :'
	spawn=--init
	box -- sh -c "$make; find / -name cgroup.procs 2>/dev/null; :"
	is "$output" ""
	# With a group of its own, the box sees that group alone.
	run -0 host cg-limit --all max ns-spawn rootfs-enter "$root" sh -c "$make; find /sys/fs/cgroup -mindepth 1 -type d"
	hasnt "$output" made
	run ! grep -vxE '(/sys/fs/cgroup/(cpu|cpu,cpuacct|memory|pids))?' <<<"$output"
	spawn="--net host --map self"
	box -- sh -c "$make"
	is "$output" ""
	weak 24 box -- sh -c "$make"
	has "$output" made
}

@test "T25: the limit on processes holds" {
	run -0 host cg-limit --pids 20 max ns-spawn rootfs-enter "$root" /intruder forks
	between "${output#forks }" 10 20
	run -0 host cg-limit max ns-spawn rootfs-enter "$root" /intruder forks
	is "$output" "forks 200"
}

@test "T27: memory and queues are the box's own" {
	inside() { host ns-spawn --only ipc bash -c '"$1" ipc-make 4711; shift; ns-spawn "$@"' - "$intruder" "$@"; }
	run -0 inside rootfs-enter "$root" /intruder ipc 4711
	is "$output" $'ipc-make ok\nipc failed'
	run -0 inside --ipc host rootfs-enter "$root" /intruder ipc 4711
	is "$output" $'ipc-make ok\nipc ok'
}

@test "T31: a group that may not read cannot be left" {
	dir=$(mktemp -d)
	chmod 755 "$dir"
	echo secret >"$dir/file"
	chgrp 4711 "$dir/file"
	chmod 604 "$dir/file"
	user="setpriv --reuid 65534 --regid 65534 --groups 4711"
	leave='cat "$1"; setpriv --clear-groups cat "$1"; setpriv --groups 0 cat "$1"; :'
	run $user bash -c "$leave" - "$dir/file"
	hasnt "$output" secret
	run $user ns-spawn bash -c "$leave" - "$dir/file"
	hasnt "$output" secret
	# newgidmap lets root of a range leave it.
	run unshare -m bash -c 'mount --bind "$1/sub" /etc/subuid && mount --bind "$1/sub" /etc/subgid; shift; "$@"' - "$dir" true
	echo "65534:200000:1000" >"$dir/sub"
	run unshare -m bash -c 'mount --bind "$1/sub" /etc/subuid && mount --bind "$1/sub" /etc/subgid; "${@:2}"' - \
	    "$dir" $user ns-spawn --map subid cat "$dir/file"
	rm -r "$dir"
	is "$output" secret
}

@test "T32: the box's root is nobody on the host" {
	start ns-spawn rootfs-enter "$root" sleep 1000
	runs sleep
	is "$(awk '/^[UG]id/ { print $2 }' "/proc/$prog/status" | tr '\n' ' ')" "1879048192 1879048192 "
	kill -9 "$prog"
	finish
	start ns-spawn --map 0:0:65536 rootfs-enter "$root" sleep 1000
	runs sleep
	is "$(awk '/^[UG]id/ { print $2 }' "/proc/$prog/status" | tr '\n' ' ')" "0 0 "
	kill -9 "$prog"
	finish
}

@test "T32: maps, against a model" {
	requires "python3" command -v python3
	python3 "$TOP/tests/attack/maps.py" $((60 * ${SOAK:-1}))
}

@test "T33: no group of the caller's" {
	groups() { host setpriv --groups 4,24,27,44,100 ns-spawn rootfs-enter "$root" grep ^Groups /proc/self/status; }
	run -0 groups
	is "$output" $'Groups:\t0 '
	weak 33 run -0 groups
	has "$output" 65534
}

@test "T34: a set-user-ID stage refuses to run" {
	dir=$(mktemp -d)
	chmod 711 "$dir"
	cp "$weak/bin/cap-drop" "$weak/bin/rootfs-enter" "$dir"
	chmod 4755 "$dir"/*
	user="setpriv --reuid 65534 --regid 65534 --clear-groups"
	for t in cap-drop rootfs-enter; do
		run -125 $user "$dir/$t" --help
		weak 34 run -0 $user "$dir/$t" --help
	done
	rm -r "$dir"
}

@test "T35: ns-spawn is not traced by the box, not even without a pid namespace" {
	spawn="--pid host"
	box -- sh -c '/intruder seize 1 $PPID'
	is "$output" "seize failed"
	box -u 1000 -- sh -c '/intruder seize 1 $PPID'
	is "$output" "seize failed"
	spawn="--pid host --map self"
	box -- sh -c '/intruder seize 1 $PPID'
	is "$output" "seize failed"
	spawn="--pid host --user host"
	box --cap-add SYS_PTRACE -- sh -c '/intruder seize 1 $PPID'
	is "$output" "seize ok"
}

@test "T36: the box's signals end at the box" {
	start ns-spawn --init rootfs-enter "$root" sleep 1000
	runs sleep
	sibling=$prog
	run -0 setsid -w bash -c 'ns-spawn rootfs-enter "$1" sh -c "kill -9 $2; kill -9 -1; kill -9 0"; echo alive' - "$root" "$sibling"
	has "$output" alive
	kill -0 "$sibling"
	group() { setsid -w bash -c 'ns-spawn --map self rootfs-enter "$1" sh -c "kill -9 0"; echo alive' - "$root"; }
	run -0 group
	is "${lines[-1]}" alive
	weak 36 run group
	hasnt "$output" alive
	# One pid namespace, and the same ids.
	run host ns-spawn --pid host rootfs-enter "$root" kill -9 "$sibling"
	finish
	is "$status" 137
}

hidden() {
	for p in $(pgrep -x intruder); do
		[ ! "/proc/$p/root/intruder" -ef "$root/intruder" ] || echo "$p"
	done
}
none() { is "$(hidden)" ""; }
some() { [ "$(hidden)" ]; }
@test "T49: nothing of the box outlives it" {
	box -- /intruder hide
	none
	start ns-spawn --init=linger rootfs-enter "$root" /intruder hide
	eventually 5 some
	kill -9 "$pid"
	finish
	eventually 1 none
	spawn="--pid host"
	box -- /intruder hide
	eventually 5 some
	hidden | xargs kill -9
	eventually 5 none
}

@test "T50: a name is no path" {
	for bad in ../x /x x/y -x .x "" $'x\ny' "$(printf '%0300d' 0)"; do
		for t in "ns-spawn --hostname" "ns-spawn --netns" "cg-limit --name"; do
			run -125 host $t "$bad" max true
		done
		run -125 host box-run --name "$bad" "$root" true
	done
	weak 50 run -0 host ns-spawn --hostname ../x hostname
	is "$output" ../x
}

@test "T51: the caller's terminal obeys no text of the box's" {
	printf '#!/no\e]0;title\a\e[2J\r\233\302\233\n' >"$root/evil"
	chmod 755 "$root/evil"
	words() { ns-spawn rootfs-enter "$root" /evil; }
	run -127 words
	[[ ! $output =~ [[:cntrl:]] ]] && [[ $output != *$'\x9b'* ]]
	weak 51 run -127 words
	[[ $output =~ $'\e' ]] && [[ $output == *$'\x9b'* ]]
}

@test "T78: a list of users without end holds nobody up" {
	for f in passwd group; do
		truncate -s 100G "$root/etc/$f"
		run -125 --separate-stderr timeout 20 ns-spawn rootfs-enter "$root" true
		is "$stderr" "rootfs-enter: the box's /etc/$f is larger than 1 MiB"
		weak 78 box -- true
		truncate -s 1M "$root/etc/$f"
		box -- true
		rm "$root/etc/$f"
		box -- true
	done
}

# pace WHERE: how often a program of PROG's can write there in a second.
pace() {
	python3 -c '
import os, socket, sys, time
if sys.argv[1] == "log":
    write = lambda: os.write(1, bytes(65536))
else:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ["NOTIFY_SOCKET"])
    write = lambda: s.send(b"x\n" * 2000)
n, end = 0, time.monotonic() + 1
while time.monotonic() < end:
    write()
    n += 1
open(sys.argv[2], "w").write(str(n))' "$1" "$BATS_TEST_TMPDIR/pace"
}
@test "T71: residents outside of the limits work at a pace of their own" {
	local kind n chain
	export -f pace
	for kind in log notify; do
		chain=(log-keep "$BATS_TEST_TMPDIR/log")
		[ "$kind" = log ] || chain=(box-keep --name busy --ready notify)
		run -0 "${chain[@]}" bash -c "pace $kind"
		n=$(<"$BATS_TEST_TMPDIR/pace")
		# A read in 4 or 5 ms, and the bytes that the kernel queues.
		[ "$n" -gt 20 ]
		[ "$n" -lt 400 ]
		weak 71 run -0 "${chain[@]}" bash -c "pace $kind"
		[ "$(<"$BATS_TEST_TMPDIR/pace")" -gt $((n * 2)) ]
	done
}

# hold FILE KIND...: a box that takes all of each, and keeps them until $pid dies.
hold() { start bash -c 'exec net-lease ns-spawn rootfs-enter "$0" /intruder take "${@:2}" >"$1" < <(exec sleep 1000)' "$root" "$@"; }
holds() { is "$(wc -l <"$1")" "$2"; }
# left: the number of each kind that the caller can have.
left() { "$intruder" take inotify timers queues </dev/null; }
@test "T79: a box uses up none of the limits of root, nor of another box" {
	beyond_box counts
	ulimit -i 3000
	hold "$BATS_TEST_TMPDIR/held" inotify timers queues
	eventually 10 holds "$BATS_TEST_TMPDIR/held" 3
	run ! grep -w 0 "$BATS_TEST_TMPDIR/held"
	run -0 left
	run ! grep -w 0 <<<"$output"
	run -0 host net-lease ns-spawn rootfs-enter "$root" /intruder take inotify timers queues </dev/null
	# A signal on its way counts as a timer does.
	paste -d " " "$BATS_TEST_TMPDIR/held" - <<<"$output" |
	    awk '$1 != $3 || $4 < 0.9 * $2 { exit 1 } END { if (NR != 3) exit 1 }'
	kill "$pid"
	finish
	# (Without inotify: other programs of this machine need theirs.)
	weak 79 hold "$BATS_TEST_TMPDIR/weak" timers queues
	eventually 10 holds "$BATS_TEST_TMPDIR/weak" 2
	run -0 left
	# Another signal may just have come.
	grep -x "timers [0-9]" <<<"$output"
	has "$output" "queues 0"
	kill "$pid"
	finish
}

# spies CMD...: CMD, with the command lines and environments of all processes that
# have the words of $secrets, seen by a user without rights over the box.
user="setpriv --reuid 65534 --regid 65534 --clear-groups"
spies() { env -i PATH="$PATH" "$@" grep -aslFf - /proc/[0-9]*/cmdline /proc/[0-9]*/environ <"$secrets" || :; }
# watch_start: spies until watch_end, and all that it finds is in $seen.
watch_start() {
	seen=$BATS_TEST_TMPDIR/seen
	: >"$seen"
	(while :; do spies $user >>"$seen"; done) 3>&- &
	watching=$!
}
watch_end() { kill "$watching" && finish "$watching"; }
# typed: a box with a value on its command line; $found is the finder.
typed() {
	start box-run --name web -e "TYPED=hidden-$$-typed" "$root" sleep 1000
	runs sleep
	has "$(tr '\0' '\n' <"/proc/$prog/environ")" "TYPED=hidden-$$-typed"
	found=$(spies $user)
	has "$(spies)" /environ
	box-stop web
}
@test "T80: the values of -e are for the box alone" {
	secrets=$BATS_TEST_TMPDIR/secrets file=$BATS_TEST_TMPDIR/vars
	export SECRET=hidden-$RANDOM-by-name
	printf '%s\n' "$SECRET" hidden-$$-in-a-file hidden-$$-typed >"$secrets"
	echo "FILE=hidden-$$-in-a-file" >"$file"
	cp "$secrets" "$root/secrets"
	for options in "" "-d" "-d --restart always"; do
		watch_start
		start box-run --name web $options -e SECRET --env-file "$file" "$root" sleep 1000
		eventually 20 test -s "$BOX_STATE/web/pid"
		read -r keeper _ <"$BOX_STATE/web/keeper"
		runs sleep "$keeper"
		box-exec -e SECRET --env-file "$file" web sleep 2000 3>&- &
		runs sleep $!
		# In the box, by one of its users.
		run -0 ns-enter -u 7 web sh -c 'for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do
			tr "\0" "\n" <$f | grep -qFf /secrets && echo $f; done 2>/dev/null; :'
		is "$output" ""
		if [[ $options == *--restart* ]]; then
			runs sleep "$keeper"
			first=$prog
			kill -9 "$prog"
			again() { payload_is sleep "$keeper" && [ "$prog" != "$first" ]; }
			eventually 20 again
		fi
		has "$(tr '\0' '\n' <"/proc/$prog/environ")" "$SECRET"
		box-stop web
		watch_end
		is "$(<"$seen")" "" "box-run $options"
	done
	# A typed value stays in no process.
	typed
	is "$found" ""
	weak 80 typed
	has "$found" /cmdline
}

# unblock CMD...: whether a descriptor that it made non-blocking stays so.
unblock() {
	exec 4<>"$BATS_TEST_TMPDIR/pipe"
	run -0 "$@" python3 -c 'import fcntl, os
for fd in 0, 1, 2: fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)' <&4 2>&4
	run -0 python3 -c 'import fcntl, os; print("non-blocking" if fcntl.fcntl(4, fcntl.F_GETFL) & os.O_NONBLOCK else "as before")'
	exec 4>&-
}
@test "T84: a mode of the caller's descriptors does not outlive the box" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	unblock ns-spawn --init
	is "$output" "as before"
	weak 84 unblock ns-spawn --init
	is "$output" non-blocking
}

# buffers: how many MB the buffers of 20 connections in a box take.
buffers() {
	run -0 host cg-limit --memory 32m max net-lease ns-spawn net-veth python3 -c 'import socket
all, total = [], 0
server = socket.create_server(("127.0.0.1", 5000))
for i in range(20):
    client = socket.create_connection(("127.0.0.1", 5000))
    for s in client, server.accept()[0]:
        all.append(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        s.setblocking(False)
        try:
            while True: total += s.send(bytes(32768))
        except OSError: pass
print(total >> 20)'
}
@test "T85: buffers of TCP count as memory" {
	buffers
	[ "$output" -le 32 ] || fail "$output MB"
	[ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ] || return 0
	weak 85 buffers
	[ "$output" -gt 40 ] || fail "weakened: $output MB"
}

# column N: of the table, without its comments.
column() { awk -F ' *[|] *' -v c="$1" '/^T/ { print $c }' "$TOP/tests/attack/rows"; }
@test "the table of attacks and the tests agree" {
	is "$(column 1)" "$(column 1 | sort -uV)" rows
	is "$(column 2 | grep -c .)" "$(column 1 | wc -l)" attacks
	# A row that is left out has a reason, all others a way to take the defence off.
	is "$(column 3 | grep -vE '^(weaken [0-9]+|option|host|-)$' || :)" ""
	is "$(column 3 | sed -n 's/^weaken //p' | sort -un)" \
	    "$(awk '/^[0-9]/ { print $1 }' "$TOP/tests/attack/weaken" | sort -un)" "rows that are weakened"
	# Each named test exists,
	while IFS=: read -r file name; do
		grep -qF "@test \"${name# }" "$TOP/tests/$file.bats" || fail "$file.bats has no test '${name# }'"
	done < <(awk -F ' *[|] *' '/^T/ && $3 != "-" { print $4 }' "$TOP/tests/attack/rows" | sed 's/; */\n/g')
	# and each that has a row in its name is in the table.
	while IFS= read -r test; do
		for row in ${test%%: *}; do
			awk -F ' *[|] *' -v row="${row%,}" '$1 == row { print $4 }' "$TOP/tests/attack/rows" |
			    grep -qF "${test%%: *}" || fail "the table lacks '$test' at ${row%,}"
		done
	done < <(sed -nE 's/^@test "(T[0-9].*)" \{.*/\1/p' "$TOP"/tests/*.bats)
	# Some test weakens each row that has a line in tests/attack/weaken.
	for row in $(column 3 | sed -n 's/^weaken //p' | sort -un); do
		grep -qE "(weak|attack ok|overwritten ok|seized ok) $row\b" "$TOP"/tests/*.bats || fail "nobody weakens $row"
	done
}
