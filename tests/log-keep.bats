#!/usr/bin/env bats
# log-keep: all that a program prints, in files of a bounded size.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	log=$BATS_TEST_TMPDIR/log
	baseline_save
}
teardown() { baseline_check; }

# all: the log's bytes, oldest first.
all() {
	local i
	for ((i = 1000; i > 0; i--)); do [ ! -e "$log/$i" ] || cat "$log/$i"; done
	cat "$log/current"
}
sizes() { stat -c %s "$log"/*; }

@test "both streams, as they come, and the status" {
	run -7 --separate-stderr log-keep "$log" sh -c 'echo out; echo err >&2; exit 7'
	is "$output$stderr" ""
	is "$(<"$log/current")" $'out\nerr'
	is "$(stat -c '%a %a' "$log" "$log/current" | tr '\n' ' ')" "700 700 600 600 "
	# The next log-keep goes on.
	run -143 log-keep "$log" sh -c 'echo more; kill $$'
	is "$(<"$log/current")" $'out\nerr\nmore'
	run -0 log-keep "$log" cat <<<"stdin is the caller's"
	has "$(<"$log/current")" "stdin is the caller's"
}

@test "one writer at a time; who can open the directory holds nobody up" {
	mkdir -m 755 "$log"
	flock "$log" sleep 1000 3>&- &
	locker=$!
	eventually 10 grep -q "$(stat -c :%i "$log") " /proc/locks
	start log-keep --size 1k "$log" sh -c 'seq 1000; exec sleep 1000'
	eventually 10 test -e "$log/3"
	sleep 0.1
	# Also after a change of the file.
	run -125 log-keep "$log" true
	is "$output" "log-keep: $log: another log-keep writes there"
	kill "$locker" "$pid"
	wait "$locker" || :
	finish
	run -0 log-keep "$log" true
}

@test "bytes, not text" {
	head -c 700000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	run -0 log-keep --files 3 "$log" cat "$BATS_TEST_TMPDIR/data"
	all | cmp - "$BATS_TEST_TMPDIR/data"
	rm -r "$log"
	# Without an end of line, over several files.
	head -c 5000 /dev/zero >"$BATS_TEST_TMPDIR/data"
	run -0 log-keep --size 1k --files 9 "$log" cat "$BATS_TEST_TMPDIR/data"
	all | cmp - "$BATS_TEST_TMPDIR/data"
}

@test "the size is bounded, whole lines are kept together, the youngest stay" {
	run -0 log-keep --size 1000 --files 3 "$log" seq -f 'line %g' 1 1000
	is "$(ls "$log" | tr '\n' ' ')" "1 2 current "
	for s in $(sizes); do between "$s" 1 1000; done
	all >"$BATS_TEST_TMPDIR/all"
	# No line is cut, and none of the last lines is missing.
	diff "$BATS_TEST_TMPDIR/all" <(seq -f 'line %g' 1 1000 | tail -n "$(wc -l <"$BATS_TEST_TMPDIR/all")")
	[ "$(wc -l <"$BATS_TEST_TMPDIR/all")" -gt 200 ]
	run -0 log-keep --size 1000 --files 1 "$BATS_TEST_TMPDIR/one" seq 1 1000
	is "$(ls "$BATS_TEST_TMPDIR/one")" current
	has "$(<"$BATS_TEST_TMPDIR/one/current")" $'\n1000'
	between "$(stat -c %s "$BATS_TEST_TMPDIR/one/current")" 1 1000
}

# small SIZE: $log is a file system of that size.
small() {
	requires "root" test "$EUID" = 0
	mkdir "$log"
	mount -t tmpfs -o "size=$1" tmpfs "$log"
}
@test "a full disk: said once, lost, counted, and PROG does not wait" {
	small 64k
	head -c 60000 /dev/zero >"$log/ballast"
	run -0 --separate-stderr timeout $((20 * ${SLACK:-1})) log-keep "$log" \
	    sh -c 'head -c 3000000 /dev/zero; rm "$0/ballast"; sleep 0.2; echo again' "$log"
	is "$(grep -c "No space left" <<<"$stderr")" 1 "$stderr"
	is "$(wc -l <<<"$stderr")" 1 "$stderr"
	tail -n 2 "$log/current" >"$BATS_TEST_TMPDIR/end"
	umount "$log"
	is "$(tail -n 1 "$BATS_TEST_TMPDIR/end")" again
	lost=$(sed -n 's/^log-keep: \([0-9]*\) bytes are missing here$/\1/p' "$BATS_TEST_TMPDIR/end")
	between "$lost" 2900000 3000000
}

@test "a file that cannot be moved does not grow: said once, lost, counted" {
	mkdir -p "$log/1/x"
	run -0 --separate-stderr log-keep --size 512 --files 2 "$log" sh -c '
		for i in 1 2 3 4 5 6 7 8 9; do seq 1000 1039; sleep 0.05; done
		stat -c %s "$0/current" >&3; rm -r "$0/1"; echo again' "$log" 3>"$BATS_TEST_TMPDIR/size"
	is "$stderr" "log-keep: write $log/current: Is a directory"
	between "$(<"$BATS_TEST_TMPDIR/size")" 400 512
	is "$(tail -n 1 "$log/current")" again
	lost=$(sed -n 's/^log-keep: \([0-9]*\) bytes are missing here$/\1/p' "$log/current")
	is $((lost + $(all | grep -c '^1[0-9]*$') * 5)) 1800
}

@test "a log that is taken away does not stop log-keep" {
	run -0 --separate-stderr log-keep --size 512 --files 2 "$log" \
	    sh -c 'echo a; rm -r "$0"; i=0; while [ $i -lt 500 ]; do echo line; i=$((i + 1)); done; exit 0' "$log"
	[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "$stderr"
}

@test "a process left behind with the pipe does not hold up log-keep" {
	start log-keep "$log" sh -c 'sleep 1000 & echo $!; yes & echo $!; exit 5'
	finish
	is "$status" 5
	mapfile -t pids < <(grep -ax '[0-9][0-9]*' "$log/current")
	is "${#pids[@]}" 2
	kill "${pids[0]}" "${pids[1]}" 2>/dev/null || :
}

@test "all of a pipe that PROG has made larger" {
	run -0 log-keep "$log" python3 -c '
import fcntl, os, signal, time
keeper, me = os.getppid(), os.getpid()
fcntl.fcntl(1, 1031, 1 << 20)  # F_SETPIPE_SZ
os.kill(keeper, signal.SIGSTOP)
if os.fork() == 0:
    os.close(1), os.close(2)
    while os.getppid() == me: time.sleep(0.01)
    os.kill(keeper, signal.SIGCONT)
    os._exit(0)
os.write(1, b"x" * 300000 + b"\nlast\n")
os._exit(0)'
	is "$(wc -c <"$log/current")" 300006
	is "$(tail -n 1 "$log/current")" last
}

@test "two that write into one directory: the second is refused" {
	start log-keep "$log" sleep 1000
	runs sleep
	run -125 log-keep "$log" true
	has "$output" "$log"
	kill "$prog"
	finish
	run -0 log-keep "$log" true
}

@test "bad input" {
	for bad in "--size 0" "--size x" "--size 511" "--files 0" "--files x"; do
		# shellcheck disable=SC2086
		run -125 log-keep $bad "$log" true
		is "${#lines[@]}" 1
	done
	[ ! -e "$log" ]
	touch "$BATS_TEST_TMPDIR/file"
	run -125 log-keep "$BATS_TEST_TMPDIR/file" true
	has "$output" "$BATS_TEST_TMPDIR/file"
	# Neither a link nor a fifo is written to.
	mkdir "$log"
	ln -s "$BATS_TEST_TMPDIR/file" "$log/current"
	run -125 log-keep "$log" echo x
	[ ! -s "$BATS_TEST_TMPDIR/file" ]
	rm "$log/current"
	mkfifo "$log/current"
	run -125 timeout 5 log-keep "$log" echo x
}
