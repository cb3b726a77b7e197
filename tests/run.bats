#!/usr/bin/env bats
# tests/run: a run is apart from all else, with any caller, and leaves nothing.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	requires "root" test "$EUID" = 0
	T=$BATS_TEST_TMPDIR
	export T TMPDIR=$T/tmp
	mkdir "$TMPDIR"
	groups >"$T/before"
}
teardown() {
	is "$(ls "$TMPDIR")" "" "left behind"
	diff "$T/before" <(groups)
}
# A run within a run has its groups below the outer one's.
groups() { find /sys/fs/cgroup -path '*/bats.*/bats.*' -type d | sort; }
# inside TEXT: becomes a run of one test with this body.
inside() {
	printf '@test "the one inside" {\n%s\n}\n' "$1" >"$T/one.bats"
	exec "$TOP/tests/run" "$T/one.bats" 3>&-
}

@test "processes, network namespaces and files of the run's own" {
	touch /run/netns/.of-the-caller
	run -0 inside '{ readlink /proc/self/ns/pid; ls -A /run/netns; echo "$BATS_RUN_TMPDIR"; } >"$T/inside"
		touch "$(mktemp)" /run/netns/mine
		setsid sleep 1000 3>&- & echo $! >>"$T/inside"'
	rm /run/netns/.of-the-caller
	has "$output" "ok 1 the one inside"
	mapfile -t lines <"$T/inside"
	is "${#lines[@]}" 3
	[ "${lines[0]}" != "$(readlink /proc/self/ns/pid)" ]
	has "${lines[1]}" "$TMPDIR/"
	[ ! -e /run/netns/mine ]
}

@test "no terminal, no input, no signal that the caller ignores or blocks" {
	inside='grep -E "^Sig(Blk|Ign)" /proc/self/status >"$T/inside"
		read -r line && return 1
		: <>/dev/tty && return 1; umask >>"$T/inside"'
	run -0 python3 -c 'if True:
		import os, pty, signal, sys
		signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1])
		signal.signal(signal.SIGHUP, signal.SIG_IGN)
		os.umask(0o77)
		sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
	    bash -c "$(declare -f inside); inside \"\$@\"" - "$inside"
	has "$output" "ok 1 the one inside"
	# But for 32 and 33, which libc keeps to itself.
	mapfile -t lines < <(sed 's/.*\t//' "$T/inside")
	is "${#lines[@]}" 3
	is "$((0x${lines[0]} & 0x7fffffff)) $((0x${lines[1]} & 0x7fffffff)) ${lines[2]}" "0 0 0022"
}

@test "a test that hangs is ended and named; an interrupted run leaves nothing" {
	export TEST_LIMIT=2 SLACK=1
	run -1 inside 'sleep 1000'
	has "$output" "not ok 1 the one inside # timeout"

	TEST_LIMIT=300
	inside ': >"$T/began"; sleep 1000' >"$T/out" 2>&1 &
	eventually 20 test -e "$T/began"
	kill -TERM $!
	finish $!
	is "$status" 143
}

@test "--here: a test that hangs is ended and named" {
	printf '@test "the one here" {\nreadlink /proc/self/ns/pid >"$T/inside"; sleep 1000\n}\n' >"$T/one.bats"
	TEST_LIMIT=2 SLACK=1 run -1 "$TOP/tests/run" --here "$T/one.bats" 3>&-
	has "$output" "not ok 1 the one here # timeout"
	is "$(<"$T/inside")" "$(readlink /proc/self/ns/pid)"

	# An interrupted run ends its tests.
	rm "$T/inside"
	printf '@test "the one here" {\necho $$ >"$T/inside"; exec sleep 1000\n}\n' >"$T/one.bats"
	"$TOP/tests/run" --here "$T/one.bats" >"$T/out" 2>&1 3>&- &
	eventually 20 grep -qs . "$T/inside"
	kill -TERM $!
	finish $!
	eventually 10 gone "$(<"$T/inside")"
}

@test "the sleep of a time limit, left behind, is not waited for" {
	export TEST_LIMIT=100 SLACK=1
	SECONDS=0
	run -0 inside '(sleep "$BATS_TEST_TIMEOUT" >&3 &)'
	has "$output" "ok 1 the one inside"
	[ "$SECONDS" -lt 90 ] || fail "it took $SECONDS s"
}
