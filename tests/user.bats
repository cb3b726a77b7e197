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
	run -2 as box-run --pids-limit 4 --network none --ephemeral "$root" sh -c 'for i in 1 2 3 4 5; do sleep 5 & done'
	has "$output" "can't fork"
	run -0 as box-run --pids-limit 9 --network none --ephemeral "$root" sh -c 'for i in 1 2 3 4 5; do sleep 0 & done; wait'
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
	as box-run -d --name web --restart on-failure:1 -p 8080:80 "$root" sh -c 'sleep 0.2; exit 4'
	run -4 as box-wait web
	has "$(as box-ps -a)" exited
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
	refusal "--ready: needs --network veth" --ready port:80
	refusal "--flows: needs --network veth" --flows 9
	refusal "--ip: needs --network veth" --ip 10.0.0.9
	refusal "--pool: needs --network veth" --pool 10.9.0.0/24
	refusal "--publish: a box with --network none" --network none -p 8080:80
	refusal "hint: a port from 1024 on" -p 80:80
	# Without a group of the user's, a limit cannot be kept.
	[ -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs" ] && [ "$(wc -l </proc/self/cgroup)" = 1 ] ||
	    for o in "--cpus 1" "-m 64m" "--cpuset-cpus 0"; do
		# shellcheck disable=SC2086
		refusal "cg-limit: hint: " $o
	done
}
