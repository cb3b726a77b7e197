#!/usr/bin/env bats
# box-oci's filter of system calls, beside libseccomp's.
# shellcheck disable=SC2016,SC2030,SC2031
load helpers

setup_file() {
	[ "$(uname -m)" = x86_64 ] || skip "the points are x86-64's"
	make -s -C "$TOP" tests/oci/model
}
setup() {
	config=$BATS_TEST_TMPDIR/config.json filter=$BATS_TEST_TMPDIR/filter
}
model() { run -0 "$TOP/tests/oci/model" "$config" "$filter"; }

@test "podman's profile: as libseccomp's on each point, shorter, and the kernel takes the filter" {
	python3 "$TOP/tests/oci/resolve.py" /usr/share/containers/seccomp.json >"$config"
	model
	[[ ${lines[-1]} =~ ^"0 of "([0-9]+)" differ, 0 of libseccomp's; "([0-9]+)" and "([0-9]+) ]] || fail "$output"
	between "${BASH_REMATCH[1]}" 100000 200000
	between "${BASH_REMATCH[2]}" 300 "${BASH_REMATCH[3]}"
	run -0 sys-filter --profile "$filter" cat /proc/self/status
	has "$output" $'Seccomp:\t2'
	run ! swapoff "$filter"
	[ "${IN_BOX-}" ] || hasnt "$output" "superuser"
	run ! sys-filter --profile "$filter" swapoff "$filter"
	has "$output" "Not superuser"
}

@test "made-up profiles: all operators, actions, errors and machine types" {
	for seed in {1..15}; do
		python3 "$TOP/tests/oci/profile.py" "$seed" >"$config"
		model
	done
	# A rule without a condition wins, wherever it stands.
	jq -n '{linux: {seccomp: {defaultAction: "SCMP_ACT_ERRNO", syscalls: [
		{names: ["read"], action: "SCMP_ACT_KILL", args: [{index: 0, value: 2, op: "SCMP_CMP_LT"}]},
		{names: ["read", "write"], action: "SCMP_ACT_ALLOW"},
		{names: ["write"], action: "SCMP_ACT_TRAP", args: [{index: 1, value: 2, op: "SCMP_CMP_GE"}]}]}}}' >"$config"
	model
}

# refuses TEXT JSON: the error has the property's name.
refuses() {
	jq -n "{linux: {seccomp: ($2)}}" >"$config"
	run -125 "$TOP/tests/oci/model" "$config"
	is "$output" "model: linux.seccomp.$1"
}
@test "what cannot be done is refused by its name" {
	local d='defaultAction: "SCMP_ACT_ALLOW"' g='action: "SCMP_ACT_ERRNO", names: ["read"]'
	refuses "defaultAction: missing" '{x: 1}'
	refuses "defaultAction: SCMP_ACT_NOTIFY is not supported" '{defaultAction: "SCMP_ACT_NOTIFY"}'
	refuses "defaultErrnoRet: SCMP_ACT_ALLOW has no number" "{$d, defaultErrnoRet: 1}"
	refuses "architectures[0]: 'amd64' is not known" "{$d, architectures: [\"amd64\"]}"
	refuses "listenerPath: not supported" "{$d, listenerPath: \"/x\"}"
	refuses "syscalls[1].names: missing" "{$d, syscalls: [{$g}, {action: \"SCMP_ACT_KILL\", names: []}]}"
	refuses "syscalls[0].errnoRet: 4096 is not in 0 to 4095" "{$d, syscalls: [{$g, errnoRet: 4096}]}"
	refuses "syscalls[0].args[0].index: 6 is not in 0 to 5" "{$d, syscalls: [{$g, args: [{index: 6, value: 1, op: \"SCMP_CMP_EQ\"}]}]}"
	refuses "syscalls[0].args[0].op: 'EQ' is not known" "{$d, syscalls: [{$g, args: [{index: 0, value: 1, op: \"EQ\"}]}]}"
	jq -n "{linux: {seccomp: {$d, syscalls: [range(1000) | {action: \"SCMP_ACT_KILL\", names: [\"read\"], args: [{index: 0, value: ., op: \"SCMP_CMP_EQ\"}]}]}}}" >"$config"
	run -125 "$TOP/tests/oci/model" "$config"
	is "$output" "model: linux.seccomp: more than 4096 instructions"
}
