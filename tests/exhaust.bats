#!/usr/bin/env bats
# A box that takes all that it gets of one resource: the host and a neighbour box go
# on, and the end says which limit the box has hit. box-shared(7) has the bounds;
# tests/bench/exhaust measures the neighbour's rate.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	lab_up
	make -s -C "$TOP" tests/attack/hog tests/bench/traffic >&2
}
teardown_file() { lab_down; }
setup() {
	copy_root
	# As other users of the host execute it.
	hog=$BATS_RUN_TMPDIR/hog
	cp "$TOP/tests/attack/hog" "$hog"
	cp "$hog" "$TOP/tests/bench/traffic" "$root"
	baseline_save
	host box-run -d --rm --name neighbour --cpus max --ready port -p 8080:80 --read-only "$root" /traffic serve 80
}
teardown() {
	for box in neighbour hog; do host box-stop -t 0 "$box"; done >/dev/null 2>&1
	baseline_check
}

# hog KIND [OPTION]...: a box that takes all of it, until it is full; $has is the
# number that it has, $why the kernel's reason.
hog() {
	host box-run -d --name hog "${@:2}" "$root" /hog "$1"
	eventually 30 full "$1"
}
full() { read -r _ has why < <(box-logs hog | grep "^$1 [0-9]* [A-Z]") && [ "$why" ]; }
# well: the host and its users still get some of each kind, and the neighbour answers
# each request in time.
well() {
	local kind as
	for kind in processes descriptors inotify terminals keys; do
		for as in "" "setpriv --reuid 4242 --regid 4242 --clear-groups"; do
			is "$(host $as "$hog" $kind 10)" "$kind 10" "$as"
		done
	done
	rate=$(outside timeout $((10 * ${SLACK:-1})) "$TOP/tests/bench/traffic" small 192.0.2.1 8080 0.2)
	[ "$rate" -gt 100 ] || fail "$rate requests per second"
	[ "$(host box-ps -q | grep -c neighbour)" = 1 ]
}
# ended LIMITS [LINE]: box-ps names them, and the report has the option that raises one.
ended() {
	local limits
	host box-stop -t 0 hog 2>/dev/null || :
	limits=$(box-ps -a --json | jq -r '.[] | select(.name == "hog").limits | join(" ")')
	is "$limits" "$1" "limits that the box has hit"
	[ ! "${2-}" ] || has "$(box-logs hog)" "$2 raises it"
	host box-rm hog
}

@test "exhaustion: processes" {
	hog processes
	is "$why" EAGAIN
	well
	ended pids --pids-limit
}

@test "exhaustion: memory" {
	hog memory -m 64m
	well
	ended memory --memory
}
@test "exhaustion: files of a layer that is thrown away" {
	host box-run -d --name hog --ephemeral -m 64m "$root" /hog files
	over() { [ "$(host box-ps -q)" = neighbour ]; }
	eventually 30 over
	[ ! -e "$root/hog.0" ]
	well
	is "$(box-ps -a --json | jq -r '.[] | select(.name == "hog") | "\(.status) \(.limits[0])"')" "137 memory"
	ended memory --memory
	# ns-spawn may be among the killed: the name in /run/netns is left to the next run.
	host box-gc
}

@test "exhaustion: the log" {
	host box-run -d --name hog "$root" /hog log
	size() { du -sk "$BOX_STATE/log/hog" | cut -f 1; }
	filled() { [ "$(size)" -ge 3072 ]; }
	eventually 30 filled
	well
	between "$(size)" 3072 4200
	ended ""
}

@test "exhaustion: flows of connection tracking" {
	host box-run -d --name hog --cpus max "$root" /hog flows
	flows() { host cat /proc/sys/net/netfilter/nf_conntrack_count; }
	many() { [ "$(flows)" -ge 2000 ]; }
	eventually 30 many
	well
	# The rate of new ones is 102 in a second; some are the neighbour's.
	between "$(flows)" 2000 3500
	ended ""
}

@test "exhaustion: descriptors, inotify instances, terminals, keys" {
	beyond_box counts
	hog descriptors --ulimit nofile=1000
	is "$why $has" "EMFILE 997"
	well
	ended ""
	hog inotify
	is "$why" EMFILE
	between "$has" 50 "$(cat /proc/sys/fs/inotify/max_user_instances)"
	well
	ended ""
	hog terminals
	is "$why $has" "ENOSPC 256"
	well
	ended ""
	# The filter refuses them; without it, the box has a count of its own.
	hog keys
	is "$why $has" "EPERM 0"
	ended ""
	hog keys --seccomp off
	is "$why" EDQUOT
	between "$has" 10 "$(cat /proc/sys/kernel/keys/maxkeys)"
	well
	ended ""
}
