#!/usr/bin/env bats
# box-keep: one name for one box, its facts, and its restarts.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() { baseline_check; }

fact() { cat "$BOX_STATE/web/$1"; }
# start_time PID: field 22 of its stat.
start_time() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }
locked() { ! flock -n "$BOX_STATE/lock/box-$1" true; }
# kept [OPTIONS] CMD...: as the box "web"; $prog is the sleep in it.
kept() {
	start box-keep --name web "$@" sleep 1000
	runs sleep
}
over() { kill -9 "$prog" && finish; }
refused() {
	run --separate-stderr "$@"
	is "$status" 125 "status of $*"
	is "$output" ""
	[ "$(wc -l <<<"$stderr")" = 1 ] || fail "not a line: $stderr"
}

@test "state is there as long as box-keep lives, and no longer" {
	kept
	is "$(stat -c '%a %u' "$BOX_STATE/web")" "700 $(id -u)"
	is "$(fact keeper)" "$pid $(start_time "$pid")"
	is "$(fact chain)" "sleep 1000"
	is "$(fact restarts)" 0
	is "$(fact exit)" ""
	locked web
	exec 8<"$BOX_STATE/web/exit"
	kill "$prog"
	finish
	is "$status" 143
	[ ! -e "$BOX_STATE/web" ]
	# A process that had the file open reads the status.
	is "$(cat <&8)" 143
	exec 8<&-
	run -7 box-keep --name web sh -c 'exit 7'
}

@test "the command is written as a shell reads it" {
	start box-keep --name web --enter "-e 'A=it'\\''s two'" sh -c 'exec sleep "$1"' "it's  a" 1000
	runs sleep
	eval "set -- $(fact chain)"
	is "$#" 5
	is "$3|$4" "exec sleep \"\$1\"|it's  a"
	eval "set -- $(fact enter)"
	is "$2" "A=it's two"
	over
}

@test "a name in use is refused, and free again afterwards" {
	kept
	refused box-keep --name web true
	has "$stderr" web
	run -0 box-keep --name db true
	over
	run -0 box-keep --name web true
}

@test "a name that only somebody looks at is not in use" {
	mkdir -p "$BOX_STATE/lock"
	: >"$BOX_STATE/lock/box-web"
	flock -s "$BOX_STATE/lock/box-web" sleep 0.2 3>&- &
	run -0 box-keep --name web true
	wait $!
}

@test "bad names are refused" {
	for bad in ../x a/b . .. "" -x "$(printf %65s x | tr ' ' x)" 'a b' lock log; do
		refused box-keep --name "$bad" true
		has "$stderr" "name"
	done
	run -0 box-keep --name "$(printf %64s x | tr ' ' x)" true
}

@test "names that are made up" {
	for _ in {1..20}; do
		box-keep sh -c 'ls "$0"' "$BOX_STATE" | grep -vx lock
	done >"$BATS_TEST_TMPDIR/names"
	[ "$(grep -cxE '[a-z]+-[a-z]+' "$BATS_TEST_TMPDIR/names")" = 20 ] || fail "$(cat "$BATS_TEST_TMPDIR/names")"
	[ "$(sort -u "$BATS_TEST_TMPDIR/names" | wc -l)" -ge 15 ]
}

@test "--restart: when, how often, and with which pauses" {
	f=$BATS_TEST_TMPDIR/runs
	tries() {
		: >"$f"
		run "$@"
		is "$(wc -l <"$f")" "$runs" "runs of $*"
	}
	bad=(sh -c 'echo >>"$0"; exit 3' "$f") good=(sh -c 'echo >>"$0"' "$f")
	runs=1 tries box-keep "${bad[@]}"
	is "$status" 3
	runs=1 tries box-keep --restart no "${bad[@]}"
	runs=1 tries box-keep --restart on-failure "${good[@]}"
	begin=${EPOCHREALTIME/./}
	runs=4 tries box-keep --restart on-failure:3 "${bad[@]}"
	is "$status" 3
	# 0.1, 0.2 and 0.4 s.
	between $((${EPOCHREALTIME/./} - begin)) 700000 $((2000000 * ${SLACK:-1}))
	# Until the first success.
	runs=3 tries box-keep --restart on-failure sh -c 'echo >>"$0"; [ "$(wc -l <"$0")" = 3 ]' "$f"
	is "$status" 0
	for bad in "" sometimes on-failure: on-failure:0 on-failure:x on-failures always:3; do
		refused box-keep --restart "$bad" true
		has "$stderr" restart
	done
}

counted() { [ "$(fact restarts)" -ge "$1" ]; }
@test "--restart always: counted, and over with a signal, in a pause too" {
	# PROG ignores the signal, which may come during a run.
	start env --ignore-signal=TERM box-keep --name web --restart always true
	eventually 10 counted 3
	kill -TERM "$pid"
	finish
	is "$status" 0
	for sig in TERM INT QUIT HUP; do
		start env --default-signal=INT,QUIT box-keep --name web --restart always sleep 1000
		runs sleep
		kill -$sig "$pid"
		finish
		is "$status" $((128 + $(kill -l $sig)))
	done
}

@test "a SIGPIPE of box-keep's own, and a signal in a pause, do not reach PROG" {
	# Nobody reads the keeper's words.
	{ box-keep --name web --restart on-failure:2 sh -c 'echo run >>"$0"; exit 1' "$BATS_TEST_TMPDIR/runs" 2>&1 || :; } | true
	is "$(grep -c run "$BATS_TEST_TMPDIR/runs")" 3
	# The pauses grow: the fourth is long enough to be met.
	start box-keep --name web --restart on-failure:4 sh -c 'echo >>"$0"; [ "$(grep -c "" "$0")" -gt 4 ]' "$BATS_TEST_TMPDIR/four"
	paused() { [ "$(grep -c 'starts again' "$err")" = 4 ]; }
	eventually 10 paused
	kill -USR1 "$pid"
	finish
	is "$status" 0
}

@test "a SIGHUP that the program takes is not its end" {
	start box-keep --name web --restart always sh -c 'trap "exec sleep 1000" HUP; while :; do sleep 0.5; done'
	runs sleep
	kill -HUP "$pid"
	runs_long() { [[ $(tr '\0' ' ' <"/proc/$(payload "$pid")/cmdline") == "sleep 1000 " ]]; }
	eventually 10 runs_long
	kill -9 "$(payload "$pid")"
	eventually 10 counted 1
	kill -TERM "$pid"
	finish
}

@test "a signal that the kernel does not pass on is named" {
	requires "strace" command -v strace
	start strace -f -qq -o /dev/null -e trace=kill -e inject=kill:error=EPERM box-keep --name web sleep 1000
	runs sleep
	read -r keeper _ <"$BOX_STATE/web/keeper"
	kill -USR1 "$keeper"
	eventually 10 test -s "$err"
	is "$(<"$err")" "box-keep: kill -10 $prog: Operation not permitted"
	over
}

@test "a keeper that cannot hear of the program does not wait for it" {
	requires "strace" command -v strace
	run -125 timeout 20 strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:error=EPERM:when=1 \
	    box-keep -d --name web sleep 1000
	is "$output" "log-keep: tell box-keep that the program runs: Operation not permitted"
}

@test "each run's state is removed with the run" {
	requires "root" test "$EUID" = 0
	# The second run makes no slot, and no box.
	start box-keep --name web --restart always sh -c \
	    '[ -e "$0" ] && exec sleep 1000; : >"$0"; exec "$@"' \
	    "$BATS_TEST_TMPDIR/once" net-lease ns-spawn true
	runs sleep
	is "$(ls "$BOX_STATE/web" | tr '\n' ' ')" "chain exit keeper restarts "
	kill -TERM "$pid"
	finish
}

@test "the stages behind box-keep take its name, and write their state" {
	requires "root" test "$EUID" = 0
	start box-keep --name web net-lease net-nat -p 8080:80 -p 127.0.0.1:53:5353/udp cg-limit --pids 20 50% ns-spawn --init sleep 1000
	runs sleep
	init=$(cut -d' ' -f4 "/proc/$prog/stat")
	is "$(fact pid)" "$init $(start_time "$init")"
	is "$(fact slot)" "0 10.0.0.2"
	is "$(fact ports)" $'0.0.0.0:8080:80/tcp\n127.0.0.1:53:5353/udp'
	is "$(basename "$(cgroup_dir pids "$prog")")" web
	is "$(stat -Lc %i /run/netns/web)" "$(stat -Lc %i "/proc/$prog/ns/net")"
	over
}

@test "kill -9 of box-keep: all ends, and the next box-keep or box-gc removes the rest" {
	for next in "box-keep true" box-gc; do
		kept
		kill -9 "$pid"
		finish
		eventually 5 gone "$prog"
		is "$(ls "$BOX_STATE/web" | wc -l)" 4
		$next
		[ ! -e "$BOX_STATE/web" ] && [ ! -e "$BOX_STATE/lock/box-web" ]
	done
	# Also a box-keep with that very name.
	kept
	kill -9 "$pid"
	finish
	kept
	is "$(fact restarts)" 0
	over
}

@test "a box without its keeper is there until its last stage has gone" {
	requires "root" test "$EUID" = 0
	start box-keep --name web ns-spawn --init sleep 1000
	runs sleep
	spawn=$(pgrep -P "$pid")
	kill -STOP "$spawn"
	kill -9 "$pid"
	finish
	refused box-keep --name web true
	[ -e "$BOX_STATE/web/pid" ]
	kill -CONT "$spawn"
	free() { ! locked web; }
	eventually 10 free
	run -0 box-keep --name web true
}

# In the background: its name is $name, its keeper $pid, by STATE.
detached() {
	name=$(host timeout $((20 * ${SLACK:-1})) box-keep -d "$@")
	read -r pid _ <"$BOX_STATE/$name/keeper"
}
log() { cat "$BOX_STATE/log/${1:-web}/current"; }
# over_there: ends it; nobody here can wait for it.
over_there() {
	kill "$pid"
	eventually 10 gone "$pid"
}

@test "-d: returns when PROG runs, with the name, and nothing of ours stays open" {
	echo data >"$BATS_TEST_TMPDIR/data"
	exec 9<"$BATS_TEST_TMPDIR/data"
	detached sh -c 'echo out; echo err >&2; cat; exec sleep 1000'
	exec 9<&-
	[[ $name == *-* ]]
	runs sleep
	is "$(log "$name")" $'out\nerr'
	is "$(cat "$BOX_STATE/$name/log")" "$BOX_STATE/log/$name"
	is "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
	is "$(ps -o tty= -p "$pid" | tr -d ' ')" "?"
	for p in "$pid" "$prog"; do
		for fd in "/proc/$p"/fd/*; do
			to=$(readlink "$fd")
			case $to in
			/dev/null | "$BOX_STATE"/* | pipe:* | anon_inode:*) ;;
			*) fail "$(cat "/proc/$p/comm") has $to open" ;;
			esac
		done
	done
	over_there
	[ ! -e "$BOX_STATE/$name" ]
}

@test "-d: no clock is between PROG and the return" {
	local log=$BATS_TEST_TMPDIR/log
	requires "strace" command -v strace
	strace -f -Y -e trace=poll,ppoll -o "$log" box-keep -d --name web sleep 0.1 >"$BATS_TEST_TMPDIR/name"
	eventually 10 test ! -e "$BOX_STATE/web"
	has "$(<"$log")" "<box-keep> poll("
	hasnt "$(<"$log")" Timeout
}

@test "-d: a box that ends before it is up is told, with its output" {
	refuse() {
		run --separate-stderr timeout $((20 * ${SLACK:-1})) box-keep -d --name web "${@:2}"
		is "$status" "$1" "$stderr"
		is "$output" ""
	}
	run -0 box-keep -d --name web echo "of an earlier one"
	eventually 10 test ! -e "$BOX_STATE/web"
	refuse 127 no-such-program
	has "$stderr" no-such-program
	hasnt "$stderr" earlier
	refuse 125 cg-limit --no-such-option max true
	has "$stderr" no-such-option
	# It never was up, so it is not started again.
	refuse 7 --restart always --ready notify sh -c 'echo Address already in use >&2; exit 7'
	is "$stderr" "Address already in use"
	# A name in use, and a log that cannot be.
	detached --name web sleep 1000
	refuse 125 true
	has "$stderr" "web"
	over_there
	refuse 125 --log /dev/null/x true
	has "$stderr" /dev/null/x
}

@test "-d: the name that cannot be written, the status that is nobody's: the box is not touched" {
	run -125 bash -c 'box-keep -d --name web sleep 1000 >/dev/full'
	read -r pid _ <"$BOX_STATE/web/keeper"
	runs sleep
	refused box-keep --name web true
	over_there
	run -127 env --ignore-signal=CHLD box-keep -d --name web /nonexistent
	has "$output" "/nonexistent"
}

@test "-d: a signal to the caller before it is up ends both" {
	start box-keep -d --name web --ready notify sleep 1000
	eventually 10 test -s "$BOX_STATE/web/keeper"
	read -r keeper _ <"$BOX_STATE/web/keeper"
	runs sleep "$keeper"

	kill -TERM "$pid"
	finish
	is "$status" 143
	eventually 10 gone "$prog"
	eventually 10 gone "$keeper"
	is "$(cat "$out")" ""
}

@test "-d: the box survives the terminal, its session and its caller" {
	requires "python3" command -v python3
	python3 "$TOP/tests/terminal.py" sh -c 'box-keep -d --name web sleep 1000; read x; kill -9 $$' <<-END
		expect web
		send \n
		end -9
	END
	read -r pid _ <"$BOX_STATE/web/keeper"
	runs sleep
	kill -0 "$prog"
	over_there
}

@test "-d --restart: the box comes back, and the log says so" {
	detached --name web --restart on-failure sh -c 'echo here; exec sleep 1000'
	for n in 1 2; do
		runs sleep
		kill -9 "$prog"
		eventually 10 counted $n
	done
	runs sleep
	is "$(log | grep -c '^here$')" 3
	is "$(log | grep -c 'box-keep: the command ended with status 137, and starts again in')" 2
	over_there
}

@test "--log without -d: the terminal is left to others" {
	run -3 box-keep --log "$BATS_TEST_TMPDIR/l" sh -c 'echo x; exit 3'
	is "$output" ""
	is "$(<"$BATS_TEST_TMPDIR/l/current")" x
}

# A service manager: $manager is its socket, its messages come in $told.
manage() {
	requires "python3" command -v python3
	manager=${1:-$BATS_TEST_TMPDIR/manager} told=$BATS_TEST_TMPDIR/told
	rm -f "$manager" "$told"
	(enter "$HOSTNS" python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\0"))
print("listening", flush=True)
while True: print(s.recv(4096).decode(), flush=True)' "$manager") >"$told" 3>&- &
	managing=$!
	eventually 10 test -s "$told"
}
told() { [ "$(tail -n +2 "$told")" = "$1" ]; }

@test "a service manager is told once, by a path or an abstract name" {
	for at in "$BATS_TEST_TMPDIR/manager" "@boxtools-$$"; do
		manage "$at"
		start env NOTIFY_SOCKET="$at" box-keep --restart always sh -c 'echo "<$NOTIFY_SOCKET>"; sleep 0.1'
		eventually 10 told READY=1
		again() { [ "$(grep -c '<>' "$out")" -ge 3 ]; }
		eventually 10 again
		kill "$pid"
		finish
		told READY=1
		kill "$managing"
		wait "$managing" || :
	done
}

@test "--ready notify: PROG says when; nothing else that it says goes on" {
	manage
	start env NOTIFY_SOCKET="$manager" box-keep --name web --ready notify python3 -c '
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to = os.environ["NOTIFY_SOCKET"]
s.sendto(b"STATUS=READY=1\nMAINPID=1", to)
s.sendto(b"x" * 5000, to)
print("said", flush=True)
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
s.sendto(b"STATUS=fine\nREADY=1\nMAINPID=1", to)
# More than the queue of a socket that nobody reads takes.
for _ in range(1000): s.sendto(b"WATCHDOG=1", to)
print("all said", flush=True)
time.sleep(1000)' "$BATS_TEST_TMPDIR/go"
	eventually 20 test -s "$out"
	told ""
	touch "$BATS_TEST_TMPDIR/go"
	eventually 10 told READY=1
	eventually 20 grep -q "all said" "$out"
	kill "$pid"
	finish
	kill "$managing"
	wait "$managing" || :
	for bad in "" never port: port:0 port:x exec:1; do
		refused box-keep --ready "$bad" true
	done
}

@test "--ready port: a box that publishes none counts as up, and its log says so" {
	detached --ready port sleep 1000
	runs sleep
	has "$(log "$name")" "--ready port: no TCP port is published; the box counts as up"
	over_there
}

@test "--ready exec: not before the last of our stages has become PROG" {
	requires "root" test "$EUID" = 0
	bb_root
	manage
	# A full pipe keeps ns-spawn from letting its child go on.
	mkfifo "$BATS_TEST_TMPDIR/full"
	exec 8<>"$BATS_TEST_TMPDIR/full"
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/full" bs=4096 oflag=nonblock 2>/dev/null || :
	start env NOTIFY_SOCKET="$manager" box-keep --name web ns-spawn --info-fd 8 --init rootfs-enter "$bb" sleep 1000
	eventually 10 payload_is ns-spawn "$pid"
	told ""
	head -c 65536 <&8 >/dev/null
	exec 8<&-
	eventually 10 told READY=1
	payload_is sleep "$pid"
	over
	kill "$managing"
	wait "$managing" || :
	# Chains that end before they come so far.
	manage
	run -127 host env NOTIFY_SOCKET="$manager" box-keep ns-spawn --init rootfs-enter "$bb" no-such
	run -126 host env NOTIFY_SOCKET="$manager" box-keep ns-spawn --init rootfs-enter "$bb" /etc
	run -125 host env NOTIFY_SOCKET="$manager" box-keep ns-spawn --init rootfs-enter /no/such true
	told ""
	# And a chain that has ended before the first look.
	run -0 host env NOTIFY_SOCKET="$manager" box-keep ns-spawn --init rootfs-enter "$bb" true
	eventually 10 told READY=1
	kill "$managing"
	wait "$managing" || :
}

# A dead box with a forged directory.
dead() { mkdir -p "$BOX_STATE/lock" && echo >"$BOX_STATE/lock/box-web"; }
@test "a forged directory is refused, and not followed" {
	mkdir -p "$BATS_TEST_TMPDIR/precious"
	touch "$BATS_TEST_TMPDIR/precious/exit"
	forged() {
		refused box-keep --name web true
		has "$stderr" "$BOX_STATE/web"
		dead
		# Other boxes still work.
		run -0 --separate-stderr box-keep --name db sh -c 'echo works'
		is "$output" works
		is "$stderr" ""
		# box-gc names the directory.
		run -0 box-gc
		has "$output" "$BOX_STATE/web"
		[ -e "$BATS_TEST_TMPDIR/precious/exit" ]
	}
	dead
	ln -s "$BATS_TEST_TMPDIR/precious" "$BOX_STATE/web"
	forged
	rm "$BOX_STATE/web"
	mkdir -m 777 "$BOX_STATE/web"
	forged
	chmod 755 "$BOX_STATE/web"
	if [ "$EUID" = 0 ]; then
		chown 65534 "$BOX_STATE/web"
		forged
	fi
	rmdir "$BOX_STATE/web"
	: >"$BOX_STATE/web"
	forged
	rm "$BOX_STATE/web" "$BOX_STATE/lock/box-web"
}

@test "a forged or damaged fact is refused, and not followed" {
	echo "0 192.0.2.1" >"$BATS_TEST_TMPDIR/elsewhere"
	# A wait for a port reads the slot, by the function for all facts.
	while read -r forge; do
		run -125 timeout $((20 * ${SLACK:-1})) box-keep --name web --ready port:1 sh -c "
			cd '$BOX_STATE/web' && echo '0 127.0.0.1' >new && $forge && mv new slot && exec sleep 1000"
		has "$output" "$BOX_STATE/web/slot"
		[ ! -e "$BOX_STATE/web" ]
	done <<-END
		ln -sf '$BATS_TEST_TMPDIR/elsewhere' new
		rm new && mkfifo new
		rm new && mkdir new
		chmod 646 new
		chmod 664 new
		echo garbage >new
		: >new
		truncate -s 1G new
		$([ "$EUID" = 0 ] && echo "chown 65534 new" || echo "chmod 666 new")
	END
}

@test "a stage writes into no directory but its box's own" {
	dead
	mkdir -p "$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$BOX_STATE/web"
	BOX_NAME=web refused net-lease ns-spawn true
	is "$(ls "$BATS_TEST_TMPDIR/precious")" ""
	BOX_NAME=../web refused net-lease ns-spawn true
	rm "$BOX_STATE/web" "$BOX_STATE/lock/box-web"
	# Without a keeper there is no directory.
	BOX_NAME=web run -0 net-lease true
	[ ! -e "$BOX_STATE/web" ]
}

@test "an ordinary user has boxes, too" {
	requires "root and setpriv" setpriv --reuid 65534 --clear-groups true
	d=$(mktemp -d)
	chown 65534:65534 "$d"
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups env BOX_STATE="$d" \
	    "$TOP/bin/box-keep" --name mine ns-spawn sh -c 'echo in'
	is "$output$stderr" in
	rm -r "$d"
}

@test "a made-up name names no group and no network namespace yet" {
	requires "strace" command -v strace
	local group
	group=$(cgroup_dir pids)/able-acorn
	# The first random numbers are 0; libc may ask for some before.
	made_up() {
		strace -f -o /dev/null -e trace=getrandom -e inject=getrandom:poke_exit=@arg1=0000:when=1..2 \
		    box-keep sh -c "ls '$BOX_STATE'"
	}
	has "$(made_up)" able-acorn
	for taken in "mkdir $group" "ip netns add able-acorn"; do
		$taken
		run -0 made_up
		hasnt "$output" able-acorn
		has "$output" lock
		[ ! -d "$group" ] || rmdir "$group"
	done
	ip netns del able-acorn
}
