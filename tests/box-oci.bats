#!/usr/bin/env bats
# box-oci: the verbs, each field of config.json, errors in the words of engines, and
# hostile bundles.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	requires "root" test "$EUID" = 0
	weaken
}
setup() {
	baseline_save
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
}
teardown() {
	oci delete --force c
	oci delete --force d
	is "$(ls "$BATS_TEST_TMPDIR/oci" 2>/dev/null)" ""
	baseline_check
}

# create ARG...: its output is a file's, which the container has for as long as it lives.
create() { oci create --bundle "$bundle" "$@" >"$out" 2>"$err" 3>&- </dev/null || fail "status $?" "$(cat "$err")"; }
state() { oci state "${1:-c}" | jq -r .status; }
is_state() { is "$(state)" "$1"; }
pid_of() { oci state "${1:-c}" | jq .pid; }
printed() { is "$(cat "$out")" "$1"; }
# runs_as JQ SCRIPT: the output of the container's SCRIPT with a config that JQ changes.
runs_as() {
	bundle "$1 | .process.args = [\"sh\", \"-c\", \$ENV.script]"
	run --separate-stderr oci run --bundle "$bundle" c 3>&-
}
# refused JQ TEXT: the config is, with TEXT, and nothing is made.
refused() {
	bundle "$1"
	run --separate-stderr oci create --bundle "$bundle" c 3>&-
	[ "$status" = 1 ] || fail "status $status: $1"
	has "$stderr" "$2"
	[ ! -e "$BATS_TEST_TMPDIR/oci/c" ] || fail "left behind: $1"
}

@test "a life: create, start, kill, delete, with the state after each" {
	bundle '.process.args = ["sh", "-c", "echo runs; exec sleep 1000"] | .annotations = {"org.x": "y"}'
	create --pid-file "$BATS_TEST_TMPDIR/pid" c
	is "$(cat "$out" "$err")" ""
	is "$(cat "$BATS_TEST_TMPDIR/pid")" "$(pid_of)"
	is "$(oci state c | jq -c '[.ociVersion, .id, .status, .bundle, .annotations]')" "[\"1.0.2\",\"c\",\"created\",\"$bundle\",{\"org.x\":\"y\"}]"
	run oci create --bundle "$bundle" c 3>&-
	is "$status $output" "1 box-oci: container with id \"c\" exists already ($BATS_TEST_TMPDIR/oci/c)"
	is "$(pgrep -c -P $$ box-oci || :)" 0 "processes of ours"
	run -0 oci start c 3>&-
	is "$output" ""
	is_state running
	eventually 10 printed runs
	run oci start c
	is "$status $output" '1 box-oci: cannot start a container in the state "running"'
	run oci delete c
	is "$status $output" '1 box-oci: cannot delete container "c" in the state "running"'
	is "$(oci list -q)" c
	is "$(oci list --format json | jq -r '.[] | .id + " " + .status')" "c running"
	is "$(oci ps --format json c | jq -c .)" "[$(pid_of)]"
	has "$(oci ps c)" "sleep 1000"
	run -0 oci kill c KILL
	eventually 10 is_state stopped
	is "$(pid_of)" 0
	run oci kill c
	is "$status $output" "1 box-oci: container not running"
	run -0 oci kill --all c 9
	run -0 oci delete c
	run oci state c
	is "$status $output" '1 box-oci: container "c" does not exist'
	run oci delete c
	is "$status $output" '1 box-oci: container "c" does not exist'
	run -0 oci delete --force c
}

@test "run: status, signals, standard streams, both forms of an option" {
	bundle '.process.args = ["sh", "-c", "cat; exit 7"]'
	run -7 oci run --bundle="$bundle" c 3>&- <<<hello
	is "$output" hello
	bundle '.process.args = ["sh", "-c", "kill -9 $$"] | .linux.namespaces |= map(select(.type != "pid"))'
	run -137 oci run -b "$bundle" c 3>&-
	bundle '.process.args = ["sh", "-c", "trap \"exit 5\" TERM; echo ready; while :; do sleep 0.1; done"]'
	start box-oci --root="$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c
	eventually 10 printed ready
	kill "$pid"
	finish
	is "$status" 5
	oci run -d --bundle "$bundle" c >"$out" 3>&- </dev/null
	is_state running
	eventually 10 printed ready
	run -0 oci kill c
	eventually 10 is_state stopped
}

@test "the errors that engines read, and the log" {
	log=$BATS_TEST_TMPDIR/log
	bundle '.process.args = ["no-such"]'
	run oci --log "$log" --log-format json create --bundle "$bundle" c 3>&-
	is "$status" 1
	has "$output" 'exec: "no-such": executable file not found in $PATH'
	is "$(jq -r .level "$log")" error
	has "$(jq -r .msg "$log")" 'executable file not found in $PATH'
	bundle '.process.args = ["/etc/passwd"]'
	run oci create --bundle "$bundle" c 3>&-
	is "$status" 1
	has "$output" 'exec: "/etc/passwd": permission denied'
	# A program that the kernel refuses is found by start.
	copy_root
	echo x >"$root/bad"
	chmod 755 "$root/bad"
	bundle ".root.path = \"$root\" | .process.args = [\"/bad\"]"
	create c
	run oci --log "$log" start c
	is "$status" 1
	has "$output" 'exec: "/bad"'
	is "$(grep -c 'level=error msg=' "$log")" 1
	for id in "" . .. a/b 'a b' "$(printf 'x%.0s' {1..256})"; do
		run oci create --bundle "$bundle" "$id" 3>&-
		has "$status $output" "1 box-oci: invalid container ID"
	done
	run oci create --bundle "$BATS_TEST_TMPDIR/none" c 3>&-
	has "$status $output" "1 box-oci: --bundle"
	run oci fly
	has "$status $output" "1 box-oci: fly: no such verb"
	run oci --log-format xml state c
	has "$status $output" "box-oci: --log-format: 'xml' is neither text nor json"
}
