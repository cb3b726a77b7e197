#!/usr/bin/env bats
# The cost of a start, in counts, which no load changes: execs, system calls of our
# own programs, runs of iptables, waits for the kernel, and rules. tests/golden/counts
# has the figures; a start that needs more is refused. "make golden" writes them
# anew; read the difference before committing it. A figure is the larger one of those
# with musl, whose malloc maps more, and with glibc (make clean all LIBC=glibc).
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

figures=$TOP/tests/golden/counts

setup() {
	requires "strace" command -v strace
	[ ! "${ASAN_OPTIONS:-}" ] || skip "sanitizers make system calls of their own"
	lab_up
	bb_root
	baseline_save
}
teardown() { lab_end; }

# counted NAME CMD...: CMD runs below strace; lines "HOST NAME KIND COUNT".
# A call that waits, or that another process's delay repeats, is left out.
counted() {
	host strace -f -y -Y -qq -e signal=none -o "$BATS_TEST_TMPDIR/trace" "${@:2}" 3>&- || return
	awk -v key="$kind $1" -v ours="floor $(cd "$TOP/bin" && echo *)" '
	function kinds(kind, calls, n, list) {
		for (n = split(calls, list, " "); n; n--) of[list[n]] = kind
	}
	BEGIN {
		for (n = split(ours, list, " "); n; n--) own[list[n]]
		kinds("memory", "brk madvise mmap mprotect mremap munmap")
		kinds("mount", "fsconfig fsmount fsopen mount mount_setattr move_mount open_tree pivot_root umount2")
		kinds("network", "accept4 bind connect getsockname getsockopt listen recvfrom recvmsg sendmmsg sendmsg sendto setsockopt socket socketpair")
		kinds("signal", "rt_sigaction rt_sigpending rt_sigprocmask sigaltstack signalfd4")
		kinds("process", "clone clone3 fork setns unshare vfork")
		kinds("file", "access chdir chmod chown close close_range creat dup dup2 dup3 faccessat2 fchdir fchmod fchmodat fchown fchownat fcntl flock fstat fstatfs ftruncate getcwd getdents64 ioctl linkat lseek lstat mkdir mkdirat mknodat newfstatat open openat openat2 pipe2 pread64 pwrite64 read readlink readlinkat rename renameat renameat2 rmdir stat statfs statx symlink symlinkat unlink unlinkat write writev")
		kinds("-", "clock_nanosleep epoll_wait exit exit_group futex kill nanosleep pidfd_send_signal poll ppoll pselect6 restart_syscall rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_yield wait4 waitid")
		split("execs iptables waits file memory mount network other process signal", all, " ")
		for (n in all) count[all[n]] = 0
	}
	{
		pid = $1; sub(/<.*/, "", pid)
		if (!(pid in program)) { program[pid] = $1; gsub(/.*<|>.*/, "", program[pid]) }
		call = $2; resumed = call == "<..."
		call = resumed ? $3 : call
		sub(/\(.*/, "", call)
	}
	call ~ /^execve/ {
		if (!resumed && match($0, /"[^"]+"/)) name[pid] = substr($0, RSTART + 1, RLENGTH - 2)
		if (call == "execveat" && match($0, /<\/[^>]*>/)) name[pid] = substr($0, RSTART + 1, RLENGTH - 2)
		if (/ = 0$/) {
			count["execs"]++
			program[pid] = name[pid]; sub(/.*\//, "", program[pid])
			if (program[pid] ~ /^iptables/) count["iptables"]++
		}
		next
	}
	# A process that outlives the box is not waited for.
	/ prctl\(PR_SET_NAME, "net-nat-grace"\)/ { program[pid] = "" }
	!(program[pid] in own) || $2 !~ /^[a-z]|<\.\.\./ { next }
	{ kind = call in of ? of[call] : "other" }
	/ = -1 (EAGAIN|EINTR)|= \? / { if (resumed) count[kind]--; next }
	resumed { next }
	{ count[kind]++ }
	# For these the kernel waits until all processors have passed a quiet state.
	/ (sendto|sendmsg)\(.*RTM_DELLINK/ || / write\(.*cgroup\.procs>, "/ ||
	call == "umount2" && !/MNT_DETACH/ { count["waits"]++ }
	END { for (kind in count) if (kind != "-") print key, kind, count[kind] }
	' "$BATS_TEST_TMPDIR/trace" | sort
}
rules() { host iptables-save | grep -c '^-A'; }
box_up() { start box-run --name "$1" "${@:2}" "$bb" sleep 1000; runs sleep; boxes+=("$pid"); }

# more_than FIGURES GOT: what GOT has more of. System calls may be some more:
# replies of the kernel come in parts, and libraries differ.
more_than() {
	awk '{ key = $1 " " $2 " " $3 }
	NR == FNR { want[key] = $4; next }
	!(key in want) { print key ": no figure, now " $4; next }
	{ room = $3 ~ /^(execs|iptables|waits|rules)$/ ? 0 : 4 + want[key] * 0.03 }
	$4 > want[key] + room { print key ": " want[key] ", now " $4 }' "$@"
}

@test "counts: a start needs no more execs, system calls, rules and waits than before" {
	beyond_box figures
	beyond_counters "they make system calls"
	kind=v2 boxes=()
	! grep -qE ':[^:]*pids' /proc/self/cgroup || kind=v1
	[ "${GOLDEN:-}" = update ] || grep -q "^$kind " "$figures" || skip "no figures for a host with cgroup $kind"
	got=$BATS_TEST_TMPDIR/got
	make -s -C "$TOP" tests/bench/floor >&2
	{
		counted floor "$TOP/tests/bench/floor" all - "$bb" true
		# The first box makes the rules that all share, and the next looks
		# at them.
		start net-nat --slot 9 ns-spawn --slot 9 sleep 1000
		runs sleep
		first=$pid first_prog=$prog
		host net-nat --slot 8 ns-spawn true
		grace_end
		counted box-run box-run "$bb" true
		counted box-run-p box-run -p 8080:80 "$bb" true
		counted box-run-none box-run --network none "$bb" true
		counted chain cg-limit 50% ns-spawn net-veth rootfs-enter "$bb" true
		kill -9 "$first_prog" && finish "$first"
		box_up one
		counted box-exec box-exec one true
		echo "$kind one-box rules $(rules)"
		box_up two
		echo "$kind two-boxes rules $(rules)"
		box_up port -p 8080:80
		echo "$kind and-one-with-a-port rules $(rules)"
	} >"$got"
	kill "${boxes[@]}"
	for pid in "${boxes[@]}"; do finish "$pid"; done
	[ "$(wc -l <"$got")" = 63 ] || fail "$(<"$got")"

	if [ "${GOLDEN:-}" = update ]; then
		{ grep -v "^$kind " "$figures"; cat "$got"; } >"$figures.new"
		mv "$figures.new" "$figures"
	fi
	more=$(more_than "$figures" "$got")
	[ -z "$more" ] || fail "$more" "if this is right: make golden"
}
