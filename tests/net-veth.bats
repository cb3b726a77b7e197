#!/usr/bin/env bats
# net-veth: links, addresses and routes on both sides.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() { baseline_check; }

# boxed ARGS...: starts a box with net-veth ARGS and a sleep in it.
boxed() {
	start ns-spawn net-veth "$@" sleep 1000
	runs sleep
}
over() { kill -9 "$prog" && finish; }
# refused ARGS...: status 125, a line and at most a hint, in $output.
refused() {
	run -125 host ns-spawn net-veth "$@" touch "$BATS_TEST_TMPDIR/ran"
	[[ ${lines[0]} == "net-veth: "* ]] || fail "not net-veth's: $output"
	[ ${#lines[@]} -le 2 ] || fail "more than a line and a hint: $output"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}
# The words of a link's or a route's line, without the counters of time.
addrs() { ip -4 -o addr show dev "$1" | awk '{$1 = ""; print}' | sed 's/ valid_lft.*//; s/\\//g'; }
reached() { has "$("$@" bash -c ': <>/dev/tcp/'"$to"'/1' 2>&1)" "Connection refused"; }

@test "the bare chain: 10.0.0.2/24 on veth1, its default through 10.0.0.1" {
	boxed
	is "$(inbox ip -br link | awk '{print $1}' | sed 's/@.*//' | sort | tr '\n' ' ')" "lo veth1 "
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	has "$(inbox ip link show veth1)" LOWER_UP
	has "$(inbox ip link show lo)" LOWER_UP
	is "$(inbox ip -4 route | sed 's/ *$//' | sort)" "$(printf '%s\n' \
	    "10.0.0.1 dev veth1 scope link src 10.0.0.2" "default via 10.0.0.1 dev veth1")"
	is "$(host ip -4 -o addr show dev veth0 | awk '{print $4}')" 10.0.0.1/32
	is "$(host ip -4 route show dev veth0 | sed 's/ *$//')" "10.0.0.2 scope link"
	over
}

@test "box and host reach each other" {
	boxed
	to=10.0.0.1 reached inbox
	to=10.0.0.2 reached host
	to=127.0.0.1 reached inbox
	over
}

@test "the box's root owns the network, and can use the link" {
	run -0 host ns-spawn net-veth sh -c 'ip -br addr show dev veth1 && ip addr add 10.9.9.9/32 dev lo'
	has "$output" 10.0.0.2/24
}

@test "boxes reach each other through the host, and nobody needs proxy_arp" {
	boxed
	first=$pid first_prog=$prog
	boxed --slot 1
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.3/24
	is "$(host ip -4 -o addr show dev box1 | awk '{print $4}')" 10.0.0.1/32
	is "$(host ip -4 route show dev box1 | sed 's/ *$//')" "10.0.0.3 scope link"
	host sysctl -qw net.ipv4.ip_forward=1
	to=10.0.0.2 reached inbox
	prog=$first_prog to=10.0.0.3 reached inbox
	host sysctl -qw net.ipv4.ip_forward=0
	is "$(inbox cat /proc/sys/net/ipv4/conf/all/proxy_arp)" 0
	over
	kill -9 "$first_prog"
	finish "$first"
}

@test "the slot names everything; BOX_SLOT and BOX_POOL too" {
	start env BOX_SLOT=7 BOX_POOL=10.8.0.0/16 ns-spawn net-veth sleep 1000
	runs sleep
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.8.0.9/16
	is "$(inbox ip -4 route show default | sed 's/ *$//')" "default via 10.8.0.1 dev veth1"
	is "$(host ip -4 -o addr show dev box7 | awk '{print $4}')" 10.8.0.1/32
	over
}

@test "--addr, --gateway, --host-link, --box-link" {
	boxed --addr 172.20.5.6/16 --gateway 172.20.0.1 --host-link outer9 --box-link eth0
	is "$(inbox ip -4 -o addr show dev eth0 | awk '{print $4}')" 172.20.5.6/16
	is "$(inbox ip -4 route show default | sed 's/ *$//')" "default via 172.20.0.1 dev eth0"
	is "$(host ip -4 -o addr show dev outer9 | awk '{print $4}')" 172.20.0.1/32
	is "$(host ip -4 route show dev outer9 | sed 's/ *$//')" "172.20.5.6 scope link"
	over
}

@test "a gateway outside of the box's network" {
	boxed --addr 10.3.0.7/24 --gateway 198.51.100.1
	is "$(inbox ip -4 route show default | sed 's/ *$//')" "default via 198.51.100.1 dev veth1"
	to=198.51.100.1 reached inbox
	to=10.3.0.7 reached host
	over
}

@test "bad options are refused" {
	while read -r args; do
		# shellcheck disable=SC2086
		refused $args
	done <<-END
		--addr 10.0.0.300/24
		--addr 10.0.0.2
		--addr 10.0.0.2/33
		--addr 10.0.0.2/x
		--addr nonsense
		--gateway 1.2.3
		--gateway 10.0.0.1/24
		--host-link a/b
		--host-link 0123456789abcdef
		--host-link .
		--box-link 0123456789abcdef
		--box-link lo
		--addr 10.0.0.2/32
		--addr 10.0.0.0/24
		--addr 10.0.0.255/24
		--addr 10.0.0.1/24
		--addr 127.0.0.2/8
		--addr 224.0.0.2/24
		--gateway 10.0.0.2
		--gateway 0.0.0.0
		--mtu 0
		--mtu 67
		--mtu 65536
		--mtu -1
		--mtu x
		--mtu 99999999999
		--slot -1
		--slot 253
		--slot x
		--pool 10.0.0.0
		--pool 10.0.0.0/33
		--pool x/24
		--pool 127.0.0.0/24
	END
	refused --host-link ""
	refused --box-link ""
}

@test "the MTU is the MTU of the host's route out" {
	host ip link set uplink mtu 1420
	boxed
	has "$(inbox ip -o link show veth1)" "mtu 1420"
	has "$(host ip -o link show veth0)" "mtu 1420"
	over
	host ip link set uplink mtu 1500
	# A route may say less than its link.
	host ip route replace default via 192.0.2.2 mtu 1300
	boxed
	has "$(inbox ip -o link show veth1)" "mtu 1300"
	over
	host ip route replace default via 192.0.2.2
	boxed --mtu 1234
	has "$(inbox ip -o link show veth1)" "mtu 1234"
	has "$(host ip -o link show veth0)" "mtu 1234"
	over
}

@test "a host with no route out still gets a box" {
	host ip route del default
	boxed
	has "$(inbox ip -o link show veth1)" "mtu 1500"
	to=10.0.0.1 reached inbox
	over
	host ip route add default via 192.0.2.2
}

@test "a host without a single route, its lo down, still gets a box" {
	ip netns add "bare$$"
	run nsenter --net="/run/netns/bare$$" ns-spawn net-veth ip -4 route
	ip netns del "bare$$"
	is "$status" 0 "$output"
	has "$output" "default via 10.0.0.1"
}

@test "a box cannot speak with another address than its own" {
	requires "python3" command -v python3
	boxed
	log=$BATS_TEST_TMPDIR/served
	host python3 "$BATS_TEST_DIRNAME/net.py" serve udp 10.0.0.1 7007 >"$log" 3>&- &
	server=$!
	eventually 10 grep -q ready "$log"
	send() { inbox python3 -c 'import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
s.sendto(b"hello", ("10.0.0.1", 7007))' "$1"; }
	inbox ip addr add 10.0.0.77/32 dev lo
	inbox ip addr add 192.0.2.2/32 dev lo
	send 10.0.0.77
	send 192.0.2.2
	# A datagram is lost where the neighbour is asked for with the forged address.
	heard() { send "$1" && grep -q "$1 hello" "$log"; }
	eventually 10 heard 10.0.0.2
	is "$(grep hello "$log" | sort -u)" "10.0.0.2 hello"
	# Without the filter the forged address passes.
	host sysctl -qw net.ipv4.conf.veth0.rp_filter=0
	eventually 10 heard 10.0.0.77
	kill $server
	over
}

@test "the host's end is closed before it is up" {
	requires "IPv6" test -e /proc/sys/net/ipv6
	boxed
	while read -r setting want; do
		is "$(host cat "/proc/sys/net/${setting/LINK/veth0}")" "$want" "$setting"
	done <<-END
		ipv6/conf/LINK/disable_ipv6 1
		ipv6/conf/LINK/accept_ra 0
		ipv4/conf/LINK/rp_filter 1
		ipv4/conf/LINK/accept_redirects 0
		ipv4/conf/LINK/arp_ignore 1
		ipv4/conf/LINK/route_localnet 0
	END
	is "$(host ip -6 addr show dev veth0)" ""
	is "$(nsenter -t "$prog" -n ip -6 addr show dev veth1)" ""
	over
	run -0 host net-veth -n --localnet true
	closed=$(sed -n '/link add/,/link set veth0 up/p' <<<"$output")
	is "$(grep -c '# echo [01] > /proc/sys/net/ipv[46]/conf/veth0/' <<<"$closed")" 6
	# Made, closed, up.
	has "$(head -n 1 <<<"$closed")" "link add veth0 mtu"
	is "$(tail -n 1 <<<"$closed")" "link set veth0 up"
}

@test "a host without IPv6 gets a box all the same" {
	# An empty directory in place of IPv6's settings: there are none.
	run -0 host unshare -m bash -c 'mkdir -p "$1" && mount --bind "$1" /proc/sys/net/ipv6 && ns-spawn net-veth true' \
	    bash "$BATS_TEST_TMPDIR/none"
}

@test "settings that cannot be written are no error if their values are right" {
	start ns-spawn sleep 1000
	runs sleep
	readonly() {
		run "$1" host unshare -m sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&
			exec net-veth --pid "$1"' sh "$prog"
	}
	inbox sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	readonly -125
	has "$output" "/conf/veth0/disable_ipv6: Read-only file system"
	host sysctl -qw net.ipv4.conf.default.{rp_filter=1,arp_ignore=1,accept_redirects=0} net.ipv6.conf.default.{disable_ipv6=1,accept_ra=0}
	readonly -0
	inbox ip link delete veth1
	host sysctl -qw net.ipv4.conf.default.accept_redirects=1
	readonly -125
	has "$output" "/conf/veth0/accept_redirects: Read-only file system"
	over
}

@test "a foreign link of that name is refused, named and left alone" {
	host ip link add veth0 type veth peer name foreign
	refused
	has "$output" veth0
	has "$output" "it is not a box's: File exists"
	has "$(host ip link show veth0)" "veth0@foreign"
	host ip link del veth0
	boxed
	over
}

@test "an own slot that still lives is refused" {
	boxed
	refused
	has "$output" veth0
	has "$output" "File exists"
	to=10.0.0.2 reached host
	over
}

@test "a slot is free again at once when its box has ended" {
	for i in 1 2 3 4 5; do
		run -0 host ns-spawn net-veth true
		boxed
		kill -9 "$pid"
		finish
	done
	run -0 host ns-spawn net-veth true
}

@test "a range that collides with a route of the host is refused, the route named" {
	host ip route add 10.0.0.0/24 via 192.0.2.2
	refused
	has "$output" "10.0.0.0/24"
	host ip route del 10.0.0.0/24
	host ip route add 10.0.0.0/8 via 192.0.2.2
	refused
	has "$output" "10.0.0.0/8"
	host ip route del 10.0.0.0/8
	host ip route add 10.0.0.128/25 via 192.0.2.2
	refused
	has "$output" "10.0.0.128/25"
	host ip route del 10.0.0.128/25
	refused --addr 192.0.2.77/24 --gateway 192.0.2.78
	has "$output" "192.0.2.0/24"
	refused --gateway 192.0.2.99
	has "$output" "192.0.2.0/24"
	# Other networks, other single addresses and the default route do not.
	host ip route add 10.0.1.0/24 via 192.0.2.2
	host ip route add 10.0.0.77 via 192.0.2.2
	boxed
	over
	host ip route del 10.0.1.0/24
	host ip route del 10.0.0.77
}

@test "an address that is taken is refused" {
	host ip addr add 10.0.0.2/32 dev lo
	refused
	has "$output" "10.0.0.2"
	host ip addr del 10.0.0.2/32 dev lo
	host ip addr add 10.0.0.1/32 dev uplink
	refused
	has "$output" "10.0.0.1"
	host ip addr del 10.0.0.1/32 dev uplink
	host ip route add 10.0.0.1 via 192.0.2.2
	refused
	has "$output" "10.0.0.1/32 dev uplink"
	host ip route del 10.0.0.1
}

@test "the kernel's own sentence is in the message" {
	# The kernel's sentence, as ip(8) prints it.
	said=$(host ip route add 10.9.9.9/32 via 192.0.2.255 2>&1 | sed -n 's/^Error: \(.*[^.]\)\.*$/\1/p')
	[ "$said" ]
	# The broadcast address of the box's network.
	refused --gateway 10.0.0.255
	has "$output" "$said"
	# The failed change is named by its command.
	has "$output" "ip route add default via 10.0.0.255"
}

@test "a net-veth that fails halfway leaves nothing" {
	boxed
	# The host's side, at its last step: there is a route.
	refused --host-link other9
	has "$output" "ip route add 10.0.0.2"
	run ! host ip link show other9
	to=10.0.0.2 reached host
	over
	# The box's side.
	start ns-spawn sleep 1000
	runs sleep
	for bad in "--gateway 10.0.0.255" "--box-link lo"; do
		# shellcheck disable=SC2086
		run -125 host net-veth --pid "$prog" $bad
		said=$output
		run ! host ip link show veth0
	done
	has "$said" "the box has a link of that name"
	run -125 host net-veth -x --pid "$prog" --gateway 10.0.0.255
	has "$output" "+ ip link delete veth0"
	has "${lines[-1]}" "ip route add default"
	over
}

@test "--pid: from outside, for a box that runs" {
	start ns-spawn sleep 1000
	runs sleep
	run -0 host net-veth --pid "$prog"
	is "$output" ""
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	is "$(host ip -4 route show dev veth0 | sed 's/ *$//')" "10.0.0.2 scope link"
	to=10.0.0.1 reached inbox
	over
	start ns-spawn sleep 1000
	runs sleep
	run -5 host net-veth --pid "$prog" --slot 2 sh -c 'exit 5'
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.4/24
	over
}

@test "--pid: bad ones are refused" {
	for bad in 0 -1 x 99999999 ""; do
		run -125 host net-veth --pid "$bad"
		[ ${#lines[@]} -le 2 ]
		[[ ${lines[0]} == "net-veth: "* ]]
	done
	# A process in the host's own network is no box.
	start sleep 1000
	runs sleep
	run -125 host net-veth --pid "$pid"
	has "$output" "$pid"
	kill "$pid"
	finish
	run -125 host net-veth true
	has "$output" "hint"
}

@test "a dead box's link makes way, a live box's does not" {
	start ns-spawn sleep 1000
	runs sleep
	first=$pid first_prog=$prog
	start ns-spawn sleep 1000
	runs sleep
	run -0 host net-veth --pid "$first_prog"
	run -125 host net-veth --pid "$prog"
	has "$output" "is in use"
	kill -9 "$first_prog"
	run -0 host net-veth --pid "$prog"
	to=10.0.0.1 reached inbox
	over
	finish "$first"
}

@test "the end of a box frees the name and the route of its link" {
	start ns-spawn net-veth sleep 1000
	runs sleep
	# The kernel keeps the link as long as this descriptor.
	exec 7<"/proc/$prog/ns/net"
	kill "$pid"
	finish
	run ! host ip link show veth0
	is "$(host ip route show 10.0.0.2)" ""
	has "$(host ip -o link show group 45253)" "dead"
	run -0 host ns-spawn net-veth true
	exec 7<&-
	eventually 10 no_links
}
no_links() { [[ -z $(host ip -o link show group 45253) ]]; }

# Both sides, as text.
sides() {
	host ip -4 -o addr show dev veth0 | sed 's/ valid_lft.*//; s/^[0-9]*://'
	host ip -4 route show dev veth0
	host ip -o link show veth0 | grep -o '<.*>.* mtu [0-9]*'
	inbox ip -4 -o addr | sed 's/ valid_lft.*//; s/^[0-9]*://'
	inbox ip -4 route show table all
	inbox ip -o link show veth1 | grep -o '<.*>.* mtu [0-9]*'
	inbox ip -o link show lo | grep -o '<.*>'
	host cat /proc/sys/net/ipv4/conf/veth0/{forwarding,route_localnet}
}
@test "-n --pid PID | ip -batch - makes the links of net-veth" {
	start ns-spawn sleep 1000
	runs sleep
	run -0 host net-veth --pid "$prog"
	want=$(sides)
	over
	baseline_check
	start ns-spawn sleep 1000
	runs sleep
	(enter "$HOSTNS" net-veth -n --pid "$prog") >"$BATS_TEST_TMPDIR/batch"
	# --nat puts the host's end into another group.
	run -0 diff <(sed 's/ group 45253 / group 45252 /' "$BATS_TEST_TMPDIR/batch") <(host net-veth -n --nat --pid "$prog")
	run ! host ip link show veth0
	run -0 host ip -batch - <"$BATS_TEST_TMPDIR/batch"
	is "$(sides)" "$want"
	over
}

@test "-n in the chain prints the unknown pid as a variable" {
	run -0 host net-veth -n true
	has "$output" "link add"
	has "$output" '$BOX_PID'
	has "$output" "10.0.0.2/24"
	has "$output" "10.0.0.1/32"
	has "${lines[-1]}" "# "
}

@test "-n in a box asks for the host's side, and changes nothing" {
	host ip link set uplink mtu 1420
	run -0 host ns-spawn net-veth -n true
	host ip link set uplink mtu 1500
	has "$output" "mtu 1420"
	has "$output" "addr add 10.0.0.1/32 dev veth0"
	is "${lines[-1]}" "# next: true"
	run ! host ip link show veth0
}

@test "-x in the chain traces the host's side too" {
	run -0 --separate-stderr host ns-spawn net-veth -x true
	has "$stderr" "+ ip link add"
	has "$stderr" "+ ip link set veth0 name dead"
	has "$stderr" "+ ip route delete 10.0.0.2 dev dead"
	has "$stderr" "10.0.0.1/32"
	has "$stderr" "10.0.0.2/24"
	is "$output" ""
}

@test "--localnet: on that link alone" {
	boxed --localnet
	is "$(host cat /proc/sys/net/ipv4/conf/veth0/route_localnet)" 1
	for i in all default lo uplink; do
		is "$(host cat /proc/sys/net/ipv4/conf/$i/route_localnet)" 0 $i
	done
	over
	boxed
	is "$(host cat /proc/sys/net/ipv4/conf/veth0/route_localnet)" 0
	over
}

@test "net-veth leaves forwarding alone" {
	boxed
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
	over
}

@test "kill -9 of the box: the link goes with the namespace" {
	start ns-spawn --init --netns "bn$$" net-veth sleep 1000
	runs sleep
	kill -9 "$pid"
	finish
	no_link() { ! host ip link show veth0 >/dev/null 2>&1; }
	eventually 10 no_link
	run -0 host ns-spawn --netns "bn$$" true
}

@test "a box without a network namespace of its own is refused" {
	refused_in() { run -125 host ns-spawn "$@" net-veth true; [[ ${lines[0]} == "net-veth: "* ]]; }
	refused_in --net host
	run -125 host ns-spawn --only uts net-veth true
	baseline_check
}

@test "only one link is to be had of the doorman" {
	run host ns-spawn net-veth net-veth --slot 1 --box-link veth9 true
	is "$status" 125
	baseline_check
}
