#!/usr/bin/env bats
# IPv6 through the firewall: the ways in and out, forwarding that costs the host
# no route, and the host before and after.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup() {
	lab6_up
	requires "python3" command -v python3
	requires "ip6tables-nft" command -v ip6tables-nft-save
	eventually 10 settled
	baseline_save
	export BOX_POOL6=fd62:6f78::/64
}
teardown() {
	[ -z "${servers:-}" ] || kill "${servers[@]}" 2>/dev/null || :
	[ -z "${boxes:-}" ] || kill -9 "${boxes[@]}" 2>/dev/null || :
	[ -z "${pids:-}" ] || wait "${pids[@]}" 2>/dev/null || :
	lab_end
}

settled() { is "$(host ip -6 -o addr show tentative; outside ip -6 -o addr show tentative)" ""; }
# web SLOT NAT-OPTIONS...: a box with a server on its port 80; $prog is its PID 1.
web() {
	start net-nat --slot "$1" "${@:2}" ns-spawn --slot "$1" net-veth --slot "$1" \
	    python3 -c "$NETPY" serve "${proto:-tcp}" :: 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	prog=$(payload "$pid")
	boxes+=("$prog") pids+=("$pid")
}
ended() { kill -9 "$1" && eventually 20 gone "$2"; wait "$2" || :; }
forge() { "$1" python3 "$BATS_TEST_DIRNAME/attack/net.py" "${@:2}"; }
mac() { "$1" ip -br link show "$2" | awk '{print $3}'; }
# open_raw: the chain in raw is the one defence that is taken off.
open_raw() { host ip6tables -t raw -F "$(rules6 | sed -n 's/^:\(BOX-RAW-[p0].*\)/\1/p' | sort | head -n 1)"; }
asked() { is "$(py "${@:2}")" "$1" "answer to ${*:2}"; }
no_answer() { run ! py "$@" 1; }
rules6() { host "ip6tables${1:+-$1}-save" | sed -n '/^-A/p; s/^\(:BOX[^ ]*\) .*/\1/p'; }
conf6() { host cat "/proc/sys/net/ipv6/conf/$1"; }

@test "the ways in and out, as the other side sees the client" {
	for backend in nft legacy; do
		[ $backend = nft ] || lacks_kernel "legacy ip6tables" host ip6tables-legacy -t nat -S
		served outside serve tcp :: $((++port + 7000))
		web 0 --backend $backend -p 8080:80 -p 5353:53/udp
		asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 $((port + 7000))
		asked "2001:db8::2 hello" outside ask tcp 2001:db8::1 8080
		asked "fd62:6f78::1 hello" host ask tcp ::1 8080
		asked "fd62:6f78::1 hello" host ask tcp fd62:6f78::2 80
		asked "fd62:6f78::1 hello" host ask tcp fd62:6f78::1 8080
		asked "2001:db8::1 hello" host ask tcp 2001:db8::1 8080
		# By itself, and by another box.
		asked "fd62:6f78::1 hello" inbox ask tcp 2001:db8::1 8080
		asked "::ffff:192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
		# The kernel finds the box again for packets of others.
		host ip -6 neigh flush dev veth0
		asked "2001:db8::2 hello" outside ask tcp 2001:db8::1 8080
		first=$prog first_pid=$pid
		web 1 --backend $backend -p "[::1]:8082:80"
		asked "fd62:6f78::1 hello" host ask tcp ::1 8082
		asked "fd62:6f78::3 hello" inbox ask tcp 2001:db8::1 8080
		asked "fd62:6f78::3 hello" inbox ask tcp fd62:6f78::2 80
		# A route of a neighbour's to the boxes leads nowhere.
		outside ip route add fd62:6f78::/64 via 2001:db8::1
		no_answer outside ask tcp fd62:6f78::2 80
		outside ip route del fd62:6f78::/64
		has "$(rules6 $backend)" "BOX-FWD-1"
		ended "$prog" "$pid"
		asked "fd62:6f78::1 hello" host ask tcp ::1 8080
		ended "$first" "$first_pid"
		grace_end
		eventually 10 baseline_same
	done
}

@test "a host without a default route: its neighbours reach the box, and the box them" {
	host ip -6 route del default
	baseline_save
	served outside serve tcp :: 7000
	web 0 -p 8080:80
	asked "2001:db8::2 hello" outside ask tcp 2001:db8::1 8080
	asked "2001:db8::1 hello" host ask tcp 2001:db8::1 8080
	asked "fd62:6f78::1 hello" inbox ask tcp 2001:db8::1 8080
	asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 7000
	ended "$prog" "$pid"
}

@test "a box without ports adds no rule to those of its pools; the rules go with the last" {
	requires "strace" command -v strace
	export BOX_GRACE=1
	served outside serve tcp :: 7000
	web 0
	first=$prog first_pid=$pid
	# The first one after a change looks.
	host net-nat --slot 9 ns-spawn true
	before=$(rules6)
	has "$before" "-s fd62:6f78::/64 ! -d fd62:6f78::/64 -j MASQUERADE"
	host strace -qfo "$BATS_TEST_TMPDIR/log" -e trace=execve net-nat --slot 1 ns-spawn true
	hasnt "$(<"$BATS_TEST_TMPDIR/log")" tables
	web 1
	is "$(rules6)" "$before"
	asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 7000
	asked "fd62:6f78::3 hello" inbox ask tcp fd62:6f78::2 80
	asked "fd62:6f78::1 hello" host ask tcp fd62:6f78::3 80
	# A box without IPv6 beside them; a second pool.
	start env -u BOX_POOL6 net-nat --slot 2 ns-spawn --slot 2 net-veth --slot 2 sleep 1000
	runs sleep
	is "$(rules6)" "$before"
	ended "$prog" "$pid"
	export BOX_POOL6=fd99:0:0:1::/64
	web 3
	asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 7000
	has "$(rules6)" "-s fd99:0:0:1::/64 ! -d fd99:0:0:1::/64 -j MASQUERADE"
	ended "$prog" "$pid"
	for ((i = 0; i < 2; i++)); do ended "${boxes[i]}" "${pids[i]}"; done
	has "$(rules6)" BOX-FWD-p
	gone_rules() { hasnt "$(rules6)" BOX- && is "$(conf6 all/forwarding)" 0; }
	eventually 5 gone_rules
}

# advertise: the world outside is a router, and says so.
advertise() {
	outside sysctl -qw net.ipv6.conf.all.forwarding=1
	outside python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
i = socket.if_nametoindex("uplink")
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, i)
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, i))'
}
learnt() { has "$(host ip -6 route show default proto ra)" "dev uplink"; }
@test "the host keeps its routes by router advertisements, and its settings" {
	host ip -6 route del default
	host ip link add other type veth peer name other2
	host sysctl -qw net.ipv6.conf.other.accept_ra=0
	advertise
	eventually 10 learnt
	eventually 10 settled
	baseline_save
	web 0 -p 8080:80
	learnt
	is "$(conf6 all/forwarding) $(conf6 uplink/accept_ra) $(conf6 default/accept_ra) $(conf6 other/accept_ra)" "1 2 2 0"
	is "$(conf6 veth0/accept_ra)" 0
	# One that comes while the box runs.
	host ip -6 route del default
	advertise
	eventually 10 learnt
	ended "$prog" "$pid"
	grace_end
	learnt
	eventually 10 baseline_same
	# A value that the owner changes meanwhile is theirs.
	web 0
	host sysctl -qw net.ipv6.conf.uplink.accept_ra=0
	ended "$prog" "$pid"
	grace_end
	is "$(conf6 all/forwarding) $(conf6 uplink/accept_ra) $(conf6 default/accept_ra)" "0 0 1"
	# Forwarding that is on stays on.
	host sysctl -qw net.ipv6.conf.all.forwarding=1
	baseline_save
	web 0
	hasnt "$(rules6)" BOX-REST
	ended "$prog" "$pid"
	grace_end
	eventually 10 baseline_same
}

@test "T101: a box sends by IPv6 from its own address alone" {
	for own in "" "--backend nft"; do
		# shellcheck disable=SC2086
		web 1 $own
		# shellcheck disable=SC2086
		web 0 $own
		served host serve udp :: 7007
		to=$(mac host veth0)
		for src in fd62:6f78::3 2001:db8::2 fe80::2 fd62:6f78::1 2001:db8:7::7; do
			forge inbox udp veth1 "$to" $src fd62:6f78::1 7007
			forge inbox udp veth1 "$to" $src fd62:6f78::3 7007
		done
		forge inbox udp veth1 "$to" fd62:6f78::2 fd62:6f78::1 7007
		eventually 10 grep -q "fd62:6f78::2 forged" "$log"
		is "$(grep -c forged "$log")" 1 "datagrams"
		# Weakened.
		open_raw
		forge inbox udp veth1 "$to" 2001:db8:7::7 fd62:6f78::1 7007
		eventually 10 grep -q "2001:db8:7::7 forged" "$log"
		kill "${servers[@]}" && servers=()
		for i in "${!boxes[@]}"; do ended "${boxes[i]}" "${pids[i]}"; done
		boxes=() pids=()
		grace_end
	done
}

@test "T101: nor does a box without net-nat, beside one with it" {
	web 0
	served host serve udp :: 7007
	start ns-spawn --slot 1 net-veth --slot 1 --pool6 fd62:6f78::/64 sleep 1000
	runs sleep
	boxes+=("$prog") pids+=("$pid")
	to=$(mac host box1)
	forge inbox udp veth1 "$to" fd62:6f78::2 fd62:6f78::1 7007
	forge inbox udp veth1 "$to" fd62:6f78::3 fd62:6f78::1 7007
	eventually 10 grep -q "fd62:6f78::3 forged" "$log"
	is "$(grep -c forged "$log")" 1 "datagrams"
	# Weakened.
	open_raw
	forge inbox udp veth1 "$to" fd62:6f78::2 fd62:6f78::1 7007
	eventually 10 grep -q "fd62:6f78::2 forged" "$log"
	for i in "${!boxes[@]}"; do ended "${boxes[i]}" "${pids[i]}"; done
}

# way: the host's way to somewhere beyond the box, which is a gateway.
way() { host ip -6 route get 2001:db8:9::9 | head -n 1; }
learnt6() { host ip -6 addr show dev veth0; host ip -6 route show dev veth0; way; }
unsettle() {
	forge inbox ra veth1
	forge inbox na veth1 2001:db8::2
	for _ in 1 2 3; do
		for src in fe80::9 fd62:6f78::2; do
			forge inbox redirect6 veth1 "$(mac host veth0)" $src 2001:db8:9::9 fe80::99 fd62:6f78::1
		done
	done
}
@test "T102: advertisements of routers and neighbours, and redirects, by IPv6" {
	web 0
	inbox ip addr add fe80::9/64 dev veth1 nodad
	host ip -6 route add 2001:db8:9::/64 via fe80::9 dev veth0
	before=$(learnt6) inside=$(inbox ip -6 route)
	unsettle
	is "$(learnt6)" "$before"
	# Nor does the box learn from the other end.
	forge host ra veth0
	is "$(inbox ip -6 route)" "$inside"
	hasnt "$(inbox ip -6 addr)" 2001:db8:bad:
	# One wall is enough: without the link's settings, or without the rules.
	host sysctl -qw net.ipv6.conf.veth0.accept_ra=2
	host sysctl -qw net.ipv6.conf.veth0.autoconf=1
	unsettle
	is "$(learnt6)" "$before"
	host sysctl -qw net.ipv6.conf.veth0.accept_ra=0
	open_raw
	unsettle
	is "$(learnt6)" "$before"
	# Weakened: both.
	host sysctl -qw net.ipv6.conf.veth0.accept_ra=2
	forge inbox ra veth1
	routed() { has "$(learnt6)" "default via fe80::bad" && has "$(learnt6)" 2001:db8:bad:; }
	eventually 10 routed
	host sysctl -qw net.ipv6.conf.default.accept_ra=1
}

@test "T103: a box reaches no service of the host's for its links" {
	for own in "" "--backend nft"; do
		# shellcheck disable=SC2086
		web 0 $own
		served host serve tcp :: 9999
		inbox ip addr add fe80::9/64 dev veth1 nodad
		reached() { is "$(forge inbox scan "${@:2}")" "$1"; }
		ll=$(host ip -6 -o addr show dev uplink scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
		reached "" "[fe80::1%veth1]:9999" "[$ll%veth1]:9999"
		# As by IPv4: what listens on all addresses.
		reached "[fd62:6f78::1]:9999" "[fd62:6f78::1]:9999"
		served host serve udp :: 5353
		host python3 -c 'import socket, struct, sys, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff02::fb") + struct.pack("@I", socket.if_nametoindex("veth0")))
print("ready", flush=True)
time.sleep(1000)' >"$BATS_TEST_TMPDIR/joined" 3>&- &
		servers+=($!)
		eventually 10 grep -q ready "$BATS_TEST_TMPDIR/joined"
		for src in fd62:6f78::2 fe80::9; do forge inbox udp veth1 33:33:00:00:00:fb $src ff02::fb 5353; done
		to=$(mac host veth0)
		forge inbox udp veth1 "$to" fd62:6f78::2 fd62:6f78::1 5353
		eventually 10 grep -q forged "$log"
		is "$(grep -c forged "$log")" 1 "datagrams"
		# Weakened.
		open_raw
		reached "[fe80::1%veth1]:9999" "[fe80::1%veth1]:9999"
		forge inbox udp veth1 33:33:00:00:00:fb fe80::9 ff02::fb 5353
		eventually 10 grep -q "fe80::9.* forged" "$log"
		kill "${servers[@]}" && servers=()
		ended "$prog" "$pid"
		boxes=() pids=()
		grace_end
	done
}

@test "T104: a port published by IPv6 answers where it was asked for, and nowhere else" {
	host ip addr add 2001:db8::10/128 dev uplink nodad
	host ip link set lo up
	baseline_save
	web 0 -p 8080:80 -p "[2001:db8::1]:8081:80" -p "[2001:db8::10]:8082:80" -p "[::1]:8083:80" -p 0.0.0.0:8084:80 -p "[::]:8085:80"
	scope() {
		local targets
		targets=$(printf "%s\n" {8080..8085} | sed "s/^/$2:/")
		# shellcheck disable=SC2086
		is "$(forge "$1" scan $targets | sed 's/[^ ]*:\([0-9]*\)/\1/g')" "$3" "from $1 to $2"
	}
	scope outside "[2001:db8::1]" "8080 8081 8085"
	scope outside "[2001:db8::10]" "8080 8082 8085"
	scope outside 192.0.2.1 "8080 8084"
	scope host "[::1]" "8080 8083 8085"
	scope host "[2001:db8::1]" "8080 8081 8085"
	scope host 127.0.0.1 "8080 8084"
	scope inbox "[2001:db8::10]" "8080 8082 8085"
	scope inbox "[::1]" ""
	ll=$(host ip -6 -o addr show dev uplink scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
	scope outside "[$ll%uplink]" ""
	# Weakened: a rule that has lost its address.
	host ip6tables -t nat -S BOX-DNAT-0 | sed -n 's/ -d [0-9a-f:/]* -p/ -p/; s/^-A //p' >"$BATS_TEST_TMPDIR/rules"
	host ip6tables -t nat -F BOX-DNAT-0
	while read -ra rule; do host ip6tables -t nat -A "${rule[@]}"; done <"$BATS_TEST_TMPDIR/rules"
	scope outside "[2001:db8::1]" "8080 8081 8082 8083 8085"
	ended "$prog" "$pid"
}

@test "beside docker and ufw: a policy that drops what is forwarded" {
	for backend in nft legacy; do
		[ $backend = nft ] || lacks_kernel "legacy ip6tables" host ip6tables-legacy -t nat -S
		host ip6tables-$backend -P FORWARD DROP
		host ip6tables-$backend -N DOCKER-USER
		host ip6tables-$backend -I FORWARD -j DOCKER-USER
		baseline_save
		served outside serve tcp :: $((++port + 7000))
		web 0 --backend $backend -p 8080:80
		asked "2001:db8::2 hello" outside ask tcp 2001:db8::1 8080
		asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 $((port + 7000))
		ended "$prog" "$pid"
		boxes=() pids=()
		grace_end
		eventually 10 baseline_same
		host ip6tables-$backend -D FORWARD -j DOCKER-USER
		host ip6tables-$backend -X DOCKER-USER
		host ip6tables-$backend -P FORWARD ACCEPT
	done
	# A chain of nftables' own: a warning, and the hint mends it.
	requires "nft" command -v nft
	host nft 'add table ip6 strict; add chain ip6 strict through { type filter hook forward priority 10; policy drop; }'
	baseline_save
	run -0 --separate-stderr host net-nat ns-spawn true
	is "${stderr_lines[0]}" "net-nat: nftables' table ip6 strict may refuse packets of fd62:6f78::/64"
	hint=${stderr_lines[1]#*hint: }
	host sh -c "$hint"
	run -0 --separate-stderr host net-nat ns-spawn true
	is "$stderr" ""
	host nft delete table ip6 strict
	baseline_save
}

@test "kill -9 at any moment: the next start, or box-gc, mends it" {
	for mend in "host net-nat --slot 5 ns-spawn true" "host box-gc"; do
		for form in "" "--backend nft -p 8080:80"; do
			# shellcheck disable=SC2086
			web 0 $form
			host env BOX_GRACE=0 net-nat --slot 7 ns-spawn true
			kill -9 "$pid" "$prog"
			eventually 10 gone "$pid"
			is "$(conf6 uplink/accept_ra)$(conf6 all/forwarding)" 21
			has "$(rules6)" BOX-
			$mend
			boxes=() pids=()
			grace_end
			baseline_same
		done
	done
	# Before the first change, and between the changes, forwarding is written down.
	host strace -qfo "$BATS_TEST_TMPDIR/log" -e trace=execve,openat,pwrite64 net-nat ns-spawn true
	is "$(sed -n 's/.*pwrite64.*"6\\n.*/written/p; s/.*accept_ra", O_WRONLY.*/ra/p; s/.*ipv6.*forwarding", O_WRONLY.*/switch/p
	    s/.*execve(.*ip6tables-restore".*/rules/p' "$BATS_TEST_TMPDIR/log" | uniq | xargs)" \
	    "written rules written ra switch ra rules"
}

@test "hosts without ip6tables; words that are refused; -n" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	for p in iptables-save iptables-restore; do cp -L "$(command -v $p)" "$BATS_TEST_TMPDIR/bin/$p"; done
	for form in "" "--backend default -p 8080:80"; do
		# shellcheck disable=SC2086
		run -125 host unshare --mount sh -c 'for dir in /usr/sbin /sbin; do mount --bind "$1" $dir; done
			shift; PATH=${PATH%%:*}:/usr/bin exec "$@"' - "$BATS_TEST_TMPDIR/bin" net-nat $form ns-spawn true
		has "${lines[0]}" "ip6tables-restore: No such file or directory"
		is "${lines[1]}" "net-nat: hint: apt-get install iptables"
		baseline_same
	done
	while IFS='|' read -r words text; do
		# shellcheck disable=SC2086
		run -125 host $words true
		has "$output" "$text"
		baseline_same
	done <<-'END'
		net-nat --isolate|--isolate: not with IPv6
		net-nat -p [fe80::1]:8080:80|'fe80::1' is not an IPv6 address, or not one for ports
		net-nat -p [ff02::1]:8080:80|'ff02::1' is not an IPv6 address
		net-nat -p [::ffff:1.2.3.4]:8080:80|is not an IPv6 address
		net-nat -p [::1]80|is not [[ADDR:][PORT]:]PORT[/tcp|/udp]
		net-nat -p [::1]:80|is not [[ADDR:][PORT]:]PORT[/tcp|/udp]
		net-nat -p [::1]:x:8080:80|'::1]:x' is not an IPv6 address
		net-nat -p [::1]x]:8080:80|'::1]x' is not an IPv6 address
		net-nat -p [::1:8080:80|is not [[ADDR:][PORT]:]PORT[/tcp|/udp]
		net-nat -p ::1:8080:80|'::1' is not an IPv4 address
		net-nat -p [2001:db8::77]:8080:80|[2001:db8::77]:8080:80/tcp: not an address of this host
		net-nat -p 8080:80 -p [::]:8080:81|in use
		env -u BOX_POOL6 net-nat -p [::1]:8080:80|[::1]:8080:80/tcp: the box has no IPv6
	END
	# What -n prints for iptables is its input; the rest are comments.
	host net-nat -n --backend nft -p 8080:80 -p '[::1]::81/udp' true >"$BATS_TEST_TMPDIR/dry"
	eventually 10 baseline_same
	sed '/^#/d' "$BATS_TEST_TMPDIR/dry" | host iptables-nft-restore --noflush
	sed -n '/^# ip6tables/,/^# EOF/s/^# //p' "$BATS_TEST_TMPDIR/dry" | (host sh)
	dry=$(rules6 nft)
	host net-nat --backend nft down
	hasnt "$(rules6 nft)" "-0"
	has "$(<"$BATS_TEST_TMPDIR/dry")" "echo 2 > /proc/sys/net/ipv6/conf/uplink/accept_ra"
	for tables in iptables ip6tables; do
		host $tables-nft-save | sed -n 's/^\*/-t /p' | while read -r t; do
			# shellcheck disable=SC2086
			host $tables-nft $t -F && host $tables-nft $t -X
		done
	done
	start net-nat --backend nft -p 8080:80 -p '[::1]::81/udp' sleep 1000
	runs sleep
	norm() { sed 's/:[0-9]*\]*$//; s/--dport [0-9]*/--dport N/' | sort; }
	is "$(rules6 nft | norm)" "$(norm <<<"$dry")"
	kill "$prog" && finish
}

@test "where memory ends, no line of the rules is lost" {
	requires "strace" command -v strace
	for ((n = 1; n < 100; n++)); do
		run host timeout 20 strace -qq -o "$BATS_TEST_TMPDIR/log" -e trace=mmap -e inject=mmap:error=ENOMEM:when=$n \
		    net-nat --slot 0 --pool6 fd62:6f78::/64 -p 8080:80 true
		grep -q INJECTED "$BATS_TEST_TMPDIR/log" || break
		hasnt "$output" "Bad argument"
		hasnt "$(host ip6tables-save)" BOX-DNAT-0
	done
	[ $n -gt 1 ] && [ $n -lt 100 ]
	host box-gc
}

# flood: datagrams from a box to 2500 ports; $flows is the host's number of flows.
flood() {
	web 0 "$@"
	inbox python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for port in range(20000, 22500):
    try: s.sendto(b"", ("2001:db8::2", port))
    except ConnectionRefusedError: pass'
	flows=$(host cat /proc/sys/net/netfilter/nf_conntrack_count)
	ended "$prog" "$pid"
	is "$(host cat /proc/sys/net/netfilter/nf_conntrack_count)" 0 "flows that outlive the box"
}
@test "T90: a box does not fill the host's table of flows by IPv6" {
	weaken
	weak 90 flood
	[ "$flows" -ge 2400 ] || fail "weakened: $flows"
	flood
	between "$flows" 2040 2100
	flood --flows 300
	between "$flows" 290 360
}

@test "ports of a running box, in box-ps and by box-limit" {
	bb_root
	start box-run --ipv6 --name six -p 8080:80 "$bb" sh -c 'echo ok >/index.html; exec httpd -f -p [::]:80 -h /'
	runs httpd
	get() { "$1" curl -sSm 3 "$2" 2>/dev/null; }
	answers() { is "$(get "$@")" ok "$*"; }
	eventually 10 answers outside "http://[2001:db8::1]:8080"
	answers host "http://[::1]:8080"
	answers outside http://192.0.2.1:8080
	ports() { host box-ps --json | sed -n 's/.*"ports":\[\(.*\)\],"root".*/\1/p'; }
	is "$(ports)" '"0.0.0.0:8080:80/tcp","[::]:8080:80/tcp"'
	run -0 --separate-stderr host box-limit -x --unpublish 8080:80 six
	has "$stderr" "# ip route delete local ::1 dev"
	has "$stderr" "ip6tables-restore --noflush"
	run ! get outside "http://[2001:db8::1]:8080"
	is "$(host ip -6 route show table local ::1 | grep -c metric.2048)" 0
	host box-limit -p "[::1]:8081:80" -p "[2001:db8::1]::80" six
	answers host "http://[::1]:8081"
	run ! get host "http://127.0.0.1:8081"
	has "$(ports)" '"[::1]:8081:80/tcp","[2001:db8::1]:'
	# A client that has sent before is answered, too.
	nsenter -t "$prog" -n python3 "$TOP/tests/net.py" serve udp :: 53 >"$BATS_TEST_TMPDIR/udp" 3>&- &
	server=$!
	eventually 20 grep -q ready "$BATS_TEST_TMPDIR/udp"
	ask() { py host ask udp 2001:db8::1 5353 0.3 4000; }
	run -1 ask
	host box-limit -p "[2001:db8::1]:5353:53/udp" six
	eventually 5 ask
	host box-limit --unpublish "[2001:db8::1]:5353:53/udp" six
	run -1 ask
	kill "$server"
	# The route to ::1 is lost with the link's state.
	host ip -6 route flush table local ::1 dev veth0
	port=$(ports | sed 's/.*2001:db8::1\]:\([0-9]*\):.*/\1/')
	answers outside "http://[2001:db8::1]:$port"
	run -125 host box-limit --unpublish 8081:80 six
	has "$output" "it is not published"
	host box-limit --unpublish "[::1]:8081:80" six
	run ! get host "http://[::1]:8081"
	host box-limit --unpublish "[2001:db8::1]:$port:80" six
	is "$(ports)" ""
	kill "$pid" && finish
}

@test "net-nat up and down, two pools that overlap, hosts without IPv6" {
	host net-nat --slot 3 -p 8080:80 up
	up=$(rules6)
	has "$up" BOX-DNAT-3
	web 0
	ended "$prog" "$pid"
	grace_end
	is "$(rules6)" "$up"
	is "$(conf6 all/forwarding)" 1
	# Down knows what up made.
	host env -u BOX_POOL6 net-nat --slot 3 down
	eventually 10 baseline_same
	# Rules of its own, where the shared ones do not fit.
	served outside serve tcp :: 7000
	web 0
	for BOX_POOL6 in fd62:6f78:0:0:8000::/65 fd62:6f78::/48; do
		web 1
		asked "2001:db8::1 hello" inbox ask tcp 2001:db8::2 7000
		has "$(rules6)" BOX-RAW-1
		ended "$prog" "$pid"
	done
	ended "${boxes[1]}" "${pids[1]}"
	grace_end
	eventually 10 baseline_same
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	baseline_save
	run -125 host net-nat ns-spawn true
	is "${lines[*]}" "net-nat: --pool6: IPv6: this host has it disabled net-nat: hint: sysctl -w net.ipv6.conf.all.disable_ipv6=0"
	eventually 10 baseline_same
	# Meanwhile: rules go all the same.
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	host net-nat --slot 3 -p 8080:80 up
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	host net-nat --slot 3 down
	is "$(rules6)" ""
}
