#!/usr/bin/env bats
# box-oci: hooks, limits, and what the verbs update and events do.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { requires "root" test "$EUID" = 0; }
setup() {
	baseline_save
	bundle
	log=$BATS_TEST_TMPDIR/log
	export log
	printf '#!/bin/sh\necho "$1 $PWD ${V-none} $(jq -c "[.status, .id, .pid > 0]")" >>%s\n%s\n' "$log" \
	    '[ "$1" != fails ] || { echo "the reason" >&2; exit 3; }
	[ "$1" != sleeps ] || exec sleep 60' >"$bundle/hook"
	chmod 755 "$bundle/hook"
}
teardown() {
	oci delete --force c
	is "$(ls "$BATS_TEST_TMPDIR/oci" 2>/dev/null)" ""
	baseline_check
}
# hook WORD: a hook of the config.
hook() { echo "{path: \"$bundle/hook\", args: [\"hook\", \"$1\"], env: [\"PATH=$PATH\", \"V=$1\"], timeout: 1}"; }
life() { run --separate-stderr timeout 30 box-oci --root "$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c 3>&- </dev/null; }

@test "a hook that cannot be watched is an error, not a wait without end" {
	requires "strace" command -v strace
	bundle ".hooks = {prestart: [$(hook pre1)]} | .process.args = [\"true\"]"
	# Of all calls, that of the hook is one.
	for n in 1 2 3 4; do
		run timeout -k 1 $((SLACK * 10)) strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=pidfd_open -e inject=pidfd_open:error=EPERM:when=$n \
		    box-oci --root "$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c 3>&- </dev/null
		[ "$status" != 124 ] && [ "$status" != 137 ] || fail "$n: $output"
		oci delete --force c
		[[ $output != *"watch a hook"* ]] || seen=1
	done
	[ "${seen:-}" ]
}

@test "a hook that cannot be begun is one line, and joins all of its namespaces or none" {
	requires "strace" command -v strace
	# fault VERB CALL FAULT [PATH]
	fault() {
		# shellcheck disable=SC2086
		run strace -f -qq -o /dev/null ${4:+-P "$4"} -e trace="$2" -e inject="$2:$3" \
		    box-oci --root "$BATS_TEST_TMPDIR/oci" $1 c 3>&- </dev/null
	}
	bundle ".hooks = {poststart: [$(hook post)]} | .process.args = [\"sleep\", \"1000\"]"
	for at in "dup2 error=EPERM:when=1" "dup2 error=EPERM:when=2" "dup2 error=EPERM:when=3" "prctl error=EPERM:when=1"; do
		oci create --bundle "$bundle" c >"$BATS_TEST_TMPDIR/c" 2>&1 3>&- </dev/null
		# shellcheck disable=SC2086
		fault start $at
		why="Operation not permitted"
		[[ $at != prctl* ]] || why="box-oci: prctl PR_SET_PDEATHSIG: $why"
		is "$status $output" "0 box-oci: hooks.poststart[0]: $bundle/hook: status 125: $why" "$at"
		oci delete --force c
	done
	bundle ".hooks = {createContainer: [$(hook made)]} | .process.args = [\"true\"]"
	fault "create --bundle $bundle" stat,newfstatat,fstatat64,statx error=EACCES /proc/self/ns/uts
	is "$status" 1
	has "$output" "box-oci: /proc/self/ns/uts: Permission denied"
	[ ! -e "$log" ]
}

@test "hooks: in their order, with the state, where the specification wants them" {
	bundle ".hooks = {prestart: [$(hook pre1), $(hook pre2)], createRuntime: [$(hook runtime)], poststart: [$(hook start)], poststop: [$(hook stop)],
	    createContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"{ hostname; ls -d $bundle; readlink /proc/self/ns/mnt; } >>$log\"], env: [\"PATH=$PATH\"]}],
	    startContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"(grep -o .status.:.created; id -u; grep Seccomp: /proc/self/status; echo \$W) >/tmp/hook\"], env: [\"W=x y\"]}]}
	    | .process.user = {uid: 5, gid: 5} | .hostname = \"inside\" | .process.args = [\"sh\", \"-c\", \"cat /tmp/hook; echo runs >>$log.prog\"]
	    | .mounts += [{destination: \"/tmp\", type: \"tmpfs\", source: \"tmpfs\", options: [\"mode=1777\"]}]
	    | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\"}"
	life
	is "$status $stderr" "1 sh: can't create $log.prog: nonexistent directory"
	is "$output" $'"status":"created\n5\nSeccomp:\t2\nx y'
	run cat "$log"
	is "$(printf '%s\n' "${lines[@]:0:3}")" "pre1 $bundle pre1 [\"creating\",\"c\",true]
pre2 $bundle pre2 [\"creating\",\"c\",true]
runtime $bundle runtime [\"creating\",\"c\",true]"
	is "${lines[3]}" inside
	is "${lines[4]}" "$bundle"
	[ "${lines[5]}" != "$(readlink /proc/self/ns/mnt)" ]
	is "$(printf '%s\n' "${lines[@]:6}")" "start $bundle start [\"running\",\"c\",true]
stop $bundle stop [\"stopped\",\"c\",false]"
}

@test "hooks: a failure, a timeout, a missing program; of poststart and poststop only warnings" {
	local kind
	for kind in prestart createRuntime startContainer; do
		bundle ".hooks = {$kind: [$(hook fails)]}"
		[ "$kind" != startContainer ] || bundle '.hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "echo the reason >&2; exit 3"]}]}'
		life
		is "$status" 1
		has "$stderr" "hooks.${kind}[0]: "
		has "$stderr" "the reason"
		[ ! -e "$BATS_TEST_TMPDIR/oci/c" ]
	done
	oci create --bundle "$bundle" c >/dev/null 2>&1 3>&- </dev/null
	run ! oci start c
	eventually 10 eval '[ "$(oci state c | jq -r .status)" = stopped ]'
	oci delete c
	bundle ".hooks = {createRuntime: [$(hook sleeps)]}"
	life
	is "$status" 1
	has "$stderr" "hooks.createRuntime[0]: $bundle/hook: not done in 1 seconds"
	bundle ".hooks = {prestart: [{path: \"/no/such\"}]}"
	life
	is "$status" 1
	has "$stderr" "hooks.prestart[0]: /no/such: status 127: No such file or directory"
	bundle ".hooks = {poststart: [$(hook fails), $(hook next)], poststop: [$(hook fails), $(hook last)]} | .process.args = [\"sh\", \"-c\", \"exit 4\"]"
	life
	is "$status" 4
	has "$stderr" "hooks.poststop[0]: $bundle/hook: status 3: the reason"
	is "$(grep -cE '^(next|last) ' "$log")" 2
	for kind in '[{path: "rel"}]' '[{args: []}]' '[{path: "/x", timeout: 0}]' '[{path: "/x", timeout: -1}]' '{}'; do
		bundle ".hooks = {poststop: $kind}"
		life
		is "$status" 1
		has "$stderr" hooks.poststop
	done
}

@test "delete --force ends a create that waits for its hook" {
	bundle ".hooks = {createRuntime: [$(hook sleeps)]} | .hooks.createRuntime[0].timeout = 50"
	start box-oci --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c
	eventually 10 grep -q sleeps "$log"
	run -0 timeout 20 box-oci --root "$BATS_TEST_TMPDIR/oci" delete --force c
	finish
	is "$status" 137
	run ! oci state c
	has "$output" 'container "c" does not exist'
}

# of CONTROLLER FILE [FILE]: the container's limit, in v1's file or v2's.
of() {
	local d && d=$(cgroup_dir "$1" "$(oci state c | jq .pid)")
	if [ -e "$d/$2" ]; then cat "$d/$2"; else cat "$d/$3"; fi
}

@test "resources: each limit in its file, by create and by update; zero is none" {
	beyond_box devices
	bundle '.linux.resources = {pids: {limit: 0}, memory: {limit: 0, swap: 0, kernel: -1, disableOOMKiller: false}, cpu: {shares: 0, quota: 0, cpus: ""}, blockIO: {weight: 0}}'
	has "$(oci create -n --bundle "$bundle" c)" "--group /bt-oci-$$ max "
	bundle '.linux.resources = {pids: {limit: 20}, memory: {limit: 67108864, reservation: 33554432},
	    cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0"}, devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 200, access: "r"}]}
	    | .linux.devices = [{path: "/dev/tun", type: "c", major: 10, minor: 200}, {path: "/dev/kmem", type: "c", major: 1, minor: 2}]
	    | .mounts += [{destination: "/mnt", type: "bind", source: $ENV.BATS_TEST_TMPDIR}]
	    | .process.args = ["sh", "-c", "(: </dev/tun) && echo read; (: >/dev/tun); (: </dev/kmem); echo x >/dev/null; exec sleep 1000"]'
	box-oci --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c >"$log" 2>&1 3>&- </dev/null
	oci start c
	is "$(of pids pids.max)" 20
	is "$(of memory memory.limit_in_bytes memory.max)" 67108864
	is "$(of memory memory.soft_limit_in_bytes memory.low)" 33554432
	[[ $(of cpu cpu.shares cpu.weight) == @(512|20) ]]
	[[ $(of cpu cpu.cfs_quota_us cpu.max) == @(50000|"50000 100000") ]]
	is "$(of cpuset cpuset.cpus)" 0
	eventually 10 grep -q kmem "$log"
	has "$(cat "$log")" "read"
	has "$(cat "$log")" "can't create /dev/tun: Operation not permitted"
	has "$(cat "$log")" "can't open /dev/kmem: Operation not permitted"
	hasnt "$(cat "$log")" /dev/null
	oci update --memory 48m --pids-limit -1 --cpu-quota -1 --cpu-share 1024 c
	is "$(of memory memory.limit_in_bytes memory.max) $(of pids pids.max)" "50331648 max"
	[[ $(of cpu cpu.cfs_quota_us cpu.max) == @(-1|"max 100000") ]]
	[[ $(of cpu cpu.shares cpu.weight) == @(1024|39) ]]
	oci update -r - c <<<'{"pids": {"limit": 33}}'
	is "$(of pids pids.max)" 33
	run ! oci update -r - c <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	has "$output" "memory.limit: 4096 is below the memory in use, "
	run ! oci update --pids-limit x c
	has "$output" "--pids-limit"
	run -0 oci events --stats c
	is "$(jq -c '[.type, .id, .data.pids, .data.memory.usage.limit, .data.cpu.usage.total > 0, .data.memory.usage.usage > 0, (.data.memory.raw | length > 5)]' <<<"$output")" \
	    '["stats","c",{"current":1,"limit":33},50331648,true,true,true]'
	# What the container has written to a disk, with the disk's number.
	if findmnt -nT "$bundle" -o MAJ:MIN | grep -qv '^0:'; then
		oci exec c dd if=/dev/zero of=/mnt/written bs=4096 count=3 conv=fsync 2>&1 3>&-
		run -0 oci events --stats c
		[ "$(jq '[.data.blkio.ioServiceBytesRecursive[] | select(.op == "Write") | .value] | add' <<<"$output")" -ge 12288 ] || fail "$output"
	fi
	start timeout 20 box-oci --root "$BATS_TEST_TMPDIR/oci" events --interval 1 c
	eventually 10 eval '[ "$(wc -l <"$out")" -ge 2 ]'
	oci kill c KILL
	finish
	is "$status" 0 "$(cat "$err")"
}

@test "resources that this host's groups do not have, or that make no sense, are refused by their names" {
	refuses() {
		bundle ".linux.resources = $2"
		life
		is "$status" 1
		has "$stderr" "linux.resources.$1"
	}
	refuses memory.kernel '{memory: {kernel: 1000}}'
	refuses memory.limit '{memory: {limit: -2}}'
	refuses memory.limit '{memory: {limit: 99999999999999999999}}'
	refuses pids.limit '{pids: {limit: "2"}}'
	refuses 'hugepageLimits[0].pageSize' '{hugepageLimits: [{pageSize: "../2MB", limit: 1}]}'
	refuses 'unified.' '{unified: {"x/y": "1"}}'
	refuses 'devices[0].type' '{devices: [{allow: false, type: "x", major: 1}]}'
	refuses 'devices[0]' '{devices: [{allow: false, access: "r"}]}'
	refuses blockIO.leafWeight '{blockIO: {leafWeight: 10}}'
	bundle '.linux.resources = {memory: {limit: 67108864, swap: 1000}}'
	life
	is "$status" 1
	has "$stderr" "--memory-swap: less than --memory alone"
}
