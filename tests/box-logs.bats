#!/usr/bin/env bats
# box-logs: files as log-keep has them, boxes by hand.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load family

# logged NAME: a box with a log of six lines in three files, in $l.
logged() {
	box "$1"
	l=$BOX_STATE/log/$1
	mkdir -p "$l"
	printf 'one\ntwo\n' >"$l/2" && printf 'three\n' >"$l/1"
	printf 'four\nfive\nsix\n' >"$l/current"
	echo "$l" >"$d/log"
}
all=$'one\ntwo\nthree\nfour\nfive\nsix'

@test "the whole log, oldest first; the last lines" {
	logged a
	is "$(box-logs a)" "$all"
	is "$(box-logs -n 4 a)" $'three\nfour\nfive\nsix'
	is "$(box-logs --lines=1 a)" six
	is "$(box-logs -n 0 a)" ""
}

@test "the log of a box that has ended, too" {
	logged a
	kill -9 "$keeper" && wait "$keeper" || :
	rm -r "$d"
	is "$(box-logs a)" "$all"
	is "$(timeout 5 box-logs -fn1 a)" six
}

@test "-f goes on, over a new file, until the box ends" {
	logged a
	: >"$BATS_TEST_TMPDIR/out"
	box-logs -f -n 1 a >"$BATS_TEST_TMPDIR/out" 3>&- &
	follower=$!
	says() { is "$(<"$BATS_TEST_TMPDIR/out")" "$1"; }
	eventually 5 says six
	echo seven >>"$l/current"
	eventually 5 says $'six\nseven'
	mv "$l/current" "$l/1"
	echo eight >"$l/current"
	eventually 5 says $'six\nseven\neight'
	kill -0 "$follower"
	kill -9 "$keeper" && wait "$keeper" || :
	finish "$follower"
	is "$status" 0
	says $'six\nseven\neight'
}

@test "on a terminal a box's words cannot control it; in a pipe they are as written" {
	logged a
	printf 'a\033[31mb\007\tc\r\n\302\233x\303\244\n' >"$l/current" && rm "$l"/[12]
	is "$(box-logs a)" $'a\033[31mb\007\tc\r\n\302\233x\303\244'
	terminal() { script -qec "$1" /dev/null | tr -d '\r'; }
	is "$(terminal "box-logs a")" $'a?[31mb?\tc\n??x\303\244'
	is "$(terminal "timeout 2 box-logs -f a")" $'a?[31mb?\tc\n??x\303\244'
	is "$(terminal "box-logs --raw a")" $'a\033[31mb\007\tc\n\302\233x\303\244'
}

@test "no log, no box, a log that is somebody else's" {
	box a
	run -125 box-logs a
	has "$output" "a: its output is not logged"
	run -125 box-logs nobody
	is "$output" "box-logs: nobody: no such box has a log"
	logged b
	chmod 777 "$l"
	run -125 box-logs b
	has "$output" "$l is not this user's own"
	chmod 755 "$l" && chown 1 "$l/1"
	run -125 box-logs b
	rm "$l/1" && ln -s /etc/passwd "$l/1"
	run -125 box-logs b
	for bad in ../b log "" "b b"; do run -125 box-logs "$bad"; done
	for bad in x -1 1k; do run -125 box-logs -n "$bad" b; done
	run -125 box-logs
	run -125 box-logs b b
}

@test "a log that cannot be read whole" {
	logged a
	mkdir "$BATS_TEST_TMPDIR/bin"
	for cmd in cat head tail wc; do
		printf '#!/bin/sh\necho "%s: Input/output error" >&2\nexit 1\n' $cmd >"$BATS_TEST_TMPDIR/bin/$cmd"
		chmod 755 "$BATS_TEST_TMPDIR/bin/$cmd"
		run -125 env PATH="$BATS_TEST_TMPDIR/bin:$PATH" box-logs a
		has "$output" "$cmd: Input/output error"
		rm "$BATS_TEST_TMPDIR/bin/$cmd"
	done
	run -125 sh -c 'box-logs a >/dev/full'
	is "$output" "box-logs: cannot write to the standard output"
	run -0 sh -c 'box-logs a | head -n 1'
	is "$output" one
}
