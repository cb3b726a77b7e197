#!/usr/bin/env bats
# Attacks on the network: packets of a neighbour or a hostile box, and the hosts
# that they reach.  Each attack is done again with its one defence taken away, to
# see that the defence stops it: those lines are marked "Weakened".
# The attacker in a box has every capability there: more than a box's root.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

LAN=192.0.2.2 HOST=192.0.2.1 GATEWAY=10.0.0.1 BOX=10.0.0.2
HOST6=2001:db8::1

setup() {
	lab_up
	requires "python3" command -v python3
	requires "iptables-nft" command -v iptables-nft-save
	if [ -e /proc/sys/net/ipv6 ]; then
		# No address that is tentative for a second.
		host ip -6 addr flush dev uplink
		outside ip -6 addr flush dev uplink
		for addr in $HOST6/64 fe80::1/64; do host ip addr add $addr dev uplink nodad; done
		for addr in 2001:db8::2/64 fe80::2/64; do outside ip addr add $addr dev uplink nodad; done
	fi
	baseline_save
}
teardown() {
	[ -z "${servers:-}" ] || kill "${servers[@]}" 2>/dev/null || :
	[ -z "${boxes:-}" ] || kill -9 "${boxes[@]}" 2>/dev/null || :
	[ -z "${chains:-}" ] || wait "${chains[@]}" 2>/dev/null || :
	lab_end
}

# Whether the network has settled: an address is new for a second.
settled() { is "$(host ip -6 addr show tentative 2>/dev/null)" ""; }
# become WHERE CMD...: for the background, as $! is to be CMD itself.
become() {
	case $1 in
	host) enter "$HOSTNS" "${@:2}" ;;
	outside) enter "$OUTNS" "${@:2}" ;;
	far) enter "far$$" "${@:2}" ;;
	inbox) exec nsenter -t "$prog" -n "${@:2}" ;;
	esac
}
talk() { "$1" python3 "$BATS_TEST_DIRNAME/net.py" "${@:2}"; }
forge() { "$1" python3 "$BATS_TEST_DIRNAME/attack/net.py" "${@:2}"; }
# served WHERE PROTO ADDR PORT: a server there; $log has the packets that it heard.
served() {
	log=$BATS_TEST_TMPDIR/served$((++n))
	become "$1" python3 "$BATS_TEST_DIRNAME/net.py" serve "${@:2}" >"$log" 2>&1 3>&- &
	servers+=($!)
	eventually 10 grep -q ready "$log"
}
# boxed SLOT NAT-OPTIONS...: a box with a server on its port 80; $prog is it.
boxed() {
	start net-nat --slot "$1" "${@:2}" ns-spawn --slot "$1" net-veth --slot "$1" \
	    python3 "$BATS_TEST_DIRNAME/net.py" serve tcp 0.0.0.0 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	prog=$(payload "$pid")
	boxes+=("$prog") chains+=("$pid")
}
asked() { is "$(talk "$2" ask "${@:3}" 1)" "$1" "answer to ${*:2}"; }
# six: IPv6 on the box's end, as a box with CAP_NET_ADMIN may have it.
six() { inbox sysctl -qw net.ipv6.conf.veth1.disable_ipv6=0; }
mac() { "$1" cat "/sys/class/net/$2/address" 2>/dev/null || "$1" ip -br link show "$2" | awk '{print $3}'; }
ipt() { host iptables-nft "$@"; }
sysctl_host() { host sysctl -qw "net.$1"; }
# The host's network, as far as a box could change it, without counters of time.
network() {
	host bash -c 'ip addr; ip route show table all; ip -6 route show table all; ip rule
		ip neigh show nud permanent; iptables-nft-save' | grep -vE '^(#|\*|COMMIT|:.* ACCEPT)' | sed 's/ \(valid_lft\|expires\).*//; s/\[[0-9:]*\]//'
}
neighbours() { host ip neigh show dev "${1:-veth0}" | awk '{print $1, $3}' | sort; }

# syn ANSWER WHERE IF SRC DST PORT: as forge's, by way of the MAC in $to.
syn() { is "$(forge "$2" syn "$3" "$to" "${@:4}")" "$1" "answer to a SYN for ${*:5}"; }

@test "T38: crafted packets for 127.0.0.1 and for a box's address" {
	served host tcp 127.0.0.1 6000
	boxed 0 -p 8080:80
	to=$(mac host uplink)
	syn SA outside uplink $LAN $HOST 8080
	for target in "127.0.0.1 6000" "127.0.0.1 8080" "$BOX 80"; do
		# shellcheck disable=SC2086
		syn - outside uplink $LAN $target
	done
	# The same from a box; its link has route_localnet.
	to=$(mac host veth0)
	for port in 6000 8080; do
		is "$(forge inbox syn veth1 "$to" $BOX 127.0.0.1 $port)" - "from the box: $port"
	done
	for i in all default lo uplink; do
		is "$(host cat /proc/sys/net/ipv4/conf/$i/route_localnet)" 0 $i
	done
	# Weakened: route_localnet for all, and the DNAT for 127/8, too.
	to=$(mac host uplink)
	sysctl_host ipv4.conf.uplink.route_localnet=1
	syn SA outside uplink $LAN 127.0.0.1 6000
	# The port is held without a listener.
	syn R outside uplink $LAN 127.0.0.1 8080
	ipt -t nat -I PREROUTING -j BOX-DNAT-0
	syn SA outside uplink $LAN 127.0.0.1 8080
	ipt -t nat -D PREROUTING -j BOX-DNAT-0
	sysctl_host ipv4.conf.uplink.route_localnet=0
	# Weakened: the box's own link without its rules.
	ipt -t mangle -F BOX-LO-0
	is "$(forge inbox syn veth1 "$(mac host veth0)" $BOX 127.0.0.1 6000)" SA
	# Weakened: no packet to the box is dropped.
	ipt -D "BOX-FWD-$(shared)" -j DROP
	ipt -F "BOX-REST-$(shared)"
	syn SA outside uplink $LAN $BOX 80
}

@test "T39: a published port answers where it was asked for, and nowhere else" {
	host ip addr add 192.0.2.10/32 dev uplink
	outside ip route add $GATEWAY via $HOST
	baseline_save
	boxed 0 -p 8080:80 -p $HOST:8081:80 -p 192.0.2.10:8082:80 -p 127.0.0.1:8083:80
	ports=$(seq 8080 8084)
	# scope WHERE ADDR PORTS: of all those, the ones that answer.
	scope() {
		local targets
		# shellcheck disable=SC2086
		targets=$(printf '%s\n' $ports | sed "s/^/$2:/")
		# shellcheck disable=SC2086
		is "$(forge "$1" scan $targets | sed 's/[^ ]*:\([0-9]*\)/\1/g')" "$3" "from $1 to $2"
	}
	scope outside $HOST "8080 8081"
	scope outside 192.0.2.10 "8080 8082"
	# Any link takes packets for any address of the host.
	scope outside $GATEWAY "8080"
	scope host $HOST "8080 8081"
	scope host 127.0.0.1 "8080 8083"
	scope host $GATEWAY "8080"
	scope inbox $HOST "8080 8081"
	scope inbox 192.0.2.10 "8080 8082"
	scope inbox $GATEWAY "8080"
	scope inbox 127.0.0.1 ""
	to=$(mac host uplink)
	syn - outside uplink $LAN 127.0.0.1 8083
	for addr in "[$HOST6]" "[fe80::1%uplink]"; do scope outside "$addr" ""; done
	scope host "[$HOST6]" "" && scope host "[::1]" ""
	# Weakened: a rule that has lost its address, and a program with IPv6.
	ipt -t nat -S BOX-DNAT-0 | grep -v -- -N | sed 's/ -d [0-9./]*//; s/^-A //' >"$BATS_TEST_TMPDIR/rules"
	ipt -t nat -F BOX-DNAT-0
	while read -ra rule; do ipt -t nat -A "${rule[@]}"; done <"$BATS_TEST_TMPDIR/rules"
	scope outside $HOST "8080 8081 8082 8083"
	[ ! -e /proc/sys/net/ipv6 ] || {
		become host python3 -c 'import socket
s = socket.create_server(("::", 8084), family=socket.AF_INET6)
print("ready", flush=True)
s.accept()' >"$BATS_TEST_TMPDIR/six" 3>&- &
		servers+=($!)
		eventually 10 grep -q ready "$BATS_TEST_TMPDIR/six"
		scope outside "[$HOST6]" "8084"
	}
	kill -9 "$prog" && finish
}

# unchanged: as it was in $before; the link of a box that ended goes with time.
unchanged() { diff <(echo "$before") <(network); }

# unsettle: a box's forged messages about routes and addresses.
unsettle() {
	forge inbox ra veth1
	forge inbox na veth1 $HOST6
	forge inbox na veth1 fe80::1
	# Again: the first one makes the host look for the new gateway.
	for _ in 1 2 3; do
		forge inbox redirect veth1 "$(mac host veth0)" $BOX 203.0.113.9 10.0.0.77 $GATEWAY
	done
}
way() { host ip route get 203.0.113.9 | head -n 1; }
@test "T40: router advertisements, neighbour advertisements, redirects" {
	requires "IPv6" test -e /proc/sys/net/ipv6
	boxed 0
	six
	inbox ip addr add 10.0.0.77/32 dev veth1
	# A host that forwards takes redirects only where it is told so.
	sysctl_host ipv4.conf.all.accept_redirects=1
	# The host's way to somewhere leads through the box: it is a gateway.
	host ip route add 203.0.113.0/24 via $BOX
	is "$(host ip -6 addr show dev veth0)" "" "IPv6 on the host's end"
	before=$(network) way=$(way)
	has "$way" "via $BOX"
	unsettle
	is "$(way)" "$way"
	unchanged
	# Not even if IPv6 is turned on for all links at once.
	sysctl_host ipv6.conf.all.disable_ipv6=0
	linklocal() { has "$(host ip -6 addr show dev veth0)" fe80::; }
	eventually 10 linklocal
	eventually 10 settled
	before=$(network)
	unsettle
	unchanged
	# Weakened, one by one.
	sysctl_host ipv6.conf.veth0.accept_ra=2
	forge inbox ra veth1
	routed() { has "$(host ip -6 route)" "default via fe80::bad"; }
	eventually 10 routed
	has "$(host ip -6 addr show dev veth0)" 2001:db8:bad:
	sysctl_host ipv4.conf.veth0.accept_redirects=1
	redirected() { unsettle && has "$(way)" "via 10.0.0.77"; }
	eventually 10 redirected
	host ip route del 203.0.113.0/24
	kill -9 "$prog" && finish
	baseline_save
}

@test "T40: no service of the host's by IPv6" {
	requires "IPv6" test -e /proc/sys/net/ipv6
	boxed 0
	become host python3 -c 'import socket
s = socket.create_server(("::", 9999), family=socket.AF_INET6)
print("ready", flush=True)
while 1: s.accept()' >"$BATS_TEST_TMPDIR/six" 3>&- &
	servers+=($!)
	eventually 10 grep -q ready "$BATS_TEST_TMPDIR/six"
	six
	inbox ip addr add 2001:db8::9/64 dev veth1 nodad
	# By every address that it could have on this link, and by that of another.
	ll=$(python3 -c 'import sys
m = bytes.fromhex(sys.argv[1].replace(":", ""))
print("fe80::%x:%x:%x:%x" % (m[0] << 8 ^ 512 | m[1], m[2] << 8 | 255, 254 << 8 | m[3], m[4] << 8 | m[5]))' "$(mac host veth0)")
	reached() { is "$(forge inbox scan "${@:2}")" "$1"; }
	reached "" "[$ll%veth1]:9999" "[fe80::1%veth1]:9999" "[$HOST6]:9999"
	# Weakened.
	sysctl_host ipv6.conf.veth0.disable_ipv6=0
	linklocal() { has "$(host ip -6 addr show dev veth0 -tentative)" $ll; }
	eventually 10 linklocal
	eventually 10 reached "[$ll%veth1]:9999" "[$ll%veth1]:9999"
}

@test "T41: ARP for others, and packets with a neighbour's source" {
	boxed 1
	boxed 0
	to=$(mac host veth0)
	talk host ask tcp $BOX 80 >&2
	served host udp 0.0.0.0 7007
	before=$(neighbours) before1=$(neighbours box1)
	forge inbox garp veth1 $GATEWAY 10.0.0.3 $HOST $LAN
	forge inbox whohas veth1 10.0.0.3 $GATEWAY >&2
	forge inbox whohas veth1 $LAN $GATEWAY >&2
	is "$(neighbours)" "$before" "neighbours behind the box"
	is "$(neighbours box1)" "$before1" "neighbours behind the other box"
	# The host answers for the address of this link, and for no other of its own.
	is "$(forge inbox whohas veth1 $BOX $GATEWAY)" "$to"
	for addr in $HOST 127.0.0.1 10.0.0.3; do
		is "$(forge inbox whohas veth1 $BOX $addr)" - "ARP for $addr"
	done
	for src in 10.0.0.3 $LAN 8.8.8.8 $GATEWAY; do
		forge inbox udp veth1 "$to" $src $GATEWAY 7007
		forge inbox udp veth1 "$to" $src 10.0.0.3 7007
	done
	forge inbox udp veth1 "$to" $BOX $GATEWAY 7007
	eventually 10 grep -q "$BOX forged" "$log"
	is "$(grep -c forged "$log")" 1 "datagrams"
	asked "$GATEWAY hello" host tcp 10.0.0.3 80
	# Weakened.
	ipt -t mangle -F "BOX-FLOW-$(shared)"
	sysctl_host ipv4.conf.veth0.rp_filter=0
	forge inbox udp veth1 "$to" 10.0.0.3 $GATEWAY 7007
	eventually 10 grep -q "10.0.0.3 forged" "$log"
	forge inbox whohas veth1 10.0.0.3 $GATEWAY >&2
	has "$(neighbours)" 10.0.0.3
	sysctl_host ipv4.conf.veth0.arp_ignore=0
	is "$(forge inbox whohas veth1 $BOX $HOST)" "$to"
}

# The netlink requests of a hostile root; each must be tried.
meddle='ip link set lo down; ip link set uplink down; ip addr add 192.0.2.66/24 dev lo
	ip route add blackhole 8.8.8.8; ip link del veth0; nft flush ruleset
	iptables-nft -P FORWARD DROP; echo 1 >/proc/sys/net/ipv4/ip_forward; :'
@test "T42: netlink in a box does not reach the host" {
	requires "nft" command -v nft
	host iptables-nft -A INPUT -s 192.0.2.99 -j DROP
	baseline_save
	before=$(network)
	run -0 host net-nat ns-spawn net-veth sh -c "$meddle"
	eventually 10 unchanged
	# The box's root did have the power, over its own network.
	has "$(host ns-spawn net-veth sh -c "$meddle; ip link show lo")" "state DOWN"
	# Nor has a box's root that shares the host's network.
	run -0 host ns-spawn --net host sh -c "$meddle"
	eventually 10 unchanged
	# Weakened: in the host's own namespaces.
	run -0 host sh -c "$meddle"
	has "$(host ip -o link show uplink)" "state DOWN"
	hasnt "$(host iptables-nft -S)" 192.0.2.99
	host sysctl -qw net.ipv4.ip_forward=0
	host ip link set lo up && host ip link set uplink up
	baseline_save
}

# $prog's box gets an answer from each ADDR:PORT, or from none.
reaches() { is "$(forge inbox scan "$@")" "$*" "what a box reaches"; }
reaches_not() { is "$(forge inbox scan "$@")" "" "what a box reaches"; }
@test "T43: addresses that a box reaches, by default and isolated (nft)" { policy nft; }
@test "T43: addresses that a box reaches, by default and isolated (legacy)" {
	requires "iptables-legacy" command -v iptables-legacy-save
	lacks_kernel "legacy iptables" host iptables-legacy -t mangle -S
	policy legacy
}
policy() {
	# Host: a service by all its addresses, one of them the metadata service's.
	# LAN: private addresses, a public one; a name server, and another.
	host ip addr add 169.254.169.254/32 dev lo
	for addr in 192.168.7.1 192.168.7.2 100.64.0.1 8.8.8.8; do
		outside ip addr add $addr/32 dev lo
	done
	baseline_save
	served host tcp 0.0.0.0 9999
	served outside tcp 0.0.0.0 53
	served outside tcp 0.0.0.0 9999
	boxed 1 --backend "$1" -p 8081:80
	neighbour=$prog
	boxed 0 --backend "$1" -p 8080:80
	near="$GATEWAY:9999 $HOST:9999 169.254.169.254:9999 $LAN:9999 192.168.7.1:9999 100.64.0.1:9999
	    192.168.7.2:53 10.0.0.3:80 $HOST:8081"
	# shellcheck disable=SC2086
	reaches $near 8.8.8.8:9999
	kill -9 "$prog" && finish
	# Isolated, with any box that starts later.
	boxed 0 --backend "$1" -p 8080:80 --isolate --dns 192.168.7.1
	lonely=$prog
	boxed 2 --backend "$1"
	later=$prog prog=$lonely
	# shellcheck disable=SC2086
	isolated() { reaches_not $near 10.0.0.4:80; }
	isolated
	# Still reached: the world, its name server, its own port.
	reaches 8.8.8.8:9999 192.168.7.1:53 $HOST:8080
	# Others reach the box by that port alone, the host by any port.
	for who in $neighbour $later; do
		prog=$who reaches_not $BOX:80
		prog=$who reaches $HOST:8080
	done
	asked "$LAN hello" outside tcp $HOST 8080
	asked "$GATEWAY hello" host tcp 127.0.0.1 8080
	asked "$GATEWAY hello" host tcp $BOX 80
	# An accepting rule of others makes no difference: it comes later.
	host "iptables-$1" -I INPUT -j ACCEPT
	host "iptables-$1" -I FORWARD -j ACCEPT
	isolated
	# Weakened.
	host "iptables-$1" -t mangle -F BOX-HOST-0
	reaches $GATEWAY:9999
	host "iptables-$1" -t mangle -F BOX-ISO-0
	reaches 192.168.7.1:9999
	reaches 10.0.0.4:80
	host "iptables-$1" -D INPUT 1
	host "iptables-$1" -D FORWARD 1
}

@test "T43: isolated beside ufw and docker, and taken back" {
	ipt -P INPUT DROP
	ipt -A INPUT -i lo -j ACCEPT
	ipt -P FORWARD DROP
	ipt -N DOCKER-USER
	ipt -A DOCKER-USER -j RETURN
	ipt -I FORWARD -j DOCKER-USER
	ipt -t mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
	outside ip addr add 8.8.8.8/32 dev lo
	baseline_save
	served outside tcp 0.0.0.0 9999
	boxed 0 --isolate -p 8080:80
	reaches 8.8.8.8:9999
	reaches_not $LAN:9999
	asked "$LAN hello" outside tcp $HOST 8080
	kill -9 "$prog" && finish
	baseline_check
	# And by the next net-nat, if the first could not do so itself.
	boxed 0 --isolate -p 8080:80
	kill -9 "$pid" "$prog" && finish
	run -0 host net-nat --slot 1 true
	baseline_check
	# A net-nat that fails halfway leaves nothing.
	ipt -N BOX-FWD-0
	run -125 host net-nat --isolate true
	ipt -X BOX-FWD-0
	baseline_check
}

@test "T44: abstract sockets of the host's are not the box's" {
	become host python3 -c 'import socket
s = socket.socket(socket.AF_UNIX)
s.bind("\0net-attack")
s.listen()
print("ready", flush=True)
while 1: s.accept()' >"$BATS_TEST_TMPDIR/abstract" 3>&- &
	servers+=($!)
	eventually 10 grep -q ready "$BATS_TEST_TMPDIR/abstract"
	call='import socket
try: socket.socket(socket.AF_UNIX).connect("\0net-attack"); print("connected")
except OSError as e: print(e.strerror)'
	is "$(host net-nat ns-spawn net-veth python3 -c "$call")" "Connection refused"
	# No lock of ours has such a name, here or there.
	boxed 0
	is "$(host ss -Hxa | grep -o '@[^ ]*')" "@net-attack"
	is "$(inbox ss -Hxa | grep -o '@[^ ]*')" ""
	# Weakened.
	is "$(host ns-spawn --net host python3 -c "$call")" connected
}

@test "T45: forwarding for boxes makes the host nobody's router" {
	# Another network behind the host, and a neighbour that sends there.
	ip netns add "far$$"
	far() { nsenter --net="/run/netns/far$$" "$@"; }
	host ip link add far type veth peer name far netns "far$$"
	host ip addr add 198.51.100.1/24 dev far && host ip link set far up
	far ip addr add 198.51.100.2/24 dev far && far ip link set far up && far ip link set lo up
	far ip route add default via 198.51.100.1
	outside ip route add 198.51.100.0/24 via $HOST
	outside ip route add 10.0.0.0/24 via $HOST
	baseline_save
	served far tcp 0.0.0.0 7000
	for slot in 0 1 2; do boxed $slot -p $((8080 + slot)):80; done
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	asked "$LAN hello" outside tcp $HOST 8081
	reaches 198.51.100.2:7000
	through() { is "$(forge outside scan "${@:2}")" "$1" "through the host"; }
	through "" 198.51.100.2:7000 $BOX:80 10.0.0.3:80 10.0.0.4:80
	# Not with a box's address either.
	served inbox udp 10.0.0.4 7007
	forge outside udp uplink "$(mac host uplink)" 10.0.0.3 10.0.0.4 7007
	forge outside udp uplink "$(mac host uplink)" 10.0.0.99 10.0.0.4 7007
	host python3 -c 'import socket
socket.socket(type=socket.SOCK_DGRAM).sendto(b"last", ("10.0.0.4", 7007))'
	eventually 10 grep -q last "$log"
	hasnt "$(cat "$log")" forged
	# Weakened.
	ipt -F "BOX-REST-$(shared)"
	through 198.51.100.2:7000 198.51.100.2:7000
	ipt -D "BOX-FWD-$(shared)" -j DROP
	through 10.0.0.4:80 10.0.0.4:80
	forge outside udp uplink "$(mac host uplink)" 10.0.0.3 10.0.0.4 7007
	eventually 10 grep -q forged "$log"
	kill "${servers[-1]}"
	# One is killed with its net-nat, the others end: as it was.
	kill -9 "$pid" "$prog" && finish
	kill -9 "${boxes[@]:0:2}"
	wait "${chains[@]}" 2>/dev/null || :
	run -0 host net-nat true
	baseline_check
	# A host that forwards already does so all the time.
	sysctl_host ipv4.ip_forward=1
	boxed 0
	through 198.51.100.2:7000 198.51.100.2:7000
	through "" $BOX:80
	kill -9 "$prog" && finish
	sysctl_host ipv4.ip_forward=0
	kill "${servers[@]}" && servers=()
	host ip link del far
	ip netns del "far$$"
	baseline_save
}

@test "T46: names that are another's are not taken, used or removed" {
	host ip link add veth0 type veth peer name box1
	host ip link add box2 type bridge
	ipt -t nat -N BOX-DNAT-3
	ipt -t nat -A BOX-DNAT-3 -s 192.0.2.99 -j DNAT --to-destination 192.0.2.98
	baseline_save
	# A lease passes such slots over; by number they are refused.
	run -125 host net-lease net-nat -p 8080:80 ns-spawn net-veth true
	has "$output" "Chain already exists"
	has "$output" "-N BOX-DNAT-3"
	for slot in 0 1 2; do
		run -125 host net-lease --slot $slot true
		run -125 host net-nat --slot $slot ns-spawn net-veth --slot $slot true
		has "$output" "it is not a box's"
	done
	baseline_check
	run -0 host net-nat --slot 4 ns-spawn net-veth --slot 4 true
	# Weakened: the names without their foreign owners.
	ipt -t nat -F BOX-DNAT-3 && ipt -t nat -X BOX-DNAT-3
	host ip link del veth0 && host ip link del box2
	run -0 host net-lease --slot 1 net-nat ns-spawn net-veth true
	baseline_save
}

@test "T47: a resolv.conf that leads out of the root is not changed" {
	copy_root
	victim=$BATS_TEST_TMPDIR/victim
	echo "nameserver 192.0.2.53" >"$victim"
	for link in "$victim" "../../../../../../../..$victim" /proc/1/root"$victim"; do
		ln -sfn "$link" "$root/etc/resolv.conf"
		run host ns-spawn rootfs-enter --dns 192.0.2.1 "$root" cat /etc/resolv.conf
		is "$(cat "$victim")" "nameserver 192.0.2.53" "by $link: $output"
	done
	# Weakened: a plain write to that path.
	ln -sfn "$victim" "$root/etc/resolv.conf"
	echo "nameserver 192.0.2.1" >"$root/etc/resolv.conf"
	is "$(cat "$victim")" "nameserver 192.0.2.1"
}

# heard HOW: which datagrams of a client that has talked to the box with the
# slot 0 the next one gets, be it as isolated as it may.
heard() {
	((++port))
	start net-nat -p 5070:5061/udp ns-spawn net-veth \
	    python3 "$BATS_TEST_DIRNAME/net.py" serve udp 0.0.0.0 5061
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	is "$(talk outside ask udp $HOST 5070 3 "$port")" "$LAN hello"
	"$1"
	start net-nat --isolate ns-spawn net-veth \
	    python3 "$BATS_TEST_DIRNAME/net.py" serve udp 0.0.0.0 5061
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	run talk outside ask udp $HOST 5070 0.3 "$port"
	# A datagram from the host arrives after all earlier ones.
	is "$(talk host ask udp $BOX 5061)" "$GATEWAY hello"
	heard=$(grep -c "$LAN hello" "$out") || :
	ended
}
ended() { kill -9 "$(payload "$pid")" && finish; }
killed() { prog=$(payload "$pid") && kill -9 "$pid" "$prog" && finish && eventually 10 gone "$prog"; }
# published: the answer to a client that sent before the box was there.
published() {
	((++port))
	run -1 talk outside ask udp $HOST 5071 0.3 "$port"
	start net-nat -p 5071:5061/udp ns-spawn net-veth \
	    python3 "$BATS_TEST_DIRNAME/net.py" serve udp 0.0.0.0 5061
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	run talk outside ask udp $HOST 5071 1 "$port"
	local asked=$status
	ended
	status=$asked
}

@test "T60: no datagram of a client's reaches the next box, and none is lost to it" {
	weaken
	port=4000
	for end in ended killed; do
		weak 60 heard $end
		is "$heard" 1 "weakened, $end"
		heard $end
		is "$heard" 0 "$end"
	done
	# A host that tracks flows all the time.
	ipt -A INPUT -m conntrack --ctstate INVALID -j DROP
	weak 60 published
	is "$status" 1 "weakened: $output"
	published
	is "$output" "$LAN hello"
	ipt -D INPUT -m conntrack --ctstate INVALID -j DROP
}

# trusted: the answer of a box to a neighbour with a link named like a box's.
trusted() {
	boxed 0
	run talk far ask tcp $BOX 80 1
	local asked=$status
	kill -9 "$prog" && finish
	status=$asked
}
@test "T61: a foreign link with the name of a box's is not trusted" {
	weaken
	ip netns add "far$$"
	far() { nsenter --net="/run/netns/far$$" "$@"; }
	host ip link add boxer0 type veth peer name far0 netns "far$$"
	far ip addr add 203.0.113.2/24 dev far0
	host ip addr add 203.0.113.1/24 dev boxer0
	far ip link set far0 up
	host ip link set boxer0 up
	far ip route add default via 203.0.113.1
	up() { has "$(host ip link show boxer0)" LOWER_UP; }
	eventually 10 up
	weak 61 trusted
	is "$output" "203.0.113.2 hello" weakened
	trusted
	is "$status" 1 "$output"
	host ip link del boxer0
	ip netns del "far$$"
}

# reached: the answer of a box of another pool to an isolated box.
reached() {
	start net-nat --pool 11.0.0.0/24 --slot 1 ns-spawn --slot 1 net-veth --pool 11.0.0.0/24 --slot 1 \
	    python3 "$BATS_TEST_DIRNAME/net.py" serve tcp 0.0.0.0 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	local other=$pid
	boxed 0 --isolate
	run talk inbox ask tcp 11.0.0.3 80 1
	local asked=$status
	kill -9 "$prog" && finish
	kill -9 "$(payload "$other")" && finish "$other"
	status=$asked
}
@test "T62: an isolated box does not reach boxes of another pool" {
	weaken
	weak 62 reached
	is "$output" "11.0.0.1 hello" weakened
	reached
	is "$status" 1 "$output"
}

# flood: datagrams from the box to 2500 ports of its neighbour, and as many of
# the host; the host's number of flows is $flows, the answer to another box
# $output.
flood() {
	boxed 1
	local other=$prog
	boxed 0 "$@"
	inbox python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for addr in sys.argv[1:]:
    for port in range(20000, 22500):
        try: s.sendto(b"", (addr, port))
        except ConnectionRefusedError: pass' 8.8.8.8 $HOST
	flows=$(host cat /proc/sys/net/netfilter/nf_conntrack_count)
	kill -9 "$prog" && finish
	prog=$other pid=${chains[-2]}
	run talk inbox ask tcp $LAN 7000
	kill -9 "$prog" && finish
}
# churn: 200 connections of a box to the outside, each closed before the next;
# $flows as above.
churn() {
	boxed 0 "$@"
	inbox python3 -c 'import socket
for i in range(200):
    with socket.socket() as s:
        s.settimeout(0.01)
        try:
            s.connect(("8.8.8.8", 7000))
            while s.recv(100): pass
        except TimeoutError: pass'
	flows=$(host cat /proc/sys/net/netfilter/nf_conntrack_count)
	kill -9 "$prog" && finish
}
@test "T90: a box does not fill the host's table of flows" {
	weaken
	outside ip addr add 8.8.8.8/32 dev lo
	baseline_save
	served outside tcp 0.0.0.0 7000
	weak 90 flood
	[ "$flows" -ge 5000 ] || fail "weakened: $flows"
	for isolate in "" --isolate; do
		flood $isolate
		between "$flows" 2040 2100
		is "$output" "$HOST hello"
	done
	# Users who need more, or less.
	flood --flows 300
	between "$flows" 290 360
	flood --flows max
	[ "$flows" -ge 5000 ] || fail "max: $flows"
	# Closed connections stay in the table.
	weak 90 churn --flows 20
	[ "$flows" -ge 150 ] || fail "weakened: $flows"
	churn --flows 20
	between "$flows" 15 40
}

is_settled() { is "$(inbox ip -6 addr show tentative)" ""; }
# flood_neighbours: datagrams from the box to 200 neighbours in each network that
# a box may have; $neighbours is the number that the box and the host keep.
flood_neighbours() {
	boxed 0
	eventually 10 is_settled
	inbox python3 -c 'import socket
link = socket.if_nametoindex("veth1")
for i in range(200):
    for family, to in ((10, ("fe80::%x:1" % i, 9, 0, link)), (10, ("2001:db8::%x" % i, 9)), (10, ("fd62:6f78::%x" % (i + 9), 9)),
                       (2, ("10.0.0.%d" % i, 9)), (2, ("169.254.7.%d" % i, 9))):
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            try: s.sendto(b"", to)
            except OSError: pass'
	neighbours=$({ inbox ip neigh show nud all; host ip neigh show nud all dev veth0; } | grep -c .)
	kill -9 "$prog" && finish
}
@test "T91: a box does not fill the kernel's table of neighbours" {
	requires "IPv6" test -e /proc/sys/net/ipv6
	weaken
	for BOX_POOL6 in "" fd62:6f78::/64; do
		[ ! "$BOX_POOL6" ] || export BOX_POOL6
		weak 91 flood_neighbours
		[ "$neighbours" -ge 200 ] || fail "weakened: $neighbours"
		flood_neighbours
		[ "$neighbours" -lt 10 ] || fail "$neighbours"
	done
}
