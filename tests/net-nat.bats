#!/usr/bin/env bats
# net-nat: connections that work, and the host's firewall before and after.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup() {
	lab_up
	requires "python3" command -v python3
	requires "iptables-nft" command -v iptables-nft-save
	baseline_save
}
teardown() {
	[ -z "${servers:-}" ] || kill "${servers[@]}" 2>/dev/null || :
	lab_end
}

has_legacy() {
	requires "iptables-legacy" command -v iptables-legacy-save
	lacks_kernel "legacy iptables" host iptables-legacy -t nat -S
}
# web NAT-OPTIONS...: a box with a server on its port 80; $prog is its PID 1.
web() {
	local proto=tcp stage=(ns-spawn net-veth)
	[ "$1" != udp ] || { proto=udp && shift; }
	start net-nat "$@" "${stage[@]}" python3 -c "$NETPY" serve $proto 0.0.0.0 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	prog=$(payload "$pid")
}
over() { kill -9 "$prog" && finish; }
asked() { is "$(py "${@:2}")" "$1" "answer to ${*:2}"; }
no_answer() { run ! py "$@" 1; }
rules() { host "iptables-$1-save" | sed '/^#/d; s/\[[0-9:]*\]//'; }
# refused ARGS...: status 125, a line, at most a hint; nothing ran.
refused() {
	run -125 host net-nat "$@" touch "$BATS_TEST_TMPDIR/ran"
	[[ ${lines[0]} == "net-nat: "* ]] || fail "not net-nat's: $output"
	[ ${#lines[@]} -le 2 ] || fail "more than a line and a hint: $output"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "masquerade: the outside sees the host, and answers" {
	served outside serve tcp 0.0.0.0 7000
	web
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	asked "192.0.2.1 hello" inbox ask tcp 192.0.2.2 7000
	over
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
}

everybody() {
	local b=$1
	web --backend "$b" -p 8080:80
	# From outside, with its own address kept; it has no route to the box.
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	no_answer outside ask tcp 10.0.0.2 80
	# From the host: the box itself, its own addresses, localhost.
	asked "10.0.0.1 hello" host ask tcp 10.0.0.2 80
	has "$(py host ask tcp 192.0.2.1 8080)" " hello"
	asked "10.0.0.1 hello" host ask tcp 127.0.0.1 8080
	asked "10.0.0.1 hello" host ask tcp 10.0.0.1 8080
	# From the box, by the host's address.
	has "$(py inbox ask tcp 192.0.2.1 8080)" hello
	has "$(py inbox ask tcp 10.0.0.1 8080)" hello
	# From another box.
	local first=$pid first_prog=$prog
	start net-nat --slot 1 --backend "$b" ns-spawn --slot 1 net-veth --slot 1 sleep 1000
	runs sleep
	asked "10.0.0.3 hello" inbox ask tcp 192.0.2.1 8080
	asked "10.0.0.3 hello" inbox ask tcp 10.0.0.2 80
	over
	# The other box took only its own with it.
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	asked "10.0.0.1 hello" host ask tcp 127.0.0.1 8080
	kill -9 "$first_prog"
	finish "$first"
}
# bats test_tags=vm
@test "published: outside, host, localhost, hairpin, another box (nft)" { everybody nft; }
# bats test_tags=vm
@test "published: outside, host, localhost, hairpin, another box (legacy)" {
	has_legacy
	everybody legacy
}

@test "a connection that is open at the end keeps no link of the box" {
	start net-nat -p 8080:80 ns-spawn net-veth python3 -c '
import socket
s = socket.create_server(("", 80))
print("ready", flush=True)
c = s.accept()
print("taken", flush=True)
s.accept()'
	eventually 20 grep -q ready "$out"
	prog=$(payload "$pid")
	outside bash -c 'exec 3<>/dev/tcp/192.0.2.1/8080; exec sleep 1000' 3>&- &
	servers+=($!)
	eventually 10 grep -q taken "$out"
	over
	hasnt "$(host ip -br link)" dead
}

@test "published: udp" {
	web udp -p 5353:80/udp
	asked "192.0.2.2 hello" outside ask udp 192.0.2.1 5353
	asked "10.0.0.1 hello" host ask udp 127.0.0.1 5353
	has "$(py inbox ask udp 192.0.2.1 5353)" hello
	no_answer outside ask tcp 192.0.2.1 5353
	over
}

@test "published: many ports, one box" {
	web -p 8080:80 -p 8081:80/tcp -p 192.0.2.1:8082:80 -p 9090:9090 -p 9090:9090/udp
	for port in 8080 8081 8082; do
		asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 $port
	done
	no_answer outside ask tcp 192.0.2.1 8083
	over
}

@test "published: a range" {
	web -p 8080-8083:80-83 -p 127.0.0.1:9000-9001:80-81/udp
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	# The others are taken, and have no server.
	run -125 host net-nat --slot 1 -p 8083:80 true
	is "$(host iptables-save | sed -n 's/.*--dport \([0-9]*\) .* 10.0.0.2:\([0-9]*\)$/\1:\2/p' | xargs)" \
	    "8080:80 8081:81 8082:82 8083:83 9000:80 9001:81"
	over
}

@test "published: a free port, kept through a restart" {
	run -0 host net-nat -n -p 80 true
	has "$output" "-j DNAT --to-destination 10.0.0.2:80"
	hasnt "$output" "--dport 0 "
	start box-keep --name web --restart always net-nat -p 80 -p 127.0.0.1::80/udp ns-spawn --init net-veth \
	    python3 -c "$NETPY" serve tcp 0.0.0.0 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	ports=$(<"$BOX_STATE/web/ports")
	[[ $ports =~ ^0\.0\.0\.0:([0-9]+):80/tcp$'\n'127\.0\.0\.1:([0-9]+):80/udp$ ]] || fail "$ports"
	port=${BASH_REMATCH[1]}
	[ "$port" -ge 1024 ] && [ "${BASH_REMATCH[2]}" -ge 1024 ]
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 "$port"
	first=$(<"$BOX_STATE/web/pid")
	kill -9 "${first%% *}"
	again() { [ "$(cat "$BOX_STATE/web/pid" 2>/dev/null)" != "$first" ] && [ "$(grep -c ready "$out")" = 2 ]; }
	eventually 20 again
	is "$(<"$BOX_STATE/web/ports")" "$ports"
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 "$port"
	run -0 host net-nat --box web -p 81 up
	is "$(sed -n '$s/.*:\(81.*\)/\1/p' "$BOX_STATE/web/ports")" 81/tcp
	run -0 host box-stop web
	finish
	# A port that may be kept, and cannot be taken, would count as another program's.
	requires "strace" command -v strace
	run -125 host strace -f -qq -o /dev/null -e trace=recvmsg -e inject=recvmsg:error=EPERM:when=1 \
	    box-keep --name web --restart on-failure net-nat -p 80 true
	is "$output" "net-nat: take the ports that were kept for a restart: Operation not permitted"
	mkdir -m 700 "$BOX_STATE/web"
	n=$(BOX_NAME=web host strace -qq -e trace=socket net-nat true 2>&1 | sed -n '/SEQPACKET/=')
	BOX_NAME=web run -0 host strace -qq -o /dev/null -e trace=socket -e inject=socket:error=EACCES:when="$n" net-nat true
	rm -r "$BOX_STATE/web"
	is "$output" "net-nat: listen on nat of the box's state: Permission denied"
}

@test "published on one address only" {
	host ip addr add 192.0.2.10/32 dev uplink
	baseline_save
	web -p 192.0.2.10:8080:80
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.10 8080
	no_answer outside ask tcp 192.0.2.1 8080
	no_answer host ask tcp 127.0.0.1 8080
	over
	web -p 127.0.0.1:8080:80
	asked "10.0.0.1 hello" host ask tcp 127.0.0.1 8080
	no_answer outside ask tcp 192.0.2.1 8080
	no_answer outside ask tcp 192.0.2.10 8080
	over
}

@test "the box's own traffic to such a port elsewhere is not turned back" {
	served outside serve tcp 0.0.0.0 8080
	web -p 8080:80
	asked "192.0.2.1 hello" inbox ask tcp 192.0.2.2 8080
	# Nor does it reach the host's port, nor one that the host would forward.
	asked "192.0.2.1 hello" host ask tcp 192.0.2.2 8080
	over
}

# loose WHERE GATEWAY: that end sends 127.0.0.1 to the host, and takes its answers.
loose() {
	$1 ip addr flush dev lo
	$1 ip route add 127.0.0.1 via "$2"
	$1 sysctl -qw net.ipv4.conf.all.route_localnet=1
}
@test "neighbours do not reach 127.0.0.1 through net-nat" {
	served host serve tcp 127.0.0.1 6000
	web -p 8080:80
	loose outside 192.0.2.1
	no_answer outside ask tcp 127.0.0.1 6000
	no_answer outside ask tcp 127.0.0.1 8080
	# Nor does the box, with route_localnet on its link.
	loose inbox 10.0.0.1
	no_answer inbox ask tcp 127.0.0.1 6000
	for i in all default lo uplink; do
		is "$(host cat /proc/sys/net/ipv4/conf/$i/route_localnet)" 0 $i
	done
	over
}

@test "the box does not speak in the name of 127.0.0.0/8" {
	served host serve udp 0.0.0.0 6000
	web -p 8080:80
	inbox ip link set lo down
	inbox sysctl -qw net.ipv4.conf.veth1.route_localnet=1
	inbox ip addr add 127.0.0.2/8 dev veth1
	inbox python3 -c 'import socket
for me in "127.0.0.2", "10.0.0.2":
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind((me, 0))
    s.sendto(b"hello", ("10.0.0.1", 6000))'
	eventually 10 grep -q "10.0.0.2 hello" "$BATS_TEST_TMPDIR/served1"
	run ! grep 127.0.0.2 "$BATS_TEST_TMPDIR/served1"
	over
}

@test "unpublished ports are not forwarded where the host forwards nothing" {
	host iptables-nft -P FORWARD DROP
	outside ip route add 10.0.0.0/24 via 192.0.2.1
	served outside serve tcp 0.0.0.0 7000
	web -p 8080:80
	no_answer outside ask tcp 10.0.0.2 80
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	asked "192.0.2.1 hello" inbox ask tcp 192.0.2.2 7000
	over
	host iptables-nft -P FORWARD ACCEPT
}

@test "a port that is in use is refused before anything starts" {
	served host serve tcp 0.0.0.0 8080
	before=$(rules nft)
	refused -p 8080:80
	has "$output" 8080
	has "$output" " in use"
	refused -p 127.0.0.1:8080:80
	is "$(rules nft)" "$before"
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
	# udp is another matter.
	run -0 host net-nat -p 8080:80/udp true
	served host serve udp 0.0.0.0 8081
	refused -p 8081:80/udp
	run -0 host net-nat -p 8081:80 true
	# One that listens on one address is in the way of all.
	served host serve tcp 192.0.2.1 8082
	refused -p 8082:80
}

@test "the port is held while the box lives, and by no listener" {
	web -p 8080:80 -p 5353:53/udp
	run -98 py host hold tcp 0.0.0.0 8080
	run -98 py host hold tcp 127.0.0.1 8080
	run -98 py host hold tcp 192.0.2.1 8080
	run -98 py host hold udp 0.0.0.0 5353
	is "$(host ss -Hltn "sport = 8080")" ""
	# A second box with the same port is refused.
	run -125 host net-nat --slot 1 -p 8080:80 true
	has "$output" 8080
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	over
	py host hold tcp 0.0.0.0 8080
	py host hold udp 0.0.0.0 5353
}

# hold6 PROTO PORT: exits 0 if one may bind there by IPv6 alone.
hold6() {
	host python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("::", int(sys.argv[2])))' "$@"
}
@test "T63: the port is held by IPv6, too, and one that is in use there is refused" {
	lacks_kernel "IPv6" test -e /proc/sys/net/ipv6
	weaken
	weak 63 web -p 8080:80 -p 5353:53/udp
	hold6 tcp 8080
	hold6 udp 5353
	over
	host sysctl -qw net.ipv6.bindv6only=1
	web -p 8080:80 -p 5353:53/udp -p 192.0.2.1:8081:80
	run -1 hold6 tcp 8080
	run -1 hold6 udp 5353
	# Of an address of IPv4 alone this is another port.
	hold6 tcp 8081
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	over
	host python3 -c 'import socket, subprocess, sys
s = socket.create_server(("::", 8080), family=socket.AF_INET6)
sys.exit(subprocess.call(["net-nat", "-p", "8080:80", "true"]) != 125)'
}

# at_rest: a box that has ended, before its keeper starts it again.
at_rest() {
	start box-keep --name web --restart always net-nat -p 8080:80 -p 5353:53/udp \
	    ns-spawn net-veth python3 -c "$NETPY" serve tcp 0.0.0.0 80
	eventually 20 grep -q ready "$out" || fail "$(cat "$err")"
	local nat
	read -r nat < <(cat "/proc/$pid/task/$pid/children" && echo)
	kill -STOP "$pid"
	kill -9 "$(payload "$pid")"
	eventually 20 gone "$nat"
}
stopped() { kill -TERM "$pid"; kill -CONT "$pid"; finish; }
@test "T92: the port is held between a box's end and its restart" {
	lacks_kernel "IPv6" test -e /proc/sys/net/ipv6
	weaken
	weak 92 at_rest
	py host hold tcp 0.0.0.0 8080
	hold6 tcp 8080
	stopped
	at_rest
	for port in "tcp 8080" "udp 5353"; do
		run -98 py host hold "${port% *}" 0.0.0.0 "${port#* }"
		run -1 hold6 "${port% *}" "${port#* }"
	done
	: >"$out"
	kill -CONT "$pid"
	eventually 20 grep -q ready "$out"
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	# A port that was taken back is not held.
	host net-nat --box web -p 8080:80 down
	py host hold tcp 0.0.0.0 8080
	run -1 hold6 udp 5353
	stopped
	py host hold udp 0.0.0.0 5353
	hold6 tcp 8080
}

@test "PROG does not have the sockets that hold the ports" {
	run -0 host net-nat -p 8080:80 -p 8081:80/udp sh -c 'ls -l /proc/self/fd'
	hasnt "$output" socket
}

@test "bad ports and numbers are refused" {
	for bad in 65536:80 80:65536 0:80 80:0 -1:80 abc:80 80:abc :80 ::80 80: "" 80:80/sctp 80:80/ 80:80:80 \
	    1.2.3:80:80 1.2.3.4.5:80:80 300.1.1.1:80:80 '80:80 ' '80:80;' $'80:80\nx' 8e1:80 0x50:80 99999999999999999999:80 80-90:80-91 80-90:80 80:80-81 90-80:90-80 \
	    80-:80- 80-65536:80-65536 80-81-82:80-82; do
		refused -p "$bad"
	done
	for bad in 0 -1 x 1.5 4294967297; do refused --flows $bad; done
	refused -p 80:80 -p 80:81
	refused --slot -1
	refused --slot x
	refused --addr 1.2.3
	refused --addr ""
	refused --backend nonsense
	refused --host-link "a b"
	refused --host-link 0123456789abcdef
}

# heard: the number of datagrams that the outside got.
heard() { outside awk '/^Udp:/ { n = $3 } END { print n }' /proc/net/snmp; }
# sent PORTS: a datagram of the box to each port of the list, in Python; the number
# that the outside gets.
sent() {
	local before
	before=$(heard)
	inbox python3 -c 'import socket, sys, time
s = socket.socket(type=socket.SOCK_DGRAM)
for p in eval(sys.argv[1]):
    s.sendto(b"", ("192.0.2.2", p))
    time.sleep(0.0005)' "$1"
	echo $(($(heard) - before))
}
@test "--flows bounds new flows, and no packet of a stream without answers" {
	for b in nft legacy; do
		[ $b = nft ] || has_legacy
		start net-nat --backend $b --flows 20 ns-spawn net-veth sleep 1000
		runs sleep
		is "$(sent "[9] * 2000")" 2000 "stream by $b"
		between "$(sent "range(20000, 20200)")" 19 30
		over
	done
}

@test "--flows: the rate is within the bounds of the match limit" {
	run -0 host net-nat -n --flows 1 -p 80:80 true
	has "$output" "--limit 1/s --limit-burst 1 "
	run -0 host net-nat -n --flows 4000000 -p 80:80 true
	has "$output" "--limit 10000/s --limit-burst 10000 "
}

@test "an address that is not the host's is refused" {
	refused -p 198.51.100.7:8080:80
	has "$output" 198.51.100.7
}

# Foreign rules as a host has them: its own, docker's, ufw's, policies.
foreign() {
	local ipt="host iptables-$1"
	$ipt -N DOCKER-USER
	$ipt -A FORWARD -j DOCKER-USER
	$ipt -A DOCKER-USER -s 192.0.2.99 -j DROP
	$ipt -A DOCKER-USER -j RETURN
	$ipt -P FORWARD DROP
	$ipt -A FORWARD -i lo -j ACCEPT
	$ipt -N ufw-reject-forward
	$ipt -A FORWARD -j ufw-reject-forward
	$ipt -A ufw-reject-forward -j REJECT
	$ipt -t nat -N DOCKER
	$ipt -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	$ipt -t nat -A DOCKER -p tcp --dport 9999 -j DNAT --to-destination 172.17.0.2:80
	$ipt -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	$ipt -t raw -A PREROUTING -d 192.0.2.55 -j DROP
	$ipt -t mangle -A PREROUTING -d 192.0.2.56 -j DROP
	$ipt -A INPUT -p tcp --dport 22 -j ACCEPT
}
unforeign() {
	for t in filter nat mangle raw; do
		host "iptables-$1" -t $t -F && host "iptables-$1" -t $t -X
	done
	host "iptables-$1" -P FORWARD ACCEPT
}
beside() {
	local before mid own
	foreign "$1"
	before=$(rules "$1")
	web -p 8080:80
	mid=$(rules "$1")
	[ "$mid" != "$before" ] || fail "not in the back end that the host uses"
	# Its rules stand in their order, and its policies, with ours between.
	is "$(grep -v BOX- <<<"$mid" | grep -E '^(-A|:)' | grep -vxFf <(grep '^:' <<<"$before"))" \
	    "$(grep '^-A' <<<"$before")" "foreign rules while it runs"
	has "$mid" ":FORWARD DROP"
	own=$(grep -c '^:BOX-' <<<"$mid")
	between "$own" 1 20
	# And the box is reached although those rules would refuse.
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	served outside serve tcp 0.0.0.0 7000
	asked "192.0.2.1 hello" inbox ask tcp 192.0.2.2 7000
	over
	is "$(rules "$1")" "$before" "rules afterwards"
	unforeign "$1"
}
# bats test_tags=vm
@test "foreign rules stay, in their order (nft)" { beside nft; }
# bats test_tags=vm
@test "foreign rules stay, in their order (legacy, found by looking)" {
	has_legacy
	beside legacy
}

@test "a table of nft's own is left alone" {
	requires "nft" command -v nft
	host nft -f - <<-END
		table inet theirs {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ip saddr 192.0.2.99 drop
			}
		}
	END
	before=$(host nft -s list table inet theirs)
	web -p 8080:80
	is "$(host nft -s list table inet theirs)" "$before"
	over
	is "$(host nft -s list table inet theirs)" "$before"
	host nft delete table inet theirs
}

@test "ip_forward: on before, on afterwards" {
	host sysctl -qw net.ipv4.ip_forward=1
	run -0 host net-nat true
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	host sysctl -qw net.ipv4.ip_forward=0
}

@test "ip_forward: the last one out turns it off" {
	start net-nat sleep 1000
	runs sleep
	first=$pid first_prog=$prog
	start net-nat --slot 1 sleep 1000
	runs sleep
	kill "$first_prog"
	finish "$first"
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	kill "$prog"
	finish
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
}

@test "ip_forward: settings that the kernel changes along with it are put back" {
	host sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.uplink.forwarding=1
	baseline_save
	start net-nat sleep 1000
	runs sleep
	first=$pid first_prog=$prog
	start net-nat --slot 1 sleep 1000
	runs sleep
	kill -9 "$pid" "$prog"
	finish
	kill "$first_prog"
	finish "$first"
	run -0 host net-nat true
	baseline_check
	run -0 host net-nat up
	run -0 host net-nat -n down
	has "$output" "echo 0 > /proc/sys/net/ipv4/ip_forward"
	has "$output" "echo 0 > /proc/sys/net/ipv4/conf/all/accept_redirects"
	run -0 host net-nat down
}

@test "up and down alone" {
	run -0 host net-nat -p 8080:80 up
	is "$output" ""
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	start ns-spawn net-veth --localnet python3 -c "$NETPY" serve tcp 0.0.0.0 80
	eventually 20 grep -q ready "$out"
	prog=$(payload "$pid")
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	asked "10.0.0.1 hello" host ask tcp 127.0.0.1 8080
	# Again changes nothing.
	before=$(rules nft)
	run -0 host net-nat -p 8080:80 up
	is "$(rules nft)" "$before"
	over
	run -0 host net-nat down
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
	hasnt "$(rules nft)" BOX-
	run -0 host net-nat down
	run -125 host net-nat up down
	hasnt "$(rules nft)" BOX-
}

@test "the rules of net-nat up stay, for other runs and against other claims" {
	run -0 host net-nat -p 8080:80 up
	up=$(rules nft)
	run -0 host net-nat --slot 1 -p 8081:80 true
	is "$(rules nft)" "$up"
	run -125 host net-nat true
	is "${#lines[@]}" 2
	has "${lines[1]}" "hint: net-nat --slot 0 down"
	is "$(rules nft)" "$up"
	# Other ports get other rules; down refuses a running net-nat's.
	run -0 host net-nat -p 8082:80 up
	has "$(rules nft)" "dport 8082"
	hasnt "$(rules nft)" "dport 8080"
	start net-nat --slot 2 sleep 1000
	runs sleep
	run -125 host net-nat --slot 2 down
	has "$output" "slot 2"
	has "$(rules nft)" BOX-FWD-2
	kill "$prog"
	finish
	run -0 host net-nat down
}

# bats test_tags=vm
@test "kill -9 of net-nat: the next run removes its rules" {
	start net-nat -p 8080:80 ns-spawn net-veth sleep 1000
	runs sleep
	kill -9 "$pid"
	finish
	eventually 5 gone "$prog"
	run -0 host net-nat --slot 1 true
	baseline_check
}

@test "kill -9 of net-nat: the same slot starts again on the same port" {
	for i in 1 2 3; do
		web -p 8080:80
		asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
		kill -9 "$pid"
		finish
		eventually 5 gone "$prog"
	done
	run -0 host net-nat true
	baseline_check
}

@test "rules that are lost meanwhile do not stop the undoing" {
	lose_all() {
		for t in filter nat mangle raw; do
			host iptables-nft -t $t -F
			host iptables-nft -t $t -X
		done
	}
	lose_a_jump() { host iptables-nft -t mangle -F PREROUTING; }
	lose_a_rule() { host iptables-nft -F BOX-FWD-0; }
	for lose in lose_all lose_a_jump lose_a_rule; do
		start net-nat -p 8080:80 sleep 1000
		runs sleep
		$lose
		kill -9 "$prog"
		finish
		is "$status" 137
		is "$(cat "$err")" "" "$lose"
		hasnt "$(rules nft)" BOX-
	done
}

@test "one slot, one firewall: a second is refused" {
	start net-nat sleep 1000
	runs sleep
	before=$(rules nft)
	run -125 host net-nat true
	is "$(rules nft)" "$before"
	kill "$prog"
	finish
}

@test "sixteen at once" {
	mkfifo "$BATS_TEST_TMPDIR/gate"
	exec 8<>"$BATS_TEST_TMPDIR/gate"
	for i in {0..15}; do
		(enter "$HOSTNS" net-nat --slot "$i" -p $((8000 + i)):80 sh -c 'read -r _; exit 9' \
		    <"$BATS_TEST_TMPDIR/gate" >"$BATS_TEST_TMPDIR/n$i" 2>&1 3>&- 8>&-) &
		pids[i]=$!
	done
	all_up() {
		is "$(rules nft | sed -n 's/.*--to-destination \(10[.0-9]*\):80$/\1/p' | sort -u | wc -l)" 16
		is "$(rules nft | grep -cE -- '-A FORWARD -i (veth0|box[0-9]+) -j BOX-FWD-[0-9]+$')" 16
	}
	eventually 30 all_up
	yes | head -n 16 >&8
	for i in {0..15}; do
		finish "${pids[i]}"
		is "$status" 9 "$(cat "$BATS_TEST_TMPDIR/n$i")"
	done
	exec 8>&-
}

@test "net-nat undoes its changes when a later stage fails" {
	run -127 host net-nat -p 8080:80 no-such-program
	baseline_check
	run -125 host net-nat -p 8080:80 ns-spawn net-veth --mtu 10 true
	baseline_check
	run -125 host net-nat -p 8080:80 cg-limit 0% true
}

@test "a chain of that name that is not net-nat's is left alone" {
	for b in nft legacy; do
		[ $b = nft ] || has_legacy
		host iptables-$b -N BOX-FWD-0
		host iptables-$b -A BOX-FWD-0 -s 192.0.2.99 -j DROP
		before=$(rules $b | grep -E '^-|BOX')
		# The tables mangle and nat come first, and have been undone.
		refused --backend $b -p 8080:80
		is "$(rules $b | grep -E '^-|BOX')" "$before"
		is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
		host iptables-$b -F BOX-FWD-0
		host iptables-$b -X BOX-FWD-0
	done
}

@test "firewalld: packets that it may still refuse are said, and the way out" {
	requires "nft" command -v nft
	host nft 'add table inet firewalld; add chain inet firewalld filter_FORWARD'
	run -0 host net-nat true
	is "$output" ""
	mkdir "$BATS_TEST_TMPDIR/fw"
	printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/fw/firewall-cmd"
	chmod 755 "$BATS_TEST_TMPDIR/fw/firewall-cmd"
	run -0 host env PATH="$BATS_TEST_TMPDIR/fw:$PATH" net-nat true
	is "${#lines[@]}" 2
	is "${lines[1]}" "net-nat: hint: firewall-cmd --zone=trusted --add-source=10.0.0.0/24"
	# Silence once the command has been run.
	host nft add rule inet firewalld filter_FORWARD ip saddr 10.0.0.0/24 accept
	run -0 host env PATH="$BATS_TEST_TMPDIR/fw:$PATH" net-nat true
	is "$output" ""
	host nft delete table inet firewalld
}

@test "a table of nftables that refuses is said, and the hint opens both ways" {
	requires "nft" command -v nft
	served outside serve tcp 0.0.0.0 7000
	host nft 'add table inet mine; add chain inet mine passing { type filter hook forward priority 5; policy drop; }
		add table ip6 six; add chain ip6 six on { type filter hook forward priority 5; policy drop; }
		add table inet near; add chain inet near in { type filter hook input priority 5; policy drop; }
		add rule inet near in accept'
	web -p 8080:80
	is "$(grep -c 'net-nat: [^h]' "$err")" 1 "$(<"$err")"
	has "$(<"$err")" "net-nat: nftables' table inet mine may refuse"
	no_answer outside ask tcp 192.0.2.1 8080
	no_answer inbox ask tcp 192.0.2.2 7000
	host bash -c "$(sed -n 's/^net-nat: hint: //p' "$err")"
	asked "192.0.2.2 hello" outside ask tcp 192.0.2.1 8080
	asked "192.0.2.1 hello" inbox ask tcp 192.0.2.2 7000
	over
	run -0 host net-nat true
	is "$output" ""
	host nft 'delete table inet mine; delete table ip6 six; delete table inet near'
}

@test "kill -9 while iptables still has the record: the slot's next start takes the rules away" {
	start net-nat -p 8080:80 sleep 1000
	eventually 10 rules_are
	kill -9 "$pid" && finish
	record=$(echo "$BOX_STATE"/lock/nat-*-0)
	[ -s "$record" ]
	flock "$record" sleep 0.3 3>&- &
	eventually 5 taken
	run -0 host net-nat true
	is "$output" ""
	wait $!
}
rules_are() { host iptables-save | grep -q -- '-A BOX-DNAT-0'; }
taken() { ! flock -n "$record" true; }

@test "the name of a table is no word of a command" {
	requires "nft" command -v nft
	# nft(8) would refuse such a name, the kernel does not.
	host nft add table ip x
	host python3 -c 'import socket, struct, sys
def attr(kind, data): return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)
def message(kind, flags, family, group, body):
    body = struct.pack("BBH", family, 0, socket.htons(group)) + body
    return struct.pack("IHHII", 16 + len(body), kind, flags, 0, 0) + body
name = sys.argv[1].encode() + b"\0"
hook = attr(0x8004, attr(1, struct.pack(">I", 2)) + attr(2, struct.pack(">i", -5)))
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.send(message(16, 1, 0, 10, b"") + message(0xa00, 0x405, 2, 0, attr(1, name)) +
       message(0xa03, 0x401, 2, 0, attr(1, name) + attr(3, b"c\0") + hook + attr(5, bytes(4)) + attr(7, b"filter\0")) +
       message(17, 1, 0, 10, b""))
assert struct.unpack("i", s.recv(4096)[16:20]) == (0,)' "x; add table ip taken #';touch $BATS_TEST_TMPDIR/taken;'"
	has "$(host nft list tables)" "x; add table"
	run -0 host net-nat true
	is "$output" ""
	run ! grep -x "table ip taken" <(host nft list tables)
	host nft flush ruleset
}

# PATH with all of the host's programs but those that match.
path_without() {
	mkdir "$BATS_TEST_TMPDIR/path"
	ln -s /usr/bin/* /usr/sbin/* "$BATS_TEST_TMPDIR/path" 2>/dev/null || :
	# shellcheck disable=SC2086
	(cd "$BATS_TEST_TMPDIR/path" && rm -f $1)
}
@test "a missing iptables is said, with the command that mends it" {
	path_without 'ip*tables* xtables* arptables* ebtables*'
	# net-nat looks in the sbin directories, too: hide them in a mount namespace.
	for verb in touch up down; do
		run -125 host unshare -m bash -c 'mount --bind "$1" /usr/sbin && PATH=$1 exec "${@:2}"' \
		    bash "$BATS_TEST_TMPDIR/path" "$TOP/bin/net-nat" $verb
		is "${#lines[@]}" 2 "lines: $output"
		has "${lines[0]}" iptables-
		has "${lines[1]}" "hint: apt-get install iptables"
	done
}

@test "iptables is found although PATH has no sbin" {
	path_without 'ip*tables* xtables* arptables* ebtables*'
	run -0 host env PATH="$BATS_TEST_TMPDIR/path" "$TOP/bin/net-nat" true
}

# half_restore: in front of PATH, an iptables-restore that does only the table mangle
# of the first text with ports, and nothing more while $stuck is there.
half_restore() {
	local name real
	stuck=$BATS_TEST_TMPDIR/stuck
	path_without 'nothing-at-all'
	for name in iptables-restore iptables-nft-restore iptables-legacy-restore; do
		real=$(readlink -f "$(command -v $name)")
		rm -f "$BATS_TEST_TMPDIR/path/$name"
		cat >"$BATS_TEST_TMPDIR/path/$name" <<-END
			#!/bin/bash
			text=\$(cat)
			if [[ \$text == *--to-destination* && ! -e $BATS_TEST_TMPDIR/failed ]]; then
				>$BATS_TEST_TMPDIR/failed
				printf '%s\n' "\$text" | sed '/^\*mangle/,\$!d; /^COMMIT/q' | (exec -a $name $real "\$@")
				echo "$name: line 1 failed: no such table" >&2
				exit 1
			fi
			[ ! -e $stuck ] || [ ! -e $BATS_TEST_TMPDIR/failed ] || { echo "$name: stuck" >&2; exit 1; }
			printf '%s\n' "\$text" | (exec -a $name $real "\$@")
		END
		chmod 755 "$BATS_TEST_TMPDIR/path/$name"
	done
}
# halfway STATUS ARGS...: net-nat with that, in the lab.
halfway() { run "-$1" host env PATH="$BATS_TEST_TMPDIR/path:$PATH" "$TOP/bin/net-nat" "${@:2}"; }

@test "a table that fails halfway is undone" {
	half_restore
	halfway 125 -p 8080:80 touch "$BATS_TEST_TMPDIR/ran"
	[ -e "$BATS_TEST_TMPDIR/failed" ]
	has "$output" "no such table"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	baseline_check
	# The words of iptables where the kernel lacks modules.
	sed -i 's/line 1 failed: no such table/Failed to initialize nft: missing kernel module/' "$BATS_TEST_TMPDIR"/path/*-restore
	rm "$BATS_TEST_TMPDIR/failed"
	halfway 125 -p 8080:80 true
	has "$output" "hint: modprobe -a nf_tables nft_compat; box-doctor names all modules"
	baseline_check
}

@test "an undo that fails keeps the record, by which a later run cleans up" {
	half_restore
	clean_up() {
		: >"$stuck"
		rm -f "$BATS_TEST_TMPDIR/failed"
		halfway 125 -p 8080:80 true
		has "$output" "hint: box-gc"
		has "$(rules nft)" BOX-LO-0
		has "$(ls "$BOX_STATE/lock")" nat-
		# The same slot does not start on its old rules.
		halfway 125 touch "$BATS_TEST_TMPDIR/ran"
		[ ! -e "$BATS_TEST_TMPDIR/ran" ]
		has "$(ls "$BOX_STATE/lock")" nat-
		rm "$stuck"
		"$@"
		hasnt "$(rules nft)" BOX-LO-0
		baseline_check
	}
	clean_up box-gc
	clean_up halfway 0 --slot 1 true
	# The same slot and port.
	clean_up halfway 0 -p 8080:80 true
	# At the end of PROG.
	rm "$BATS_TEST_TMPDIR/failed"
	: >"$BATS_TEST_TMPDIR/failed"
	halfway 125 -p 8080:80 touch "$stuck"
	has "$(rules nft)" BOX-LO-0
	has "$(ls "$BOX_STATE/lock")" nat-
	rm "$stuck"
	box-gc
	baseline_check
}

@test "forwarding that cannot be turned off is turned off by a later run" {
	start unshare -m sh -c 'mount --bind /proc/sys /proc/sys
		net-nat sh -c "mount -o remount,bind,ro /proc/sys"; exit 9'
	finish
	is "$status" 9
	has "$(<"$err")" ip_forward
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	box-gc
	baseline_check
}

# Who closes such a socket waits for the end of what was removed before.
@test "no process that is waited for closes a socket of nftables" {
	local log=$BATS_TEST_TMPDIR/log
	requires "strace" command -v strace
	BOX_GRACE=1 host strace -f -Y -yy -e trace=close -o "$log" net-nat -p 8080:80 true
	has "$(<"$log")" "<iptables-restor"
	is "$(grep 'close(.*NETFILTER' "$log" | grep -v '<iptables\|<ip6tables\|<net-nat-grace')" ""
	is "$(grep -c 'close(.*NETFILTER' "$log" | sed 's/^[1-9].*/some/')" some
	box-gc
}

@test "a net-nat that cannot listen keeps no descriptor" {
	mkdir -p "$BOX_STATE" && mkdir -m 700 "$BOX_STATE/web" "$BOX_STATE/web/nat"
	start env BOX_NAME=web net-nat sleep 1000
	runs sleep
	has "$(<"$err")" "listen on nat"
	is "$(grep -c socket: <<<"$(ls -l "/proc/$pid/fd")")" 1	# that of nftables
	hasnt "$(ls -l "/proc/$pid/fd")" "$BOX_STATE/web"
	kill "$prog"
	finish
	rm -r "$BOX_STATE/web"
}

@test "-n | iptables-restore --noflush makes the rules of net-nat" {
	for b in nft legacy; do
		[ $b = nft ] || has_legacy
		start net-nat --backend $b -p 8080:80 -p 127.0.0.1:8081:81 -p 5353:53/udp sleep 1000
		runs sleep
		want=$(rules $b | grep -E '^(\*|-A|:BOX)')
		kill "$prog"
		finish
		(enter "$HOSTNS" net-nat -n --backend $b -p 8080:80 -p 127.0.0.1:8081:81 -p 5353:53/udp true) >"$BATS_TEST_TMPDIR/dry"
		hasnt "$(rules $b)" BOX-
		run -0 host "iptables-$b-restore" --noflush <"$BATS_TEST_TMPDIR/dry"
		is "$(rules $b | grep -E '^(\*|-A|:BOX)')" "$want" "rules by $b"
		has "$(<"$BATS_TEST_TMPDIR/dry")" "ip_forward"
		(enter "$HOSTNS" net-nat -n --backend $b down) | host "iptables-$b-restore" --noflush
		hasnt "$(rules $b)" BOX-
	done
}

@test "many ports, whole in -n and in the firewall" {
	ports=()
	for i in {8000..8199}; do ports+=(-p "$i:$i" -p "192.0.2.1:$i:$i/udp"); done
	run -0 host net-nat -n "${ports[@]}" true
	is "$(grep -c -- --to-destination <<<"$output")" 400
	start net-nat "${ports[@]}" sleep 1000
	runs sleep
	is "$(rules nft | grep -c -- --to-destination)" 400
	kill "$prog"
	finish
}

@test "-x traces the same, on stderr" {
	run -0 --separate-stderr host net-nat -x -p 8080:80 true
	is "$output" ""
	has "$stderr" "iptables-restore --noflush"
	has "$stderr" "--to-destination 10.0.0.2:80"
	has "$stderr" "ip_forward"
	has_legacy
	run -0 --separate-stderr host net-nat -x --backend legacy true
	has "$stderr" "iptables-legacy-restore --noflush"
}

@test "signals: forwarded, and the rules go however PROG ends" {
	start net-nat -p 8080:80 bash -c 'trap "exit 5" TERM; echo ready; while :; do read -t 0.05 <> <(:); done'
	eventually 20 grep -q ready "$out"
	kill -TERM "$pid"
	finish
	is "$status" 5
	baseline_check
	start net-nat -p 8080:80 sleep 1000
	runs sleep
	kill -9 "$prog"
	finish
	is "$status" 137
}

@test "net-nat in front of the whole chain, as in the manual" {
	bb_root
	start net-nat -p 80:80 cg-limit 50% ns-spawn net-veth rootfs-enter "$bb" sh -c 'echo up; exec nc -ll -p 80 -e echo from the box'
	eventually 20 grep -q up "$out"
	answered() { has "$(py outside ask tcp 192.0.2.1 80)" "from the box"; }
	eventually 10 answered
	prog=$(payload "$pid")
	over
}

@test "the status waits for the end of the rules, not for iptables" {
	[[ $(iptables-restore --version) == *nf_tables* ]] || skip "iptables is not nft's"
	real=$(command -v iptables-restore)
	cd "$BATS_TEST_TMPDIR"
	mkdir bin
	cat >bin/iptables-restore <<-END
		#!/bin/sh
		$real "\$@" || exit
		[ -e ends ] || exit 0
		: >waits
		for i in \$(seq 100); do [ -e go ] || sleep 0.1; done
	END
	chmod 755 bin/iptables-restore
	run -3 host env BOX_GRACE=1 PATH="$PWD/bin:$PATH" timeout -s KILL 8 net-nat -p 8080:80 \
	    ns-spawn --map self sh -c ': >ends; exit 3'
	is "$output" ""
	hasnt "$(rules nft)" 8080
	: >go
	[ -e waits ] || eventually 10 test -e waits
}

@test "the tables go at the same time, each by an iptables of its own" {
	[[ $(iptables-restore --version) == *nf_tables* ]] || skip "iptables is not nft's"
	cd "$BATS_TEST_TMPDIR"
	mkdir bin
	cat >bin/iptables-restore <<-END
		#!/bin/sh
		[ ! -e ends ] || : >begun.\$\$
		while [ -e ends ] && [ \$(ls begun.* | wc -l) != 2 ]; do sleep 0.1; done
		exec $(command -v iptables-restore) "\$@"
	END
	chmod 755 bin/iptables-restore
	run -0 host env BOX_GRACE=1 PATH="$PWD/bin:$PATH" timeout -s KILL 20 net-nat -p 8080:80 \
	    ns-spawn --map self sh -c ': >ends'
	hasnt "$(rules nft)" 8080
	baseline_check
}

@test "an iptables that does not end is killed at its deadline" {
	real=$(command -v iptables-restore)
	cd "$BATS_TEST_TMPDIR"
	mkdir bin
	cat >bin/iptables-restore <<-END
		#!/bin/sh
		[ -e hung ] || { echo \$\$ >hung; exec sleep 1000; }
		exec $real "\$@"
	END
	chmod 755 bin/iptables-restore
	run -3 host env BOX_DEADLINE=1 PATH="$PWD/bin:$PATH" timeout -s KILL 60 net-nat ns-spawn sh -c 'exit 3'
	is "$output" ""
	gone "$(<hung)"
	# The undoing may hang likewise, and is not waited for as long.
	sed -i 's/.*hung.*/sleep 1000/' bin/iptables-restore
	run -125 host env BOX_DEADLINE=5 PATH="$PWD/bin:$PATH" timeout -s KILL 60 net-nat ns-spawn true
	has "$output" "iptables-restore has not ended in 1 s"
}

# old_kernel: one that selects no flows by their address.
old_kernel() { [ "$(printf '%s\n' 6.8 "$(uname -r)" | sort -V | head -n 1)" != 6.8 ]; }

@test "the host's own flows stay, and cost a start little; without ctnetlink a warning names the module" {
	requires "strace" command -v strace
	local log=$BATS_TEST_TMPDIR/sockets
	# With such a rule the kernel keeps flows, and a flow of the host's is there.
	rule=(INPUT -m conntrack --ctstate INVALID -j DROP)
	host iptables -A "${rule[@]}"
	host bash -c 'echo x >/dev/udp/127.0.0.1/9'
	traced() { host strace -qo "$log" -e trace=socket,sendto "$@" net-nat sh -c 'exit 3'; }
	run -3 traced
	is "$output" ""
	# A look at the whole table of flows takes some milliseconds.
	old_kernel || hasnt "$(<"$log")" IPCTNL_MSG_CT_GET
	is "$(host cat /proc/sys/net/netfilter/nf_conntrack_count)" 1
	n=$(grep "^socket" "$log" | grep -n NETLINK_NETFILTER | tail -n 1 | cut -d: -f1)
	run -3 traced -e "inject=socket:error=EPROTONOSUPPORT:when=$n+"
	has "$(<"$log")" INJECTED
	has "$output" "hint: modprobe nf_conntrack_netlink"
	# A socket that could not be set up is opened anew: its number may be another one's.
	run -3 traced -e trace=socket,connect
	n=$(awk '/^connect/ { n++ } /NETLINK_NETFILTER/ { print n + 1; exit }' "$log")
	run -3 traced -e trace=socket,connect -e inject=connect:error=EPERM:when="$n"
	is "$output" ""
	is "$(grep -c NETLINK_NETFILTER "$log")" 2
	host iptables -D "${rule[@]}"
}
