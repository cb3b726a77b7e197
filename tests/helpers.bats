#!/usr/bin/env bats
# The helpers that decide whether other tests fail, hang or can be read.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

teardown() { [ ! "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || :; }

@test "payload: a zombie is no program" {
	# The shell becomes sleep, which never waits for the shell's last child.
	start sh -c 'sleep 1001 & true & exec sleep 1000'
	two_children() { [ "$(cat "/proc/$pid/comm" "/proc/$pid/task/$pid/children" | wc -w)" = 3 ]; }
	eventually 10 two_children
	read -r first last <"/proc/$pid/task/$pid/children" || :
	eventually 10 gone "$last"
	[ -d "/proc/$last" ]
	is "$(payload "$pid")" "$first"
	kill "$first"
	eventually 10 gone "$first"
	is "$(payload "$pid")" "$pid"
	kill "$pid"
	finish
	is "$status" 143
}

@test "finish fails if the program does not end" {
	start sleep 1000
	eventually() { "${@:2}" || fail "not in $1 s"; }
	run finish
	is "$status" 1
	has "$output" "not in"
}

@test "fail: a long value is cut" {
	long=$(printf %99999s x)
	run is "$long" y
	is "$status" 1
	is ${#output} 4000
	run fail short lines
	is "$output" $'short\nlines'
}
