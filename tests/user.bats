#!/usr/bin/env bats
# Boxes of an ordinary user, by box-run and its family.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "pasta (package passt)" command -v pasta
	requires "newuidmap" command -v newuidmap
	lab_up
	open_tun
	# The tests' own directory is root's alone.
	HOME_OF=$(mktemp -d) && export HOME_OF
	chmod 711 "$HOME_OF"
	bb_root
	export bb
	cp -a "$bb.new" "$HOME_OF/root"
	mkdir -m 700 "$HOME_OF/run"
	chown -R 65534:65534 "$HOME_OF"
	echo nobody:300000:65536 | tee "$HOME_OF/subuid" >"$HOME_OF/subgid"
	printf '%s\n' '#!/bin/sh' "for f in subuid subgid; do mount --bind $HOME_OF/\$f /etc/\$f || exit; done" \
	    'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"' >"$HOME_OF/as"
	chmod 755 "$HOME_OF/as"
	export OPEN=$opener
}
teardown_file() {
	rm -rf "$HOME_OF"
	lab_down
}
setup() {
	root=$HOME_OF/root
	user=("$HOME_OF/as" env -u BOX_STATE XDG_RUNTIME_DIR="$HOME_OF/run")
	baseline_save
}
teardown() { baseline_check; }
# as CMD...: as the user, in the lab.
as() { host "${user[@]}" "$@" 3>&-; }

@test "box-run: a network of its own, the user's ids, its processes counted; nothing is left" {
	run -0 --separate-stderr as box-run -e A=b --dns 192.0.2.53 "$root" sh -c '
		id -u; cat /proc/self/uid_map | tr -s " "; hostname; cat /etc/resolv.conf; echo $A
		ifconfig eth0 | grep -o "addr:10.*Bcast"; touch /file; chown 7 /file; grep Seccomp: /proc/self/status'
	is "$output" "$(printf '%s\n' 0 " 0 65534 1" " 1 300000 65536" container "nameserver 192.0.2.53" b \
	    "addr:10.0.0.2  Bcast" $'Seccomp:\t2')"
	is "$stderr" ""
	is "$(stat -c %u "$root/file")" 300006
	# The box's init and pasta do not count.
	for net in none user; do
		run -2 as box-run --pids-limit 5 --network $net --ephemeral "$root" sh -c 'for i in 1 2 3 4 5; do sleep 5 & done'
		has "$output" "can't fork"
		run -0 as box-run --pids-limit 6 --network $net --ephemeral "$root" sh -c 'for i in 1 2 3 4 5; do sleep 0.3 & done; wait'
	done
	# Another user of the box's has no init.
	for u in 7 nobody:7 0:7; do
		run -2 as box-run --pids-limit 3 -u $u --network user --read-only "$root" sh -c 'for i in 1 2 3; do sleep 5 & done'
		has "$output" "can't fork"
		run -0 as box-run --pids-limit 4 -u $u --network user --read-only "$root" sh -c 'for i in 1 2 3; do sleep 0.3 & done; wait'
	done
	# The limit of --ulimit is the box's own, though the user has more processes.
	run -0 as sh -c 'sleep 100 & a=$!; sleep 100 & "$@"; s=$?; kill $a $!; exit $s' sh \
	    box-run --ulimit nproc=2 --network none --ephemeral "$root" grep -o 'processes *[0-9]\+ *[0-9]\+' /proc/self/limits
	is "$(xargs <<<"$output")" "processes 2 2"
	run -0 as box-run --pids-limit 5 --ulimit nproc=3:100 --network none --ephemeral "$root" grep -o 'processes *[0-9]\+ *[0-9]\+' /proc/self/limits
	is "$(xargs <<<"$output")" "processes 3 6"
	run -0 as box-run --map self --network host --read-only "$root" sh -c 'cat /proc/self/uid_map | tr -s " "; ifconfig uplink' 
	is "${lines[0]}" " 0 65534 1"
	has "$output" 192.0.2.1
	run -3 as box-run --pids-limit max --overlay "$HOME_OF/run" "$root" sh -c 'echo kept >/kept; exit 3'
	[ ! -e "$root/kept" ]
	find "$HOME_OF/run" -mindepth 1 -maxdepth 1 ! -name box -exec rm -r {} +
}

@test "a box in the background: a published port, a restart, and the family" {
	as box-run -d --name web -p 8080:80 "$root" httpd -f -h /etc
	answers() { outside curl -sS --max-time 3 http://192.0.2.1:8080/hostname 2>&1; }
	eventually 10 answers
	is "$(answers)" web
	has "$(as box-ps)" "8080:80"
	has "$(as box-logs web; as box-ps --json)" '"web"'
	run -125 as box-run --name web "$root" true
	has "$output" web
	as box-stop web
	run -143 as box-wait web
	run ! answers
	has "$output" "Couldn't connect"
	# The port is free at once, for a restart, too.
	as box-run -d --name web --restart on-failure:1 -p 8080:80 "$root" sh -c '
		[ ! -e /tmp/again ] || exec httpd -f -h /etc
		touch /tmp/again; sleep 0.2; exit 4'
	eventually 10 answers
	is "$(<"$HOME_OF/run/box/web/restarts")" 1
	as box-stop web
	has "$(as box-ps -a)" stopped
	rm "$root/tmp/again"
	as box-gc
	as box-rm web
	is "$(ls "$HOME_OF/run/box/ended" 2>/dev/null)" ""
}

@test "box-exec and box-cp enter; the box cannot look at its init, which has nothing of the caller" {
	for map in auto self; do
		as env SECRET=of-the-caller box-run -d --name web --map $map --network none --cap-add sys_ptrace "$root" sleep 1000
		run -0 as box-exec web sh -c 'id -u; grep Cap /proc/self/status; hostname; tr -d "\0" </proc/1/environ; ls /proc/1/fd'
		is "${lines[0]}" 0
		has "$output" web
		hasnt "$output" SECRET
		hasnt "$output" $'CapEff:\t000001ff'
		init=$(cut -d" " -f1 "$HOME_OF/run/box/web/pid")
		has "$(tr '\0' ' ' <"/proc/$init/cmdline")" "ns-spawn: web"
		is "$(cat "/proc/$init/comm")" ns-spawn
		is "$(awk '/^Cap(Prm|Bnd)/ { print $2 }' "/proc/$init/status" | xargs)" "0000000000000020 0000000000000000"
		run -3 as box-exec -e A=b web sh -c '[ $A = b ] && exit 3'
		echo copied >"$HOME_OF/run/in" && chown 65534 "$HOME_OF/run/in"
		as box-cp "$HOME_OF/run/in" web:/tmp/
		as box-cp web:/tmp/in "$HOME_OF/run/out"
		is "$(<"$HOME_OF/run/out")" copied
		run -125 as box-cp web:/tmp/in /etc/x
		has "$output" "cannot write beside /etc/x: Permission denied"
		rm "$HOME_OF/run/in" "$HOME_OF/run/out" "$root/tmp/in"
		as box-stop -t 0 web
	done
}

@test "what is root's is refused, with the command that mends it" {
	# refusal TEXT ARGS...
	refusal() {
		run -125 as box-run "${@:2}" "$root" touch /ran
		has "$output" "$1"
		[ ! -e "$root/ran" ]
	}
	refusal "hint: sudo box-run ..., or --network user" --network veth
	refusal "hint: sudo box-run ..., or --network user" --network bridge
	refusal "--isolate: needs --network veth" --isolate
	refusal "--flows: needs --network veth" --flows 9
	refusal "--ip: needs --network veth" --ip 10.0.0.9
	refusal "--pool: needs --network veth" --pool 10.9.0.0/24
	refusal "--publish: a box with --network none" --network none -p 8080:80
	refusal "--ready: a box with --network none" --network none --ready port:80
	refusal "proc-set: hint: CAP_SYS_RESOURCE lowers the score" --oom-score-adj -5
	refusal "rootfs-enter: hint: the box has the ids of its map" --map self -u 5
	refusal "the net namespace is not the box's own" --network host --sysctl net.ipv4.ip_default_ttl=9
	for cap in net_admin net_raw; do
		refusal "hint: --network none, or root's --network veth" --cap-add $cap
	done
	refusal "the box has no link to the host (with net-user, name an address of the host's)" --add-host x:host-gateway
	# A terminal's reader is told of the limits that are left out.
	has "$(as script -qec "box-run --network none $root true" /dev/null)" "hint: no limits of CPU time and memory"
	refusal "hint: a port from 1024 on" -p 80:80
	# Max is no limit.
	run -0 as box-run --network none --cpus max -m max --swap max --memory-swap -1 --pids-limit max --read-only "$root" true
	# Without a group of the user's, a limit cannot be kept.
	[ -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs" ] && [ "$(wc -l </proc/self/cgroup)" = 1 ] ||
	    for o in "--cpus 1" "-m 64m" "--swap 64m" "--cpu-weight 9" "--cpuset-cpus 0" "--device-io 8:0:rbps=1m" "-m max --cpu-weight 9" "--swap max -m 64m" "--device /dev/null:/dev/n:r"; do
		# shellcheck disable=SC2086
		refusal "cg-limit: hint: " $o
	done
	# The limits that are asked for are named, and those of the defaults left out.
	[ -d /sys/fs/cgroup/cpu ] || return 0
	refusal "cg-limit: limit cpu: mkdir " --cpus 0.5
	refusal "cg-limit: limit memory: mkdir " -m 64m --pids-limit 9
}

@test "options of the box's inside" {
	mkdir "$HOME_OF/data" && echo data >"$HOME_OF/data/file" && echo A=of-a-file >"$HOME_OF/env"
	chown -R 65534 "$HOME_OF/data"
	run -0 --separate-stderr as sh -c 'exec "$@" 7</dev/null' sh box-run --env-file "$HOME_OF/env" \
	    -v "$HOME_OF/data:/rw" -v "$HOME_OF/data:/ro:ro" --mount "type=bind,src=$HOME_OF/data,dst=/m,ro" \
	    --tmpfs /t:size=1m --device /dev/zero:/dev/z --shm-size 2m -w /rw --hostname here --read-only \
	    --add-host a:10.9.9.9 --sysctl net.ipv4.ip_default_ttl=9 --sysctl kernel.msgmax=100 \
	    --ulimit nofile=77 --oom-score-adj 500 --cap-drop CHOWN --group-add 7 --seccomp off --new-privs \
	    --preserve-fd 7 --stop-signal INT --label a=b --entrypoint sh "$root" -c '
		echo $A $(cat file) $(hostname) $(pwd) $(ulimit -n) $(cat /proc/self/oom_score_adj)
		echo new >file
		for f in /ro/x /m/x /x; do touch $f 2>/dev/null && echo $f; done
		df -k /t /dev/shm | awk "{ print \$2 }" | xargs
		head -c 3 /dev/z | wc -c; ls /proc/self/fd | grep -c 7
		grep -o "10.9.9.9.*" /etc/hosts; cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax
		grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | xargs; id -G; chown 7 file || echo refused'
	is "$output" "$(printf '%s\n' "of-a-file data here /rw 77 500" "1K-blocks 1024 2048" 3 1 \
	    $'10.9.9.9\ta' 9 100 "NoNewPrivs: 0 Seccomp: 0" "0 7" refused)"
	is "$(cat "$HOME_OF/data/file")" new
	run -0 as box-run -u 5:6 --network none "$root" id
	has "$output" "uid=5 gid=6"
	# Of the host's files the user has no more than outside.
	run -1 as box-run --network none --ephemeral -v /etc/shadow:/s "$root" cat /s
	has "$output" "Permission denied"
	run -0 as box-run --network none --ephemeral --cap-add ALL --linger "$root" sh -c 'grep CapEff /proc/self/status; (sleep 0.2; echo late) &'
	is "$(xargs <<<"$output")" "CapEff: 000001ffffffffff late"
	for dns in none auto host 192.0.2.9; do
		run -0 as box-run --ephemeral --dns $dns "$root" cat /etc/resolv.conf
		[ $dns = none ] || has "$output" nameserver
	done
	has "$output" 192.0.2.9
	rm -r "$HOME_OF/data" "$HOME_OF/env"
}

@test "--layer, --overlay: files of the user's range, until box-rm" {
	for _ in 1 2; do
		run -0 as box-run --layer --name kept --network none "$root" sh -c 'echo more >>/kept; cat /kept; chown 7 /kept; mkdir -p -m 700 /deep; touch /deep/file; chown -R 8 /deep'
	done
	is "$output" $'more\nmore'
	[ ! -e "$root/kept" ]
	has "$(as script -qec "box-run --layer --name kept --network none $root true" /dev/null)" "hint: XDG_RUNTIME_DIR and the layer in it end"
	is "$(stat -c %u "$HOME_OF/run/box/layer/kept/upper/kept")" 300006
	run -0 as box-rm -n kept
	has "$output" "ns-spawn --only user --map auto rm -rf -- $HOME_OF/run/box/layer/kept"
	# Without the range the user has no power over the files.
	mv "$HOME_OF/subuid" "$HOME_OF/subuid.old" && : >"$HOME_OF/subuid"
	run -125 as box-rm kept
	has "$output" "rm: cannot remove '$HOME_OF/run/box/layer/kept/upper"
	mv "$HOME_OF/subuid.old" "$HOME_OF/subuid"
	[ -e "$HOME_OF/run/box/layer/kept/upper/deep/file" ]
	as box-rm kept
	run -127 as box-run --layer --name kept --network none "$root" missing
	is "$(find "$HOME_OF"/run/box/{layer,ended} -name kept)" ""
	# A state directory that looks like an option.
	run -0 as env -C "$HOME_OF/run" BOX_STATE=-x sh -c 'box-run --layer --name kept --network none "$0" touch /kept; box-rm kept; rm -r ./-x' "$root"
	is "$output" ""
	as mkdir "$HOME_OF/run/over"
	for _ in 1 2; do
		run -0 as box-run --overlay "$HOME_OF/run/over" --network none "$root" sh -c 'echo more >>/kept; cat /kept'
	done
	is "$output" $'more\nmore'
	rm -r "$HOME_OF/run/over"
	# No room for the state: one line, and nothing is left.
	as mkdir "$HOME_OF/run/small"
	for size in 8k 20k 28k; do
		mount -t tmpfs -o "size=$size,mode=700,uid=65534,gid=65534" small "$HOME_OF/run/small"
		for how in -d --layer; do
			run -125 as env XDG_RUNTIME_DIR="$HOME_OF/run/small" box-run $how --name full --network none "$root" true
			has "${lines[0]}" "No space left on device"
			is "${lines[1]#*: }" "hint: make room there, or export BOX_STATE=DIR, a directory of your own"
			is "${#lines[@]}" 2
			is "$(find "$HOME_OF/run/small" -name full ! -path '*/log/*')" ""
		done
		umount "$HOME_OF/run/small"
	done
	rmdir "$HOME_OF/run/small"
}

# terminal CMD...: as the user, on a terminal with the script on standard input.
terminal() { as python3 "$TOP/tests/terminal.py" "$@"; }

@test "a root directory of root's is for reading" {
	cp -a "$bb.new" "$HOME_OF/roots"
	for o in --read-only --ephemeral ''; do
		# shellcheck disable=SC2086
		run as box-run --network none $o "$HOME_OF/roots" sh -c 'ls -d /bin; touch /tmp/x 2>/dev/null && echo tmp; touch /etc/x || exit 3'
		is "$status" 3
		has "$output" /bin
		[[ -z $o || $o = --ephemeral || $output = *$'\ntmp\n'* ]]
	done
	rm -r "$HOME_OF/roots"
}

@test "a proc that hides other processes: the box starts, and the family finds it" {
	hidden() { host unshare --mount --propagation private sh -c 'mount -t proc -o hidepid=$0 proc /proc && exec "$@"' "$how" "${user[@]}" "$@" 3>&-; }
	for how in 1 2; do
		run -0 hidden box-run -d --rm --name web -p 8080:80 "$root" sleep 1000
		has "$(hidden box-ps)" "8080:80"
		run -0 hidden box-exec web hostname
		is "$output" web
		hidden box-stop -t 0 web
	done
}

@test "-t: a terminal of the box's own, in box-run and box-exec" {
	terminal box-run -t --network none --name web "$root" sh -c 'tty; stty size; read -r line; echo "got $line"' <<-'END'
		expect /dev/pts/0
		expect 24 80
		send hello\r
		expect got hello
		end 0
	END
	as box-rm web
	as box-run -d --rm --name web --network none "$root" sleep 1000
	terminal box-exec -t web sh -c 'tty; exec sh' <<-'END'
		expect /dev/pts/0
		send stty size; exit 5\r
		expect 24 80
		end 5
	END
	as box-stop -t 0 web
}

@test "box-exec: what net-user takes from a box is not given back" {
	as box-run -d --rm --name web --cap-add ALL "$root" sleep 1000
	run -0 as box-exec web grep CapEff /proc/self/status
	is $((0x${output##*[[:blank:]]} & 0x3000)) 0
	[ $((0x${output##*[[:blank:]]} & 0x200000)) != 0 ]
	as box-stop -t 0 web
}

@test "--ready port: the port answers in the box itself, at the box's address" {
	# Pasta itself takes each connection.
	for at in 80 10.0.0.2:80; do
		as box-run -d --rm --name web -p 8080:80 --ready port "$root" sh -c 'sleep 0.3; exec httpd -f -h /etc -p "$0"' $at
		is "$(outside curl -sS --max-time 3 http://192.0.2.1:8080/hostname)" web
		as box-stop web
	done
	run -3 as box-run -d --name web -p 8080:80 --ready port "$root" sh -c 'httpd -f -p 127.0.0.1:80 -h /etc & sleep 0.5; kill $!; exit 3'
	run -0 host box-run -d --rm --name roots --network user -p 8080:80 --ready port "$root" sh -c 'sleep 0.2; exec httpd -f -h /etc'
	is "$(outside curl -sS --max-time 3 http://192.0.2.1:8080/hostname)" roots
	host box-stop roots
}

@test "pasta is not one of the box's processes, and takes no other ports" {
	[ "$(cgroup_dir pids)" ] || skip "no groups with limits of processes"
	run -0 host box-run -d --rm --name web --network user -p 8080:80 --pids-limit 5 "$root" sh -c 'sleep 1000 & exec sleep 1000'
	figures() { host box-ps --json web | jq -c '.[] | [.processes, .processes_limit]'; }
	is "$(figures)" "[2,5]"
	host box-limit --pids-limit 7 web
	is "$(figures)" "[2,7]"
	is "$(cat "$(cgroup_dir pids "$(cut -d" " -f1 "$BOX_STATE/web/pid")")/pids.max")" 10
	for o in "-p 8081:80" "--unpublish 8080:80"; do
		# shellcheck disable=SC2086
		run -125 host box-limit $o web
		is "${lines[0]}" "box-limit: web: its ports are pasta's, which takes them at its start alone"
		is "${lines[1]}" "box-limit: hint: box-stop web, and box-run with other -p"
	done
	host box-stop -t 0 web
}

@test "without a group of its own: box-ps, box-top, box-limit; box-exec from another group" {
	as box-run -d --rm --name web -p 8080:80 "$root" sleep 1000
	has "$(as box-top --count 1)" "8080:80"
	is "$(as box-ps --json web | jq -c '.[] | [.name, .processes, .memory, .ports]')" '["web",null,null,["0.0.0.0:8080:80/tcp"]]'
	run -125 as box-limit -m 9m web
	is "${lines[0]}" "box-limit: web: the box has no group of its own"
	group=$(cgroup_dir pids)/elsewhere-$$
	mkdir "$group"
	run -0 host sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$group" "${user[@]}" box-exec web id -u
	is "$output" 0
	rmdir "$group"
	as box-stop -t 0 web
}

@test "kill -9 of any process: the box ends, its port is free, box-gc removes the rest" {
	for killed in keeper spawn init pasta prog; do
		as box-run -d --rm --name web -p 8080:80 "$root" sleep 1000
		fact() { cut -d" " -f1 "$HOME_OF/run/box/web/$1"; }
		keeper=$(fact keeper) init=$(fact pid) pasta=$(fact pasta)
		[[ $(cat "/proc/$pasta/comm") = pas[ts][ta]* ]]
		# shellcheck disable=SC2034
		spawn=$(awk '/^PPid/ { print $2 }' "/proc/$init/status")
		read -ra children <"/proc/$init/task/$init/children" || :
		prog=${children[0]}
		kill -9 "${!killed}"
		[ $killed != pasta ] || as box-stop web
		eventually 5 gone "$pasta"
		eventually 5 gone "$prog"
		eventually 5 gone "$keeper"
		as box-gc
		is "$(find "$HOME_OF/run/box" -type f ! -name 'slot-*' ! -path '*/log/*')" "" "$killed"
	done
}

@test "the root of a user namespace without the boxes' ids is an ordinary user" {
	run --separate-stderr as unshare -Ur sh -euc '
		box-run -d --name web -p 8080:80 --ready port "$1" httpd -f -h /etc
		box-ps -q
		box-exec web cat /etc/hostname
		echo x >"$XDG_RUNTIME_DIR/x"
		box-cp "$XDG_RUNTIME_DIR/x" web:/tmp/
		box-stop web
		box-wait web || :
		box-gc
		box-rm web' sh "$root"
	is "$stderr$output" $'web\nweb\nweb\n143'
	is "$(find "$HOME_OF"/run/box/{ended,lock} -type f)" ""
	rm "$root/tmp/x" "$HOME_OF/run/x"
}
