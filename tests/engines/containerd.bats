#!/usr/bin/env bats
# containerd, with box-oci as the runtime of its shim: ctr, and Kubernetes' CRI.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "containerd" command -v containerd ctr
	requires "python3-grpcio" /usr/bin/python3 -c 'import grpc'
	engine_up
	make_image
	make_pause
	mkdir "$data/cni"
	cat >"$data/cni/10-ptp.conflist" <<-'END'
		{"cniVersion": "0.4.0", "name": "boxtest", "plugins": [{"type": "ptp", "ipMasq": true, "ipam": {"type": "host-local",
		"subnet": "10.99.0.0/24", "dataDir": "/run/cni-ipam", "routes": [{"dst": "0.0.0.0/0"}]}}]}
	END
	cat >"$data/config.toml" <<-END
		version = 2
		root = "$data/containerd"
		state = "/run/containerd"
		[grpc]
		  address = "/run/containerd/containerd.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "docker.io/box/pause:1"
		  restrict_oom_score_adj = true
		  disable_tcp_service = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "$data/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    snapshotter = "native"
		    default_runtime_name = "box"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.box]
		      runtime_type = "io.containerd.runc.v2"
		      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.box.options]
		        BinaryName = "$TOP/bin/box-oci"
	END
	daemon containerd containerd -c "$data/config.toml"
	eventually 20 ctr version
	ctr images import --snapshotter native "$image"
	ctr -n k8s.io images import --snapshotter native "$image"
	ctr -n k8s.io images import --snapshotter native "$pause"
}
teardown_file() {
	daemon_end containerd
	engine_down
}

ctr() { inside timeout 30 ctr "$@"; }
# make ID OPTIONS... -- CMD...: ctr run.
make() {
	local id=$1 opts=()
	shift
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	ctr run "${opts[@]}" --snapshotter native --runc-binary "$TOP/bin/box-oci" --cgroup "$parent/$id" docker.io/box/bb:1 "$id" "${@:2}"
}
cri() { inside timeout 40 /usr/bin/python3 "$TOP/tests/engines/cri.py" "$@"; }
task_is() { has "$(ctr task ls)" "$1"; }

@test "ctr: run, exec, metrics, pause, kill, delete" {
	run -5 make one --rm --env A=b -- sh -c 'echo "$A"; exit 5'
	is "${lines[0]}" b
	run ! make two --rm -- /no/such
	has "$output" "executable file not found"
	make c -d --memory-limit 50000000 --read-only -- sh -c 'trap "exit 6" TERM; while :; do sleep 0.1; done'
	ours c
	run -4 ctr task exec --exec-id e c sh -c 'touch /x; exit 4'
	has "$output" "Read-only file system"
	run -0 ctr task metrics c
	has "$output" memory
	pid=$(ctr task ls | awk '$1 == "c" { print $2 }')
	has "$(ctr task ps c)" "$pid"
	is "$(cat "$(cgroup_dir memory "$pid")"/memory.{limit_in_bytes,max} 2>/dev/null)" 49999872
	ctr task pause c
	task_is PAUSED
	ctr task resume c
	ctr task kill -s TERM c
	eventually 10 task_is STOPPED
	run ctr task rm c
	has "$output" "exit code 6"
	ctr c rm c
}

# ctr --uidmap forgets the name of the runtime, so the config is the test's.  CRI's
# hostUsers: false came with containerd 1.7.
@test "ctr: a user namespace" {
	bb_root
	cp -R "$bb.new" "$data/root"
	chown -R 100000:200000 "$data/root"
	"$TOP/bin/box-oci" spec --bundle "$data"
	jq --arg root "$data/root" --arg group "$parent/mapped" '.root.path = $root | .linux.cgroupsPath = $group | .process.terminal = false |
	    .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 5000}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 5000}] |
	    .linux.namespaces += [{type: "user"}] | .process.args = ["sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map; stat -c %u:%g /bin; exit 8"]' \
	    "$data/config.json" >"$data/spec.json"
	run -8 ctr run --rm --runc-binary "$TOP/bin/box-oci" --config "$data/spec.json" mapped
	is "$(tr -s ' ' <<<"$output" | tr '\n' ' ')" " 0 100000 5000  0 200000 5000 0:0 "
}

# The kubelet makes and removes a pod's own control group; engine_down finds it, if not.
kubelet_ends() { find /sys/fs/cgroup -depth -type d -path "*$parent/pod" -exec rmdir {} + 2>/dev/null || :; }
# exec_in ID SCRIPT: the output of sh, and its status.
exec_in() { cri ExecSync "$(jq -nc --arg id "$1" --arg script "$2" '{"1": $id, "2": ["sh", "-c", $script]}')" 1 2 3; }
# create SANDBOX NAME CONFIG SCRIPT: a running container; CONFIG is more of its config.
create() {
	cri CreateContainer "$(jq -nc --arg sb "$1" --arg name "$2" --arg script "$4" --argjson config "$sandbox" "{\"1\": \$sb, \"3\": \$config,
	    \"2\": ({\"1\": {\"1\": \$name}, \"2\": {\"1\": \"docker.io/box/bb:1\"}, \"3\": [\"sh\", \"-c\", \$script], \"11\": (\$name + \".log\")} + $3)}")" 1
}

@test "CRI: a pod of two containers, with a network by CNI" {
	sandbox=$(jq -nc --arg logs "$data/logs" --arg parent "$parent/pod" '{"1": {"1": "pod", "2": "u1", "3": "default"}, "2": "podhost", "3": $logs, "8": {"1": $parent}}')
	pod=$(cri RunPodSandbox "{\"1\": $sandbox, \"2\": \"box\"}" 1)
	ours "$pod"
	run -0 cri PodSandboxStatus "{\"1\": \"$pod\"}" 1.5.1
	has "$output" 10.99.0.
	one=$(create "$pod" one '{}' 'mkdir /www; echo page >/www/index.html; echo begun; exec httpd -f -h /www')
	two=$(create "$pod" two '{"15": {"1": {"3": 512, "4": 67108864, "5": 500}, "2": {"5": {"1": 12}, "7": 1, "11": 1}}, "6": [{"1": "A", "2": "b  c"}]}' 'exec sleep 1000')
	for c in "$one" "$two"; do cri StartContainer "{\"1\": \"$c\"}"; done
	run -0 exec_in "$two" 'until wget -qO- http://127.0.0.1; do sleep 0.1; done 2>/dev/null
		hostname; id -u; echo "$A"; cat /proc/self/oom_score_adj; grep NoNewPrivs /proc/self/status; touch /x; exit 3'
	is "$output" $'page\npodhost\n12\nb  c\n500\nNoNewPrivs:\t1\n\ntouch: /x: Read-only file system\n\n3'
	has "$(<"$data/logs/one.log")" "stdout F begun"
	run -0 cri ContainerStats "{\"1\": \"$two\"}" 1.2.2.1 1.3.2.1
	[ "${lines[0]}" -gt 1000000 ] && [ "${lines[1]}" -gt 10000 ]
	cri UpdateContainerResources "{\"1\": \"$two\", \"2\": {\"4\": 33554432}}"
	is "$(cat "$(cgroup_dir memory "$(pgrep -nx -f 'sleep 1000')")"/memory.{limit_in_bytes,max} 2>/dev/null)" 33554432
	cri StopContainer "{\"1\": \"$two\", \"2\": 0}"
	is "$(cri ContainerStatus "{\"1\": \"$two\"}" 1.3 1.7)" $'2\n137'
	cri RemoveContainer "{\"1\": \"$two\"}"
	run ! cri ContainerStatus "{\"1\": \"$two\"}"
	cri StopPodSandbox "{\"1\": \"$pod\"}"
	is "$(cri PodSandboxStatus "{\"1\": \"$pod\"}" 1.3)" 1 "not ready"
	is "$(cri ContainerStatus "{\"1\": \"$one\"}" 1.3)" 2 "exited"
	cri RemovePodSandbox "{\"1\": \"$pod\"}"
	run ! cri PodSandboxStatus "{\"1\": \"$pod\"}"
	kubelet_ends
}

@test "CRI: hostNetwork, the host's pid namespace, a privileged container" {
	sandbox=$(jq -nc --arg logs "$data/logs" --arg parent "$parent/pod" '{"1": {"1": "host", "2": "u2", "3": "default"}, "3": $logs,
	    "8": {"1": $parent, "2": {"1": {"1": 2, "2": 2}, "6": 1}}}')
	pod=$(cri RunPodSandbox "{\"1\": $sandbox}" 1)
	c=$(create "$pod" one '{"15": {"2": {"2": 1, "3": {"1": 2, "2": 2}}}}' 'exec sleep 1000')
	cri StartContainer "{\"1\": \"$c\"}"
	run -0 exec_in "$c" 'ls /sys/class/net; hostname; readlink /proc/self/ns/pid; grep -c . /proc/self/cgroup; mount -t tmpfs x /mnt && echo mounted'
	has "$output" uplink
	has "$output" "$(hostname)"
	has "$output" "$(readlink /proc/self/ns/pid)"
	has "$output" mounted
	cri StopPodSandbox "{\"1\": \"$pod\"}"
	cri RemovePodSandbox "{\"1\": \"$pod\"}"
	kubelet_ends
}
