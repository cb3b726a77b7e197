#!/usr/bin/env bats
# cg-set: the limits of a group in use are changed, and only those asked for.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load cgroups

setup() {
	requires "root" test "$EUID" = 0
	baseline_save
}
teardown() {
	loop_gone
	baseline_check
}

# bats test_tags=vm
@test "each limit is changed, by itself, and taken off" {
	limited --name "set-$$" --all --pids 20 -m 64m 50%
	run -0 cg-set "set-$$" 20%
	is "$output" ""
	is "$(share)" 200000
	is "$(limit pids pids.max pids.max)" 20
	run -0 cg-set --pids 7 "set-$$"
	is "$(limit pids pids.max pids.max)" 7
	is "$(share)" 200000
	run -0 cg-set --pids max -m 32m "set-$$" max
	is "$(limit pids pids.max pids.max)" max
	is "$(limit memory memory.max memory.limit_in_bytes)" 33554432
	is "$(share)" max
	run -0 cg-set --weight 300 --memory max "set-$$" 250%
	is "$(share)" 2500000
	between "$(limit memory memory.max memory.limit_in_bytes | sed s/max/9223372036854771712/)" \
	    9000000000000000000 9223372036854775807
	if is_v2 cpu; then is "$(limit cpu cpu.weight -)" 300; else is "$(limit cpu - cpu.shares)" 3072; fi
	over
}

@test "limits that cannot be read are not changed" {
	requires "strace" command -v strace
	limited --name "set-$$" --all -m 64m --cpuset 0 max
	# unread FILE WORD...
	unread() {
		run -125 strace -qq -o /dev/null -P "$1" -e trace=open,openat -e inject=open,openat:error=EPERM cg-set "${@:2}" "set-$$"
		is "${lines[0]}" "cg-set: read $1: Operation not permitted"
	}
	dir=$(cgroup_dir cpuset "$prog")
	if is_v2 cpuset; then file=cpuset.cpus.effective; else file=cpuset.effective_cpus; fi
	unread "${dir%/*}/$file" --cpuset 0
	dir=$(cgroup_dir memory "$prog")
	is_v2 memory || for file in "$dir/memory.limit_in_bytes" "${dir%/*}/memory.kmem.tcp.limit_in_bytes"; do
		[ ! -e "$file" ] || unread "$file" -m 64m
	done
	is "$(limit cpuset cpuset.cpus cpuset.cpus) $(limit memory memory.max memory.limit_in_bytes)" "0 67108864"
	over
}

@test "shares below 1% and back, from any period" {
	limited --name "set-$$" 50%
	for percent in 0.5 300 0.1 100; do
		run -0 cg-set "set-$$" $percent%
		is "$(share)" "$(awk "BEGIN { print $percent * 10000 }")" "$percent%"
	done
	over
}

# bats test_tags=vm
@test "swap stays the same when memory changes" {
	swap_file() { is_v2 memory || [ -e "$(cgroup_dir memory)/memory.memsw.limit_in_bytes" ]; }
	lacks_kernel "accounting of swap" swap_file
	swap() {
		if is_v2 memory; then
			limit memory memory.swap.max -
		else
			echo $(($(limit memory - memory.memsw.limit_in_bytes) - $(limit memory - memory.limit_in_bytes)))
		fi
	}
	limited --name "set-$$" -m 64m --swap 32m max
	is "$(swap)" 33554432
	for size in 128m 48m; do
		run -0 cg-set -m $size "set-$$"
		is "$(swap)" 33554432
	done
	run -0 cg-set --swap 1m "set-$$"
	is "$(swap)" 1048576
	over
}

# bats test_tags=vm
@test "cpuset: PROG moves, and back" {
	last_cpu
	limited --name "set-$$" --all max
	all=$(cpus_of "$prog")
	run -0 cg-set --cpuset "$cpu" "set-$$"
	is "$(cpus_of "$prog")" "$cpu"
	run -125 cg-set --cpuset 4000 "set-$$"
	has "$output" "without 4000"
	is "$(cpus_of "$prog")" "$cpu"
	run -0 cg-set --cpuset max "set-$$"
	is "$(cpus_of "$prog")" "$all"
	over
}

# bats test_tags=vm
@test "io: a rate is changed, the others stay, max takes it off" {
	loop_device
	limited --name "set-$$" --io "$disk:rbps=1m,riops=7" max
	run -0 cg-set --io "$device:rbps=2m,wbps=3m" "set-$$"
	is "$(rate rbps) $(rate wbps) $(rate riops)" "2097152 3145728 7"
	run -0 cg-set --io "$disk:rbps=max" "set-$$"
	is "$(rate rbps) $(rate wbps) $(rate riops)" "max 3145728 7"
	run -0 cg-set --io "$disk:wbps=max,riops=max" "set-$$"
	d=$(cgroup_dir blkio "$prog")
	is "$(cat "$d"/io.max "$d"/blkio.throttle.*_device 2>/dev/null)" ""
	over
}

# bats test_tags=vm
@test "enforced: a busy loop is slowed down as it runs" {
	start cg-limit --name "set-$$" --all max sh -c 'while :; do :; done'
	runs sh
	d=$(cgroup_dir cpu "$prog")
	throttled() { awk '$1 == "nr_throttled" { print $2 }' "$d/cpu.stat"; }
	is "$(throttled)" 0
	run -0 cg-set "set-$$" 10%
	slowed() { [ "$(throttled)" -ge 5 ]; }
	eventually 10 slowed
	over
}

# bats test_tags=vm
@test "a controller that the group does not have is named" {
	limited --name "set-$$" --pids 20 max
	if is_v2 pids; then
		run -125 cg-set --cpuset 0 "set-$$"
		has "$output" "no controller cpuset"
	else
		run -125 cg-set -m 64m "set-$$"
		has "$output" "no controller memory"
	fi
	has "${lines[-1]}" "hint: cg-limit --all"
	over
}

# bats test_tags=vm
@test "a limit that the kernel refuses is named, and the group lives on" {
	limited --name "set-$$" --all --pids 20 max
	run -125 cg-set --io 60:0:rbps=1m "set-$$"
	has "$output" "No such device"
	run -0 cg-set --pids 9 "set-$$"
	is "$(limit pids pids.max pids.max)" 9
	kill -0 "$prog"
	over
}

@test "no such group, or its cg-limit is dead" {
	run -125 cg-set --pids 9 "none-$$"
	is "$output" "cg-set: no cg-limit has a group of the name none-$$"
	[ ! -e "$BOX_STATE/lock/cg-none-$$" ]
	limited --name "set-$$" --pids 20 max
	d=$(cgroup_dir pids "$prog")
	kill -9 "$pid"
	finish
	run -125 cg-set --pids 9 "set-$$"
	has "$output" "no cg-limit has"
	is "$(cat "$d/pids.max")" 20
	run -0 cg-limit max true
}

@test "a record is believed only where it names the group, below the hierarchies" {
	limited --name "other-$$" --pids 20 max
	d=$(cgroup_dir pids "$prog")
	lock=$BOX_STATE/lock/cg-forged-$$
	printf '%s\n' "$d" "$d/../forged-$$" "/tmp/forged-$$" / >"$lock"
	run -125 flock "$lock" cg-set --pids 9 "forged-$$"
	has "$output" "names no group"
	is "$(cat "$d/pids.max")" 20
	chown 65534 "$lock"
	run -125 flock "$lock" cg-set --pids 9 "forged-$$"
	has "$output" "Operation not permitted"
	rm "$lock"
	over
}

@test "usage: one name, and something to set" {
	for args in "" "a" "a 50% b" "--pids 9" "--pids 0 a" "--pids 9 ../a" "--pids 9 a 5"; do
		# shellcheck disable=SC2086
		run -125 cg-set $args
		is "${#lines[@]}" 1 "lines for '$args'"
		has "$output" cg-set
	done
	run -125 cg-set --memory-swap 64m a
	has "$output" "--memory-swap needs --memory"
}

@test "-n prints the writes, -x traces them" {
	limited --name "set-$$" --all --pids 20 max
	d=$(cgroup_dir pids "$prog")
	run -0 --separate-stderr cg-set -n --pids 9 --weight 50 "set-$$"
	has "$output" "echo 9 > $d/pids.max"
	is "$stderr" ""
	is "${#lines[@]}" 2
	is "$(cat "$d/pids.max")" 20
	sh -ec "$output"
	is "$(cat "$d/pids.max")" 9
	run -0 --separate-stderr cg-set -x --pids 8 "set-$$"
	is "$stderr" "+ echo 8 > $d/pids.max"
	is "$(cat "$d/pids.max")" 8
	over
}
