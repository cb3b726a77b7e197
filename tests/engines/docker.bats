#!/usr/bin/env bats
# docker, with box-oci as its default runtime.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "docker" command -v dockerd
	engine_up
	make_image
	dockerd_up node
}
teardown_file() {
	daemon_end node
	inside umount /etc/subuid /etc/subgid
	engine_down
}
setup() { docker ps -aq | xargs -r nsenter --target "$keeper" --mount --net docker -H unix:///run/docker.sock rm -f; }

holds() { local out && out=$("${@:2}" 2>&1) && has "$out" "$1"; }
state_is() { is "$(docker inspect "$2" -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}')" "$1"; }

@test "run: the default bridge, no network, status, missing and not executable programs, a terminal" {
	is "$(docker info -f '{{.DefaultRuntime}}')" box
	run -7 docker run --rm box/bb:1 sh -c 'ip -4 addr show eth0; hostname; exit 7'
	has "$output" "inet 172."
	run -0 docker run --rm -t --network none -e A="b  c" -u 5:6 -w /srv box/bb:1 sh -c 'tty; echo "$A $PWD $(id -u):$(id -g)"; ls /sys/class/net /proc/self/fd | tr "\n" " "'
	is "$(tr -d '\r' <<<"$output")" $'/dev/pts/0\nb  c /srv 5:6\n/proc/self/fd: 0 1 2 3  /sys/class/net: lo '
	run -127 docker run --rm --network none box/bb:1 /no/such
	run -126 docker run --rm --network none box/bb:1 /etc/passwd
}

seen() { docker inspect "$1" -f '{{.State.Pid}}'; }
restarted() { [ "$(docker inspect "$1" -f '{{.RestartCount}} {{.State.Status}}')" = "$2 running" ]; }

@test "run -d: exec, top, stats, pause, update, stop, restart; the profile as libseccomp's" {
	docker run -d --name web -p 8080:80 --memory 64m --pids-limit 30 --cpus 0.5 --cap-drop all --cap-add net_bind_service --read-only --tmpfs /www \
	    box/bb:1 sh -c 'trap "echo got TERM; exit 3" TERM; echo page >/www/index.html; httpd -h /www; echo begun; while :; do sleep 0.1; done'
	eventually 10 holds begun docker logs web
	ours "$(docker ps -q)"
	is "$(outside curl -sS http://192.0.2.1:8080)" page
	run -4 docker exec -u 3 -w /tmp -e X=y web sh -c 'echo "$X $PWD $(id -u)"; exit 4'
	is "$output" "y /tmp 3"
	is "$(echo in | docker exec -i web cat)" in
	run -0 docker exec -t web tty
	has "$output" /dev/pts/
	has "$(docker top web)" httpd
	has "$(docker stats --no-stream web)" "/ 64MiB"
	docker pause web
	state_is "paused 0 0" web
	docker unpause web
	docker update --memory 33m --memory-swap 66m --pids-limit 44 web
	is "$(docker exec web sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max pids/pids.max pids.max 2>/dev/null' | tr '\n' ' ')" "34603008 44 "
	if [ "$(uname -m)" = x86_64 ]; then
		make -s -C "$TOP" tests/oci/model
		inside sh -c 'cat /run/docker/runtime-runc/moby/*/config.json' >"$data/config.json"
		run -0 "$TOP/tests/oci/model" "$data/config.json"
		has "$output" "0 of 115920 differ, 0 of libseccomp's"
	fi
	docker stop -t 10 web
	state_is "exited 3 0" web
	docker start web
	pid=$(seen web)
	docker restart -t 0 web
	state_is "running 0 0" web
	gone "$pid"
	docker run -d --name always --network none --restart always box/bb:1 sleep 1000
	kill -KILL "$(seen always)"
	eventually 20 restarted always 1
	docker run -d --name again --network none --restart on-failure:2 box/bb:1 sh -c 'echo run; exit 1'
	eventually 20 state_is "exited 1 2" again
	is "$(docker logs again)" $'run\nrun\nrun'
}

@test "compose: two services find each other" {
	requires "docker-compose" command -v docker-compose
	cat >"$data/compose.yml" <<-'END'
		version: "2.4"
		services:
		  web:
		    image: box/bb:1
		    command: [sh, -c, "mkdir /www; echo page >/www/index.html; exec httpd -f -h /www"]
		  client:
		    image: box/bb:1
		    command: [sh, -c, "until wget -qO- http://web; do sleep 0.1; done; exec sleep 1000"]
		    depends_on: [web]
	END
	compose=(inside timeout 60 env DOCKER_HOST=unix:///run/docker.sock docker-compose -p cc -f "$data/compose.yml")
	"${compose[@]}" up -d
	eventually 20 holds page docker logs cc_client_1
	"${compose[@]}" down -t 0
}

# This one ends the daemon for another, so it is the last.
@test "userns-remap: root of a container is a user of the host without rights" {
	echo daemon:300000:65536 >"$data/ids"
	daemon_end node
	for file in /etc/subuid /etc/subgid; do inside mount --bind "$data/ids" $file; done
	dockerd_up node '"userns-remap": "daemon",'
	docker run -d --name mapped -p 8080:80 -v "$data:/host" --tmpfs /t box/bb:1 \
	    sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -h /www'
	is "$(tr -s ' ' <"/proc/$(seen mapped)/uid_map")" " 0 300000 65536"
	is "$(stat -c %u:%g "/proc/$(seen mapped)/root/www")" 300000:300000
	ours "$(docker ps -q)"
	eventually 10 outside curl -sS http://192.0.2.1:8080
	run -0 docker exec mapped sh -c 'id -u; stat -c %u /www /host; (echo x >/host/x) 2>&1; echo >/dev/null && ls /dev/pts'
	is "$output" $'0\n0\n65534\nsh: can\'t create /host/x: Permission denied\nptmx'
	is "$(docker run --rm --userns host box/bb:1 cat /proc/self/uid_map | tr -s ' ')" " 0 0 4294967295"
}
