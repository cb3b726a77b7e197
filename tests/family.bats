#!/usr/bin/env bats
# The family with real boxes, in the background: a service's life.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	bb_root
	baseline_save
}
teardown() {
	box-ps -q | xargs -r box-stop -t 0
	rm -rf "$BOX_STATE/log"
	baseline_check
}
field() { box-ps --json "$1" | jq -c ".[] | .$2"; }
serve='echo "it says hello" >/www/index.html; httpd -f -vv -p 80 -h /www & trap "echo bye; exit 7" TERM; wait; exit 7'

@test "a service outlives its shell, and is observed, limited, waited for, stopped" {
	# The shell is gone, and nothing holds its output.
	is "$(host bash -c 'box-run -d --name web --ready port -p 8080:80 --tmpfs /www "$@"' sh "$bb" sh -c "$serve")" web
	has "$(outside curl -s -m 5 http://192.0.2.1:8080/)" "it says hello"
	is "$(box-ps -q)" web
	is "$(field web 'address, .ports[0], .processes_limit' | xargs)" "10.0.0.2 0.0.0.0:8080:80/tcp 20"
	between "$(field web processes)" 2 4
	between "$(field web memory)" 10000 100000000
	is "$(cat "/proc/$(field web pid)/comm")" ns-spawn
	run -0 box-top --count 1
	has "${lines[1]}" web
	has "$(eventually 5 box-logs web; box-logs web)" "200"
	run -0 box-limit --pids-limit 30 -p 8081:80 web
	has "$(outside curl -s -m 5 http://192.0.2.1:8081/)" "it says hello"
	is "$(field web processes_limit)" 30
	box-logs -f web >"$BATS_TEST_TMPDIR/log" 3>&- &
	log=$!
	box-wait web >"$BATS_TEST_TMPDIR/status" 3>&- &
	waiter=$!
	# The waiting process has the file for the status.
	eventually 20 test -e "/proc/$waiter/fd/8"
	finish_all() { wait "$log"; status=0; wait "$1" || status=$?; }
	run -0 box-stop web
	finish_all "$waiter"
	is "$status" 7
	is "$(<"$BATS_TEST_TMPDIR/status")" 7
	has "$(<"$BATS_TEST_TMPDIR/log")" bye
	is "$(box-ps -q)" ""
	# The log stays.
	is "$(box-logs -n 1 web)" bye
}

@test "a box that ignores TERM is killed with all its processes" {
	host box-run -d --name deaf "$bb" sh -c 'trap "" TERM; setsid sh -c "trap \"\" TERM; sleep 1000" & while :; do sleep 1000; done'
	pids=$(sed '/deaf$/!d; s,$,/cgroup.procs,' "$BOX_STATE/lock/cg-deaf" | xargs cat)
	run -0 --separate-stderr box-stop -t 1 deaf
	is "$stderr" ""
	for p in $pids; do gone "$p"; done
}

@test "a restarted box is still the same box, until it is stopped" {
	host box-run -d --name again --restart always "$bb" sh -c 'echo here; sleep 0.2; exit 3'
	restarts() { [ "$(cat "$BOX_STATE/again/restarts")" -ge "$1" ]; }
	eventually 10 restarts 2
	is "$(box-ps -q)" again
	run -0 box-stop again
	is "$(box-ps -q)" ""
	between "$(box-logs again | grep -c here)" 2 1000
}

@test "a box without its keeper has ended, and its name is free" {
	host box-run -d --name killed "$bb" sleep 1000
	keeper=$(field killed keeper)
	kill -9 "$keeper"
	eventually 5 gone "$keeper"
	is "$(box-ps -q)" ""
	for t in "box-stop" "box-wait" "box-limit --cpus 1"; do
		run -125 $t killed
		has "$output" "killed: no such box is running"
	done
	free() { host box-run -d --name killed "$bb" sleep 1000; }
	eventually 10 free
	is "$(box-ps -q)" killed
}

@test "many at once" {
	local starts=()
	for i in {1..8}; do
		host box-run -d --name "box$i" -p "$((8000 + i)):80" "$bb" sleep 1000 >/dev/null 3>&- &
		starts+=($!)
	done
	# By name, as bats has a process of its own in the background.
	wait "${starts[@]}"
	is "$(box-ps -q | wc -l)" 8
	is "$(box-ps --json | jq -r '.[].address' | sort -u | wc -l)" 8
	box-ps -q | xargs box-stop -t 5
	is "$(box-ps --json)" "[]"
}

@test "an ordinary user's own" {
	# The tests' own directory is root's alone.
	state=$(mktemp -d) && chown 65534:65534 "$state"
	theirs() { setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" BOX_STATE="$state" "$@"; }
	theirs true || skip "needs a way for another user to $TOP"
	theirs box-keep -d --name mine ns-spawn --init sleep 1000
	is "$(theirs box-ps -q)" mine
	is "$(box-ps -q)" ""
	run -125 env BOX_STATE="$state" box-ps
	theirs box-stop -t 2 mine
	is "$(theirs box-ps -q)" ""
	rm -r "$state"
}

# full CMD...: with a full disk or a closed descriptor as standard output, CMD
# fails with a line, and has done nothing.
full() {
	local to
	for to in ">/dev/full" ">&-"; do
		run --separate-stderr host sh -c '"$@" '"$to" sh "$@"
		is "$status" 125 "$* $to"
		has "$stderr" "$1: cannot write to the standard output"
		[ "${#stderr_lines[@]}" = 1 ] || fail "more than a line: $stderr"
	done
}
@test "a standard output that is full or closed: an error, and nothing is done" {
	host box-run -d --name web "$bb" sh -c 'echo hello; exec sleep 1000'
	logged() { [ "$(box-logs web | head -n 1)" = hello ]; }
	eventually 10 logged
	for tool in run exec ps logs stop top wait doctor limit; do
		full "box-$tool" --help
		full "box-$tool" --version
	done
	full box-run -n "$bb" touch "$BATS_TEST_TMPDIR/ran"
	full box-exec -n web touch /ran
	[ ! -e "$BATS_TEST_TMPDIR/ran" ] && [ ! -e "$bb/ran" ]
	full box-ps
	full box-ps -q
	full box-ps --json
	full box-top --count 1
	full box-doctor
	full box-doctor --json
	full box-stop -n web
	full box-logs web
	full box-logs -n 1 web
	full box-logs --raw web
	is "$(box-ps -q)" web
	box-stop -t 0 web
}
