#!/usr/bin/env bats
# box-keep: one name for one box, what is known of it, and its restarts.
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

@test "as long as it lives, its state is there; then nothing is" {
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
	# Who had it open reads the status.
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
	flock -s "$BOX_STATE/lock/box-web" sleep 0.05 3>&- &
	run -0 box-keep --name web true
	wait $!
}

@test "names that are none" {
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
	# Until it works, for once.
	runs=3 tries box-keep --restart on-failure sh -c 'echo >>"$0"; [ "$(wc -l <"$0")" = 3 ]' "$f"
	is "$status" 0
	for bad in "" sometimes on-failure: on-failure:0 on-failure:x on-failures always:3; do
		refused box-keep --restart "$bad" true
		has "$stderr" restart
	done
}

counted() { [ "$(fact restarts)" -ge "$1" ]; }
@test "--restart always: counted, and over with a signal, in a pause too" {
	start box-keep --name web --restart always true
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

@test "a SIGHUP that the program takes is not its end" {
	start box-keep --name web --restart always sh -c 'trap "exec sleep 1000" HUP; while :; do sleep 0.01; done'
	runs sleep
	kill -HUP "$pid"
	runs_long() { [[ $(tr '\0' ' ' <"/proc/$(payload "$pid")/cmdline") == "sleep 1000 " ]]; }
	eventually 10 runs_long
	kill -9 "$(payload "$pid")"
	eventually 10 counted 1
	kill -TERM "$pid"
	finish
}

@test "what a run knew is forgotten with it" {
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

@test "the stages behind it take its name, and write what they know" {
	requires "root" test "$EUID" = 0
	start box-keep --name web net-lease net-nat -p 8080:80 -p 127.0.0.1:53:5353/udp cg-limit --pids 20 50% ns-spawn --init sleep 1000
	runs sleep
	init=$(cut -d' ' -f4 "/proc/$prog/stat")
	is "$(fact pid)" "$init $(start_time "$init")"
	is "$(fact slot)" "0 10.0.0.2"
	is "$(fact ports)" $'0.0.0.0:8080:80/tcp\n127.0.0.1:53:5353/udp'
	for c in cpu pids; do
		is "$(awk -v c=",$c," 'index("," $1 ",", c) { print $2 }' "$BOX_STATE/web/cgroup")" "$(cgroup_dir $c "$prog")" "group of $c"
	done
	is "$(basename "$(cgroup_dir pids "$prog")")" web
	is "$(stat -Lc %i /run/netns/web)" "$(stat -Lc %i "/proc/$prog/ns/net")"
	over
}

@test "kill -9 of it: all ends, and the next one or box-gc removes what is left" {
	for next in "box-keep true" box-gc; do
		kept
		kill -9 "$pid"
		finish
		eventually 5 gone "$prog"
		is "$(ls "$BOX_STATE/web" | wc -l)" 4
		$next
		[ ! -e "$BOX_STATE/web" ] && [ ! -e "$BOX_STATE/lock/box-web" ]
	done
	# Also one that takes that very name.
	kept
	kill -9 "$pid"
	finish
	kept
	is "$(fact restarts)" 0
	over
}

@test "a box whose keeper was killed is there until its last stage has gone" {
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

# A dead box whose directory is not what a keeper makes.
dead() { mkdir -p "$BOX_STATE/lock" && echo >"$BOX_STATE/lock/box-web"; }
@test "a forged directory is refused, and not followed" {
	mkdir -p "$BATS_TEST_TMPDIR/precious"
	touch "$BATS_TEST_TMPDIR/precious/exit"
	forged() {
		refused box-keep --name web true
		has "$stderr" "$BOX_STATE/web"
		# It keeps nobody else from working.
		run -0 --separate-stderr box-keep --name db sh -c 'echo works'
		is "$output" works
		has "$stderr" "$BOX_STATE/web"
		run -0 box-gc
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

@test "a stage writes into no directory but its box's own" {
	dead
	mkdir -p "$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$BOX_STATE/web"
	BOX_NAME=web refused net-lease ns-spawn true
	is "$(ls "$BATS_TEST_TMPDIR/precious")" ""
	BOX_NAME=../web refused net-lease ns-spawn true
	rm "$BOX_STATE/web" "$BOX_STATE/lock/box-web"
	# Without a keeper there is none.
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
