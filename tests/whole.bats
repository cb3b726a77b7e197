#!/usr/bin/env bats
# The whole: the reference scenario (box(7)) played for real, with a namespace
# as host and another as the world outside; and the terminal.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

PAGE="<h1>Hello from Chidi to Mentors</h1>"

setup() {
	lab_up
	requires "python3" command -v python3
	requires "curl" command -v curl
	bb_root
	baseline_save
}
teardown() {
	for p in ${server:-} ${loop:-} ${pid:-}; do kill "$p" 2>/dev/null || :; done
	lab_end
}

page() { has "$("$1" curl -sS -m 5 "http://$2/")" "$PAGE"; }
# A web server in the world outside, and on its page a word.
world() {
	mkdir "$BATS_TEST_TMPDIR/world"
	echo "the outside world" >"$BATS_TEST_TMPDIR/world/index.html"
	serve "$BATS_TEST_TMPDIR/world"
}
fetched() { has "$(nsenter -t "$prog" -n curl -sS -m 5 http://192.0.2.2:8000/)" "the outside world"; }
passed() { ((${EPOCHREALTIME/./} - begin >= $1)); }
# Milliseconds of CPU that PID has had.
used() { awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"; }
# The loop gets half a CPU at most; a busy machine gives less.
half_a_cpu() {
	local begin before spent wall
	begin=${EPOCHREALTIME/./} before=$(used "$loop")
	eventually 30 passed 2000000
	spent=$(($(used "$loop") - before)) wall=$((${EPOCHREALTIME/./} - begin))
	between $((spent * 100000 / wall)) 20 62
}

# in_box CMD...: in the running box, as its root.
in_box() { nsenter -t "$prog" --all "$@"; }

# scenario ROOT SERVE...: the reference's box on ROOT, with SERVE in it.
scenario() {
	local root=$1 init
	shift
	world
	start box-run --linger --name "web$$" -p 80:80 "$root" "$@"
	eventually 120 page outside 192.0.2.1
	page host 10.0.0.2
	page host 127.0.0.1
	page host 192.0.2.1
	run ! outside curl -sS -m 1 http://10.0.0.2/
	prog=$(ip netns pids "web$$" | sort -n | tail -n 1)
	init=$(ip netns pids "web$$" | sort -n | head -n 1)
	fetched
	is "$(ip netns exec "web$$" readlink /proc/self/ns/net)" "$(readlink "/proc/$init/ns/net")"
	is "$(host ip -4 -o addr show dev veth0 | awk '{print $4}')" 10.0.0.1/32
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	# The server outlives the shell that started it.
	! pgrep -P "$init" -x sh
	# A busy loop in the same group.
	start_loop
	half_a_cpu
	page outside 192.0.2.1
	kill -9 "$loop"
	kill -TERM "$pid"
	finish
	eventually 5 gone "$prog"
}
start_loop() {
	(
		while read -r c; do
			d=$(cgroup_dir "$c" "$prog") && echo 0 >"$d/cgroup.procs"
		done < <(cut -d: -f2 "/proc/$prog/cgroup" | tr , '\n')
		exec bash -c 'while :; do :; done' 3>&-
	) &
	loop=$!
}

@test "the reference scenario on Alpine" {
	alpine_root
	mkdir -p "$alpine/srv"
	printf 'HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s\n' $((${#PAGE} + 1)) "$PAGE" >"$alpine/srv/answer"
	scenario "$alpine" sh -c '(exec nc -lk -p 80 -e cat /srv/answer </dev/null >/dev/null 2>&1) & exit 0'
	is "$status" 0
}

# bats test_tags=vm
@test "the reference scenario on Debian, with nginx" {
	debian_root
	cp "$TOP/rootfs/nginx-setup" "$debian/root/nginx-setup"
	scenario "$debian" sh /root/nginx-setup
}

# bats test_tags=vm
@test "the bare chain, as written" {
	copy_root
	cd "$BATS_TEST_TMPDIR"
	mv "$root" alpine_fs
	start env -u BOX_STATE cg-limit 50% ns-spawn net-veth rootfs-enter ./alpine_fs /bin/sh -c 'hostname; exec sleep 1000'
	runs sleep
	is "$(cat "$out")" container
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	has "$(nsenter -t "$prog" -n bash -c ': <>/dev/tcp/10.0.0.1/1' 2>&1)" refused
	kill -9 "$prog"
	finish
}

@test "other orders, and stages left out" {
	run -0 host ns-spawn rootfs-enter "$bb" hostname
	is "$output" container
	# In a box the host's cgroups are not its own to change.
	run -125 host ns-spawn --init cg-limit 50% true
	has "$output" "cg-limit: "
	run -0 host cg-limit 50% net-nat ns-spawn --init net-veth rootfs-enter "$bb" echo a
	run -0 host net-nat -p 80:80 cg-limit 50% ns-spawn net-veth rootfs-enter "$bb" echo b
	run -0 host net-lease cg-limit 50% net-nat ns-spawn net-veth rootfs-enter "$bb" echo c
	run -0 host net-lease ns-spawn net-veth true
	run -0 host cg-limit 50% nice -n 5 ns-spawn rootfs-enter "$bb" echo d
	run -0 host ns-spawn nice -n 5 true
	run -0 host env FOO=1 cg-limit max env BAR=2 ns-spawn sh -c 'echo $FOO$BAR'
	is "$output" 12
}

@test "when a later stage fails, the earlier ones undo their changes" {
	while read -r want chain; do
		# shellcheck disable=SC2086
		run --separate-stderr host $chain
		is "$status" "$want" "$chain ($stderr)"
		is "$output" ""
		baseline_check
	done <<-END
		125 net-lease net-nat -p 80:80 cg-limit 50% ns-spawn --netns bn$$ net-veth rootfs-enter /no/such/root sh
		127 net-lease net-nat -p 80:80 cg-limit 50% ns-spawn --netns bn$$ net-veth rootfs-enter $bb no-such-program
		125 net-lease net-nat -p 80:80 cg-limit 50% ns-spawn --netns bn$$ net-veth --mtu 10 rootfs-enter $bb sh
		125 net-lease net-nat -p 80:80 cg-limit 50% ns-spawn --netns bn$$ --map nonsense net-veth rootfs-enter $bb sh
		125 net-lease net-nat -p 80:80 cg-limit 0% ns-spawn --netns bn$$ net-veth rootfs-enter $bb sh
		125 net-lease net-nat -p 80:99999 cg-limit 50% ns-spawn --netns bn$$ net-veth rootfs-enter $bb sh
	END
}

# on_terminal: an interactive shell in the lab; the script follows it.
on_terminal() {
	# shellcheck disable=SC2016
	(enter "$HOSTNS" env bb="$bb" PS1='OUT> ' python3 "$TOP/tests/terminal.py" bash --norc --noprofile -i 3>&-)
}

@test "terminal: an interactive shell, its size, Ctrl-C, and the status" {
	on_terminal <<-'END'
		expect OUT>
		send stty -a >"$BATS_TEST_TMPDIR/tty1"; stty sane; stty -a >"$BATS_TEST_TMPDIR/tty1"\r
		expect OUT>
		send box-run -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send stty size; echo "[$(tty)]"\r
		expect 24 80
		expect IN>
		size 33 101
		send stty size\r
		expect 33 101
		expect IN>
		send sh -c 'echo beg""un; exec sleep 1000'\r
		expect begun
		send \x03
		expect IN>
		send echo "c=$?."\r
		expect c=130.
		expect IN>
		send exit 4\r
		expect OUT>
		send echo "st=$?."; stty -a >"$BATS_TEST_TMPDIR/tty2"\r
		expect st=4.
		expect OUT>
		send exit 0\r
		end 0
	END
	diff <(sed 's/rows [0-9]*; columns [0-9]*//' "$BATS_TEST_TMPDIR/tty1") \
	    <(sed 's/rows [0-9]*; columns [0-9]*//' "$BATS_TEST_TMPDIR/tty2")
}

@test "terminal: the box's own, through the whole chain, and box-exec -t beside it" {
	on_terminal <<-'END'
		expect OUT>
		send stty sane; stty -a | tail -n +2 >"$BATS_TEST_TMPDIR/tty1"\r
		expect OUT>
		send box-run -t --name web -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send echo "[$(tty) $(stty size)]"\r
		expect [/dev/pts/0 24 80]
		expect \nIN>
		size 33 101
		send stty size\r
		expect 33 101
		expect \nIN>
		send sh -c 'echo beg""un; exec sleep 1000'\r
		expect begun
		send \x03
		expect \nIN>
		send exit 4\r
		expect OUT>
		send echo "st=$?."\r
		expect st=4.
		expect OUT>
		send box-run -d --name web -e PS1='IN> ' "$bb" sleep 1000; box-exec -t web sh -i\r
		expect \nIN>
		send echo "[$(tty) $(stty size)]"\r
		expect [/dev/pts/0 33 101]
		expect \nIN>
		send exit 5\r
		expect OUT>
		send echo "st=$?."; box-stop -t 0 web; rm -r "$BOX_STATE/log"\r
		expect st=5.
		expect OUT>
		size 24 80
		send stty -a | tail -n +2 >"$BATS_TEST_TMPDIR/tty2"\r
		expect OUT>
		send exit 0\r
		end 0
	END
	diff "$BATS_TEST_TMPDIR/tty1" "$BATS_TEST_TMPDIR/tty2"
}

@test "terminal: job control inside the box" {
	on_terminal <<-'END'
		expect OUT>
		send box-run -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send sh -c 'echo beg""un; exec cat'\r
		expect begun
		send hello\r
		expect hello\r\nhello
		send \x1a
		expect Stopped
		expect IN>
		send jobs\r
		expect Stopped
		expect IN>
		send fg\r
		expect exec cat
		send again\r
		expect again\r\nagain
		send \x03
		expect IN>
		send exit\r
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "terminal: Ctrl-Z stops the whole box, fg continues it, Ctrl-C ends it" {
	on_terminal <<-'END'
		expect OUT>
		send box-run "$bb" sh -c 'echo beg''un; exec cat - -'\r
		expect begun
		send ready\r
		expect ready\r\nready
		send \x1a
		expect Stopped
		expect OUT>
		send grep State /proc/$(pgrep -fx 'cat - -')/status\r
		expect T (stopped)
		expect OUT>
		send fg\r
		expect box-run
		send hello\r
		expect hello\r\nhello
		send \x03
		expect OUT>
		send echo "st=$?."\r
		expect st=130.
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "terminal: Ctrl-C reaches PROG once, and PROG decides" {
	on_terminal <<-'END'
		expect OUT>
		send box-run "$bb" sh -c 'trap "echo i''nt; n=\$((n+1))" INT; echo beg''un; while [ ! -e /dev/shm/x ]; do read -t 3 x && break; done; echo "n=$n."; exit 6'\r
		expect begun
		send \x03
		expect int
		send \r
		expect n=1.
		expect OUT>
		send echo "st=$?."\r
		expect st=6.
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "terminal: the bare chain gives the foreground back" {
	on_terminal <<-'END'
		expect OUT>
		send ns-spawn --init net-veth rootfs-enter -e PS1='IN> ' "$bb" sh -i\r
		expect \nIN>
		send exit 5\r
		expect OUT>
		send echo "st=$?."; cat\r
		expect st=5.
		send still here\r
		expect still here\r\nstill here
		send \x03
		expect OUT>
		send exit 0\r
		end 0
	END
}

@test "terminal: killed with the box in raw mode, the shell is as it was" {
	on_terminal <<-'END'
		expect OUT>
		send stty sane; stty -a | tail -n +2 >"$BATS_TEST_TMPDIR/tty1"\r
		expect OUT>
		send box-run "$bb" sh -c 'stty raw -echo; echo be''gun; kill -9 $$'\r
		expect begun
		expect OUT>
		send echo "st=$?."; stty -a | tail -n +2 >"$BATS_TEST_TMPDIR/tty2"\r
		expect st=137.
		expect OUT>
		send exit 0\r
		end 0
	END
	diff "$BATS_TEST_TMPDIR/tty1" "$BATS_TEST_TMPDIR/tty2"
}
