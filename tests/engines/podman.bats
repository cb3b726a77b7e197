#!/usr/bin/env bats
# podman, with box-oci as its runtime.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "podman and conmon" command -v podman conmon
	engine_up
	make_image
	# A machine for tests may lack the right to raise limits.
	cat >"$data/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=2000:2000"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "box"
		stop_timeout = 1
		[engine.runtimes]
		box = ["$TOP/bin/box-oci"]
		[network]
		network_backend = "cni"
		network_config_dir = "$data/net"
	END
	podman load -q -i "$image" >&2
}
teardown_file() {
	podman rm -fa -t 0 >&2
	podman pod rm -fa -t 0 >&2
	engine_down 'libpod-*'
}
# Each test begins without containers.
setup() { [ -z "$(podman ps -aq)" ] || podman rm -fa -t 0 >&2; }

podman() {
	inside env CONTAINERS_CONF="$data/containers.conf" PATH="$PATH" podman --root "$data/root" --runroot /run/podman \
	    --tmpdir /run/podman-tmp --storage-driver vfs --log-level error "$@"
}
pod() { podman run --rm --network none --cgroup-parent "$parent" "$@"; }
# on_terminal CMD...: CMD, a function of ours too, on a terminal of 33 lines and 99 columns.
on_terminal() {
	python3 -c '
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
out = b""
try:
    while True:
        out += (data := os.read(fd, 1000))
        if not data: break
except OSError: pass
print(out.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' \
	    "$BASH" -c "$(declare -f inside podman pod); \"\$@\" 3>&-" bash "$@"
}
# seen ID: the pid of its first process.  frozen ID: what its freezer says.
seen() { podman inspect "$1" --format '{{.State.Pid}}'; }
frozen() { cat "$(cgroup_dir freezer "$(seen "$1")")"/{freezer.state,cgroup.freeze} 2>/dev/null; }
# holds PATTERN CMD...: CMD prints the pattern.
holds() { local out && out=$("${@:2}" 2>&1) && has "$out" "$1"; }

@test "run: status, streams, environment, words, what runs, missing and not executable programs" {
	run -0 podman info --format '{{.Host.OCIRuntime.Path}}'
	is "$output" "$TOP/bin/box-oci"
	run -7 pod box/bb:1 sh -c 'echo out; echo err >&2; exit 7'
	has "$output" out
	has "$output" err
	is "$(echo 'a line' | pod -i box/bb:1 cat)" "a line"
	run -0 pod -e A="b  c" -w /srv -u 5:7 -h name box/bb:1 sh -c 'echo "$A $1 $PWD $(id -u):$(id -g) $(hostname)"; ls /proc/self/fd | wc -l' x ' y '
	is "$output" $'b  c  y  /srv 5:7 name\n4'
	is "$(pod --init box/bb:1 cat /proc/1/comm)" podman-init
	run ! pod --runtime crun box/bb:1 true	# hidden, as all other runtimes
	run -127 pod box/bb:1 /no/such
	run -126 pod box/bb:1 /etc/passwd
}

@test "run: limits, capabilities, filter, devices, mounts, read-only, init" {
	mknod "$data/node" c 10 237
	run -0 pod --memory 64m --pids-limit 30 --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --ulimit nofile=100:200 --ulimit nproc=500:500 \
	    --oom-score-adj 100 --cap-drop all --cap-add net_raw --security-opt no-new-privileges \
	    --device "$data/node:/dev/mine:r" --read-only --tmpfs /t:size=1m --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=8000 \
	    --mount "type=bind,src=$data,dst=/host,ro" -v "$data:/rw" box/bb:1 sh -c '
		cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max pids/pids.max pids.max cpuset/cpuset.cpus 2>/dev/null
		cat /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax; ulimit -n
		sed -n "s/^\(CapBnd\|NoNewPrivs\|Seccomp\):.//p" /proc/self/status
		(: </dev/mine) && echo opened; (echo x >/dev/mine) 2>&1; (echo x >/x) 2>&1; (echo x >/host/x) 2>&1; echo x >/rw/x; df -k /t | tail -n 1; cat /rw/x'
	is "$(head -n 11 <<<"$output" | tr '\n' ' ')" "67108864 30 0 100 1 8000 100 0000000000002000 1 2 opened "
	has "$output" "can't create /dev/mine: Operation not permitted"
	has "$output" "can't create /x: Read-only file system"
	has "$output" "can't create /host/x: Read-only file system"
	[[ $output == *tmpfs*1024*/t*x ]] || fail "$output"
	run -0 pod box/bb:1 sh -c 'swapoff /x; mount -t tmpfs x /mnt; echo 1 >/proc/sys/kernel/printk; :'
	has "$output" "swapoff: /x: Operation not permitted"
	has "$output" "mount: permission denied"
	has "$output" "can't create /proc/sys/kernel/printk: Read-only file system"
	run -0 pod --privileged box/bb:1 sh -c 'mount -t tmpfs x /mnt && grep -c " /mnt " /proc/mounts; grep Seccomp: /proc/self/status'
	is "$output" $'1\nSeccomp:\t0'
	run -137 pod --memory 16m --memory-swap 16m box/bb:1 tail -c 100m /dev/zero
}

@test "run -d: logs, signals, exec, top, stats, pause, update, stop, restart, rm" {
	podman run -d --name d --network none --cgroup-parent "$parent" --init=false box/bb:1 \
	    sh -c 'trap "echo got TERM; exit 3" TERM; trap "echo got USR1" USR1; echo begun; while :; do sleep 0.1; done'
	eventually 10 holds begun podman logs d
	ours "$(podman inspect d --format '{{.Id}}')"
	podman kill -s USR1 d
	eventually 10 holds "got USR1" podman logs d
	run -4 podman exec -e X=y -u 3 -w /tmp d sh -c 'echo "$X $PWD $(id -u)"; exit 4'
	is "$output" "y /tmp 3"
	is "$(echo in | podman exec -i d cat)" in
	run -127 podman exec d /no/such
	podman exec -d d sleep 1234
	eventually 10 holds "sleep 1234" podman top d args
	[[ $(podman stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' d) =~ ^[2-4]" "[0-9.]+kB|MB ]] || fail
	podman pause d
	is "$(podman inspect d --format '{{.State.Status}}')" paused
	[[ $(frozen d) =~ ^(FROZEN|1)$ ]]
	podman unpause d
	[[ $(frozen d) =~ ^(THAWED|0)$ ]]
	podman update --memory 33m d
	is "$(podman exec d sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max' 2>/dev/null)" 34603008
	podman stop -t 10 d
	is "$(podman inspect d --format '{{.State.Status}} {{.State.ExitCode}}')" "exited 3"
	has "$(podman logs d)" "got TERM"
	podman start d
	eventually 10 holds $'TERM\nbegun' podman logs d
	pid=$(seen d)
	podman restart -t 0 d
	is "$(podman inspect d --format '{{.State.Status}}')" running
	gone "$pid"
	podman kill d
	is "$(podman wait d)" 137
	podman rm d
}

@test "run passes signals on" {
	# podman itself, without the shell of the function.
	pod --name s box/bb:1 sh -c 'trap "exit 9" TERM; echo begun; while :; do sleep 0.1; done' >"$data/s" 3>&- &
	eventually 10 grep -q begun "$data/s"
	pkill -TERM -P $!
	status=0
	wait $! || status=$?
	is "$status" 9
}

@test "-t: a terminal for run and exec, with the size of the caller's" {
	run -5 on_terminal pod -it --name t box/bb:1 sh -c 'tty; sleep 0.5; stty size; ls /proc/self/fd | wc -l; exit 5'
	has "$output" /dev/pts/0
	has "$output" "33 99"
	has "$output" $'\n4'
	podman run -d --name d --network none --cgroup-parent "$parent" box/bb:1 sleep 1000
	run -6 on_terminal podman exec -it d sh -c 'tty; sleep 0.5; stty size; exit 6'
	has "$output" /dev/pts/0
	has "$output" "33 99"
}

@test "network: none, host, container:, bridge" {
	is "$(pod box/bb:1 ls /sys/class/net)" lo
	has "$(podman run --rm --network host --cgroup-parent "$parent" box/bb:1 ls /sys/class/net)" uplink
	podman run -d --name web --cgroup-parent "$parent" -p 8080:80 box/bb:1 sh -c 'mkdir /www; echo page >/www/index.html; exec httpd -f -h /www'
	run -0 podman run --rm --network container:web --cgroup-parent "$parent" box/bb:1 sh -c 'until wget -qO- http://127.0.0.1; do sleep 0.1; done'
	is "${lines[-1]}" page
	run -0 podman run --rm --cgroup-parent "$parent" box/bb:1 wget -qO- "http://$(podman inspect web --format '{{.NetworkSettings.IPAddress}}')"
	is "$output" page
	is "$(outside curl -sS http://192.0.2.1:8080)" page
	podman rm -f -t 0 web
}

@test "user namespaces: --uidmap" {
	run -0 pod --uidmap 0:100000:5000 --gidmap 0:200000:5000 box/bb:1 sh -c 'cat /proc/self/uid_map /proc/self/gid_map; touch /x && stat -c %u /x; id -u; echo >/dev/null && ls /dev/pts'
	is "$(tr -s ' ' <<<"$output" | head -n 4 | tr '\n' ' ')" " 0 100000 5000  0 200000 5000 0 0 "
}

@test "pods, and play kube with two containers" {
	podman pod create --name p --network none --cgroup-parent "$parent" --share ipc,net,uts --infra-command 'sleep 1000' --infra-image box/bb:1
	podman run -d --name a --pod p box/bb:1 sh -c 'mkdir /www; echo from a >/www/index.html; exec httpd -f -h /www'
	run -0 podman run --rm --pod p box/bb:1 sh -c 'until wget -qO- http://127.0.0.1; do sleep 0.1; done 2>/dev/null; hostname'
	is "$output" $'from a\np'
	podman pod rm -f -t 0 p
	cat >"$data/pod.yaml" <<-'END'
		apiVersion: v1
		kind: Pod
		metadata: {name: kube}
		spec:
		  containers:
		  - name: one
		    image: docker.io/box/bb:1
		    command: [sh, -c, "echo one; exec sleep 1000"]
		    resources: {limits: {memory: 50Mi}}
		  - name: two
		    image: docker.io/box/bb:1
		    command: [sh, -c, "echo two; exec sleep 1000"]
		    securityContext: {runAsUser: 12, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false}
	END
	podman play kube --network none "$data/pod.yaml"
	eventually 10 holds two podman logs kube-two
	is "$(podman exec kube-two sh -c 'id -u; touch /x' 2>&1 | head -n 2)" $'12\ntouch: /x: Read-only file system'
	is "$(cat "$(cgroup_dir memory "$(seen kube-one)")"/memory.{limit_in_bytes,max} 2>/dev/null)" 52428800
	is "$(readlink "/proc/$(seen kube-one)/ns/net")" "$(readlink "/proc/$(seen kube-two)/ns/net")"
	podman play kube --down "$data/pod.yaml"
}

@test "cp, commit, healthcheck" {
	podman run -d --name d --network none --cgroup-parent "$parent" --health-cmd 'test -e /well' --health-interval disable box/bb:1 sleep 1000
	echo text >"$data/file"
	podman cp "$data/file" d:/tmp/file
	is "$(podman exec d cat /tmp/file)" text
	run ! podman healthcheck run d
	podman exec d touch /well
	podman healthcheck run d
	podman commit -q d box/changed
	is "$(pod box/changed cat /tmp/file)" text
	podman cp d:/tmp/file "$data/back"
	is "$(podman inspect d --format '{{.State.Status}}') $(<"$data/back")" "running text"
	podman rm -f -t 0 d
}
