#!/usr/bin/env bats
# cg-limit: limits read back from the kernel, enforced, reported, removed.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load cgroups

setup() {
	requires "root" test "$EUID" = 0
	baseline_save
}
teardown() {
	loop_gone
	thaw
	baseline_check
}

report() { jq -r "$1" "$BATS_TEST_TMPDIR/report"; }
reported() { cg-limit --report 7 "$@" 7>"$BATS_TEST_TMPDIR/report"; }

# A python that takes N MiB at once, which no shell does.
EAT='import sys; b = bytearray(int(sys.argv[1]) << 20); b[::4096] = b"x" * len(b[::4096])'

# bats test_tags=vm
@test "CPU: 50% is the reference's 50000 of 100000" {
	limited 50%
	is "$(limit cpu cpu.max cpu.cfs_quota_us)" "$(is_v2 cpu && echo 50000 100000 || echo 50000)"
	is "$(share)" 500000
	over
}

# bats test_tags=vm
@test "CPU: fractions, several CPUs, max" {
	while read -r arg want; do
		limited "$arg"
		is "$(share)" "$want" "$arg"
		over
	done <<-END
		250% 2500000
		0.5% 5000
		33.3% 333000
		100% 1000000
		max max
	END
}

# A box's root is another user there.
@test "the groups are for all to read, whatever the caller's umask is" {
	umask 077
	limited --pids 20 50%
	umask 022
	for c in cpu pids; do is "$(stat -c %a "$(cgroup_dir $c "$prog")")" 755; done
	over
}

@test "CPU: bad amounts are refused, one line each" {
	for arg in 0% 0 -5% -- 1e9% abc 50 50%% % '' 5x% .% 0.0000001% nan% inf% 99999999999999999999% ' 50%' '50% '; do
		run -125 cg-limit "$arg" touch "$BATS_TEST_TMPDIR/ran"
		[[ ${#lines[@]} = 1 || ${lines[1]} == *"hint: see cg-limit --help" ]] || fail "lines for '$arg': $output"
		has "$output" "cg-limit: "
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done
	run -125 cg-limit -5% true
	run -125 cg-limit -- -5% true
}

@test "options: bad values are refused, one line that names the option" {
	while read -r opt arg; do
		run -125 cg-limit "$opt" "$arg" max touch "$BATS_TEST_TMPDIR/ran"
		has "${lines[0]}" "cg-limit: "
		has "$output" "${opt#--}"
		[ "${#lines[@]}" -le 2 ]
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done <<-END
		--pids -1
		--pids abc
		--pids 1.5
		--pids 99999999999999999999
		--memory 0x10
		--memory 5q
		--memory 1.
		--memory 1.5
		--memory 1.0000005g
		--memory -1m
		--memory 99999999999999999999g
		--swap z
		--memory 9999999t
		--cpuset 1-
		--cpuset 0;1
		--cpuset 3-1
		--cpuset ,
		--cpuset 0,,1
		--cpuset x
		--cpuset 99999
		--io 7:0
		--io 7:0:
		--io 7:0:rbps
		--io 7:0:rbps=
		--io 7:0:rbps=0
		--io 7:0:speed=1
		--io 7:rbps=1m
		--io /dev/null:rbps=1m
		--io /no-such-disk:rbps=1m
		--weight 0
		--weight 10001
		--weight x
		--name a/b
		--name ..
		--name .
		--report 99
		--report x
	END
	run -125 cg-limit --name "" max true
	run -125 cg-limit --warn=files=x max true
	is "$output" "cg-limit: --warn: 'files=x' is not pids=OPTION or memory=OPTION"
	is_v2 memory || {
		run -125 cg-limit --swap 1m max true
		has "$output" "--swap needs --memory here"
	}
	run -125 cg-limit --name "$(printf %300s x | tr ' ' x)" max true
}

# bats test_tags=vm
@test "pids, memory, weight and swap are read back from the group" {
	limited --pids 20 -m 64m 50%
	is "$(limit pids pids.max pids.max)" 20
	is "$(limit memory memory.max memory.limit_in_bytes)" 67108864
	over
	limited --pids max --memory 1g max
	is "$(limit pids pids.max pids.max)" max
	is "$(limit memory memory.max memory.limit_in_bytes)" 1073741824
	over
	limited --memory 2048k max
	is "$(limit memory memory.max memory.limit_in_bytes)" 2097152
	over
	limited --memory 1.5m max
	is "$(limit memory memory.max memory.limit_in_bytes)" 1572864
	over
	limited --memory 8388608 max
	is "$(limit memory memory.max memory.limit_in_bytes)" 8388608
	over
}

# bats test_tags=vm
@test "weight: 100 is the kernel's default share" {
	limited --weight 100 max
	if is_v2 cpu; then is "$(limit cpu cpu.weight -)" 100; else is "$(limit cpu - cpu.shares)" 1024; fi
	over
	limited --weight 300 max
	if is_v2 cpu; then is "$(limit cpu cpu.weight -)" 300; else is "$(limit cpu - cpu.shares)" 3072; fi
	over
}

# bats test_tags=vm
@test "swap is a limit of its own" {
	swap_file() { is_v2 memory || [ -e "$(cgroup_dir memory)/memory.memsw.limit_in_bytes" ]; }
	lacks_kernel "accounting of swap" swap_file
	limited --memory 64m --swap 32m max
	if is_v2 memory; then
		is "$(limit memory memory.swap.max -)" 33554432
	else
		is "$(limit memory - memory.memsw.limit_in_bytes)" 100663296
	fi
	over
	# In docker's words, in any order.
	limited --memory-swap 96m --memory 64m max
	is "$(limit memory memory.swap.max memory.memsw.limit_in_bytes)" "$(is_v2 memory && echo 33554432 || echo 100663296)"
	over
}

@test "--memory-swap: the sum of memory and swap" {
	for words in "-m 64m --memory-swap 96m" "--memory-swap 96m -m 64m" "-m 32m --memory-swap 96m -m 64m"; do
		# shellcheck disable=SC2086
		run -0 cg-limit -n $words max true
		has "$output" $'\n'"echo $(is_v2 memory && echo 33554432 || echo 100663296) > "
	done
	run -0 cg-limit -n -m 64m --memory-swap max max true
	hasnt "$output" sw
	while read -r words; do
		# shellcheck disable=SC2086
		run -125 cg-limit $words max true
		has "$output" "cg-limit: --memory-swap"
	done <<-END
		--memory-swap 96m
		-m max --memory-swap 96m
		-m 64m --memory-swap 63m
		-m 64m --memory-swap 0
		-m 64m --memory-swap -1
	END
}

@test "swap: a host that does not account it says so" {
	if is_v2 memory || [ -e "$(cgroup_dir memory)/memory.memsw.limit_in_bytes" ]; then
		skip "this host accounts swap"
	fi
	run -125 cg-limit --memory 64m --swap 32m max touch "$BATS_TEST_TMPDIR/ran"
	has "$output" swap
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "a limit that cannot be read is not left out" {
	requires "strace" command -v strace
	! is_v2 memory || skip "v2 has one limit"
	dir=$(cgroup_dir memory)/box-0
	for file in ../memory.kmem.tcp.limit_in_bytes memory.limit_in_bytes; do
		file=$(realpath -m "$dir/$file")
		run -125 strace -qq -o /dev/null -P "$file" -e trace=open,openat \
		    -e inject=open,openat:error=EPERM:when=1 cg-limit --name box-0 --memory 64m max touch "$BATS_TEST_TMPDIR/ran"
		is "${lines[0]}" "cg-limit: read $file: Operation not permitted"
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done
}

# bats test_tags=vm
@test "cpuset: the group's, and PROG's own" {
	last_cpu
	limited --cpuset "$cpu" max
	is "$(limit cpuset cpuset.cpus cpuset.cpus)" "$cpu"
	is "$(cpus_of "$prog")" "$cpu"
	is "$(cpus_of "$pid")" "$(cpus_of self)" "cg-limit's own"
	over
	limited --cpuset max max
	is "$(cpus_of "$prog")" "$(cpus_of self)"
	over
}

# bats test_tags=vm
@test "cpuset: CPUs that are not there are refused, and nothing is left" {
	run -125 cg-limit --cpuset 0,4000 max touch "$BATS_TEST_TMPDIR/ran"
	has "$output" "without 4000"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

# bats test_tags=vm
@test "cpuset: one inside another's" {
	last_cpu
	other=$((cpu == 0 ? 1 : cpu - 1))
	run -125 cg-limit --all --cpuset "$cpu" max cg-limit --cpuset "$other" max true
	has "$output" "the CPUs here are $cpu, without $other"
	run -0 cg-limit --all --cpuset "$cpu" max cg-limit --pids 9 --cpuset "$cpu" max \
	    awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status
	is "$output" "$cpu"
}

# bats test_tags=vm
@test "io: the rates of a disk are read back from the group" {
	loop_device
	limited --io "$disk:rbps=1m,wiops=50" --io "$disk:wbps=2048" max
	is "$(rate rbps)" 1048576
	is "$(rate wiops)" 50
	is "$(rate wbps)" 2048
	is "$(rate riops)" max
	over
	limited --io "$device:riops=7" max
	is "$(rate riops)" 7
	over
}

@test "io: a disk that is not there is refused, and nothing is left" {
	run -125 cg-limit --io 60:0:rbps=1m max touch "$BATS_TEST_TMPDIR/ran"
	has "$output" "60:0"
	has "$output" "hint: "
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

# bats test_tags=vm
@test "the group: box-PID by default, where it can be in each hierarchy" {
	limited --pids 20 -m 64m 50%
	for c in cpu memory pids; do
		if is_v2 $c; then where=$(home cpu memory pids); else where=$(home $c); fi
		is "$(cgroup_dir $c "$prog")" "$where/box-$pid" "$c"
		is "$(cgroup_dir $c "$pid")" "$(cgroup_dir $c)" "cg-limit's own $c"
	done
	over
}

# bats test_tags=vm
@test "--all: each controller that the host has" {
	limited --all --pids 20 max
	for c in cpu memory pids cpuset blkio; do
		has "$(cgroup_dir $c "$prog")" "/box-$pid"
	done
	! is_v2 pids || has "$(<"$(cgroup_dir "" "$prog")/cgroup.controllers")" "cpuset cpu io memory pids"
	over
}

# bats test_tags=vm
@test "the group: box-PID-N where that name is taken, as pids repeat in pid namespaces" {
	limited --pids 20 max
	own=$(cgroup_dir pids "$prog") first=$prog
	mkdir "${own%/*}/box-2-1"
	# The second is process 2 of a pid namespace, and so is the third.
	inner() { unshare --pid --fork --kill-child sh -c 'cg-limit --pids 20 max sleep 1000; :' 3>&- & }
	inner
	second=$!
	runs sleep "$second"
	is "$(cgroup_dir pids "$prog")" "${own%/*}/box-2"
	inner
	third=$!
	runs sleep "$third"
	is "$(cgroup_dir pids "$prog")" "${own%/*}/box-2-2"
	kill "$prog" "$(payload "$second")"
	finish "$second"
	finish "$third"
	rmdir "${own%/*}/box-2-1"
	[ ! -e "${own%/*}/box-2" ] && [ ! -e "${own%/*}/box-2-2" ]
	prog=$first
	over
}

@test "--name, and a name that is taken" {
	limited --name "mine-$$" --pids 20 max
	is "$(cgroup_dir pids "$prog")" "$(home pids)/mine-$$"
	run -125 cg-limit --name "mine-$$" --pids 20 max true
	has "$output" "mine-$$"
	[ -d "$(cgroup_dir pids "$prog")" ]
	kill -0 "$prog"
	is "$(cgroup_dir pids "$prog")" "$(home pids)/mine-$$"
	over
	# The start waits for a cleanup of the same name.
	mkdir -p "$BOX_STATE/lock"
	flock "$BOX_STATE/lock/cg-mine-$$" sleep 0.2 3>&- &
	run -0 cg-limit --name "mine-$$" --pids 20 max true
	wait $!
	run -125 cg-limit --name boxtools --pids 20 max true
	has "$output" "--name: boxtools"
}

@test "--parent: another group than the caller's" {
	# A cg-limit makes the parent, because it knows the place on this host.
	limited --name "outer-$$" --pids 50 -m 512m max
	rel=$(grep -E '^[0-9]+:([^:]*,)?pids(,[^:]*)?:|^0::' "/proc/$prog/cgroup" | head -n 1 | cut -d: -f3-)
	outer=$pid outer_prog=$prog
	if is_v2 pids; then kill "$prog"; finish; skip "a parent with processes in it is v1's"; fi
	start cg-limit --parent "$rel" --pids 20 max sleep 1000
	runs sleep
	is "$(cgroup_dir pids "$prog")" "$(cgroup_dir pids "$outer_prog")/box-$pid"
	over
	kill "$outer_prog"
	finish "$outer"
}

@test "--parent: one that is missing is named" {
	run -125 cg-limit --parent "/no-such-$$" --pids 20 max true
	has "$output" "no-such-$$"
}

# bats test_tags=vm
@test "--delegate: the root of a box makes groups with limits below the box's own" {
	bb_root
	mkdir "$BATS_TEST_TMPDIR/opt"
	cp "$TOP/bin/cg-limit" "$BATS_TEST_TMPDIR/opt"
	spawn="ns-spawn --init --delegate"
	enter=(rootfs-enter --delegate --tmpfs /run -v "$BATS_TEST_TMPDIR/opt:/opt:ro" -e PATH=/opt:/bin:/sbin "$bb" sh -c)
	start cg-limit --delegate --pids 40 --name outer 50% $spawn "${enter[@]}" 'cg-limit --pids 7 --name inner --memory 64m 20% sleep 1000'
	runs sleep
	is "$(limit pids pids.max pids.max) $(limit memory memory.max memory.limit_in_bytes) $(share)" "7 67108864 200000"
	is "$(stat -c %u "$(cgroup_dir pids "$prog")")" "$(awk '{ print $2 }' "/proc/$prog/uid_map")"
	# In each hierarchy.
	hasnt "$(sed "${IN_BOX:+/:freezer:/d}" "/proc/$prog/cgroup" | cut -d: -f3 | grep -v /outer)" /
	kill "$prog" && finish
	is "$status" 143
	baseline_check
	# The box's own limits stay.
	run -0 cg-limit --delegate --pids 40 max $spawn "${enter[@]}" 'cd /sys/fs/cgroup
		[ ! -e pids ] || cd pids
		mkdir one && ls -d one
		echo 41 2>/dev/null >pids.max || cat pids.max'
	is "$output" $'one\n40'
	# The view alone gives no right, and the right alone no view that can be written.
	try='mkdir /sys/fs/cgroup/one /sys/fs/cgroup/pids/one'
	run cg-limit --delegate max ${spawn% *} "${enter[@]}" "$try"
	[ "$status" = 1 ] || fail "status $status"
	run cg-limit --delegate max $spawn rootfs-enter "$bb" sh -c "$try"
	[ "$status" = 1 ] || fail "status $status"
	# No signal would end a process that v1 has frozen.
	run cg-limit --delegate max $spawn rootfs-enter --delegate --cap-add ALL --seccomp off --tmpfs /tmp --tmpfs /run "$bb" \
	    sh -c 'mkdir /tmp/f && mount -t cgroup -o freezer f /tmp/f && mkdir /tmp/f/a && ls /tmp/f/a'
	[ "$status" = 1 ] || fail "status $status"
	# On v2 the number of groups and levels is the host's to set.
	run -0 cg-limit --delegate=4 max $spawn "${enter[@]}" 'exec 2>/dev/null; cd /sys/fs/cgroup
		[ ! -e unified ] || cd unified
		[ -e cgroup.max.descendants ] || exit 0
		for i in 1 2 3 4 5; do mkdir $i; done; echo [1-5]
		echo max >cgroup.max.descendants; echo max >cgroup.max.depth
		cat cgroup.max.descendants cgroup.max.depth'
	[ ! -e "$(cgroup_dir "")/cgroup.procs" ] || is "$output" $'1 2\n4\n64'
	run -125 cg-limit --delegate=0 max true
	run -125 cg-limit --pids 40 max ${spawn% *} rootfs-enter "${enter[@]:2}" 'cg-limit --pids 7 max true'
	has "$output" "cg-limit: hint: start the box around this one with box-run --delegate"
	# On v2 no process is in the box's own group, so that controllers can be turned
	# on there: neither a stage in between nor ns-spawn.
	start cg-limit --delegate --name "full-$$" max log-keep "$BATS_TEST_TMPDIR/log" $spawn "${enter[@]}" 'exec sleep 1000'
	runs sleep
	if [ -e "$(cgroup_dir "")/cgroup.procs" ]; then
		d=$(cgroup_dir "" "$prog")
		is "${d##*/}" processes
		is "$(cat "${d%/*}/cgroup.procs")" ""
		is "$(stat -c %u "${d%/*}"/{stages,processes}/cgroup.procs | xargs)" "0 $(awk '{ print $2 }' "/proc/$prog/uid_map")"
		is "$(xargs -I{} cat /proc/{}/comm <"${d%/*}/stages/cgroup.procs" | sort | xargs)" "log-keep ns-spawn"
	fi
	kill "$prog" && finish
	# Of v1, what reaches beyond the group stays the host's. Few hosts have all
	# hierarchies, so the kernel's two files are others here.
	dir=$(cgroup_dir pids)
	[ -e "$dir/cgroup.controllers" ] || {
		run -0 unshare -m bash -ec 'for list in pids net_cls,net_prio freezer perf_event; do
				mkdir "$0/at-$$-$list"
				echo "$((++i)):$list:/at-$$-$list" >>"$1/groups"
				echo "$((100 + i)) 1 0:9$i / $0 rw - cgroup cgroup rw,$list" >>"$1/mounts"
				own="$own$list:/at-$$-$list;"
			done
			mount --bind "$1/groups" /proc/$$/cgroup
			mount --bind "$1/mounts" /proc/$$/mountinfo
			BOX_CGROUPS=$own exec ns-spawn -n --delegate true' "$dir" "$BATS_TEST_TMPDIR"
		rmdir "$dir/at-"*
		is "$(sed -n 's|^chown .*/at-[0-9]*-||p' <<<"$output" | xargs)" \
		    "pids pids/cgroup.procs pids/tasks perf_event perf_event/cgroup.procs perf_event/tasks"
	}
	run -0 cg-limit --delegate max ns-spawn -n --delegate true
	if is_v2 pids; then
		has "$output" '/processes/cgroup.subtree_control'
		has "$output" 'echo $BOX_PID > '
	else
		has "$output" /tasks
	fi
	run -125 --separate-stderr ns-spawn --delegate true
	is "$stderr" "ns-spawn: --delegate: the box has no control group of its own
ns-spawn: hint: cg-limit --delegate max ns-spawn --delegate ..."
	# A value by hand is no right to any group: not the host's, nor the caller's.
	list=$(sed -n 's/^[0-9]*:\([a-z,]*pids[a-z,]*\):.*/\1/p' /proc/self/cgroup)
	own=$(awk -F: -v list="$list" '$2 == list { print $3 }' /proc/self/cgroup)
	before=$(stat -c %u "$(cgroup_dir pids)"{,/cgroup.procs})
	for value in "$list:/;" "$list:$own/other;" "$list:${own%/*};"; do
		BOX_CGROUPS=$value run -125 ns-spawn --delegate true
		is "${#lines[@]}" 1
		has "$output" "ns-spawn: BOX_CGROUPS: $own, the group of this process"
	done
	BOX_CGROUPS="$list;" run -125 ns-spawn --delegate true
	has "$output" "no control group of its own"
	is "$(stat -c %u "$(cgroup_dir pids)"{,/cgroup.procs})" "$before"
}

# bats test_tags=vm
@test "a tree of groups deeper than the limit of descriptors, and a wide one, go at the end" {
	# Processes are in the deepest group and in the wide ones.
	tree='cd "$1" && for i in $(seq 40); do mkdir w$i && { sleep 1000 >&- 2>&- & echo $! >w$i/cgroup.procs; }; done
		for i in $(seq 100); do mkdir a b && cd a; done
		sleep 1000 >&- 2>&- & echo $! >cgroup.procs && echo made'
	for end in true 'kill -9 $PPID'; do
		if is_v2 pids; then d=$(home pids); else d=$(cgroup_dir pids); fi
		run timeout $((30 * ${SLACK:-1})) bash -c 'ulimit -n 24 && exec cg-limit --name "$0" --pids 100 max "$@"' "deep-$$" sh -c "$tree; $end" sh "$d/deep-$$" 3>&-
		has "$output" made
		(ulimit -n 24 && box-gc)
		is "$(find "$d" -name "deep-$$")" ""
	done
}

# left STATUS ARGS...: cg-limit --leave --group $path ARGS has the status; $prog is
# the box's process 1.
left() {
	local status=0
	cg-limit --leave --group "$path" "${@:2}" 9>"$BATS_TEST_TMPDIR/info" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- || status=$?
	is "$status" "$1" "$(cat "$BATS_TEST_TMPDIR/out")"
	prog=$(sed 's/^{"pid": \([0-9]*\),.*/\1/' "$BATS_TEST_TMPDIR/info")
}
spawn="ns-spawn --only pid,mount --leave --info-fd 9"
groups_at() { find /sys/fs/cgroup -path "*$1" -type d; }

# bats test_tags=vm
@test "--leave --group: the group stays with the box, in all hierarchies" {
	path=/top-$$/libpod-$(printf %064d 1) begin=$EPOCHREALTIME
	left 0 --pids 1 -m 64m 50% $spawn sleep 1000
	is "$(limit pids pids.max pids.max)" 1
	is "$(limit memory memory.max memory.limit_in_bytes)" 67108864
	is "$(share)" 500000
	# Each but a v2 without controllers, which is beside v1.
	other=0:
	if is_v2 pids; then other=none; fi
	is "$(sed "/^$other:/d; ${IN_BOX:+/:freezer:/d}" "/proc/$prog/cgroup" | cut -d: -f3 | sort -u)" "$path"
	[ ! -e "$BOX_STATE/lock" ] || is "$(grep -rl "top-$$" "$BOX_STATE/lock")" ""
	run -0 cg-set --group "$path" --pids 7 --set cpuset.cpus=0 20%
	is "$(limit pids pids.max pids.max) $(share) $(limit cpuset cpuset.cpus cpuset.cpus)" "7 200000 0"
	# In use, or with groups below.
	run -125 cg-limit --leave --group "$path" max true
	has "$output" "$path has processes"
	run -125 cg-limit --leave --group "/top-$$" max true
	has "$output" "/top-$$ has groups"
	kill -9 "$prog"
	eventually 10 gone "$prog"
	# Empty, it is taken over; and ends with a chain that fails, not the one above.
	left 3 max sh -c 'sleep 1000 & echo $! >&9; exit 3'
	eventually 10 gone "$(cat "$BATS_TEST_TMPDIR/info")"
	is "$(groups_at "/top-$$/*")" ""
	groups_at "/top-$$" | xargs rmdir
	left 125 max $spawn rootfs-enter /no/such true
	left 127 max $spawn nothing
	is "$(groups_at "/top-$$")" "" "groups above"
}

@test "--leave --group: files of a group that cannot be read refuse it" {
	requires "strace" command -v strace
	path=/top-$$
	left 0 --pids 9 max $spawn sleep 1000
	# unread FILE GROUP: no process of the group is killed, no group is made.
	unread() {
		run -125 strace -qq -o /dev/null -P "$1" -e trace=open,openat -e inject=open,openat:error=EPERM \
		    cg-limit --leave --group "$2" max true
		is "${lines[0]}" "cg-limit: read $1: Operation not permitted"
		run ! gone "$prog"
		is "$(groups_at "$path/in")" ""
	}
	for dir in $(groups_at "$path"); do
		[ ! -e "$dir/cpuset.mems" ] || is_v2 cpuset || unread "$dir/cpuset.mems" "$path/in"
		[ ! -e "$dir/freezer.state" ] || unread "$dir/in/freezer.state" "$path/in"
	done
	# Of one hierarchy alone, as the process is in the same group of the others.
	dir=$(groups_at "$path" | grep -m 1 pids) || dir=$(groups_at "$path")
	mkdir "${dir%/*}/one-$$"
	echo "$prog" >"${dir%/*}/one-$$/cgroup.procs"
	unread "${dir%/*}/one-$$/cgroup.procs" "/one-$$"
	kill -9 "$prog"
	eventually 10 gone "$prog"
	groups_at "$path" | xargs rmdir "${dir%/*}/one-$$"
}

@test "--leave --group: bad paths, and options for a cg-limit that stays" {
	while read -r words; do
		# shellcheck disable=SC2086
		run -125 cg-limit $words max touch "$BATS_TEST_TMPDIR/ran"
		has "$output" "cg-limit: --"
	done <<-END
		--leave --group a
		--leave --group ../a
		--leave --group /a/../b
		--leave --group /./a
		--leave --group /
		--leave --group //
		--leave
		--here
		--leave --here --group /a
		--leave --here --name b
		--group /a
		--leave --group /a --name b
		--leave --group /a --parent b
		--leave --group /a --warn
		--leave --group /a --report 1
		--set memory.high
		--set memory.high=
		--set =1
		--set memory=1
		--set cgroup.procs=1
		--set freezer.state=FROZEN
		--set ../memory.high=1
		--set memory.high/../../x=1
		--set nothing.max=1
		--set memory.high=$(printf %05000d 1)
	END
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	run -125 cg-set --group "/none-$$" --pids 9
	is "$output" "cg-set: there is no group /none-$$"
}

# bats test_tags=vm
@test "--leave --here: the limits of the caller's own group, which stays" {
	if ! is_v2 pids; then
		run -125 cg-limit --leave --here --pids 9 max true
		is "$output" "cg-limit: --here: limits are not on cgroup v2 here"
		return
	fi
	mine=$(home pids memory)
	mine=${mine%/*}/mine-$$
	mkdir "$mine"
	run -125 cg-limit --leave --here --pids 9 max true
	has "$output" "--here: "
	sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$mine" cg-limit --leave --here --pids 1 -m 64m max \
	    $spawn sleep 1000 9>"$BATS_TEST_TMPDIR/info" </dev/null >/dev/null 2>&1 3>&-
	prog=$(sed 's/^{"pid": \([0-9]*\),.*/\1/' "$BATS_TEST_TMPDIR/info")
	is "$(cat "$mine/cgroup.procs")" "$prog"
	is "$(cat "$mine/pids.max") $(cat "$mine/memory.max")" "1 67108864"
	kill -9 "$prog"
	eventually 10 rmdir "$mine"
}

# bats test_tags=vm
@test "--set: any file of the group, its controller by the name, a missing one named" {
	if is_v2 cpu; then file=cpu.weight; else file=cpu.shares; fi
	limited --set $file=300 --set pids.max=9 --pids 20 max
	is "$(limit cpu $file $file) $(limit pids pids.max pids.max)" "300 9"
	over
	run -125 cg-limit --set cpu.nothing=1 max touch "$BATS_TEST_TMPDIR/ran"
	has "${lines[0]}" "/cpu.nothing: No such file or directory"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	run -0 --separate-stderr cg-limit -n --set cpu.nothing="a b" max true
	has "$output" "echo 'a b' > "
}

# used PID...: CPU time in microseconds, as the scheduler has it
used() {
	local p sum=0 ns
	for p; do
		read -r ns _ <"/proc/$p/schedstat"
		sum=$((sum + ns / 1000))
	done
	echo "$sum"
}
now() { echo "${EPOCHREALTIME/./}"; }
passed() { (($(now) - begin >= $1)); }
# gets_half PID...: together they get no more than about half a CPU. A host that
# is busy gives them less; the group's file has the half.
gets_half() {
	local before wall spent
	begin=$(now) before=$(used "$@")
	eventually 20 passed 1500000
	spent=$(($(used "$@") - before)) wall=$(($(now) - begin))
	between $((spent * 100 / wall)) 5 60
}

# bats test_tags=vm
@test "enforced: a busy loop gets half a CPU" {
	start cg-limit 50% sh -c 'exec 2>/dev/null; while :; do :; done'
	runs sh
	gets_half "$prog"
	over
}

@test "enforced: two busy loops share the half" {
	start cg-limit 50% sh -c 'while :; do :; done & while :; do :; done'
	child_of_child() {
		prog=$(tr -d ' ' <"/proc/$pid/task/$pid/children") &&
		    second=$(tr -d ' ' <"/proc/$prog/task/$prog/children") && [ "$second" ]
	}
	eventually 10 child_of_child
	gets_half "$prog" "$second"
	over
}

# bats test_tags=vm
@test "enforced: reads from a disk, which is not slow itself" {
	loop_device
	read_it() { begin=$(now); "$@" dd if="$disk" of=/dev/null bs=64k count=32 iflag=direct 2>/dev/null; }
	read_it cg-limit --io "$disk:rbps=max" max
	free=$(($(now) - begin))
	read_it cg-limit --io "$disk:rbps=1m" max
	limited=$(($(now) - begin))
	between $limited 1500000 60000000
	[ $limited -gt $((free * 2)) ] || fail "2 MiB: $limited us, without a limit $free us"
}

# bats test_tags=vm
@test "enforced: the process over the limit fails" {
	# sh is one, and each sleep another.
	run cg-limit --pids 5 max bash -c 'for i in 1 2 3 4; do sleep 1000 & done; echo four; sleep 1000 & echo five' 3>&-
	has "$output" four
	has "$output" "Resource temporarily unavailable"
	run -0 cg-limit --pids 5 max bash -c 'for i in 1 2 3 4; do sleep 1000 & done; echo four' 3>&-
	is "$output" four
}

# bats test_tags=vm
@test "enforced: memory over the limit is killed, and said in the report" {
	requires "python3" command -v python3
	run -137 reported --memory 48m --swap 0 max python3 -c "$EAT" 200 ||
	    run -137 reported --memory 48m max python3 -c "$EAT" 200
	between "$(report .oom_kills)" 1 100
	is "$(report .oom_by)" own
	is "$(report .status)" 137
	between "$(report .memory_peak)" 40000000 50331648
	between "$(report .memory_hits)" 1 100000000
	run -0 reported --memory 256m max python3 -c "$EAT" 60
	is "$(report .oom_kills)" 0
	is "$(report .oom_by)" null
	is "$(report .memory_hits)" 0
}

# bats test_tags=vm
@test "report: the owner of the limit, when an outer group's is the smaller" {
	requires "python3" command -v python3
	run cg-limit --memory 48m max cg-limit --report 7 --memory 400m max python3 -c "$EAT" 200 \
	    7>"$BATS_TEST_TMPDIR/report"
	is "$status" 137
	is "$(report .oom_by)" outer
	between "$(report .oom_kills)" 1 100
}

# bats test_tags=vm
@test "report: one JSON object with the agreed members, and the status" {
	requires "jq" command -v jq
	run -7 reported --pids 20 -m 64m 50% sh -c 'exit 7'
	is "$(jq -c 'keys' "$BATS_TEST_TMPDIR/report")" \
	    '["cpu_usec","memory_hits","memory_peak","nr_throttled","oom_by","oom_kills","pids_hits","pids_peak","status","throttled_usec"]'
	is "$(report .status)" 7
	is "$(report .oom_by)" null
	is "$(report .oom_kills)" 0
	is "$(report .pids_hits)" 0
	between "$(report .cpu_usec)" 1 5000000
	between "$(report .memory_peak)" 1 67108864
	is "$(wc -l <"$BATS_TEST_TMPDIR/report")" 1
	run -137 reported max sh -c 'kill -9 $$'
	is "$(report .status)" 137
	run -127 reported max no-such-program
	is "$(report .status)" 127
}

# bats test_tags=vm
@test "report: throttled time and process hits" {
	# A bash that cannot fork gives up, so that comes last.
	run reported --pids 3 20% bash -c 'end=$((${EPOCHREALTIME/./} + 700000))
		while ((${EPOCHREALTIME/./} < end)); do :; done
		for i in 1 2 3 4; do sleep 1000 & done' 3>&-
	between "$(report .throttled_usec)" 50000 1000000000
	between "$(report .nr_throttled)" 2 1000
	between "$(report .cpu_usec)" 20000 $((400000 * ${SLACK:-1}))
	between "$(report .pids_hits)" 1 100
	[ "$(report .pids_peak)" = null ] || is "$(report .pids_peak)" 3
}

@test "report: PROG does not have the descriptor" {
	run -0 reported max sh -c 'cd /proc/self/fd; echo *'
	hasnt " $output " " 7 "
}

@test "--warn: one line for each limit hit, with the option that raises it" {
	run --separate-stderr cg-limit --warn --pids 3 max bash -c 'for i in 1 2 3 4; do sleep 1000 & done 2>/dev/null' 3>&-
	has "$stderr" "--pids"
	is "$(grep -c ^cg-limit: <<<"$stderr")" 1 "lines"
	run --separate-stderr cg-limit --warn=pids=--pids-limit,memory=--mem --pids 3 max \
	    bash -c 'for i in 1 2 3 4; do sleep 1000 & done 2>/dev/null' 3>&-
	has "$stderr" "--pids-limit"
	is "$(grep -c ^cg-limit: <<<"$stderr")" 1 "lines"
	run --separate-stderr -0 cg-limit --warn --pids 30 -m 100m max true
	is "$stderr" ""
}

# bats test_tags=vm
@test "--warn: memory" {
	requires "python3" command -v python3
	run --separate-stderr cg-limit --warn=memory=--mem --memory 32m max python3 -c "$EAT" 200
	is "$status" 137
	has "$stderr" "--mem"
	# The limit of a group above.
	run --separate-stderr cg-limit --memory 32m max cg-limit --warn --memory 400m max python3 -c "$EAT" 200
	is "$status" 137
	has "$stderr" "the host or a group above ran out of memory, and 1 of the processes were killed"
}

@test "a box's filter, which refuses clone3: the group has PROG all the same" {
	cap-drop sys-filter cg-limit --name "in-$$" --pids 9 max grep -E "(:pids:|^0::).*/in-$$\$" /proc/self/cgroup
}

# bats test_tags=vm
@test "processes left in the group are killed when PROG ends" {
	run -0 cg-limit max bash -c 'setsid -f sleep 987654; trap "" TERM HUP; (while :; do sleep 1; done) & echo started' 3>&-
	is "$output" started
	run ! pgrep -f 'sleep 987654'
}

# bats test_tags=vm
@test "groups that PROG makes below its own are removed, busy ones too" {
	export -f cgroup_dir
	run -0 cg-limit --pids 20 max bash -c '
		d=$(cgroup_dir pids) && mkdir "$d/sub" "$d/sub/deep" "$d/other" || exit 3
		sleep 987655 & echo $! >"$d/sub/deep/cgroup.procs"' 3>&-
	run ! pgrep -f 'sleep 987655'
}

@test "signals: forwarded once, and PROG decides" {
	start cg-limit max bash -c 'trap "echo term; exit 5" TERM; trap "echo usr1" USR1; trap "echo hup" HUP
		echo ready; while :; do read -t 0.05 <> <(:); done'
	eventually 10 grep -q ready "$out"
	kill -USR1 "$pid"
	eventually 10 grep -q usr1 "$out"
	kill -HUP "$pid"
	eventually 10 grep -q hup "$out"
	kill -TERM "$pid"
	finish
	is "$status" 5
	is "$(tr '\n' ' ' <"$out")" "ready usr1 hup term "
}

# bats test_tags=vm
@test "kill -9 of cg-limit: PROG dies too, and the next run removes the group" {
	start cg-limit --pids 20 -m 64m 50% sleep 1000
	runs sleep
	kill -9 "$pid"
	finish
	is "$status" 137
	eventually 5 gone "$prog"
	run -0 cg-limit --pids 20 -m 64m 50% true
	baseline_check
}

@test "kill -9 of cg-limit: the group of a live owner is never touched" {
	limited --pids 20 max
	first=$pid first_prog=$prog
	limited --pids 20 max
	kill -9 "$pid"
	finish
	run -0 cg-limit max true
	kill -0 "$first_prog"
	[ -d "$(cgroup_dir pids "$first_prog")" ]
	kill "$first_prog"
	finish "$first"
}

# dead_group: the group dead-PID of a cg-limit that was killed, with the process
# $left in it.
dead_group() {
	start cg-limit --name "dead-$$" --pids 20 max sh -c 'sleep 1000 & exec sleep 1000'
	child() { left=$(pgrep -P "$prog"); }
	runs sleep
	prog=$(cat "/proc/$pid/task/$pid/children")
	prog=${prog% }
	eventually 10 child
	kill -9 "$pid"
	finish
	eventually 5 gone "$prog"
	kill -0 "$left"
}
thaw() {
	[ -d "${frozen:-}" ] || return 0
	echo THAWED >"$frozen/freezer.state"
	eventually 10 rmdir "$frozen"
}

@test "kill -9 of cg-limit: a process that PROG left is killed by the next run, too" {
	dead_group
	run -0 cg-limit --name "dead-$$" --pids 20 max true
	eventually 5 gone "$left"
	dead_group
	run -0 cg-limit max true
	eventually 5 gone "$left"
	run -0 box-gc
	is "$output" ""
}

@test "kill -9 of cg-limit: a process that cannot be killed holds up nobody; box-gc names it" {
	beyond_box freezer
	frozen=$(cgroup_dir freezer)/frozen-$$
	mkdir "$frozen"
	[ -e "$frozen/freezer.state" ] || { rmdir "$frozen"; lacks_kernel "a freezer that stops SIGKILL, v1's" false; }
	dead_group
	echo "$left" >"$frozen/cgroup.procs"
	echo FROZEN >"$frozen/freezer.state"
	eventually 10 grep -q FROZEN "$frozen/freezer.state"
	# A process that joined would stop for good.
	run -125 timeout 10 cg-limit --leave --group "${frozen#/sys/fs/cgroup/freezer}/in" max true
	has "$output" "or one above, is frozen"
	begin=$(now)
	run -0 --separate-stderr cg-limit max true
	between $(($(now) - begin)) 0 8000000
	is "$stderr" ""
	[ -e "$BOX_STATE/lock/cg-dead-$$" ]
	run -0 box-gc
	is "${#lines[@]}" 1
	[[ $output == "box-gc: rmdir "*"/dead-$$: "*"esource busy" ]]
	[ -e "$BOX_STATE/lock/cg-dead-$$" ]
	thaw
	eventually 10 gone "$left"
	run -0 box-gc
	is "$output" ""
}

@test "kill -9 of cg-limit: a pid that is another process's by now is not killed" {
	[ ! -e "$(cgroup_dir pids)/cgroup.kill" ] || skip "the kernel kills a whole group of v2"
	requires "strace" command -v strace
	lacks_kernel "a choice of pids" test -e /proc/sys/kernel/ns_last_pid
	# Process 1 there reaps, so that a pid is free at once.
	run -0 unshare -p -f --mount-proc bash -c "$(declare -f eventually fail)
		BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR SLACK=${SLACK:-1} name=reused-$$"'
		cd "$BATS_TEST_TMPDIR"
		cg-limit --name "$name" --pids 20 max sh -c "sleep 1000 & echo \$\$ \$! >pids; exec sleep 1000" &
		there() { read -r prog left <pids; }
		eventually 10 there
		kill -9 $!
		eventually 10 eval "! kill -0 $prog"
		strace -o log -e trace=read,kill,pidfd_open -e inject=kill,pidfd_open:delay_enter=$((SLACK * 3000000)):when=1 \
		    cg-limit --name "$name" --pids 20 max true &
		strace=$!
		eventually 10 grep -q "^read(.*\"$left.n\"" log
		kill -9 "$left"
		eventually 10 eval "! kill -0 $left"
		echo $((left - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 1000 &
		[ $! = "$left" ] || fail "another process has the pid $!, not $left"
		wait "$strace" || exit
		kill "$left"'
}

@test "a lock that is no plain file is named, and holds up no other group" {
	mkdir -p "$BOX_STATE/lock"
	mkfifo "$BOX_STATE/lock/cg-odd-$$"
	run -125 cg-limit --name "odd-$$" max true
	is "$output" "cg-limit: $BOX_STATE/lock/cg-odd-$$ is not a file that only its owner, this user, may write"
	run -0 cg-limit max true
	is "$output" ""
	rm "$BOX_STATE/lock/cg-odd-$$"
}

@test "a dead owner's record counts only for its own name, below the hierarchies" {
	limited --name "other-$$" --pids 20 max
	d=$(cgroup_dir pids "$prog")
	mkdir "$BATS_TEST_TMPDIR/forged-$$"
	printf '%s\n' "$d" "$d/../other-$$" "$BATS_TEST_TMPDIR/forged-$$" / '' x \
	    >"$BOX_STATE/lock/cg-forged-$$"
	run -0 cg-limit max true
	kill -0 "$prog"
	[ -d "$d" ]
	[ -d "$BATS_TEST_TMPDIR/forged-$$" ]
	rm "$BOX_STATE/lock/cg-forged-$$"
	over
}

@test "a group of somebody else's with that name is refused, and stays" {
	d=$(cgroup_dir pids)/mine-$$
	mkdir "$d"
	run -125 cg-limit --name "mine-$$" max true
	has "$output" "mine-$$"
	has "$output" "hint: "
	rmdir "$d"
}

@test "a limit that the kernel refuses leaves nothing" {
	if is_v2 cpu; then skip "v2 takes a share that is above the outer group's"; fi
	run -125 cg-limit 20% cg-limit --pids 7 50% touch "$BATS_TEST_TMPDIR/ran"
	has "$output" "Invalid argument"
	has "$output" "hint: "
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "a memory limit too small for any program says so" {
	run -137 cg-limit --memory 4k max true
	has "$output" "cg-limit: --memory: 4096 bytes"
	has "$output" "hint: "
}

# bats test_tags=vm
@test "processes that fork all the time are killed when PROG ends" {
	run -0 cg-limit --pids 30 50% bash -c '
		again() { while :; do (again) & done 2>/dev/null; }
		# No process more: there is room for none.
		again & until ((SECONDS)); do :; done' 3>&-
}

# bats test_tags=vm
@test "the next one inside: its limits lie below the outer ones" {
	start cg-limit --pids 20 max cg-limit --name "in-$$" --pids 5 max sleep 1000
	runs sleep
	d=$(cgroup_dir pids "$prog")
	has "$d" "/box-$pid/"
	is "$(cat "$d/pids.max")" 5
	over
}

# v2's rule: a group has processes, or groups with limits below it. Beside v1 a
# controller that is seldom on v1 is v2's.
v2_group() {
	top=$(cgroup_dir "")
	if is_v2 pids; then
		limits='--pids 5 50%'
	else
		grep -qsw hugetlb "$top/cgroup.controllers" || skip "it is about v2"
		limits='--set hugetlb.2MB.max=0 max'
	fi
	while [ -e "$top/cgroup.events" ]; do top=${top%/*}; done
	is_v2 pids || echo +hugetlb >"$top/cgroup.subtree_control"
	mkdir "$top/unit-$$"
}
# in_unit CMD...: becomes CMD in that group
in_unit() { bash -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$top/unit-$$" "$@"; }

# bats test_tags=vm
@test "v2: alone in its group, cg-limit moves to a leaf, and back" {
	v2_group
	run -0 in_unit cg-limit $limits grep ^0: /proc/self/cgroup
	[[ $output == "0::/unit-$$/boxtools/box-"* ]]
	is "$(find "$top/unit-$$" -mindepth 1 -type d)" ""
	is "$(cat "$top/unit-$$/cgroup.subtree_control")" ""
	# Room for the leaf and the group above ours, and no more.
	echo 2 >"$top/unit-$$/cgroup.max.descendants"
	run -125 in_unit cg-limit $limits touch "$BATS_TEST_TMPDIR/ran"
	has "${lines[0]}" "cg-limit: mkdir "
	has "${lines[0]}" "/unit-$$/boxtools/box-"
	has "${lines[0]}" "Resource temporarily unavailable"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	is "$(find "$top/unit-$$" -mindepth 1 -type d)" ""
	is "$(cat "$top/unit-$$/cgroup.subtree_control")" ""
	rmdir "$top/unit-$$"
}

# bats test_tags=vm
@test "v2: a stage that ends while the processes move is no error" {
	is_v2 pids || skip "it is about v2"
	v2_group
	requires "strace" command -v strace
	# A stage that waits for room in its standard output.
	mkfifo "$BATS_TEST_TMPDIR/full"
	exec 8<>"$BATS_TEST_TMPDIR/full"
	timeout 1 cat /dev/zero >&8 || :
	(exec bash -c 'echo 0 >"$0/cgroup.procs" && exec cg-limit --help' "$top/unit-$$") >&8 3>&- &
	stage=$!
	waits() { has "$(readlink "/proc/$stage/exe")" cg-limit && grep -q "$stage" "$top/unit-$$/cgroup.procs"; }
	eventually 10 waits
	start strace -f -o "$BATS_TEST_TMPDIR/log" -P "$top/unit-$$/move-$$.cg-limit/cgroup.procs" \
	    -e inject=write:delay_enter=$((${SLACK:-1} * 3000000)):when=1 \
	    bash -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$top/unit-$$" cg-limit --name "move-$$" --pids 5 50% true
	eventually 20 test -d "$top/unit-$$/move-$$.cg-limit"
	kill -9 "$stage"
	finish "$stage"
	exec 8>&-
	finish "$pid"
	is "$status" 0 "$(cat "$err")"
	rmdir "$top/unit-$$"
}

delegate() { python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.delegate", b"1")' "$1"; }
# bats test_tags=vm
@test "v2: never above a group that is delegated, or limited" {
	v2_group
	export limits
	inner='cg-limit $limits true; exit $?'
	if is_v2 pids; then
		echo 500m >"$top/unit-$$/memory.max"
		run -125 in_unit bash -c "$inner"
		has "$output" "unit-$$ has processes"
		has "$output" "hint: systemd-run --scope"
		echo max >"$top/unit-$$/memory.max"
	fi
	run -0 in_unit bash -c "$inner"
	requires "python3" command -v python3
	delegate "$top/unit-$$"
	run -125 in_unit bash -c "$inner"
	has "$output" "unit-$$ has processes"
	has "$output" "hint: systemd-run --scope"
	# Nor above one that has been given nothing.
	mkdir "$top/unit-$$/bare"
	delegate "$top/unit-$$/bare"
	run -125 bash -c 'echo 0 >"$0/cgroup.procs" && exec cg-limit $limits true' "$top/unit-$$/bare"
	has "$output" "bare has not been given the controllers: "
	has "$output" "hint: systemctl edit bare "
	rmdir "$top/unit-$$/bare" "$top/unit-$$"
	# Nor out of a box.
	run -125 cg-limit $limits bash -c "$inner"
	has "$output" "has processes"
	if is_v2 pids; then
		run -125 cg-limit --pids 9 max cg-limit 50% true
		has "$output" "has not been given the controllers: cpu"
		has "$output" "hint: set limits"
	fi
}

# bats test_tags=vm
@test "v2: an ordinary user, in a group that is theirs" {
	is_v2 pids || skip "it is about v2"
	v2_group
	dir=$(mktemp -d)
	chown 65534 "$dir" "$top/unit-$$" "$top/unit-$$"/cgroup.{procs,subtree_control,threads}
	run -0 in_unit setpriv --reuid 65534 --regid 65534 --clear-groups env BOX_STATE="$dir/state" \
	    cg-limit --pids 5 50% cat /proc/self/cgroup
	[[ $output == "0::/unit-$$/boxtools/box-"* ]]
	is "$(find "$top/unit-$$" -mindepth 1 -type d)" ""
	rmdir "$top/unit-$$"
	rm -r "$dir"
}

# bats test_tags=vm
@test "an ordinary user without a group of their own gets one line and a hint" {
	run -125 setpriv --reuid 65534 --regid 65534 --clear-groups cg-limit 50% true
	has "${lines[0]}" "Permission denied"
	has "${lines[1]}" "cg-limit: hint: "
}

# bats test_tags=vm
@test "-n prints the writes, and a shell can do them" {
	run -0 cg-limit -n --name "dry-$$" --pids 20 -m 64m 50% true
	if is_v2 pids; then d=$(home cpu memory pids); else d=$(home pids); fi
	d=$d/dry-$$
	has "$output" "mkdir"
	has "$output" "echo 20 > $d/pids.max"
	run -0 sh -ec "$output"
	is "$(cat "$d/pids.max")" 20
	find /sys/fs/cgroup -depth -type d -name "dry-$$" -exec rmdir {} +
	! is_v2 pids || rmdir "${d%/*}"
}

@test "-x traces the same writes" {
	run -0 --separate-stderr cg-limit -x --name "dry-$$" --pids 20 max true
	has "$stderr" "+ echo 20 > "
	has "$stderr" "/pids.max"
}

@test "side by side: twenty at once" {
	for i in {1..20}; do
		cg-limit --pids 10 50% sh -c 'exit 9' 3>&- &
		pids[i]=$!
	done
	for i in {1..20}; do
		finish "${pids[i]}"
		is "$status" 9
	done
}

@test "a made-up name whose lock somebody looks at is waited for, and leaves no lock" {
	run -0 sh -c 'mkdir -p "$BOX_STATE/lock" && chmod 755 "$BOX_STATE" && : >"$BOX_STATE/lock/cg-box-$$" &&
	    chmod 600 "$BOX_STATE/lock/cg-box-$$" && echo $$
	    flock "$BOX_STATE/lock/cg-box-$$" sleep 0.2 3>&- >/dev/null & sleep 0.1; exec cg-limit max cat /proc/self/cgroup'
	has "$output" "/box-${lines[0]}"
	is "$(ls "$BOX_STATE/lock")" ""
}

# bats test_tags=vm
@test "a cgroup tree that is read-only is named, with a hint" {
	requires "unshare" command -v unshare
	run -125 unshare -m bash -c '
		for m in $(awk "/ - cgroup2? /{print \$5}" /proc/self/mountinfo); do mount -o remount,bind,ro "$m" || exit 9; done
		exec cg-limit --pids 20 50% true'
	has "$output" "Read-only file system"
	has "$output" "hint: "
}

@test "no cgroup mount at all is named, with a hint" {
	run -125 unshare -m bash -c '
		for m in $(awk "/ - cgroup2? /{print \$5}" /proc/self/mountinfo); do umount -l "$m" 2>/dev/null || :; done
		exec cg-limit --pids 20 50% true'
	has "$output" "cg-limit: "
	has "$output" "hint: "
	hasnt "$output" "/pids.max"
}

@test "a controller that no hierarchy has is named" {
	is_v2 pids && skip "its controllers are not mounts here"
	run -125 unshare -m bash -c 'umount -l "$1" && exec cg-limit --pids 20 50% true' - \
	    "$(awk '/ - cgroup /&& /pids/{print $5; exit}' /proc/self/mountinfo)"
	has "$output" pids
	# Other limits still work.
	run -0 unshare -m bash -c 'umount -l "$1" && exec cg-limit 50% true' - \
	    "$(awk '/ - cgroup /&& /pids/{print $5; exit}' /proc/self/mountinfo)"
}
