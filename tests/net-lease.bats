#!/usr/bin/env bats
# net-lease: one slot for one chain, for as long as that lives.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

BASE=1879048192

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() { baseline_check; }

# The slot that a chain has, by the id range of its box.
slot_of() { awk -v b=$BASE '{print ($2 - b) / 65536; exit}' "/proc/$1/uid_map"; }
leased() {
	start net-lease "$@" ns-spawn sleep 1000
	runs sleep
	slot=$(slot_of "$prog")
}
over() { kill -9 "$prog" && finish; }

@test "the first slot is 0, the next 1, and a slot left is leased again" {
	leased
	is "$slot" 0
	first=$pid first_prog=$prog
	leased
	is "$slot" 1
	second=$pid second_prog=$prog
	kill -9 "$first_prog"
	finish "$first"
	leased
	is "$slot" 0
	over
	kill -9 "$second_prog"
	finish "$second"
}

@test "the lease gives the box its address and its links' names" {
	start net-lease ns-spawn net-veth sleep 1000
	runs sleep
	first=$pid first_prog=$prog
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	start net-lease ns-spawn net-veth sleep 1000
	runs sleep
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.3/24
	is "$(host ip -4 route show dev box1 | sed 's/ *$//')" "10.0.0.3 scope link"
	over
	kill -9 "$first_prog"
	finish "$first"
}

@test "two hundred at the same moment get two hundred slots" {
	mkfifo "$BATS_TEST_TMPDIR/gate"
	exec 8<>"$BATS_TEST_TMPDIR/gate"
	for i in {1..200}; do
		(exec 3>&-; read -r _ <"$BATS_TEST_TMPDIR/gate"
		    exec nsenter --net="/run/netns/$HOSTNS" net-lease ns-spawn sh -c \
		    'cat /proc/self/uid_map; exec sleep 1000') >"$BATS_TEST_TMPDIR/slot$i" 8>&- &
		pids[i]=$!
	done
	yes | head -n 200 >&8
	all_there() { is "$(cat "$BATS_TEST_TMPDIR"/slot* | wc -l)" 200; }
	eventually 30 all_there
	is "$(awk -v b=$BASE '{print ($2 - b) / 65536}' "$BATS_TEST_TMPDIR"/slot* | sort -n | tr '\n' ' ')" \
	    "$(seq -s ' ' 0 199) "
	kill -9 "${pids[@]}"
	for i in {1..200}; do finish "${pids[i]}"; done
	exec 8>&-
}

@test "a large pool: as many slots as there are ranges of ids" {
	start net-lease --pool 10.64.0.0/16 --slot 4095 ns-spawn net-veth sleep 1000
	runs sleep
	is "$(slot_of "$prog")" 4095
	# The last id is the last one below 2^31.
	read -r _ base n _ <"/proc/$prog/uid_map"
	is $((base + n)) $((1 << 31))
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.64.16.1/16
	is "$(host ip -4 route show dev box4095 | sed 's/ *$//')" "10.64.16.1 scope link"
	run -125 host net-lease --pool 10.64.0.0/16 --slot 4096 true
	over
}

@test "a pool that the host uses is refused, and the use named" {
	for pool in 192.0.2.0/24 192.0.2.128/25 192.0.0.0/16; do
		run -125 host net-lease --pool $pool touch "$BATS_TEST_TMPDIR/ran"
		is "${#lines[@]}" 2
		has "$output" "dev uplink: Address "
		run -125 host env BOX_POOL=$pool "$TOP/bin/net-lease" touch "$BATS_TEST_TMPDIR/ran"
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	done
	host ip route add 10.64.32.0/20 via 192.0.2.2
	run -125 host net-lease --pool 10.64.0.0/16 true
	has "${lines[0]}" "the host has the route 10.64.32.0/20 dev uplink"
	host ip route del 10.64.32.0/20
	# Another box of the pool does not count as a use.
	start net-lease --pool 10.64.0.0/16 ns-spawn net-veth sleep 1000
	runs sleep
	run -0 host net-lease --pool 10.64.0.0/16 ns-spawn net-veth true
	over
}

@test "slots with links in use are passed over, without a wait for each" {
	for i in {1..30}; do host ip link add "box$i" type veth peer name "xob$i"; done
	leased
	first=$pid first_prog=$prog
	begin=${EPOCHREALTIME/./}
	leased
	is "$slot" 31
	between $((${EPOCHREALTIME/./} - begin)) 0 2000000
	over
	kill -9 "$first_prog" && finish "$first"
	for i in {1..30}; do host ip link del "box$i"; done
}

@test "the search from the last slot found goes on at the pool's beginning" {
	# All but the slots 16 to 20 are taken; one of the links has a box's group.
	for i in {0..15} {21..28}; do
		echo "link add $([ "$i" = 0 ] && echo veth0 || echo "box$i") group $((i == 3 ? 45253 : 0)) type veth peer name xob$i"
	done | host ip -batch -
	leased --pool 10.77.0.0/27 --slot 20
	echo 21 >"$BOX_STATE/lock/slot-hint"
	first=$pid first_prog=$prog
	leased --pool 10.77.0.0/27
	is "$slot" 16
	is "$(xargs <"$BOX_STATE/lock/slot-hint")" 16
	over
	kill -9 "$first_prog" && finish "$first"
	for i in {0..15} {21..28}; do
		echo "link del $([ "$i" = 0 ] && echo veth0 || echo "box$i")"
	done | host ip -batch -
}

@test "the slot of a box that was just killed is the next one's" {
	for _ in {1..10}; do
		start net-lease ns-spawn net-veth sleep 1000
		runs sleep
		kill -9 "$pid"
		finish
		run -0 host net-lease --slot 0 ns-spawn net-veth true
	done
}

@test "kill -9 of the chain frees its slot" {
	for i in 1 2 3; do
		leased
		is "$slot" 0
		kill -9 "$pid"
		finish
		eventually 5 gone "$prog"
	done
}

@test "a lease is held by the residents, and by no payload" {
	start net-lease cg-limit max ns-spawn sleep 1000
	runs sleep
	is "$(slot_of "$prog")" 0
	hasnt "$(ls -l "/proc/$prog/fd")" "$BOX_STATE"
	has "$(ls -l "/proc/$pid/fd")" "$BOX_STATE"
	# The payload is no stage, and gets no lease.
	run -0 host net-lease sh -c 'ls -l /proc/self/fd'
	hasnt "$output" "$BOX_STATE"
	# A copy of a stage that is not in our own directory is not one of ours.
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	cp "$TOP/bin/ns-spawn" "$BATS_TEST_TMPDIR/elsewhere"
	run -0 host net-lease "$BATS_TEST_TMPDIR/elsewhere/ns-spawn" --only uts sh -c 'ls -l /proc/self/fd'
	hasnt "$output" "$BOX_STATE"
	over
}

@test "a lease outlives the stage in front, as long as a resident lives" {
	start net-lease ns-spawn --init=linger bash -c 'setsid sleep 1006 <&- >&- 2>&- & exit 0'
	eventually 10 pgrep -f '^sleep 1006'
	first=$pid
	leased
	is "$slot" 1
	over
	kill -9 "$(pgrep -f '^sleep 1006')"
	finish "$first"
}

@test "--slot: that one or none" {
	leased --slot 5
	is "$slot" 5
	run -125 host net-lease --slot 5 true
	is "${#lines[@]}" 1
	has "$output" 5
	over
	for bad in -1 x 253 99999999999 ""; do
		run -125 host net-lease --slot "$bad" true
		[[ ${lines[0]} == "net-lease: "* ]]
	done
}

@test "--pool: other addresses, as many as it has" {
	start net-lease --pool 10.77.0.0/29 ns-spawn net-veth sleep 1000
	runs sleep
	is "$(nsenter -t "$prog" -n ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.77.0.2/29
	has "$(nsenter -t "$prog" -n ip -4 route)" "default via 10.77.0.1"
	over
	# .1 is the gateway's, .0 and .3 nobody's: one box.
	start net-lease --pool 10.77.0.0/30 ns-spawn sleep 1000
	runs sleep
	run -125 host net-lease --pool 10.77.0.0/30 true
	has "${lines[0]}" 10.77.0.0/30
	over
	for bad in 10.0.0.0 10.0.0.0/33 10.0.0.0/31 10.0.0.0/32 10.0.0.5/24 x/24 "" 10.0.0.0/; do
		run -125 host net-lease --pool "$bad" true
		[[ ${lines[0]} == "net-lease: "* ]]
	done
}

@test "a slot that a bare chain uses without a lease is not given out" {
	start ns-spawn net-veth sleep 1000
	runs sleep
	first=$pid first_prog=$prog
	# The next slot is leased; for this one, the message names the reason.
	run -0 host net-lease ns-spawn net-veth true
	run -125 host net-lease --slot 0 true
	is "${#lines[@]}" 1
	has "$output" veth0
	kill -0 "$first_prog"
	nsenter -t "$first_prog" -n ip link show veth1
	kill -9 "$first_prog"
	finish "$first"
}

@test "a state directory that cannot be made is named" {
	touch "$BATS_TEST_TMPDIR/file"
	run -125 env BOX_STATE="$BATS_TEST_TMPDIR/file/state" net-lease true
	[[ ${lines[0]} == "net-lease: "*"$BATS_TEST_TMPDIR/file"* ]]
}

@test "the state directory is root's alone, and a link in its place is refused" {
	run -0 env BOX_STATE="$BATS_TEST_TMPDIR/state" net-lease true
	is "$(stat -c %u:%a "$BATS_TEST_TMPDIR/state")" 0:755 || is "$(stat -c %u:%a "$BATS_TEST_TMPDIR/state")" 0:700
	mkdir "$BATS_TEST_TMPDIR/hostile"
	ln -s "$BATS_TEST_TMPDIR/victim" "$BATS_TEST_TMPDIR/hostile/lock"
	run -125 env BOX_STATE="$BATS_TEST_TMPDIR/hostile" net-lease true
	[ ! -e "$BATS_TEST_TMPDIR/victim" ]
	ln -s state "$BATS_TEST_TMPDIR/link"
	for cmd in "net-lease true" box-ps; do
		run -125 env BOX_STATE="$BATS_TEST_TMPDIR/link" $cmd
		has "$output" "link"
	done
}

@test "a slot is leased though box-gc has its lock for a moment" {
	mkdir -p "$BOX_STATE/lock"
	flock "$BOX_STATE/lock/slot-3" sleep 0.2 3>&- &
	run -0 host net-lease --slot 3 true
	wait $!
	flock "$BOX_STATE/lock/slot-3" sleep 1000 3>&- &
	run -125 host net-lease --slot 3 true
	has "$output" "slot 3: it is leased"
	kill $!
	wait $! || :
}

@test "-n says the lease, and takes none" {
	run -0 env BOX_STATE="$BATS_TEST_TMPDIR/none" net-lease -n true
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
	has "${lines[-1]}" "# "
}
