#!/usr/bin/env bats
# README's three configurations of engines, as they are printed: box-oci is in
# /usr/local/bin there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
load helpers

setup_file() {
	requires "podman, containerd and docker" command -v podman containerd dockerd
	engine_up
	make_image
	make_pause
}
teardown_file() { engine_down; }

# printed WORD: the block of code after the line of README that begins with WORD.
printed() {
	awk -v word="$1," '$1 == word { on = 1 } /^```/ { if (on == 2) exit; if (on) on = 2; next } on == 2' "$TOP/README.md"
}
# printed_to FILE WORD: writes that block to FILE in the engines' place.
printed_to() {
	printed "$2" >"$data/printed"
	has "$(<"$data/printed")" /usr/local/bin/box-oci || fail "no such block for $2" "$(<"$data/printed")"
	inside sh -c 'mkdir -p "${2%/*}" && cat "$1" >"$2"' sh "$data/printed" "$1"
}

@test "podman: containers.conf" {
	printed_to /etc/containers/containers.conf podman
	podman() { inside env PATH="$PATH" podman --storage-driver vfs --log-level error "$@"; }
	podman load -q -i "$image"
	id=$(podman --runtime box run -d --network none --cgroup-parent "$parent" --ulimit host box/bb:1 sleep 1000)
	ours "$id"
	podman rm -f -t 0 "$id"
}

@test "docker: daemon.json" {
	printed_to /etc/docker/daemon.json docker
	daemon docker dockerd -H unix:///run/docker.sock --data-root /run/data --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs \
	    --cgroup-parent "$parent"
	eventually 30 docker version || { tail -n 5 "$data/docker.log" >&2 && return 1; }
	docker load -q -i "$image"
	id=$(docker run -d --runtime box --network none box/bb:1 sleep 1000)
	ours "$id"
	docker rm -f "$id"
	daemon_end docker
}

# The machine may lack the right to lower oom_score_adj, as in most containers.
@test "containerd: config.toml, with a pod by the handler box" {
	printed_to /etc/containerd/config.toml containerd
	inside sh -c 'cat >>/etc/containerd/config.toml' <<-'END'
		[plugins."io.containerd.grpc.v1.cri"]
		  restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  snapshotter = "native"
	END
	daemon containerd containerd --root /run/data
	ctr() { inside timeout 30 ctr -n k8s.io "$@"; }
	cri() { inside timeout 40 /usr/bin/python3 "$TOP/tests/engines/cri.py" "$@"; }
	eventually 20 ctr version || { tail -n 5 "$data/containerd.log" >&2 && return 1; }
	ctr images import --snapshotter native "$pause"
	ctr images tag docker.io/box/pause:1 "$(inside containerd config dump | sed -n 's/ *sandbox_image = "\(.*\)"/\1/p')"
	pod=$(cri RunPodSandbox "$(jq -nc --arg parent "$parent/pod" '{"1": {"1": {"1": "host", "2": "u", "3": "default"},
	    "8": {"1": $parent, "2": {"1": {"1": 2}}}}, "2": "box"}')" 1)
	ours "$pod"
	cri StopPodSandbox "{\"1\": \"$pod\"}"
	cri RemovePodSandbox "{\"1\": \"$pod\"}"
	daemon_end containerd
}
