#!/usr/bin/env bats
# proc-set: what PROG inherits, as the kernel has it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() { baseline_save; }
teardown() { baseline_check; }

# limits NAME CMD...: soft and hard limit of the program.
limits() { "${@:2}" awk -v name="Max $1 " 'index($0, name) == 1 { $0 = substr($0, length(name)); print $1, $2 }' /proc/self/limits; }
refused() {
	run --separate-stderr proc-set "$@" true
	[ "$status" = 125 ] || fail "status $status: $*" "$stderr"
	is "$output" ""
	[[ $stderr == "proc-set: "* ]] && [ "$(wc -l <<<"$stderr")" -le 2 ] || fail "not a line and a hint: $stderr"
}

@test "--rlimit: each limit of the kernel's, soft and hard" {
	while IFS=: read -r name text soft hard; do
		is "$(limits "$text" proc-set --rlimit "$name=$soft:$hard")" "$soft $hard" "$name"
	done <<-END
		as:address space:1000000000:2000000000
		core:core file size:1:2
		cpu:cpu time:1000:2000
		data:data size:100000000:200000000
		fsize:file size:10:20
		locks:file locks:1:2
		memlock:locked memory:1:2
		msgqueue:msgqueue size:1:2
		nofile:open files:50:60
		nproc:processes:50:60
		rss:resident set:1:2
		rttime:realtime timeout:1:2
		sigpending:pending signals:50:60
		stack:stack size:1000000:2000000
	END
	# nice and rtprio may be 0 for all callers.
	is "$(limits "nice priority" proc-set --rlimit nice=0)" "0 0"
	is "$(limits "realtime priority" proc-set --rlimit rtprio=0)" "0 0"
	is "$(limits "open files" proc-set --rlimit nofile=50)" "50 50"
	is "$(limits "open files" proc-set --rlimit nofile=9 --rlimit nofile=50:60)" "50 60"
	for max in max unlimited -1; do
		is "$(limits "file size" proc-set --rlimit fsize=10:$max)" "10 unlimited"
	done
}

@test "--oom, --umask, --nice" {
	is "$(proc-set --oom 300 cat /proc/self/oom_score_adj)" 300
	is "$(proc-set --umask 27 sh -c umask)" 0027
	is "$(proc-set --umask 0777 sh -c umask)" 0777
	is "$(proc-set --nice 7 nice)" 7
	is "$(nice -n 3 proc-set --nice 5 nice)" 5
	is "$(proc-set sh -c 'umask; nice')" "$(sh -c 'umask; nice')"
}

@test "--sched, --ionice, --personality" {
	requires root test "$EUID" = 0
	is "$(proc-set --sched batch sh -c 'chrt -p $$' | grep -o 'SCHED_[A-Z]*')" SCHED_BATCH
	is "$(proc-set --sched idle sh -c 'chrt -p $$' | grep -o 'SCHED_[A-Z]*')" SCHED_IDLE
	run proc-set --sched rr:3 sh -c 'chrt -p $$'
	# A group of v1 may have no time for it.
	[[ $output == *SCHED_RR*"priority: 3" || $output == *"--sched rr:3: Operation not permitted"* ]] || fail "$output"
	is "$(proc-set --ionice best-effort:6 sh -c 'ionice -p $$')" "best-effort: prio 6"
	is "$(proc-set --ionice idle sh -c 'ionice -p $$')" idle
	is "$(proc-set --personality linux32 cat /proc/self/personality)" 00000008
	is "$(proc-set --personality linux32 proc-set --personality linux cat /proc/self/personality)" 00000000
	run -0 --separate-stderr proc-set -n --sched fifo:9 --ionice idle --personality linux32 true
	is "$(head -n 3 <<<"$output")" $'chrt --fifo -p 9 $$\nionice -c 3 -n 0 -p $$\n# setarch linux32'
	for words in "--sched fifo" "--sched fifo:0" "--sched rr:100" "--sched batch:1" "--sched deadline" "--sched fifo:" "--ionice best-effort" \
	    "--ionice idle:1" "--ionice realtime:8" "--ionice x" "--personality bsd"; do
		# shellcheck disable=SC2086
		refused $words
	done
}

@test "bad input: one line, and nothing done" {
	for word in nofile nofile= =5 nofile=x nofile=5: nofile=:5 nofile=6:5 nofile=max:5 nofile=5:6:7 NOFILE=5 files=5 nofile=-2 \
	    nofile=99999999999999999999 "nofile =5" ""; do
		refused --rlimit "$word"
		has "$stderr" "--rlimit: "
	done
	for n in "" x 1001 -1001 5x - +5 "5 " 99999999999999999999; do refused --oom "$n"; done
	for n in "" x 8 1000 -1 00000 0x1; do refused --umask "$n"; done
	for n in "" 20 -21 --; do refused --nice "$n"; done
}

@test "more than the caller may: the limit and the right that is missing" {
	requires "setpriv" command -v setpriv
	as_nobody() { run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups proc-set "$@" true; }
	dir=$(mktemp -d) && chmod 711 "$dir" && cp "$TOP/bin/proc-set" "$dir" && PATH=$dir:$PATH
	ulimit -n 500
	as_nobody --rlimit nofile=100:501
	is "$status" 125
	is "$stderr" "proc-set: --rlimit nofile=501: Operation not permitted
proc-set: hint: the caller's hard limit is 500, and only CAP_SYS_RESOURCE raises it"
	as_nobody --rlimit nofile=100:500
	is "$status" 0
	as_nobody --nice -5
	is "$status" 125
	has "$stderr" "--nice -5: Permission denied"
	as_nobody --oom -5
	is "$status" 125
	has "$stderr" "--oom -5: Permission denied"
	as_nobody --ionice realtime:3
	is "$status" 125
	has "$stderr" "--ionice realtime:3: Operation not permitted"
	rm -r "$dir"
}

@test "in front of a box: its program has them, and no way back" {
	requires "root" test "$EUID" = 0
	bb_root
	run -0 proc-set --rlimit nofile=50:60 --nice 3 --oom 200 --umask 077 ns-spawn rootfs-enter "$bb" \
	    sh -c 'ulimit -n; ulimit -Hn; ulimit -n 61 2>/dev/null || echo refused; cat /proc/self/oom_score_adj; cut -d" " -f19 /proc/self/stat; umask'
	is "${lines[*]}" "50 60 refused 200 3 0077"
	run -0 proc-set -n --rlimit nofile=50:60 --oom 200 --nice 3 --umask 77 true
	is "$output" 'prlimit --pid $$ --nofile=50:60
echo 200 >/proc/self/oom_score_adj
renice 3 $$
umask 077
# next: true'
	is "$(sh -c "$(proc-set -n --rlimit nofile=50:60 --umask 77 true)"$'\nulimit -n; umask')" $'50\n0077'
}
