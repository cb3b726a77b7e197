#!/usr/bin/env bats
# ns-spawn --leave and --park: the box outlives the command, and waits before PROG.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	lab_up
	make_probe
	weaken
}
teardown_file() { lab_down; }
setup() {
	bb_root
	baseline_save
	socket=$BATS_TEST_TMPDIR/start
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
}
teardown() {
	[ -z "${box:-}" ] || kill -9 "$box" 2>/dev/null || :
	baseline_check
}

# leave STATUS ARGS...: the status of ns-spawn --leave; $box is process 1 of the box.
# Its output goes to a file, which the box has for as long as it lives.
leave() {
	local status=0 info=$BATS_TEST_TMPDIR/info
	host ns-spawn --leave --info-fd 9 "${@:2}" >"$out" 2>"$err" 3>&- 9>"$info" </dev/null || status=$?
	is "$status" "$1" "$(cat "$err")"
	box=$(sed 's/^{"pid": \([0-9]*\),.*/\1/' "$info")
}
park() { leave 0 --park "$socket" "$@"; }
answer() { python3 "$TOP/tests/park.py" start "$socket" 2>&1; }
printed() { [ "$(cat "$out")" = "$1" ]; }
# fds PID: its descriptors above 2, without their numbers.
fds_are() { is "$(fds "$1")" "$2"; }
fds() { find "/proc/$1/fd" -lname '*' ! -name '[012]' -printf '%l\n' | sed 's/:.*//' | sort | xargs; }

@test "a parked box is the subreaper's child, and runs after a connection" {
	cd "$BATS_TEST_TMPDIR"
	for init in "" --init; do
		for root in "" "rootfs-enter $bb"; do
			run -0 host python3 "$TOP/tests/park.py" adopt children start reap children -- \
			    ns-spawn --leave --park start $init $root sh -c 'echo runs; exit 7'
			is "$(sort <<<"$output" | xargs)" "children 0 children 1 reaped 7 runs status 0 x" "$init $root"
			rm start
		done
	done
}

@test "nothing but the box's init is left, and the init has no descriptor of ours" {
	park rootfs-enter "$bb" sleep 1000
	is "$(cat "$out" "$err")" ""
	is "$(fds "$box")" socket
	is "$(cat "/proc/$box/task/$box/children")" ""
	is "$(host cat /proc/net/unix | grep -c "/start$")" 1 "sockets"
	is "$(ps -o sid= -p "$box" | tr -d ' ')" "$box" session
	is "$(answer)" x
	runs sleep "$box"
	is "$(fds "$box")" ""
	is "$(tr '\0' '\n' <"/proc/$box/environ" | grep -c BOX_)" 0
	kill -9 "$box"
	park --init rootfs-enter "$bb" sleep 1000
	# Of signals.  The init may not have closed its leash yet.
	eventually 10 fds_are "$box" anon_inode
	is "$(fds "$(payload "$box")")" socket
}

@test "--leave without --park: 0 when PROG has been executed, else its status" {
	for init in "" --init; do
		leave 0 $init rootfs-enter "$bb" sleep 1000
		runs sleep "$box"
		kill -9 "$box"
		leave 126 $init rootfs-enter "$bb" /etc
		leave 127 $init rootfs-enter "$bb" /no/such
		leave 125 $init rootfs-enter -w /no/such "$bb" true
		# Found only by the exec, after the box has stood.
		copy_root
		printf '#!/no/such\n' >"$root/script"
		chmod 755 "$root/script"
		leave 127 $init rootfs-enter "$root" /script
		has "$(cat "$err")" "/script: interpreter /no/such: No such file"
		leave 125 $init rootfs-enter -u 70000 "$root" true
		rm -r "$root"
	done
}

@test "an error before the park is the command's, and no file is left" {
	leave 127 --park "$socket" rootfs-enter "$bb" nothing
	has "$(cat "$err")" "rootfs-enter: nothing: No such file or directory"
	leave 127 --park "$socket" rootfs-enter "$bb" /no/such
	leave 126 --park "$socket" rootfs-enter "$bb" /etc
	leave 126 --park "$socket" rootfs-enter "$bb" /etc/passwd
	leave 127 --park "$socket" nothing
	leave 126 --park "$socket" /etc/passwd
	leave 125 --park "$socket" rootfs-enter /no/such true
	leave 125 --park "$BATS_TEST_TMPDIR/no/start" true
	leave 125 --park "$BATS_TEST_TMPDIR/$(printf %0100d 0)" true
	has "$(cat "$err")" "name too long"
	[ ! -e "$socket" ]
}

@test "an error after the park is the answer to the connection" {
	copy_root
	printf '#!/no/such\n' >"$root/script"
	cp /dev/null "$root/empty"
	printf '\177ELF and no more of a program' >"$root/broken"
	chmod 755 "$root"/{script,broken}
	printf '#!/bin/sh\n' >"$root/closed"
	chmod 700 "$root/closed"
	for init in "" --init; do
		while IFS='|' read -r prog want line; do
			park $init rootfs-enter $prog
			run -0 answer
			is "${lines[0]} ${lines[-1]}" "x status $want" "$prog: $output"
			has "${lines[1]}" "$line"
			eventually 10 gone "$box"
			is "$(cat "$out" "$err")" ""
		done <<-END
			$root /script|127|rootfs-enter: /script: interpreter /no/such: No such file or directory
			$root /broken|126|Exec format error
			-u nobody $root /closed|126|Permission denied
			-u 70000 $root true|125|--user: become 70000
		END
	done
}

@test "an error after the park, when the other end has gone, is the status" {
	copy_root
	cd "$BATS_TEST_TMPDIR"
	printf '#!/no/such\n' >"$root/script"
	chmod 755 "$root/script"
	for init in "" --init; do
		run -0 host python3 "$TOP/tests/park.py" adopt touch:start reap -- \
		    ns-spawn --leave --park start $init rootfs-enter "$root" /script
		is "$output" $'status 0\nreaped 127' "$init"
	done
}

@test "kill -9 of a parked box: refused, and the next start replaces the socket's file" {
	for init in "" --init; do
		park $init rootfs-enter "$bb" true
		kill -9 "$box"
		eventually 10 gone "$box"
		is "$(answer)" "Connection refused"
		[ -S "$socket" ]
		park $init rootfs-enter "$bb" true
		is "$(answer)" x
		# The file of a box that has been started is no more alive.
		is "$(answer)" "Connection refused"
	done
}

@test "the socket of a parked box is not replaced, nor is another file" {
	park sleep 1000
	first=$box
	leave 125 --park "$socket" true
	has "$(cat "$err")" "--park $socket: Address "
	is "$(answer)" x
	runs sleep "$first"
	kill -9 "$first"
	rm "$socket"
	echo mine >"$socket"
	leave 125 --park "$socket" true
	is "$(cat "$socket")" mine
	rm "$socket"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$socket"
	leave 125 --park "$socket" true
	[ ! -e "$BATS_TEST_TMPDIR/elsewhere" ]
	rm "$socket"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$socket"
	chown 12345 "$socket"
	leave 125 --park "$socket" true
}

@test "a connection that says nothing starts PROG; of two one is heard" {
	park sh -c 'echo runs'
	python3 "$TOP/tests/park.py" touch "$socket"
	eventually 10 printed runs
	eventually 10 gone "$box"
	park sh -c 'echo runs'
	run -0 python3 "$TOP/tests/park.py" two "$socket"
	is "$(grep -cFx "'x\\n'" <<<"$output")" 1 "$output"
	eventually 10 printed runs
}

@test "kill -9 of ns-spawn: before the park the box is dead, after it lives" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	exec 8<>"$BATS_TEST_TMPDIR/fifo"
	for init in "" --init; do
		start ns-spawn --leave --park "$socket" $init rootfs-enter --env-file "$BATS_TEST_TMPDIR/fifo" "$bb" true
		runs rootfs-enter
		# The stage waits for the writer of the fifo.
		kill -9 "$pid"
		eventually 10 gone "$prog"
		finish
	done
	# Held after the message of the box, before its own end.
	requires strace command -v strace
	for init in "" --init; do
		: >"$BATS_TEST_TMPDIR/log"
		start strace -qq -o "$BATS_TEST_TMPDIR/log" -e trace=exit_group -e inject=exit_group:delay_enter=60000000 \
		    ns-spawn --leave --park "$socket" $init sh -c 'echo runs'
		eventually 20 grep -q . "$BATS_TEST_TMPDIR/log"
		spawn=$(pgrep -P "$pid" | head -n 1)
		# strace would sit its delay out.
		kill -9 "$spawn" "$pid"
		finish
		is "$(answer)" x
		eventually 10 printed runs
		rm "$socket"
	done
}

@test "what would need the command later is refused" {
	while read -r line; do
		status=0
		host $line >"$out" 2>"$err" 3>&- || status=$?
		is "$status" 125 "$line: $(cat "$err")"
		is "$(wc -l <"$err")" 1 "$line: $(cat "$err")"
		eventually 10 baseline_same
	done <<-END
		cg-limit max ns-spawn --leave true
		box-keep ns-spawn --leave true
		net-nat ns-spawn --leave true
		net-lease ns-spawn --leave true
		ns-spawn ns-spawn --leave true
		ns-spawn --leave ns-spawn true
		ns-spawn --leave --init net-nat true
		ns-spawn --leave --netns web true
		ns-spawn --park $socket true
		ns-spawn --leave net-veth true
		ns-spawn --leave rootfs-enter -t $bb true
	END
}

# listed: what PROG of a box that was parked has.
listed() {
	park rootfs-enter "$root" /intruder fds
	is "$(answer)" x
	eventually 10 gone "$box"
}
@test "T93: a program has no descriptor of the socket that started it" {
	copy_root
	cp "$intruder" "$root"
	listed
	is "$(cat "$out")" ""
	weak 93 listed
	[[ $(cat "$out") =~ [0-9] ]]
}

# knock VERDICT: by another user, in a directory that is open to them.
knock() {
	socket=$public/start
	park sleep 1000
	run setpriv --reuid 12345 --clear-groups python3 "$TOP/tests/park.py" start "$socket"
	is "$output" "$1"
	kill -9 "$box"
	rm "$socket"
}
@test "T94: no other user starts a parked box" {
	public=$(mktemp -d)
	chmod 755 "$public"
	umask 0
	knock "Permission denied"
	weak 94 knock x
	rm -r "$public"
}

@test "-n says the socket, and makes none" {
	run -0 ns-spawn -n --leave --park "$socket" true
	has "$output" "socat UNIX-LISTEN:$socket,mode=600 -"
	[ ! -e "$socket" ]
}
