#!/usr/bin/env bats
# box-stop and box-wait, with keepers made by hand.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load family

# keeps NAME [CMD...]: a keeper that ends when process 1 does, and leaves the
# status.  CMD first, such as trap.
keeps() {
	box "$1" bash -c "${*:2}"'
		sleep 1000 9>&- 3>&- & echo $! >"$0/one"; st=0
		while kill -0 $!; do wait $!; st=$?; done 2>/dev/null
		echo $st >"$0/exit"; rm -r "$0" "$1"' "$BOX_STATE/$1" "$BOX_STATE/lock/box-$1"
	eventually 5 test -s "$d/one"
	one=$(<"$d/one") && one "$one"
}
took() { local s=$SECONDS && "${@:3}" && between $((SECONDS - s)) "$1" "$2"; }

@test "TERM to the keeper, and the end is waited for" {
	keeps a 'trap "sleep 1; kill \$!" TERM;'
	took 1 5 box-stop a
	gone "$keeper"
	[ ! -e "$d" ] && [ ! -e "$BOX_STATE/lock/box-a" ]
	# Nothing is printed.
	keeps a 'trap "kill \$!" TERM;'
	run -0 box-stop a
	is "$output" ""
}

@test "KILL to process 1, when the time is over: the keeper goes on to its end" {
	keeps a 'trap "" TERM;'
	took 2 6 box-stop -t 2 a
	gone "$one"
	finish "$keeper"
	is "$status" 0
	[ ! -e "$d" ]
}

@test "a process that ends by itself in between is no failure" {
	requires "strace" command -v strace
	keeps a 'trap "" TERM;'
	# The second kill(2), to process 1, says that there is none.
	run -0 strace -o /dev/null -e trace=kill -e inject=kill:error=ESRCH:when=2 box-stop -t 0 a
	is "$output" ""
	gone "$one"
}

@test "a keeper that does not end either is killed, and box-gc named" {
	box a bash -c 'trap "" TERM; while :; do read -rt 1000 <> <(:); done'
	run --separate-stderr box-stop -t 0 a
	is "$status" 0
	gone "$keeper"
	has "$stderr" "hint: box-gc"
}

@test "several at once share the time" {
	for n in a b c; do keeps $n 'trap "" TERM;'; done
	took 2 8 box-stop -t 2 a b c
	is "$(box-ps --json | jq length)" 0
}

@test "no process but the recorded one is killed" {
	keeps a 'trap "" TERM;'
	sleep 1000 3>&- &
	keepers+=("$!")
	# The recorded pid with another start time: process 1 has gone.
	echo "$! 5" >"$d/pid"
	run --separate-stderr box-stop -t 0 a
	kill -0 $!
	gone "$keeper"
	# The keeper's pid is another process's by now.
	box b
	echo "$! 5" >"$d/keeper"
	run -125 box-stop b
	kill -0 $!
}

@test "a wrong name: no box is stopped" {
	box a
	run --separate-stderr box-stop a nobody
	is "$status" 125
	is "$stderr" "box-stop: nobody: no such box is running"
	kill -0 "$keeper"
	for bad in ../a a/b "" . lock "a b" '*'; do run -125 box-stop "$bad"; done
	for bad in x -1 1.5 ""; do run -125 box-stop -t "$bad" a; done
	run -125 box-stop a -t 1
	is "${lines[0]}" "box-stop: '-t': options stand before NAME"
	run -125 box-stop -t a
	has "$output" "'a' is not a number of seconds"
	run -125 box-stop -t 1
	is "${lines[0]}" "box-stop: NAME is missing"
	run -125 box-stop
	is "$output" "usage: box-stop [options] NAME ... (see box-stop --help)"
}

@test "-n prints the steps, -x prints and does them" {
	keeps a 'trap "kill \$!" TERM;'
	run -0 box-stop -n -t3 a
	is "$output" "kill -TERM $keeper
# after 3 s: kill -KILL $one"
	kill -0 "$keeper"
	run -0 --separate-stderr box-stop -xt 3 a
	is "$output" ""
	is "$stderr" "+ kill -TERM $keeper"
	gone "$keeper"
}

@test "box-wait: the status, when the box ends" {
	keeps a 'trap "kill \$!" TERM;'
	box-wait a >"$BATS_TEST_TMPDIR/out" 3>&- &
	waits() { readlink /proc/[0-9]*/fd/8 | grep -qxF "$d/exit"; }
	eventually 5 waits
	is "$(<"$BATS_TEST_TMPDIR/out")" ""
	kill "$one"
	finish $!
	is "$status" 143
	is "$(<"$BATS_TEST_TMPDIR/out")" 143
}

@test "box-wait: a keeper that is killed leaves none" {
	box a
	(sleep 0.5 && kill -9 "$keeper") 3>&- &
	run --separate-stderr box-wait a
	is "$status" 125
	has "$stderr" "its keeper was killed, and left no status"
	is "$output" ""
	run -125 box-wait a
	is "$output" "box-wait: a: no such box is running"
	run -125 box-wait
	run -125 box-wait a b
}
