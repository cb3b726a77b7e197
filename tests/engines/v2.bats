#!/usr/bin/env bats
# podman with box-oci on a host with cgroup v2 alone, by both managers of control
# groups: make check-engines-vm.
# shellcheck disable=SC2016,SC2154
load helpers

pure_v2() { test -e /sys/fs/cgroup/cgroup.controllers; }
setup_file() {
	pure_v2 || return 0
	requires "podman and conmon" command -v podman conmon
	export data=$BATS_FILE_TMPDIR/data keeper
	mkdir -p "$data"
	unshare --mount --propagation slave sh -euc "$HIDE"' && touch "$1/ready" && exec sleep infinity' sh "$data" 3>&- &
	keeper=$!
	eventually 10 test -e "$data/ready"
	printf '[engine]\nevents_logger = "file"\nruntime = "box"\nstop_timeout = 1\n[engine.runtimes]\nbox = ["%s"]\n' "$TOP/bin/box-oci" >"$data/containers.conf"
	bb_root
	tar -C "$bb.new" -c . | podman cgroupfs import -q - box/bb:1 >&2
}
teardown_file() { [ ! "${keeper:-}" ] || kill "$keeper"; }

setup() { lacks_kernel "pure cgroup v2" pure_v2; }

# podman MANAGER WORD...
podman() {
	inside env CONTAINERS_CONF="$data/containers.conf" PATH="$PATH" podman --root "$data/root" --runroot /run/podman-run --tmpdir /run/podman-tmp \
	    --storage-driver vfs --log-level error --cgroup-manager "$@"
}
# life MANAGER: of the container $id in $group, by that manager.
life() {
	run -7 podman "$1" run --rm --network none --ulimit host box/bb:1 sh -c 'exit 7'
	id=$(podman "$1" run -d --network none --ulimit host --memory 64m --pids-limit 30 --cpus 0.5 --device /dev/loop-control:/dev/mine:r box/bb:1 \
	    sh -c 'trap "exit 3" TERM; while :; do sleep 0.3; done')
	ours "$id"
	pid=$(podman "$1" inspect "$id" --format '{{.State.Pid}}')
	group=$(cgroup_dir '' "$pid")
	run -4 podman "$1" exec "$id" sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max; (: </dev/mine) && echo opened; (: >/dev/mine) 2>&1; exit 4'
	is "$output" $'67108864\n30\n50000 100000\nopened\nsh: can\'t create /dev/mine: Operation not permitted'
	[[ $(podman "$1" stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' "$id") =~ ^[2-4]" "[0-9.]+(kB|MB)" / 67.11MB" ]]
	podman "$1" update --memory 33m --cpus 0.25 "$id"
	is "$(cat "$group"/{memory,cpu}.max)" $'34603008\n25000 100000'
	podman "$1" pause "$id"
	is "$(<"$group/cgroup.freeze")" 1
	podman "$1" unpause "$id"
	podman "$1" stop -t 100 "$id"
	is "$(podman "$1" inspect "$id" --format '{{.State.Status}} {{.State.ExitCode}}')" "exited 3"
	podman "$1" rm "$id"
	[ ! -e "$group" ]
}

@test "v2: a life by the manager cgroupfs" {
	life cgroupfs
	has "$group" /libpod_parent/
}

@test "v2: a life by the manager systemd, in a scope" {
	lacks_kernel "systemd as init" test -d /run/systemd/system
	life systemd
	is "$group" "/sys/fs/cgroup/machine.slice/libpod-$id.scope"
	is "$(systemctl show -p LoadState --value "libpod-$id.scope")" not-found
}
