#!/usr/bin/env bats
# ns-enter and box-exec: programs in running boxes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup() {
	requires "root" test "$EUID" = 0
	bb_root
	export bb T=$BATS_TEST_TMPDIR
	baseline_save
}
teardown() {
	[ ! "${box:-}" ] || { kill "$box" && wait "$box"; } 2>/dev/null || :
	exec 8>&- 9>&-
	baseline_check
}

# runs_box CHAIN...: a box; $prog is its PROG and $box its first stage.
runs_box() {
	start "$@" sleep 1000
	box=$pid
	runs sleep
	export prog
}
# walls: the kernel's figures of a process, the same for all confined alike.
walls='grep -E "^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):" /proc/self/status; cat /proc/self/setgroups /proc/self/oom_score_adj'

# spaces PID: its namespaces and its groups.
spaces() {
	readlink "/proc/$1"/ns/{cgroup,ipc,mnt,net,pid,user,uts}
	cat "/proc/$1/cgroup"
}
@test "in all groups and namespaces of the box, and the caller stays where it is" {
	mine=$(spaces self)
	runs_box cg-limit --pids 9 -m 100m 50% ns-spawn --init rootfs-enter "$bb"
	ns-enter --pid "$prog" sh -c 'echo in; exec sleep 2000' >"$T/entered" &
	pid=$!
	eventually 20 grep -q in "$T/entered"
	in=$(payload "$pid")
	is "$(spaces "$in")" "$(spaces "$prog")"
	[ "$(spaces "$in")" != "$mine" ]
	is "$(stat -Lc %d:%i "/proc/$in/root")" "$(stat -Lc %d:%i "/proc/$prog/root")" root
	# No third process between PROG and ns-enter, and ns-enter is outside.
	is "$(ps -o ppid= -p "$in" | tr -d ' ')" "$pid"
	is "$(spaces "$pid")" "$mine"
	is "$(cat "/proc/$pid/comm")" ns-enter
	kill "$pid"
	finish
	is "$status" 143
	is "$(spaces self)" "$mine"
}

@test "confined as rootfs-enter confines, with the same options" {
	while read -r options; do
		runs_box ns-spawn --init rootfs-enter $options "$bb"
		want=$(ns-spawn --init rootfs-enter $options "$bb" sh -c "$walls")
		[ "$(wc -l <<<"$want")" -ge 10 ]
		got=$(ns-enter --pid "$prog" $options sh -c "$walls")
		diff <(echo "$want") <(echo "$got") || fail "with $options"
		kill "$box"
		finish "$box"
	done <<-END

		--cap-add NET_RAW,SYS_PTRACE --new-privs
		--cap-drop ALL -u 7:8
		--seccomp off
	END
}

@test "the box's limits hold for a process that enters it" {
	runs_box cg-limit -m 16m max ns-spawn --init rootfs-enter "$bb"
	run -137 ns-enter --pid "$prog" sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x)'
}

@test "a clean environment, the box's users, a working directory in the box" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	run -0 env SECRET=1 BOX_NAME=x TERM=vt100 ns-enter --pid "$prog" -e A=b -e SECRET2 -e HOSTTYPE=z env
	is "$(sort <<<"$output")" "$(printf '%s\n' A=b HOME=/root HOSTTYPE=z \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=vt100)"
	run -0 ns-enter --pid "$prog" -u 7 -w /tmp sh -c 'id -u; pwd'
	is "$output" $'7\n/tmp'
	run -125 ns-enter --pid "$prog" -u no-such-user true
	run -125 --separate-stderr ns-enter --pid "$prog" -w /no/such true
	is "$stderr" "ns-enter: --workdir /no/such: No such file or directory"
}

@test "no descriptor of the caller's gets in, and none leads out" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	exec 9</etc 8<"$T"
	is "$(ns-enter --pid "$prog" sh -c 'i=0; while [ $i -lt 300 ]; do
		[ ! -e /proc/$$/fd/$i ] || echo $i; i=$((i + 1)); done' | xargs)" "0 1 2"
	for fd in 3 4 5 6 7 8 9 10 255; do
		run -125 ns-enter --pid "$prog" -w /proc/self/fd/$fd ls
	done
	# Even 0, which is PROG's, is no way to a directory outside.
	run -125 ns-enter --pid "$prog" -w /proc/self/fd/0 ls <"$T"
}

# held SYSCALL CMD...: for three seconds before that, inside; $pid.
held() {
	start strace -fqq -o "$T/log" -e "trace=$1" -e "inject=$1:delay_enter=3000000" "${@:2}"
}
enters() { in=$(payload "$pid") && is "$(spaces "$in" | grep user)" "$(spaces "$prog" | grep user)"; }
@test "while ns-enter enters, it holds nothing of the host's" {
	requires "strace" command -v strace
	runs_box ns-spawn --init rootfs-enter "$bb"
	exec 9</etc
	held keyctl ns-enter --pid "$prog" true </dev/null
	eventually 20 enters
	is "$(cat "/proc/$in/comm")" ns-enter
	is "$(readlink "/proc/$in/cwd")" /
	is "$(stat -Lc %d:%i "/proc/$in/cwd")" "$(stat -Lc %d:%i "/proc/$prog/root")"
	is "$(find "/proc/$in/fd" -lname 'socket:*' | wc -l)" 1
	is "$(find "/proc/$in/fd" -mindepth 1 ! -lname 'socket:*' -printf '%f\n' | sort | xargs)" "0 1 2"
	finish
	is "$status" 0
}

@test "a box that ends takes ns-enter along; killed, ns-enter takes its program along" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	ns-enter --pid "$prog" sleep 2000 &
	pid=$!
	runs sleep
	in=$(payload "$pid")
	kill -9 "$pid"
	finish
	eventually 10 gone "$in"
	ns-enter --pid "$(payload "$box")" sh -c 'exec sleep 2001' &
	pid=$!
	runs sleep
	kill "$box"
	finish
	is "$status" 137
}

@test "a process that does not exist, or has ended" {
	run -125 --separate-stderr ns-enter --pid 4194000 true
	is "$stderr" "ns-enter: --pid 4194000: No such process"
	run -125 ns-enter --pid 0 true
	run -125 ns-enter --pid x true
	run -125 --separate-stderr ns-enter nobody true
	is "$stderr" "ns-enter: nobody: no such box is running"
	run -125 ns-enter ../x true
	run -125 ns-enter nobody
	# The number is another process's now.
	start=$(cut -d ' ' -f 22 /proc/$$/stat)
	run -0 ns-enter -n --pid $$:"$start" true
	run -125 ns-enter --pid $$:$((start + 1)) true
	is "$output" "ns-enter: the process $$ has ended"
	run -125 ns-enter --pid $$: true
	has "$output" "ns-enter: --pid: "
}

@test "a namespace that is shared already is left alone" {
	runs_box ns-spawn --init --net host --user host rootfs-enter "$bb"
	run -0 ns-enter --pid "$prog" id -u
	is "$output" 0
	run -7 ns-enter --pid $$ sh -c 'exit 7'
}

@test "by an ordinary user: a line and a hint" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	run -125 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups ns-enter --pid "$prog" true
	has "$stderr" "ns-enter: "
	has "$stderr" "hint: "
}

@test "-n prints all changes, and makes none" {
	runs_box cg-limit max ns-spawn --init rootfs-enter "$bb"
	run -0 ns-enter -n --pid "$prog" sh -c 'exit 7'
	has "$output" "nsenter --target $prog --pid"
	has "$output" "nsenter --target $prog --user --mount --net --uts --ipc --cgroup"
	has "$output" "echo 0 > $(cgroup_dir pids "$prog")/"
	is "${lines[-1]}" "# next: sh -c 'exit 7'"
}

# Terminals.
on_tty() { (exec env PS1='OUT> ' python3 "$TOP/tests/terminal.py" "$@" 3>&-); }

@test "--tty: a terminal in the box's devpts, and the caller's as it was" {
	requires "python3" command -v python3
	runs_box ns-spawn --init rootfs-enter "$bb"
	on_tty bash --norc --noprofile -i <<-'END'
		expect OUT>
		send stty -g >"$T/tty1"\r
		expect OUT>
		send ns-enter --pid "$prog" -t -u 7 -e PS1='IN> ' sh -i\r
		expect \nIN>
		send tty; stty size; stat -c '%t:%T %u' $(tty)\r
		expect /dev/pts/0
		expect 24 80
		expect 88:0 7
		expect \nIN>
		size 33 101
		send stty size\r
		expect 33 101
		expect \nIN>
		send sh -c 'echo beg""un; exec cat'\r
		expect begun
		send \x1a
		expect Stopped
		expect \nIN>
		send fg\r
		expect exec cat
		send hello\r
		expect hello\r\nhello
		send \x03
		expect \nIN>
		send exit 5\r
		expect OUT>
		send echo "st=$?."; stty -g >"$T/tty2"\r
		expect st=5.
		expect OUT>
		send exit 0\r
		end 0
	END
	diff "$T/tty1" "$T/tty2"
	# A second terminal beside another.
	ns-enter -t --pid "$prog" sh -c 'tty; exec sleep 1000' </dev/zero >"$T/first" &
	pid=$!
	eventually 20 grep -q /dev/pts/0 "$T/first"
	has "$(ns-enter -t --pid "$prog" tty </dev/null)" /dev/pts/1
	kill "$pid"
	finish
}

@test "--tty: a /dev/pts that the box has put there is refused" {
	runs_box ns-spawn --init rootfs-enter --cap-add SYS_ADMIN --seccomp off "$bb"
	inside() { ns-enter --cap-add SYS_ADMIN --seccomp off --pid "$prog" sh -c "$1"; }
	enter_refused() {
		run -125 --separate-stderr ns-enter -t --pid "$prog" true </dev/null
		has "$stderr" "ns-enter: --tty: "
	}
	inside 'mount --bind /dev/null /dev/pts/ptmx'
	enter_refused
	inside 'umount /dev/pts/ptmx; mount -t tmpfs none /dev/pts'
	enter_refused
	inside 'ln -s /dev/null /dev/pts/ptmx'
	enter_refused
	inside 'umount /dev/pts; umount /dev/pts; rmdir /dev/pts; mount -t devpts devpts /mnt; ln -s /mnt /dev/pts'
	enter_refused
	inside 'rm /dev/pts; mkdir /dev/pts; mount -t devpts devpts /dev/pts'
	run -0 ns-enter -t --pid "$prog" true </dev/null
}

# box-exec, with the options that box-run leaves for it.
keeps_box() {
	start box-keep --name web "$@" ns-spawn --init rootfs-enter "$bb" sleep 1000
	box=$pid
	runs sleep
}

@test "box-exec: as the box's own program, unless told otherwise" {
	echo "A=it's  \$(id)" >"$T/vars"
	keeps_box --enter "-u 7 -w /tmp --cap-drop ALL" --env-file "$T/vars"
	run -0 box-exec web sh -c 'id -u; pwd; echo "$A"; grep CapBnd /proc/self/status'
	is "$output" "$(printf '%s\n' 7 /tmp "it's  \$(id)" $'CapBnd:\t0000000000000000')"
	run -0 box-exec -u 0 -w / -e A=b -e 'B=c  d' web sh -c 'id -u; pwd; echo "$A$B"'
	is "$output" $'0\n/\nbc  d'
	run -0 box-exec -n -t web echo 'a b'
	is "$output" "ns-enter -u 7 -w /tmp --cap-drop ALL --env-file $BOX_STATE/web/env --tty web echo 'a b'"
	run -0 box-exec -n -e 'A=a b' web true
	has "$output" "BOX_ENV1='A=a b' ns-enter"
	run -7 box-exec web sh -c 'exit 7'
	run -127 box-exec web no-such-program
	run -125 --separate-stderr box-exec web -t sh
	has "$stderr" "options stand before NAME"
	has "$(box-exec -t web tty </dev/null)" /dev/pts/0
	is "$(box-exec web cat <<<"through")" through
}

@test "box-exec: a state that is damaged or another's is not followed" {
	keeps_box
	f=$BOX_STATE/web/enter
	for words in "-e '" 'a; touch /x' '$(id)' '`id`' 'a|b' 'a\b' "-e 'a'\\" 'a>b' $'a\nb' "'a'&"; do
		(umask 077 && printf '%s\n' "$words" >"$f")
		run -125 --separate-stderr box-exec web true
		has "$stderr" "box-exec: $f is damaged"
	done
	echo "-u 7" >"$f"
	chmod 666 "$f"
	run -125 box-exec web true
	rm "$f"
	ln -s /etc/hostname "$f"
	run -125 box-exec web true
	rm "$f"
	run -0 box-exec web true
	cp -a "$BOX_STATE/web/pid" "$T/pid"
	echo "$$ 1" >"$BOX_STATE/web/pid"
	run -125 ns-enter web true
	run -125 box-exec web true
	has "$output" "no such box is running"
	echo "x y" >"$BOX_STATE/web/pid"
	run -125 ns-enter web true
	cp -a "$T/pid" "$BOX_STATE/web/pid"
	run -0 ns-enter web true
	run -125 box-exec other true
	has "$output" "other: no such box is running"
	run -125 box-exec web
}

# left COMM: the process of the box that runs it, as we see it, is $left.
is_left() { left=$(pgrep -fx "$1"); }
# holds FILE: whether $left has FILE open, by any name.
holds() { [ "$(find -L "/proc/$left/fd" -samefile "$1" 2>/dev/null)" ]; }
# outlive: ns-enter returns, and a process that it has started lives on.
outlive() {
	"$@" ns-enter --pid "$prog" sh -c 'exec 3<&0; sleep 3333 <&3 & echo early; echo error >&2' <"$T/c0" >"$T/c1" 2>"$T/c2"
	eventually 20 is_left "sleep 3333"
}
@test "T72: a process that outlives its command has none of the caller's pipes" {
	local fd
	weaken
	runs_box ns-spawn --init rootfs-enter "$bb"
	mkfifo "$T/c0" "$T/c1" "$T/c2"
	exec 4<>"$T/c0" 5<>"$T/c1" 6<>"$T/c2"
	outlive
	for fd in c0 c1 c2; do ! holds "$T/$fd" || fail "it holds $fd"; done
	kill "$left"
	read -r -t 10 line <&5
	is "$line" early
	read -r -t 10 line <&6
	is "$line" error
	eventually 10 gone "$left"
	outlive weak 72
	for fd in c0 c1 c2; do holds "$T/$fd" || fail "without the defence it has no $fd"; done
	kill "$left"
	exec 4>&- 5>&- 6>&-
}
@test "the caller's pipes: all bytes, in order, to the last, and a reader that goes" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	is "$(seq 200000 | ns-enter --pid "$prog" cat | md5sum)" "$(seq 200000 | md5sum)"
	is "$(seq 5000 | ns-enter --pid "$prog" sh -c 'while read -r x; do echo $x; echo $x >&2; done' 2>&1)" \
	    "$(seq 5000 | sed p)"
	# A slow reader of one stream does not keep the other.
	mkfifo "$T/slow"
	exec 4<>"$T/slow"
	ns-enter --pid "$prog" sh -c 'head -c 1000000 /dev/zero >&2 & echo "done"; wait' \
	    >"$T/fast" 2>"$T/slow" </dev/null 3>&- 4>&- &
	eventually 10 grep -qx "done" "$T/fast"
	run -1 gone $!
	is "$(head -c 1000000 <&4 | wc -c)" 1000000
	finish $!
	is "$status" 0
	exec 4>&-
	run -0 bash -c 'ns-enter --pid "$prog" cat /dev/zero | head -c 1000000 | wc -c; echo ${PIPESTATUS[0]}'
	is "$output" "1000000
141"
	# A socket is a stream as well.
	python3 -c 'import socket, subprocess, sys
a, b = socket.socketpair()
a.sendall(b"by socket"); a.shutdown(socket.SHUT_WR)
subprocess.run(sys.argv[1:], stdin=b, stdout=b, check=True); b.close()
assert a.recv(100) == b"by socket"' ns-enter --pid "$prog" cat
	# A file stays a file: its position is the caller's.
	seq 3 >"$T/file"
	is "$({ ns-enter --pid "$prog" sh -c 'read x; echo $x'; cat; } <"$T/file" | sort -u | xargs)" "1 2 3"
}
@test "T73: a process that outlives its command has not the caller's terminal" {
	requires "python3" command -v python3
	weaken
	runs_box ns-spawn --init rootfs-enter "$bb"
	enters_and_leaves() {
		python3 "$TOP/tests/terminal.py" bash --norc --noprofile -c '
			tty >"$T/tty"
			ns-enter --pid "$prog" sh -c "tty; sleep 4444 & sleep 0.2"
			ls -l /proc/$(pgrep -fx "sleep 4444")/fd >"$T/fds"
			kill $(pgrep -fx "sleep 4444"); echo "o""ver"' <<-'END'
			expect over
			end 0
		END
	}
	enters_and_leaves
	hasnt "$(<"$T/fds")" "$(<"$T/tty")"
	weak 73 enters_and_leaves
	has "$(<"$T/fds")" "$(<"$T/tty")"
}
@test "a terminal that does not answer, and a list of users that cannot be opened" {
	requires "python3" command -v python3
	requires "strace" command -v strace
	runs_box ns-spawn --init rootfs-enter "$bb"
	# No fault lets the program have the caller's terminal.
	enters() {
		python3 "$TOP/tests/faults/terminal.py" "$T/left" sh -c 'stat -L -c "mine %d" /proc/self/fd/0
			exec strace -qq -o "$T/log" -e trace=ioctl -e "inject=ioctl:error=EPERM:when=$1" \
			    ns-enter --pid "$prog" stat -L -c "its %d" /proc/self/fd/0 /proc/self/fd/2 >"$T/its"' - "$1"
	}
	for ((n = 1; ; n++)); do
		run enters $n
		grep -q INJECTED "$T/log" || break
		hasnt "$(<"$T/its")" "its ${lines[0]#mine }"
	done
	[ $n -gt 4 ]
	run -125 strace -f -qq -o "$T/log" -P /etc/passwd -e trace=open,openat -e inject=open,openat:error=EPERM ns-enter --pid "$prog" -u 7 id
	is "$output" "ns-enter: open the box's /etc/passwd: Operation not permitted"
}
@test "--leave: 0 when PROG runs, as the subreaper's child, else PROG's status" {
	runs_box ns-spawn --init rootfs-enter "$bb"
	run -0 python3 "$TOP/tests/park.py" adopt children reap -- \
	    ns-enter --leave --info-fd 1 --pid "$prog" sh -c 'read -r p _ _ _ _ s _ </proc/self/stat; [ $s = $$ ] && echo leads; exit 7'
	has "$output" '"ns": {"user": '
	in=$(sed -n 's/^{"pid": \([0-9]*\),.*/\1/p' <<<"$output")
	is "$(sed 1d <<<"$output" | sort | xargs)" "children 1 leads reaped 7 status 0"
	has "$output" "\"user\": $(stat -Lc %i "/proc/$prog/ns/user")"
	[ "$in" -gt 1 ]
	while read -r want line; do
		# shellcheck disable=SC2086
		run -"$want" ns-enter --leave --pid "$prog" $line
	done <<-END
		127 /no/such
		126 /etc
		125 -w /no/such true
		125 -u 70000 true
		125 -t true
		125 --console /no/such -t true
		0 true
		0 false
	END
	# The caller's streams, and no descriptor else; killed before, it is dead.
	ns-enter --leave --pid "$prog" sh -c 'cat; ls /proc/self/fd; echo err >&2' <<<input >"$T/out" 2>"$T/err"
	eventually 10 grep -q err "$T/err"
	is "$(xargs <"$T/out")" "input 0 1 2 3"
	run -0 timeout 20 python3 "$TOP/tests/park.py" console "$T/console" \
	    ns-enter --leave --console "$T/console" --pid "$prog" -t sh -c 'read x; echo got $x; exec 0<&- 1>&- 2>&-'
	is "$output" $'fds 1 text True blocks True\nstatus 0\nhello\ngot hello'
	run -125 box-keep ns-enter --leave --pid "$prog" true
	has "$output" "--leave: box-keep in front"
}

@test "T74: a directory or a disk is no standard stream" {
	weaken
	runs_box ns-spawn --init rootfs-enter "$bb"
	run -125 ns-enter --pid "$prog" true </etc
	is "$output" "ns-enter: standard input is neither a file, a pipe, a socket nor a terminal"
	run -125 rootfs-enter "$bb" true </etc
	weak 74 run -0 ns-enter --pid "$prog" ls /proc/self/fd/0/ </etc
	has "$output" passwd
}
@test "T75: a box in the foreground ends all its processes before it returns" {
	run -0 box-run --network none "$bb" sh -c 'setsid sleep 5555 </dev/null >/dev/null 2>&1 & exit 0'
	! is_left "sleep 5555" || fail "$left lives"
	start box-run --network none --linger "$bb" sh -c 'setsid sleep 5555 </dev/null >/dev/null 2>&1 & exit 0'
	eventually 20 pgrep -fx "sleep 5555"
	kill "$pid"
	finish
}

@test "root without power over the box is not told to be root" {
	start ns-spawn sleep 1000
	runs sleep
	run -125 host ns-spawn --only user --map self ns-enter --pid "$prog" true
	has "$output" "hint: "
	hasnt "$output" "hint: as root"
	kill -9 "$prog"
	finish
}
