#!/usr/bin/env bats
# IPv6 for boxes: addresses, routes, ways in and out, refusals.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab6_up && open_tun; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() { baseline_check; }

over() { kill -9 "$prog" && finish; }
# The words of the IPv6 addresses and routes there.
addrs() { "${@:2}" ip -6 -o addr show dev "$1" | sed 's/^[0-9]*: *//; s/  */ /g; s/ *\\.*//'; }
routes() { "${@:2}" ip -6 route show dev "$1" | sed 's/ metric.*//'; }
# reached CMD...: CMD finds a host at $to, which has no such service.
reached() { has "$("$@" timeout 5 bash -c ': <>"/dev/tcp/$0/1"' "$to" 2>&1)" "Connection refused"; }

@test "both ends: addresses and routes, at once, and nothing that is learnt" {
	start net-lease --ipv6 ns-spawn net-veth --pool6 fd62:6f78::/64 sleep 1000
	runs sleep
	is "$(addrs veth0 host)" "$(printf '%s\n' \
	    "veth0 inet6 fd62:6f78::1/128 scope global nodad noprefixroute" "veth0 inet6 fe80::1/64 scope link nodad")"
	is "$(routes veth0 host)" "$(printf '%s\n' "fd62:6f78::2" "fe80::/64 proto kernel")"
	is "$(addrs veth1 inbox)" "veth1 inet6 fd62:6f78::2/64 scope global nodad noprefixroute"
	is "$(routes veth1 inbox)" "$(printf '%s\n' "fd62:6f78::1 src fd62:6f78::2" "default via fd62:6f78::1")"
	while read -r setting want; do
		is "$(host cat "/proc/sys/net/ipv6/conf/veth0/$setting")" "$want" "$setting of the host"
		is "$(inbox cat "/proc/sys/net/ipv6/conf/veth1/$setting")" "$want" "$setting of the box"
	done <<-END
		disable_ipv6 0
		addr_gen_mode 1
		accept_ra 0
		accept_redirects 0
		autoconf 0
	END
	is "$(host cat /proc/sys/net/ipv4/conf/veth0/rp_filter)" 1
	to=fd62:6f78::1 reached inbox
	to=fd62:6f78::2 reached host
	to=2001:db8::1 reached inbox
	# The kernel keeps a link as long as this descriptor, and its name is free.
	exec 7<"/proc/$prog/ns/net"
	over
	is "$(host ip -6 route show fd62:6f78::2)" ""
	run -0 host net-lease --ipv6 ns-spawn net-veth --pool6 fd62:6f78::/64 true
	exec 7<&-
}

@test "a pool of one's own; a slot's address in it; no route out where the host has none" {
	host ip route del default via 2001:db8::2
	host ip addr del 2001:db8::1/64 dev uplink
	start env BOX_POOL6=fd00:1:2:3:4:5::/96 net-lease --ipv6 --slot 4090 --pool 10.64.0.0/16 ns-spawn net-veth --pool6 fd00:1:2:3:4:5::/96 sleep 1000
	runs sleep
	host ip addr add 2001:db8::1/64 dev uplink nodad
	host ip route add default via 2001:db8::2
	is "$(routes box4090 host | head -n 1)" "fd00:1:2:3:4:5:0:ffc"
	is "$(routes veth1 inbox)" "$(printf '%s\n' \
	    "fd00:1:2:3:4:5:0:1 src fd00:1:2:3:4:5:0:ffc" "fd00:1:2:3:4:5::/96 via fd00:1:2:3:4:5:0:1")"
	to=fd00:1:2:3:4:5:0:1 reached inbox
	# A connection to a place outside fails at once, not after a second.
	has "$(inbox bash -c ': <>/dev/tcp/2001:db8:5::1/1' 2>&1)" "Network is unreachable"
	over
	start net-lease --pool6 fd99::/64 ns-spawn net-veth --pool6 fd99::/64 sleep 1000
	runs sleep
	is "$(routes veth1 inbox | tail -n 1)" "default via fd99::1"
	over
}

@test "a link with IPv6 has no less than IPv6's smallest packet, whatever the host's route has" {
	route=$(host ip route show default)
	host ip route change $route mtu 1000
	run -0 host net-lease --ipv6 ns-spawn net-veth --pool6 fd62:6f78::/64 ip link show veth1
	has "$output" "mtu 1280"
	run -0 host net-lease ns-spawn net-veth ip link show veth1
	has "$output" "mtu 1000"
	host ip route change $route
}

@test "without --ipv6 a box has none, link-local included" {
	start net-lease ns-spawn net-veth sleep 1000
	runs sleep
	is "$(addrs veth0 host)$(addrs veth1 inbox)" ""
	is "$(inbox ip -6 route)" ""
	over
}

@test "-x and -n: the lines of ip, which ip -batch takes" {
	start ns-spawn sleep 1000
	runs sleep
	run -0 host net-veth -x --pool6 fd62:6f78::/64 --localnet --pid "$prog"
	for line in "+ echo 1 > /proc/sys/net/ipv6/conf/veth0/addr_gen_mode" \
	    "+ ip addr add fe80::1/64 dev veth0 nodad" "+ ip route add fd62:6f78::2 dev veth0" \
	    "+ ip route append local ::1 dev veth0 table local metric 2048" \
	    "+ ip addr add fd62:6f78::2/64 dev veth1 nodad noprefixroute" "+ ip route add default via fd62:6f78::1 dev veth1"; do
		has "$output" "$line"
	done
	want=$(addrs veth0 host; routes veth0 host; host ip -6 route show table local dev veth0; routes veth1 inbox)
	has "$want" "local ::1 metric 2048"
	over
	# No doorman of net-veth has renamed the link: it goes when the kernel ends its namespace.
	eventually 10 eval '! host ip link show veth0'
	start ns-spawn sleep 1000
	runs sleep
	host net-veth -n --pool6 fd62:6f78::/64 --localnet --pid "$prog" >"$BATS_TEST_TMPDIR/batch"
	run ! host ip link show veth0
	# The settings are comments.
	host sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
	inbox sysctl -qw net.ipv6.conf.veth1.addr_gen_mode=1 2>/dev/null || inbox sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
	run -0 host ip -batch - <"$BATS_TEST_TMPDIR/batch"
	host sysctl -qw net.ipv6.conf.default.addr_gen_mode=0
	is "$(addrs veth0 host; routes veth0 host; host ip -6 route show table local dev veth0; routes veth1 inbox)" "$want"
	over
}

forge() { "$1" python3 "$BATS_TEST_DIRNAME/attack/net.py" "${@:2}"; }
way() { host ip route get 2001:db8:77::9 | head -n 1; }
@test "T40: router advertisements, neighbour advertisements and redirects of a box with IPv6" {
	requires "python3" command -v python3
	cp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/first"
	start net-lease --ipv6 ns-spawn net-veth --pool6 fd62:6f78::/64 sleep 1000
	runs sleep
	# The host's way to somewhere leads through the box: it is a gateway.
	inbox ip addr add fe80::2/64 dev veth1 nodad
	host ip route add 2001:db8:77::/64 via fe80::2 dev veth0
	mac=$(host ip -br link show veth0 | awk "{print \$3}")
	unsettle() {
		forge inbox ra veth1
		for addr in fd62:6f78::1 fe80::1 2001:db8::2; do forge inbox na veth1 $addr; done
		for _ in 1 2 3; do forge inbox redirect6 veth1 "$mac" fe80::2 2001:db8:77::9 fe80::3 fd62:6f78::1; done
	}
	has "$(way)" "via fe80::2"
	baseline_save
	unsettle
	has "$(way)" "via fe80::2"
	eventually 10 baseline_same
	# Weakened, one by one.
	host sysctl -qw net.ipv6.conf.veth0.accept_redirects=1
	redirected() { unsettle && has "$(way)" "via fe80::3"; }
	eventually 10 redirected
	host sysctl -qw net.ipv6.conf.veth0.accept_ra=2
	routed() { unsettle && has "$(host ip -6 route)" "default via fe80::bad"; }
	eventually 10 routed
	over
	mv "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/before"
}

# refused TEXT HINT CMD...
refused() {
	run -125 host "${@:3}" touch "$BATS_TEST_TMPDIR/ran"
	has "${lines[0]}" "$1"
	if [ "$2" ]; then has "${lines[1]}" "hint: $2"; else is "${#lines[@]}" 1; fi
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	eventually 10 baseline_same
}

@test "refused: bad pools, those that the host uses, hosts without IPv6" {
	for pool in fe80::/64 ::/64 ::ffff:10.0.0.0/112 64:ff9b::/96 ff05::/64; do
		refused "--pool6: '$pool' is not a network of hosts" "" net-lease --pool6 $pool
	done
	refused "--pool6: 'fd62::1/64' is not the address of a network" "" net-lease --pool6 fd62::1/64
	refused "--pool6: 'fd62::/113' has a length outside of 8..112" "" net-lease --pool6 fd62::/113
	refused "--pool6: 'fd62::' is not an address/length such as" "" net-lease --pool6 fd62::
	refused "--pool6: 'fd62:x::' is not an IPv6 address" "" ns-spawn net-veth --pool6 fd62:x::/64
	refused "IPv6 without net-nat, which refuses forged addresses" "net-nat behind net-lease" net-lease --ipv6 ns-spawn net-veth
	refused "--mtu: 1279: a link with IPv6 has at least 1280" "" ns-spawn net-veth --pool6 fd62::/64 --mtu 1279
	while read -r kind net flags; do
		# shellcheck disable=SC2086
		host ip "$kind" add $net dev uplink $flags
		baseline_save
		refused "the host has the" "--pool6 fd99::/64" net-lease --ipv6
		refused "the host has the" "--pool6 fd99::/64" ns-spawn net-veth --pool6 fd62:6f78::/64
		has "$output" "${net#* } dev uplink"
		host ip "$kind" del $net dev uplink
	done <<-END
		route fd62::/16
		route fd62:6f78:0:0:8000::/65
		route fd62:6f78::1/128
		address fd62:6f78::1/128 nodad
	END
	baseline_save
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	baseline_save
	refused "IPv6: this host has it disabled" "sysctl -w net.ipv6.conf.all.disable_ipv6=0" net-lease --ipv6
	refused "IPv6: this host has it disabled" "sysctl -w net.ipv6.conf.all.disable_ipv6=0" \
	    ns-spawn net-veth --pool6 fd62:6f78::/64
	run -0 host net-lease ns-spawn net-veth true
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	host ip addr replace 2001:db8::1/64 dev uplink nodad
	host ip route replace default via 2001:db8::2
	eventually 10 no_tentative host
	baseline_save
	# An empty directory in place of IPv6's settings: the kernel has none.
	mkdir "$BATS_TEST_TMPDIR/none"
	for cmd in "net-lease --ipv6" "ns-spawn net-veth --pool6 fd62:6f78::/64"; do
		# shellcheck disable=SC2086
		run -125 host unshare -m bash -c 'mount --bind "$0" /proc/sys/net/ipv6 && "$@"' "$BATS_TEST_TMPDIR/none" $cmd true
		has "${lines[0]}" "IPv6: Address family not supported by protocol"
		has "${lines[1]}" "hint: boot without ipv6.disable=1"
		baseline_same
	done
}

# up NAME [OPTIONS...]: a box of box-run with a sleep; box[NAME] is it, as we see it.
up() {
	bb_root
	start box-run --dns 127.0.0.1 --name "$@" "$bb" sleep 1000
	chain[$1]=$pid
	runs sleep
	box[$1]=$prog
}
inside() { nsenter -t "${box[$1]}" -m -n "${@:2}"; }
# seen NAME: the lines of names that the box's programs see.
seen() { inside "$1" sed '1,2d; /^127.0.1.1.container$/d; s/#.*//; s/ *$//; /^$/d' /etc/hosts | paste -sd '|' | tr '\t' ' '; }
sees() { is "$(seen "$1")" "$2" "the names in $1"; }
ended() { for p in "$@"; do kill "${chain[$p]}" && finish "${chain[$p]}" || return; done; }

@test "box-run --ipv6: names of both families, box-ps, --ip, host-gateway" {
	declare -A chain box
	up web --ipv6
	up db --ipv6 --ip 10.0.0.9 --add-host gw:host-gateway
	up old
	sees web "10.0.0.2 web|fd62:6f78::2 web|10.0.0.3 old|10.0.0.9 db|fd62:6f78::9 db"
	sees db "10.0.0.9 db|fd62:6f78::9 db|10.0.0.1 gw|fd62:6f78::1 gw|10.0.0.2 web|fd62:6f78::2 web|10.0.0.3 old"
	# A box without IPv6 learns no address that it cannot reach.
	sees old "10.0.0.2 web|10.0.0.3 old|10.0.0.9 db"
	host sysctl -qw net.ipv6.conf.all.forwarding=1
	is "$(inside web ping -6 -c 1 -W 5 db | head -n 1)" "PING db (fd62:6f78::9): 56 data bytes"
	inside db ping -6 -c 1 -W 5 web
	inside db ping -6 -c 1 -W 5 gw
	host sysctl -qw net.ipv6.conf.all.forwarding=0
	is "$(box-ps --json | jq -r '.[] | "\(.name) \(.address) \(.address6)"' | sort)" "$(printf '%s\n' \
	    "db 10.0.0.9 fd62:6f78::9" "old 10.0.0.3 null" "web 10.0.0.2 fd62:6f78::2")"
	# The slot of one that was killed, by one without IPv6.
	kill -9 "${chain[db]}" "${box[db]}"
	finish "${chain[db]}"
	up next --ip 10.0.0.9
	sees web "10.0.0.2 web|fd62:6f78::2 web|10.0.0.3 old|10.0.0.9 next"
	ended next
	sees web "10.0.0.2 web|fd62:6f78::2 web|10.0.0.3 old"
	up six --ipv6
	ended six
	sees web "10.0.0.2 web|fd62:6f78::2 web|10.0.0.3 old"
	ended web old
	# A server that has the IPv6 address alone is up.
	is "$(host timeout 20 box-run -d --name six --ipv6 --ready port:80 "$bb" httpd -f -p "[fd62:6f78::2]:80")" six
	box-stop -t 0 six
}

@test "box-run: networks that exclude --ipv6 and --pool6" {
	bb_root
	for words in "none --ipv6" "host --ipv6" "none --pool6=fd62::/64" "host --pool6=fd62::/64"; do
		# shellcheck disable=SC2086
		run -125 host box-run --network $words "$bb" true
		word=${words#* }
		is "$output" "box-run: ${word%=*}: a box with --network ${words% *} has no network of its own"
	done
	run -125 host box-run --network user --pool6 fd62::/64 "$bb" true
	is "$output" "box-run: --pool6: needs --network veth"
	run -0 host box-run -n --ipv6 "$bb" true
	has "$output" " net-lease --ipv6 "
	run -0 host box-run -n --network user --ipv6 "$bb" true
	hasnt "$output" ipv6
}

@test "name servers: those of IPv6 for a box with IPv6, and by --dns" {
	bb_root
	export RESOLV=$BATS_TEST_TMPDIR/resolv.conf
	printf 'nameserver %s\n' fe80::1%eth0 ::1 :: 2001:db8::53 127.0.0.53 192.0.2.7 >"$RESOLV"
	for row in "--ipv6|2001:db8::53 192.0.2.7" "--dns auto|192.0.2.7" \
	    "--ipv6 --dns 2001:db8::9 --dns 192.0.2.1 --dns fd62:6f78::1|2001:db8::9 192.0.2.1 fd62:6f78::1"; do
		# shellcheck disable=SC2086
		OPEN=$opener run -0 host box-run ${row%|*} --ephemeral "$bb" sed 's/^nameserver //' /etc/resolv.conf
		is "$(xargs <<<"$output")" "${row#*|}" "${row%|*}"
	done
	grace_end
}
