#!/usr/bin/env bats
# box-ps, and the facts that all scripts accept: a state directory made by hand,
# with live keepers and dead ones, and forged and damaged facts.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load family

# field NAME KEY: of --json.
field() { box-ps --json | jq -c ".[] | select(.name == \"$1\") | .$2"; }
names() { box-ps --json | jq -r '.[].name' | tr '\n' ' '; }
# refused FILE: box-ps leaves the box out, says so in one line, and goes on.
refused() {
	run --separate-stderr box-ps
	is "$status" 125
	is "$(wc -l <<<"$stderr")" 1 "lines of stderr"
	has "$stderr" "box-ps: "
	has "$stderr" "$1"
	hasnt "$output" bad
	has "$output" good
}

@test "no box, and no state directory: a header, an empty array" {
	run -0 box-ps
	is "${#lines[@]}" 1
	is "$(box-ps --json | jq -c .)" "[]"
	rm -r "$BOX_STATE"
	is "$(box-ps --json | jq -c .)" "[]"
}

@test "a running box is listed, a dead one's directory is not" {
	box a
	box b
	is "$(names)" "a b "
	is "$(box-ps -q)" $'a\nb'
	is "$(field a keeper)" "$(cut -d' ' -f1 "$BOX_STATE/a/keeper")"
	kill -9 "$keeper" && wait "$keeper" || :
	is "$(names)" "a "
	run --separate-stderr box-ps
	is "$status" 0
	is "$stderr" ""
	run --separate-stderr box-ps b
	is "$status" 125
	is "$output" ""
	has "$stderr" "b: no such box is running"
}

@test "the lock decides: a live process that is not the keeper is no box" {
	box a
	mkdir -m 700 "$BOX_STATE/ghost"
	# No lock at all, and a free lock; the recorded pid lives.
	cp "$d/keeper" "$BOX_STATE/ghost/keeper"
	is "$(names)" "a "
	: >"$BOX_STATE/lock/box-ghost"
	is "$(names)" "a "
	# The lock is held, but the pid is another process's by now.
	box b
	echo "$keeper 1" >"$d/keeper"
	is "$(names)" "a "
	echo "$$ $(($(when $$) + 1))" >"$d/keeper"
	is "$(names)" "a "
}

@test "a find or flock that fails is no answer" {
	local tool
	box a
	mkdir "$BATS_TEST_TMPDIR/path"
	for tool in find flock; do
		printf '#!/bin/sh\nkill -9 $$\n' >"$BATS_TEST_TMPDIR/path/$tool"
		chmod +x "$BATS_TEST_TMPDIR/path/$tool"
		PATH=$BATS_TEST_TMPDIR/path:$PATH run -125 box-ps
		has "$output" "box-ps: $tool: status 137"
		rm "$BATS_TEST_TMPDIR/path/$tool"
	done
	is "$(names)" "a "
}

@test "box-ps takes no box's lock" {
	box a
	kill -9 "$keeper" && wait "$keeper" || :
	strace -f -o "$BATS_TEST_TMPDIR/trace" box-ps
	run ! grep flock "$BATS_TEST_TMPDIR/trace"
	box b
	strace -f -o "$BATS_TEST_TMPDIR/trace" box-ps
	grep -q 'flock(0, LOCK_SH|LOCK_NB) *= -1 EAGAIN' "$BATS_TEST_TMPDIR/trace"
	run ! grep 'flock(.*= 0' "$BATS_TEST_TMPDIR/trace"
}

@test "forged or damaged state is refused, not followed" {
	box good
	box bad
	cp -a "$d" "$BATS_TEST_TMPDIR/kept"
	again() { rm -rf "$BOX_STATE/bad" && cp -a "$BATS_TEST_TMPDIR/kept" "$BOX_STATE/bad"; }
	is "$(names)" "bad good "
	chmod 777 "$d" && refused "$d" && again
	chown 1:1 "$d" && refused "$d" && again
	chmod 666 "$d/keeper" && refused "$d/keeper" && again
	chown 1 "$d/keeper" && refused "$d/keeper" && again
	mv "$d" "$d.real" && ln -s "$d.real" "$d" && refused "$d"
	rm "$d" && rm -r "$d.real" && again
	mv "$d/keeper" "$BATS_TEST_TMPDIR/k" && ln -s "$BATS_TEST_TMPDIR/k" "$d/keeper"
	refused "$d/keeper" && again
	for pipe in "$d/keeper" "$BOX_STATE/lock/box-bad"; do
		mv "$pipe" "$pipe.real" && mkfifo -m 600 "$pipe" && refused "$pipe" && mv "$pipe.real" "$pipe"
	done
	for text in "x 1" "1" "$keeper" "-1 5" "0x10 5" "1 2 3" '$(id) 1' "99999999999999999999 1" "007 5"; do
		echo "$text" >"$d/keeper" && refused "$d/keeper" && again
		echo "$text" >"$d/pid" && refused "$d/pid" && again
	done
	for text in x "1" "1 ten" "1 10.0.0.2;id" "01 10.0.0.2" '1 "' "1 10.0.0.2 fd62::2;id" "1 10.0.0.2 x" "1 fd62::2" \
	    "1 10.0.0.2 fd62::2 3"; do
		echo "$text" >"$d/slot" && refused "$d" && again
	done
	for text in x 80:80/tcp '1.2.3.4:80:80/t"p' 1.2.3.4:80/tcp 0.0.0.0:a:80/tcp 0.0.0.0:80:80/tcp/x \
	    '[fd62::1;id]:80:80/tcp' '[::1]:80/tcp' '[::1]:80:80/x"' '[::1:80:80/tcp' '::1:80:80/tcp' '[::1]:80:a/tcp' '[:]:]:80:80/tcp'; do
		echo "$text" >"$d/ports" && refused "$d" && again
	done
	local record=$BOX_STATE/lock/cg-bad
	for text in x / ../bad /x/../bad /etc bad; do
		echo "$text" >"$record" && refused "$record"
	done
	: >"$record"
	chmod 666 "$record" && refused "$record"
	rm "$record"
	is "$(names)" "bad good "
	# Other files there are no boxes.
	: >"$BOX_STATE/x y"
	ln -s / "$BOX_STATE/-root"
	run -0 --separate-stderr box-ps
	is "$stderr" ""
}

@test "another user's state directory is refused as a whole" {
	box a
	chown 1 "$BOX_STATE"
	run --separate-stderr box-ps
	is "$status" 125
	has "$stderr" "$BOX_STATE"
	is "$output" ""
	chown 0 "$BOX_STATE"
	chmod 777 "$BOX_STATE"
	run -125 box-ps
	chmod 755 "$BOX_STATE"
	run -0 setpriv --reuid 1 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/none" box-ps
	run -125 setpriv --reuid 1 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/none" box-ps a
	has "$output" "hint: root's boxes: sudo box-ps a"
	run -125 box-ps -q --json
	for word in '' here ./here; do
		run -125 setpriv --reuid 1 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$word" box-ps
		has "$output" "XDG_RUNTIME_DIR is no absolute path"
		has "$output" "hint: export BOX_STATE"
	done
	# As after su: no other user's boxes are none.
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 theirs
	run -125 setpriv --reuid 1 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR=/proc/self/cwd/theirs box-ps
	is "${lines[0]}" "box-ps: /proc/self/cwd/theirs: Permission denied"
	: >"$BATS_TEST_TMPDIR/file"
	BOX_STATE=$BATS_TEST_TMPDIR/file run -125 box-ps
	is "${lines[0]}" "box-ps: $BATS_TEST_TMPDIR/file: Not a directory"
}

# group v1|v2: the box's groups, by hand; all figures are known then.
group() {
	g=$BATS_TEST_TMPDIR/$1
	mkdir -p "$g"/{cpu,cpuacct,memory,pids,all}/web
	if [ "$1" = v2 ]; then
		cd "$g/all/web" || return
		: >cgroup.controllers
		printf '%s\n' "usage_usec 7000000" "user_usec 1" >cpu.stat
		echo "50000 100000" >cpu.max
		echo 12345678 >memory.current && echo 23456789 >memory.peak && echo 67108864 >memory.max
		echo 5 >pids.current && echo 9 >pids.peak && echo 21 >pids.max
		printf '%s\n' "$g/all/web" "$g/all/boxtools" "$g/web.cg-limit" >"$record"
	else
		cd "$g" || return
		echo "throttled_time 3" >cpu/web/cpu.stat
		echo 7000000000 >cpuacct/web/cpuacct.usage
		echo 50000 >cpu/web/cpu.cfs_quota_us && echo 100000 >cpu/web/cpu.cfs_period_us
		echo 12345678 >memory/web/memory.usage_in_bytes
		echo 23456789 >memory/web/memory.max_usage_in_bytes
		echo 67108864 >memory/web/memory.limit_in_bytes
		echo 5 >pids/web/pids.current && echo 9 >pids/web/pids.peak && echo 21 >pids/web/pids.max
		printf '%s\n' "$g"/{cpu,cpuacct,memory,pids}/web >"$record"
	fi
}
@test "figures from the files of v1 and of v2" {
	local record=$BOX_STATE/lock/cg-web
	box web
	echo "3 10.0.0.5 fd62:6f78::5" >"$d/slot"
	printf '0.0.0.0:8080:80/tcp\n127.0.0.1:53:53/udp\n[2001:db8::1]:8080:80/tcp\n' >"$d/ports"
	sleep 1000 3>&- &
	keepers+=("$!")
	echo "$! $(when $!)" >"$d/pid"
	for v in v1 v2; do
		group $v
		is "$(field web 'pid')" "$!"
		is "$(field web 'slot, .address, .address6')" $'3\n"10.0.0.5"\n"fd62:6f78::5"'
		is "$(field web ports)" '["0.0.0.0:8080:80/tcp","127.0.0.1:53:53/udp","[2001:db8::1]:8080:80/tcp"]'
		is "$(field web 'cpu_usec, .cpu_limit_percent')" $'7000000\n50' $v
		is "$(field web 'memory, .memory_peak, .memory_limit' | xargs)" "12345678 23456789 67108864" $v
		is "$(field web 'processes, .processes_peak, .processes_limit' | xargs)" "4 8 20" $v
		between "$(field web uptime)" 0 60
		run -0 box-ps -w
		has "${lines[1]}" " 11.7M 22.3M 64.0M "
		has "${lines[1]}" " 8080:80,127.0.0.1:53:53/udp,[2001:db8::1]:8080:80 "
		has "${lines[1]}" " fd62:6f78::5 "
		run -0 box-ps
		hasnt "$output" fd62
	done
	# No limits: v2 says max, v1 has its greatest numbers.
	group v2
	echo "max 100000" >cpu.max && echo max >memory.max && echo max >pids.max
	is "$(field web 'cpu_limit_percent, .memory_limit, .processes_limit' | xargs)" "null null null"
	group v1
	echo -1 >cpu/web/cpu.cfs_quota_us && echo 9223372036854771712 >memory/web/memory.limit_in_bytes
	is "$(field web 'cpu_limit_percent, .memory_limit' | xargs)" "null null"
	# The host does not count memory.
	sed -i /memory/d "$record"
	is "$(field web 'memory, .memory_peak' | xargs)" "null null"
	run -0 box-ps web
	has "${lines[1]}" " - "
	# A box without groups, or with none yet, is listed all the same.
	rm -r "$g"
	is "$(field web 'processes')" null
	rm "$record"
	is "$(names)" "web "
}

@test "the root directory and the program, from the record of the chain" {
	while IFS='|' read -r root prog chain; do
		box web
		echo "$chain" >"$d/chain"
		is "$(field web 'root')" "$root" "$chain"
		is "$(field web 'prog')" "$prog" "$chain"
		kill -9 "$keeper" && wait "$keeper" || :
		rm -r "$d"
	done <<-END
		"/srv/a b"|"sh -c 'ls '\\\\''x'"|box-keep rootfs-enter --dns host '/srv/a b' sh -c 'ls '\\''x'
		"$PWD/deb"|"nginx"|box-keep --name rootfs-enter ns-spawn /opt/bin/rootfs-enter -x -tv a:b -va:c --fresh --tmpfs=/x ./deb nginx
		"$PWD/deb"|"sh -v x"|rootfs-enter -u 5 -- deb sh -v x
		null|"ns-spawn sleep 5"|ns-spawn sleep 5
	END
	# A long one takes no long time.
	box long
	printf "rootfs-enter /x sh -c '%s'\n" "$(printf '%20000s' '' | sed 's/  /a"\n\t/g')" >"$d/chain"
	is "$(timeout $((10 * ${SLACK:-1})) box-ps --json | jq '.[0].prog | length')" 40008
	printf "rootfs-enter /x echo '%s'\n" "$(printf '%060000d' 0 | sed "s/0/'\\\\''/g")" >"$d/chain"
	is "$(timeout $((10 * ${SLACK:-1})) box-ps --json | jq '.[0].prog | length')" 240007
	is "$(timeout $((10 * ${SLACK:-1})) box-ps | tail -n 1 | tr -cd "'" | wc -c)" 180002
	kill -9 "$keeper" && wait "$keeper" || :
	rm -r "$d"
	box good
	box bad
	for text in 'rootfs-enter' 'rootfs-enter -v' 'rootfs-enter /x' 'rootfs-enter /x \$(id)' 'rootfs-enter /x ;id' "rootfs-enter '/x"; do
		echo "$text" >"$d/chain" && refused "$d/chain"
	done
}

@test "on a terminal a line fits; elsewhere nothing is cut" {
	box a-name-with-many-letters
	echo "3 10.0.0.5" >"$d/slot"
	printf '0.0.0.0:8080:80/tcp\n127.0.0.1:53:53/udp\n' >"$d/ports"
	echo "rootfs-enter /srv/boxes/some/where/debian nginx -c '/etc/nginx
		x' -g 'daemon off;'" >"$d/chain"
	box web
	echo "3 10.0.0.6" >"$d/slot"
	echo 0.0.0.0:8080:80/tcp >"$d/ports"
	echo "rootfs-enter /srv/boxes/some/where/debian nginx -g 'daemon off;'" >"$d/chain"
	for c in 20 60 80 100 500; do
		at=$(script -qec "stty cols $c; box-ps" /dev/null | tr -d '\r')
		is "$(wc -l <<<"$at")" 3
		[ "$(wc -L <<<"$at")" -le $c ] || fail "$c columns: $at"
		[ $c -lt 80 ] || has "$at" "debian nginx"
	done
	# Those that have ended, too.
	old=a-box-with-sixty-four-letters-0123456789-0123456789-0123456789-x
	mkdir -m 700 "$BOX_STATE/ended"
	printf '%s\n' "status 137" "cause exited" "limits pids memory" "restarts 0" "began 1" "ended 2" >"$BOX_STATE/ended/$old"
	chmod 600 "$BOX_STATE/ended/$old"
	for c in 20 80; do
		ended=$(script -qec "stty cols $c; box-ps -a $old" /dev/null | tr -d '\r')
		[ "$(wc -L <<<"$ended")" -le $c ] || fail "$c columns: $ended"
	done
	has "$ended" " 137 exited "
	has "$(box-ps -a)" "$old    137 exited "
	run -0 box-ps
	is "$output" "$at"
	has "$output" "/srv/boxes/some/where/debian nginx -c '/etc/nginx???x' -g 'daemon off;'"
}

@test "no control character of a command reaches the terminal, nor does a cut make one" {
	box web
	# Of C0, and of C1 as U+009B and as a byte; a letter with that byte.
	printf "rootfs-enter '/\\33[31mÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛÛ' echo '\\302\\233 \\233 \\177 é'\n" >"$d/chain"
	run -0 box-ps
	has "${lines[1]}" "/?[31mÛÛ"
	has "${lines[1]}" "echo '?? ? ? é'"
	for c in {60..63}; do
		at=$(script -qec "stty cols $c; box-ps" /dev/null | tr -d '\r')
		is "$(log-plain <<<"$at")" "$at" "$c columns"
	done
}

@test "a process 1 that is gone is no pid, nor is a zombie" {
	box web
	# A zombie: its parent does not wait for it.
	bash -c 'sleep 0.5 & echo $! >"$0"; exec sleep 1000' "$BATS_TEST_TMPDIR/child" 3>&- &
	keepers+=("$!")
	dead() { grep -q ") Z " "/proc/$(cat "$BATS_TEST_TMPDIR/child")/stat"; }
	eventually 5 dead
	one "$(<"$BATS_TEST_TMPDIR/child")"
	is "$(field web 'pid, .uptime' | xargs)" "null null"
	echo "$keeper 5" >"$d/pid"
	is "$(field web 'pid, .uptime' | xargs)" "null null"
}

@test "options, as the C tools take them" {
	for o in -h --help; do run -0 box-ps $o && has "${lines[0]}" "usage: box-ps [options] [NAME ...]"; done
	for o in -V --version -Vh; do run -0 box-ps $o && has "$output" "box-ps (boxtools) "; done
	while read -r o why; do
		run --separate-stderr box-ps "$o"
		is "$status" 125
		is "$output" ""
		hint=''
		[[ $why != *option* ]] || hint=$'\nbox-ps: hint: see box-ps --help'
		is "$stderr" "box-ps: $why$hint"
	done <<-'END'
		--no-such-option unrecognized option '--no-such-option'
		-Z invalid option -- 'Z'
		-* invalid option -- '*'
		--* unrecognized option '--*'
		--json=x option '--json' doesn't allow an argument
		../x '../x' is not the name of a box
		lock 'lock' is not the name of a box
	END
	run -0 box-ps --
}

@test "a box that cannot be looked at has not ended; a shell that cannot go on says so" {
	requires "strace" command -v strace
	box a
	broken() { run -125 strace -f -qq -o /dev/null "${@:2}" "$1" a; }
	for cmd in box-ps box-stop; do
		for file in "$d/keeper" "/proc/$keeper/stat" "$BOX_STATE/lock/box-a"; do
			broken $cmd -P "$file" -e trace=openat,open -e inject=openat,open:error=ENFILE
			hasnt "$output" "no such box"
		done
		is "$output" "$cmd: flock: status 2"
		broken $cmd -e trace=clone,fork,vfork -e inject=clone,fork,vfork:error=EAGAIN
		has "$output" "$cmd: the shell or a program failed"
	done
	# At the second look, too.
	broken box-ps -P "/proc/$keeper/stat" -e trace=openat,open -e inject=openat,open:error=ENFILE:when=2
	kill -0 "$keeper"
}
