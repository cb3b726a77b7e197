#!/usr/bin/env bats
# A terminal of the box's own, and the caller's given back.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	requires "root" test "$EUID" = 0
	requires "python3" command -v python3
	bb_root
	export bb T=$BATS_TEST_TMPDIR
	baseline_save
}
teardown() {
	[ ! "${pid:-}" ] || kill "$pid" 2>/dev/null || :
	baseline_check
}

# On a terminal that follows a script: CMD; an interactive shell; a box with a
# terminal of its own, in a shell that has no job control and shows the box's
# changes to its terminal.
on_tty() { (exec env PS1='OUT> ' python3 "$TOP/tests/terminal.py" "$@" 3>&-); }
on_shell() { on_tty bash --norc --noprofile -i; }
around() {
	local state='stty -g; ps -o tpgid= -p $$'
	on_tty sh -c "{ $state; } >'$T/tty1'; $1; echo \"st=\$?.\"; { $state; } >'$T/tty2'" &&
	    diff "$T/tty1" "$T/tty2"
}
# when MARK CMD: CMD, in the background, once the box executes sleep MARK.
when() { echo "(until pgrep -fx 'sleep $1' >/dev/null; do sleep 0.05; done; $2) &"; }

@test "the terminal is in the box's devpts, its console, and the user's" {
	cat >"$T/script" <<-'END'
		tty
		cd /dev && for f in pts/0 console /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; do
			stat -L -c '%t:%T %u' $f
		done
		sh -c 'echo hello >/dev/console; echo there >/dev/tty'
		awk '{ print $7 }' /proc/self/stat
		touch /dev/pts/new
	END
	run -0 --separate-stderr ns-spawn rootfs-enter -t -u 7 -v "$T/script:/tty-script:ro" \
	    "$bb" sh -c 'sh /tty-script || echo refused' </dev/null
	# In /proc/PID/stat: 136, 0.
	is "$(tr -d '\r' <<<"$output")" "$(printf '%s\n' /dev/pts/0 88:0\ 7 88:0\ 7 88:0\ 7 88:0\ 7 88:0\ 7 \
	    hello there $((136 << 8)) "touch: /dev/pts/new: Permission denied" refused)"
	is "$stderr" ""
}

@test "T11: the root directory's own console is not written to" {
	copy_root
	rm -rf "$root/dev"
	mkdir "$root/dev" "$root/pts"
	echo untouched >"$root/target"
	ln -s /target "$root/dev/console"
	ln -s /pts "$root/dev/pts"
	run -0 ns-spawn rootfs-enter -t "$root" sh -c 'echo hello >/dev/console; stat -c %t:%T /dev/console' </dev/null
	is "$(tr -d '\r' <<<"$output")" $'hello\n88:0'
	is "$(cat "$root/target")" untouched
	is "$(readlink "$root/dev/console")" /target
	is "$(ls "$root/pts")" ""
}

@test "size, Ctrl-C, status" {
	on_shell <<-'END'
		expect OUT>
		send ns-spawn --init rootfs-enter --tty -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send stty size\r
		expect 24 80
		expect \nIN>
		size 33 101
		send stty size\r
		expect 33 101
		expect \nIN>
		send sh -c 'trap "stty size" WINCH; echo re""ady; while :; do sleep 0.1; done'\r
		expect ready
		size 44 102
		expect 44 102
		send \x03
		expect \nIN>
		send sh -c 'echo beg""un; exec sleep 1000'\r
		expect begun
		send \x03
		expect \nIN>
		send echo "c=$?."\r
		expect c=130.
		expect \nIN>
		send exit 4\r
		expect OUT>
		send echo "st=$?."\r
		expect st=4.
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "Ctrl-Z is the box's: for a job there, and for a lone program nothing" {
	on_shell <<-'END'
		expect OUT>
		send ns-spawn --init rootfs-enter -t -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send sh -c 'echo beg""un; exec cat'\r
		expect begun
		send \x1a
		expect Stopped
		expect \nIN>
		send fg\r
		expect exec cat
		send again\r
		expect again\r\nagain
		send \x04
		expect \nIN>
		send exit\r
		expect OUT>
		send ns-spawn --init rootfs-enter -t "$bb" sh -c 'echo beg''un; exec cat'\r
		expect begun
		send \x1a
		send still here\r
		expect still here\r\nstill here
		send \x04
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "output that has no room is named" {
	run -0 sh -c 'ns-spawn rootfs-enter -t "$bb" echo hello 2>&1 >/dev/full </dev/null'
	is "$output" "ns-spawn: pass on output: No space left on device"
}

@test "a terminal that cannot be looked at, or given back, is named" {
	requires "strace" command -v strace
	for ((n = 1; ; n++)); do
		python3 "$TOP/tests/faults/terminal.py" "$T/left" strace -qq -o "$T/log" -e trace=ioctl \
		    -e inject=ioctl:error=EPERM:when=$n ns-spawn rootfs-enter "$bb" stty raw -echo 2>"$T/err" </dev/null
		grep -q INJECTED "$T/log" || break
		[ ! -e "$T/left" ] || has "$(<"$T/err")" "ns-spawn: look at the terminal: Operation not permitted" ||
		    has "$(<"$T/err")" "ns-spawn: give back the terminal: Operation not permitted"
	done
	[ $n -gt 4 ] && [ ! -e "$T/left" ]
}

@test "the caller's terminal is as it was: at the end, after TERM, after KILL" {
	around "ns-spawn --init rootfs-enter -t $bb sh -c 'stty raw -echo; exit 3'" <<-END
		expect st=3.
		end 0
	END
	around "ns-spawn --init rootfs-enter -t $bb sh -c 'stty raw -echo; kill -9 \$\$'" <<-END
		expect st=137.
		end 0
	END
	around "ns-spawn --init rootfs-enter -t $bb no-such-program" <<-END
		expect no-such-program: No such file or directory\r\n
		expect st=127.
		end 0
	END
	around "$(when 4321 'kill $(pgrep -P $$ -x ns-spawn)') ns-spawn --init rootfs-enter -t $bb sleep 4321" <<-END
		expect st=143.
		end 0
	END
	# A stage in front gives the terminal back.
	around "$(when 4322 'kill -9 $(pgrep -P $(pgrep -P $$ -x cg-limit))') cg-limit max ns-spawn --init rootfs-enter -t $bb sleep 4322" <<-END
		expect st=137.
		end 0
	END
}

@test "while the box runs the terminal is raw, and its foreground group the chain's" {
	around "$(when 4321 "{ stty -g; ps -o tpgid= -p \$\$; } </dev/tty >$T/while; kill \$(pgrep -ox ns-spawn)")
		ns-spawn --init rootfs-enter -t $bb sleep 4321" <<-END
		expect st=143.
		end 0
	END
	is "$(tail -n 1 "$T/while")" "$(tail -n 1 "$T/tty1")" "foreground group"
	! diff -q "$T/while" "$T/tty1" || fail "not raw"
}

@test "a stop from elsewhere gives the terminal back, fg takes it again" {
	on_shell <<-END
		expect OUT>
		send stty -g >$T/tty1\r
		expect OUT>
		send $(when 4321 'kill -TSTP $(pgrep -x cg-limit)')\r
		expect OUT>
		send cg-limit max ns-spawn --init rootfs-enter -t $bb sh -c 'sleep 4321 & while read x; do echo "<\$x>"; done'\r
		expect Stopped
		expect OUT>
		send stty -g >$T/tty2; echo "s=\$(ps -o stat= -C sleep | head -c 1)."\r
		expect s=S.
		expect OUT>
		send fg\r
		expect cg-limit
		send hello\r
		expect <hello>
		send \x03
		expect OUT>
		send echo "st=\$?."\r
		expect st=130.
		send exit 0\r
		end 0
	END
	diff "$T/tty1" "$T/tty2"
}

@test "a chain started in the background stops until it is in front" {
	on_shell <<-'END'
		expect OUT>
		send set -b\r
		expect OUT>
		send cg-limit max ns-spawn --init rootfs-enter -t "$bb" sh -c 'echo beg''un; exec cat' &\r
		expect Stopped
		send fg\r
		expect begun
		send hello\r
		expect hello\r\nhello
		send \x03
		expect OUT>
		send echo "st=$?."\r
		expect st=130.
		send exit 0\r
		end 0
	END
}

@test "a terminal that goes takes the box's with it" {
	on_tty cg-limit max ns-spawn --init rootfs-enter -t "$bb" sh -c 'echo begun; exec sleep 1000' <<-END
		expect begun
		hang
		end 129
	END
	# So does the reader of its output.
	run -0 bash -c "ns-spawn --init rootfs-enter -t $bb sh -c 'while echo y; do :; done' </dev/zero | head -n 1; exit \${PIPESTATUS[1]}"
}

@test "without a terminal: input is typed, its end too, output passes" {
	box() { ns-spawn --init rootfs-enter -t "$bb" "$@"; }
	run -0 box sh -c 'stty -echo; read x; read y; echo "<$x$y>"; cat' <<<$'one\ntwo\nthree'
	has "$output" "<onetwo>"
	has "$output" three
	run -0 box cat </dev/null
	run -7 box sh -c 'tty; exit 7' </dev/null
	is "${output%$'\r'}" /dev/pts/0
	# No newline at the end, but an end.
	run -0 box cat < <(printf 'no newline')
	has "$output" "no newline"
}

@test "the end of the input is for each program that reads, however early it comes" {
	box() { timeout -k 1 30 ns-spawn --init rootfs-enter -t "$bb" "$@"; }
	# A shell that edits lines changes the terminal's mode, which loses keys.
	run -7 box sh -i <<<'exit 7'
	run -127 box sh -i <<<'no-such-program'
	run -0 box sh -c 'cat; cat; stty -icanon -echo
		until [ "$(head -c 1 | od -An -tx1)" = " 04" ]; do :; done; echo end' <<<hi
	is "$(tr -d '\r' <<<"$output")" $'hi\nhi\nend'
}

@test "PROG that closes its terminal is not killed, and may open it again" {
	run -3 timeout -k 1 30 ns-spawn --init rootfs-enter -t "$bb" sh -c \
	    'exec <&- >&- 2>&-; sleep 0.5; echo again >/dev/tty; exit 3' </dev/null
	is "$(tr -d '\r' <<<"$output")" again
}

@test "nothing that was written is lost" {
	want=$(seq 1 100000 | sed 's/$/\r/' | md5sum)
	for slow in 0 1; do
		got=$(ns-spawn --init rootfs-enter -t "$bb" seq 1 100000 </dev/null | (sleep $slow; md5sum))
		is "$got" "$want" "after $slow s"
	done
}

@test "every byte passes as it is, in both directions" {
	for i in {0..255}; do printf "\\x$(printf %x "$i")"; done >"$T/bytes"
	for i in {1..300}; do cat "$T/bytes"; done >"$T/data"
	# The end of the input comes while the terminal would echo a key.
	sleep 0.5 | ns-spawn --init rootfs-enter -t -v "$T/data:/bytes:ro" "$bb" sh -c 'stty raw; cat /bytes; sleep 1' >"$T/got"
	cmp "$T/data" "$T/got"
	mkfifo "$T/keys"
	exec 8<>"$T/keys"
	# A program started by start has no stdin.
	ns-spawn --init rootfs-enter -t "$bb" sh -c 'stty raw -echo; echo ready; head -c 76800 | md5sum' \
	    <"$T/keys" >"$T/out" 3>&- 8>&- &
	pid=$!
	exec 9>"$T/keys" 8>&-
	eventually 20 grep -q ready "$T/out"
	cat "$T/data" >&9
	finish
	exec 9>&-
	is "$status" 0
	has "$(cat "$T/out")" "$(md5sum <"$T/data")"
}

@test "a reader that sleeps delays neither signals nor the end" {
	mkfifo "$T/pipe"
	exec 8<>"$T/pipe"
	ns-spawn --init rootfs-enter -t "$bb" sh -c 'yes; :' </dev/zero >"$T/pipe" 3>&- &
	pid=$!
	runs yes
	full() { python3 -c 'import select, sys; sys.exit(len(select.select([], [8], [], 0)[1]))'; }
	eventually 20 full
	# One signal ends the box, a later one the wait for the reader.
	ended() { kill "$pid"; gone "$pid"; }
	eventually 20 ended
	finish
	exec 8>&-
	is "$status" 143
}

@test "Ctrl-C gets through a flood of output" {
	on_shell <<-'END'
		expect OUT>
		send ns-spawn --init rootfs-enter -t "$bb" sh -c 'yes; echo never'\r
		expect y\r\ny\r\ny
		send \x03
		expect OUT>
		send echo "st=$?."\r
		expect st=130.
		send exit 0\r
		end 0
	END
}

@test "--init=linger: when PROG has ended, keys are the caller's again" {
	# The process left behind must have survived the hang-up.
	echo 'trap "" HUP; setsid sleep 4321 & exit 6' >"$T/prog"
	cat >"$T/watch" <<-'END'
		left() { p=$(pgrep -fx 'sleep 4321') && ps -o comm= -p $(ps -o ppid= -p $p); }
		until left | grep -q ns-spawn; do sleep 0.05; done
		echo has ended
		until stty -a </dev/tty | tr ' ' '\n' | grep -qx icanon; do sleep 0.05; done
		echo given back
	END
	on_shell <<-'END'
		expect OUT>
		send (sh "$T/watch" &); ns-spawn --init=linger rootfs-enter -t "$bb" sh -c "$(cat $T/prog)"\r
		expect has ended
		send x
		expect given back
		send \x1a
		expect Stopped
		send kill %1; fg\r
		expect OUT>
		send echo "st=$?."\r
		expect st=6.
		send exit 0\r
		end 0
	END
}

@test "a lone rootfs-enter says that it needs ns-spawn" {
	for c in "rootfs-enter -t $bb sh" "ns-spawn env rootfs-enter -t $bb sh"; do
		# shellcheck disable=SC2086
		run -125 --separate-stderr $c
		has "$stderr" "rootfs-enter: --tty needs ns-spawn"
		has "${stderr_lines[1]}" "hint: "
		is "$output" ""
	done
	run -0 rootfs-enter -n -t "$bb" sh
	has "$output" "mount --bind $bb/dev/pts/0 $bb/dev/console"
	has "$output" "setsid --ctty"
}

@test "errors of the chain stay on stderr" {
	run -127 --separate-stderr ns-spawn rootfs-enter -t "$bb" no-such-program </dev/null
	is "$output" ""
	has "$stderr" "rootfs-enter: no-such-program: No such file or directory"
}

# --seccomp off lets the box type, on its own terminal.
@test "no character is pushed into the caller's terminal" {
	lacks_kernel "TIOCSTI" test "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1)" = 1
	make_probe
	copy_root
	cp "$probe" "$root/probe"
	for row in tiocsti tiocsti_high; do
		on_tty bash -c "ns-spawn rootfs-enter -t --seccomp off '$root' /probe $row
			IFS= read -rst 1 -n 1 c; echo \"<\$c>\"" <<-END
			expect $row ok
			expect <>
			end 0
		END
	done
}

@test "--console: another program has the terminal, also of a box that is left" {
	cd "$T"
	for leave in "" --leave "--leave --init"; do
		run -0 python3 "$TOP/tests/park.py" console console ns-spawn $leave --console console \
		    rootfs-enter -t "$bb" sh -c 'read x; echo got $x; tty; exec 0<&- 1>&- 2>&-'
		is "$output" $'fds 1 text True blocks True\nstatus 0\nhello\ngot hello\n/dev/pts/0' "$leave"
		rm console
	done
	run -125 ns-spawn --console none rootfs-enter -t "$bb" touch /ran
	has "$output" "--console none: No such file or directory"
	run -125 ns-spawn --console park.py rootfs-enter -t "$bb" touch /ran
	[ ! -e "$bb/ran" ]
	# A parked box has nothing of the caller's, so the pipe ends.
	run -0 timeout 20 python3 "$TOP/tests/park.py" console console \
	    sh -c "ns-spawn --leave --park start --info-fd 5 --console console rootfs-enter -t $bb sleep 1000 5>info 2>&1 | cat; kill -9 \$(grep -o '[0-9]*' info | head -n 1)"
	is "$output" $'fds 1 text True blocks True\nstatus 0\nhello'
}

@test "the doorman takes one terminal's master, and nothing else for it" {
	make -s -C "$TOP" tests/attack/knock
	mkdir -p "$T/bin"
	cp "$TOP/bin/ns-spawn" "$T/bin"
	cp "$TOP/tests/attack/knock" "$T/bin/net-veth"
	chmod 711 "$BATS_RUN_TMPDIR" "$T" "$T/bin"
	for f in /dev/null /dev/zero; do
		run -0 "$T/bin/ns-spawn" "$T/bin/net-veth" $f ptmx
		is "${lines[0]}" "$f EINVAL"
		is "${lines[1]}" "ptmx EDQUOT"
	done
	run -0 "$T/bin/ns-spawn" "$T/bin/net-veth" ptmx ptmx </dev/null
	is "$output" $'ptmx ok\nptmx EDQUOT'
	on_tty "$T/bin/ns-spawn" "$T/bin/net-veth" /dev/tty <<-'END'
		expect /dev/tty EINVAL
		end 0
	END
	# Nor does a program outside get anything else.
	cd "$T"
	run -0 timeout 20 python3 -c 'import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind("console")
s.listen()
s.settimeout(10)
status = subprocess.call(sys.argv[1:])
print("sent", s.accept()[0].recv(9))
sys.exit(status)' bin/ns-spawn --console console bin/net-veth /dev/null
	is "$output" $'/dev/null EINVAL\nsent b\'\''
	# The command of --made runs once, whoever asks for it, and no other does.
	run -0 bin/ns-spawn --made 'echo command >>ran' bin/net-veth made made
	is "$output $(cat ran)" $'made\nmade command'
	run -0 bin/ns-spawn bin/net-veth made
	is "$output $(cat ran)" "made command"
}
