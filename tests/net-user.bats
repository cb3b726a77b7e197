#!/usr/bin/env bats
# net-user: a network by pasta, as root and as an ordinary user. PASTA=DIR takes
# pasta from there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	requires "pasta (package passt)" command -v pasta
	requires "curl" command -v curl
	lab6_up
	host sysctl -qw net.ipv4.ping_group_range="0 $(awk '{ end = $1 + $3 - 1 } END { print end < 2147483647 ? end : 2147483647 }' /proc/self/gid_map)"
	open_tun
	weaken
}
teardown_file() { lab_down; }
setup() {
	PATH=${PASTA:+$PASTA:}$PATH
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE)
	servers=()
	baseline_save
}
teardown() {
	for s in "${servers[@]}"; do kill -9 "$s" && wait "$s"; done 2>/dev/null
	lab_end
}
# lab_end of the file alone takes the lab down.
lab_end() { baseline_check; }

opened() { OPEN=$opener host "$@"; }
box() { opened ns-spawn "$@"; }
talk() { "$1" python3 "$BATS_TEST_DIRNAME/net.py" "${@:2}"; }
# background NS CMD...: until the end of the test; its output is in $log.
background() {
	log=$BATS_TEST_TMPDIR/log${#servers[@]}
	(enter "$@" >"$log" 2>&1 3>&-) &
	servers+=($!)
	eventually 10 grep -q ready "$log"
}
# http PID: a server on port 80 of that box, which answers with the client's address.
http() {
	background "" nsenter -t "$1" -n python3 -c 'import http.server, socket
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].removeprefix("::ffff:").encode())
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
s = Server(("::", 80), Answer)
print("ready", flush=True)
s.serve_forever()'
}
get() { "$1" curl -sS --max-time 5 "http://$2/"; }
# Those of our host, and those that are about to end: they may hold ports still.
pastas() {
	local p ns
	for p in $(pgrep '^pas[st]'); do
		ns=$(readlink "/proc/$p/ns/net") || :
		[ -n "$ns" ] && [ "$ns" != "$(host readlink /proc/self/ns/net)" ] || echo "$p"
	done 2>/dev/null
}
# Whether this pasta reaches the host's loopback: those before 2025.
leaks() { ! pasta --help 2>/dev/null | grep -q -e '--fqdn '; }
no_pasta() { is "$(pastas)" ""; }

@test "its own address, by IPv4 and IPv6: as root, with one id, as an ordinary user" {
	addrs() { awk '{ $1 = $2 = ""; print }' <<<"$output" | xargs; }
	for args in "" "--map self" "--map 0:0:65536" "--init"; do
		for as in "" "${user[*]}"; do
			[[ -z $as || $args != *0:0* ]] || continue
			# shellcheck disable=SC2086
			run -0 opened $as ns-spawn $args net-user ip -br addr show scope global
			is "$(addrs)" "10.0.0.2/24 fd62:6f78::2/64" "$as $args"
		done
	done
	run -0 box net-user ip -4 route show default
	is "$(xargs <<<"$output")" "default via 10.0.0.1 dev eth0"
	run -0 box net-user --addr 172.20.0.9/16 ip -o -4 addr show dev eth0
	has "$output" "172.20.0.9/16"
	bb_root
	run -0 box --hostname me net-user rootfs-enter --ephemeral "$bb" cat /etc/hosts
	has "$output" $'10.0.0.2\tme\nfd62:6f78::2\tme'
	# A host without a way out by IPv6: a pasta of 2025 has IPv6 to the host then.
	host ip route del default via 2001:db8::2
	run -0 box --hostname me net-user rootfs-enter --ephemeral "$bb" cat /etc/hosts
	host ip route add default via 2001:db8::2
	[ "${PASTA:-}" ] || hasnt "$output" fd62
	eventually 5 no_pasta
}

@test "out: TCP, UDP, ping, IPv6; in: published ports, with the ports in the box's state" {
	serve=(python3 "$BATS_TEST_DIRNAME/net.py" serve)
	background "$OUTNS" "${serve[@]}" tcp 192.0.2.2 81
	background "$OUTNS" "${serve[@]}" udp 192.0.2.2 82
	background "$OUTNS" python3 -c 'import socket
s = socket.create_server(("2001:db8::2", 83), family=socket.AF_INET6)
print("ready", flush=True)
while True: s.accept()[0].send(b"six")'
	state=$(mktemp -d) && mkdir "$state/web" && chown -R 65534 "$state"
	OPEN=$opener start "${user[@]}" BOX_NAME=web BOX_STATE="$state" ns-spawn --init net-user \
	    -p 8080:80 -p 192.0.2.1:8081:80 -p 8082:80/udp \
	    -p "[2001:db8::1]:8083:80" -p 0.0.0.0:8084:80 -p "[::]:8085:80" sleep 1000
	runs sleep
	talk inbox ask tcp 192.0.2.2 81 | grep -q "192.0.2.1 hello"
	talk inbox ask udp 192.0.2.2 82 | grep -q "192.0.2.1 hello"
	is "$(inbox python3 -c 'import socket
print(socket.create_connection(("2001:db8::2", 83), 3).recv(9).decode())')" six
	run -0 nsenter -t "$prog" -n setpriv --reuid 65534 --regid 65534 --clear-groups python3 -c '
import socket
s = socket.socket(type=socket.SOCK_DGRAM, proto=socket.IPPROTO_ICMP)
s.settimeout(3)
s.sendto(b"\10\0\0\0\0\0\0\1ping", ("192.0.2.2", 0))
print(s.recv(99)[-4:].decode())'
	is "$output" ping
	http "$prog"
	background "" nsenter -t "$prog" -n "${serve[@]}" udp 0.0.0.0 80
	is "$(get outside 192.0.2.1:8080)" 192.0.2.2
	is "$(get outside 192.0.2.1:8081)" 192.0.2.2
	is "$(talk outside ask udp 192.0.2.1 8082)" "192.0.2.2 hello"
	get host 127.0.0.1:8080
	is "$(get outside "[2001:db8::1]:8080")" 2001:db8::2
	get host "[::1]:8080"
	run ! get outside "[2001:db8::1]:8081"
	is "$(get outside "[2001:db8::1]:8083")" 2001:db8::2
	run ! get outside 192.0.2.1:8083
	run ! get host "[::1]:8083"
	is "$(get outside 192.0.2.1:8084)" 192.0.2.2
	run ! get outside "[2001:db8::1]:8084"
	is "$(get outside "[2001:db8::1]:8085")" 2001:db8::2
	run ! get outside 192.0.2.1:8085
	run ! get host 127.0.0.1:8081
	is "$(cat "$state/web/ports")" "$(printf '%s\n' \
	    0.0.0.0:8080:80/tcp 192.0.2.1:8081:80/tcp 0.0.0.0:8082:80/udp \
	    "[2001:db8::1]:8083:80/tcp" 0.0.0.0:8084:80/tcp "[::]:8085:80/tcp")"
	rm -r "$state"
	kill -9 "$prog" && finish
}

# The resolver waits for two questions, and answers them with their own text.
@test "--ready port: a server that has the IPv6 address alone is up" {
	bb_root
	run -0 opened timeout $((20 * ${SLACK:-1})) box-run -d --rm --ephemeral --name six --network user -p 8080:80 --ready port "$bb" \
	    httpd -f -h /etc -p "[fd62:6f78::2]:80" 3>&-
	is "$output" six
	host box-stop -t 0 six
	eventually 5 no_pasta
}

@test "DNS: the host's resolver, also a stub on its loopback" {
	background "$HOSTNS" python3 -c 'import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.53", 53))
print("ready", flush=True)
while True:
    text, peer = s.recvfrom(500)
    s.sendto(text, peer)'
	ask='import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.settimeout(3)
s.connect(("169.254.1.1", 53))
s.send(b"\0\1\1\0\0\1\0\0\0\0\0\0\1x\0\0\1\0\1")
print(len(s.recv(500)))'
	bb_root
	export RESOLV=$BATS_TEST_TMPDIR/resolv.conf
	echo "nameserver 127.0.0.53" >"$RESOLV"
	is "$(box net-user python3 -c "$ask")" 19
	for dns in auto host; do
		run -0 box net-user rootfs-enter --ephemeral --dns $dns "$bb" cat /etc/resolv.conf
		is "$output" "nameserver 169.254.1.1" "--dns $dns"
	done
	echo "nameserver 192.0.2.7" >"$RESOLV"
	run -0 box net-user rootfs-enter --ephemeral --dns host "$bb" cat /etc/resolv.conf
	is "$output" "nameserver 192.0.2.7"
	printf 'nameserver %s\n' fe80::1%eth0 ::1 2001:db8::53 >"$RESOLV"
	run -0 box net-user rootfs-enter --ephemeral --dns auto "$bb" cat /etc/resolv.conf
	is "$output" "nameserver 2001:db8::53"
}

@test "T100: the host's loopback is closed, also to a socket that is bound to the box's link" {
	attack=$BATS_TEST_DIRNAME/attack/loopback.py
	background "$HOSTNS" python3 "$attack" serve 7000
	# The services are there.
	host python3 "$attack" try 7000 lo >"$BATS_TEST_TMPDIR/seen"
	has "$(<"$BATS_TEST_TMPDIR/seen")" "ANSWER 127.0.0.1"
	has "$(<"$BATS_TEST_TMPDIR/seen")" "ANSWER ::1"
	# Another one, as the first may still be busy.
	background "$HOSTNS" python3 "$attack" serve 7001
	run -0 box net-user sh -c '
	ip route add 127.0.0.0/9 dev eth0
	ip rule add pref 1 to 127.0.0.0/8 lookup main
	ip addr del 127.0.0.1/8 dev lo
	ip -6 addr del ::1 dev lo
	ip xfrm policy flush
	sysctl -w net.ipv4.conf.all.route_localnet=1
	exec 2>&1
	python3 "$1" try 7001 eth0' sh "$attack"
	hasnt "$output" ANSWER
	is "$(<"$log")" ready
	# With any pasta: a newer one can be no better at such headers.
	hasnt "$output" LEFT
	# A newer one takes a raw packet for ::ffff:127.0.0.1 there.
	bb_root
	run -125 box net-user rootfs-enter --cap-add NET_ADMIN "$bb" true
	has "$output" "--cap-add: cap_net_admin is not in the bounding set"
	run -0 --separate-stderr box net-user rootfs-enter --cap-add ALL "$bb" true
	is "$stderr" "rootfs-enter: --cap-add all: without cap_net_admin, cap_net_raw, which net-user has cut"
	leaks || return 0
	weak 100 run -0 box net-user python3 "$attack" try 7001 eth0
	has "$(<"$log")" REACHED
	for hop in ::1 :: ::ffff:127.0.0.1; do has "$output" "LEFT for $hop eth0"; done
}

@test "T105: root of the host turns its box's policies off, by a sysctl" {
	beyond_box sysctl
	attack=$BATS_TEST_DIRNAME/attack/loopback.py
	off='exec 2>&1; cd /proc/sys/net/ipv4/conf && for f in */disable_xfrm; do echo 1 >$f || exit; done; exec python3 "$1" try 7002 eth0'
	background "$HOSTNS" python3 "$attack" serve 7002
	run -0 box --map 0:0:65536 net-user sh -c "$off" sh "$attack"
	hasnt "$output" ANSWER
	is "$(<"$log")" ready
	! leaks || weak 105 run -0 box --map 0:0:65536 net-user sh -c "$off" sh "$attack"
	! leaks || has "$(<"$log")" "REACHED 127.0.0.1"
}

@test "a pasta of 2025 needs no policies, but the capabilities go" {
	mkdir "$BATS_TEST_TMPDIR/new"
	printf '#!/bin/sh\n[ "$1" != --help ] || exec echo "  --fqdn NAME"\nexec %s "$@"\n' \
	    "$(command -v pasta)" >"$BATS_TEST_TMPDIR/new/pasta"
	chmod 755 "$BATS_TEST_TMPDIR/new/pasta"
	run -0 host env PATH="$BATS_TEST_TMPDIR/new:$PATH" "$opener" ns-spawn --map 0:0:65536 net-user \
	    sh -c '! ip link set eth0 mtu 1400 2>&1; grep CapBnd /proc/self/status'
	has "$output" "Operation not permitted"
	is $((0x${output##*[[:blank:]]} & 0x3000)) 0
}

@test "the end of pasta is said on a terminal in raw mode, too" {
	bb_root
	OPEN=$opener host python3 "$TOP/tests/terminal.py" sh -c '"$@"; echo ended $?' sh \
	    ns-spawn --init net-user rootfs-enter --ephemeral -t "$bb" sh -c 'sleep 1000; exit 3' \
	    >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- <<-'END' &
		expect pasta has ended (signal 9): the box has no network any more\r\n
		send \x03
		expect ended 130
		end 0
	END
	pid=$!
	runs sleep
	kill -9 "$(pastas)"
	finish
	is "$status" 0 "$(<"$BATS_TEST_TMPDIR/log")"
}

@test "pasta ends with the box, whatever is killed; its ports are free at once" {
	for killed in pid prog pasta; do
		OPEN=$opener start "${user[@]}" ns-spawn --init net-user -p 8080:80 sleep 1000
		runs sleep || fail "$(<"$err")"
		pasta=$(pastas)
		[ "$pasta" ] || fail "no pasta runs"
		# In a session of its own: a terminal's signals are not for pasta.
		is "$(ps -o sid= "$pasta" | xargs)" "$pasta"
		kill -9 "${!killed}"
		if [ $killed = pasta ]; then
			eventually 5 test -s "$err"
			kill "$prog"
		fi
		finish
		[ $killed != pasta ] || echo "ns-spawn: pasta has ended (signal 9): the box has no network any more" | diff - "$err"
		[ $killed = pasta ] || [ ! -s "$err" ] || fail "$(<"$err")"
		eventually 5 no_pasta
	done
	# A connection of the last run's does not hold the port.
	for _ in 1 2; do
		OPEN=$opener start "${user[@]}" ns-spawn --init net-user -p 8080:80 sleep 1000
		runs sleep
		http "$prog"
		is "$(get outside 192.0.2.1:8080)" 192.0.2.2
		kill "$pid" && finish
		no_pasta
	done
}

@test "refused: with one line, a hint, and nothing left" {
	# refusal TEXT HINT ARGS...
	refusal() {
		run -125 --separate-stderr "${with[@]}" "${@:3}" touch "$BATS_TEST_TMPDIR/ran"
		has "$stderr" "net-user: $1"
		if [ "$2" ]; then has "${stderr_lines[1]}" "net-user: hint: $2"; else is "${#stderr_lines[@]}" 1; fi
		[ ! -e "$BATS_TEST_TMPDIR/ran" ] && no_pasta
	}
	background "$HOSTNS" python3 "$BATS_TEST_DIRNAME/net.py" serve tcp 127.0.0.1 8080
	with=(opened)
	refusal "--publish 0.0.0.0:8080:80/tcp: Address " "" ns-spawn net-user -p 8080:80
	refusal "--publish 0.0.0.0:80:80/tcp: Permission denied" "a port from 1024 on" ns-spawn net-user -p 80:80
	refusal "--publish 198.51.100.1:8081:80/udp: not an address of this host" "" \
	    ns-spawn net-user -p 198.51.100.1:8081:80/udp
	refusal "--publish [2001:db8::9]:8081:80/tcp: not an address of this host" "" \
	    ns-spawn net-user -p "[2001:db8::9]:8081:80"
	refusal "--publish 0.0.0.0:8081:81/tcp: Address " "" ns-spawn net-user -p 8081:80 -p 8081:81
	refusal "--publish: '224.0.0.1' is an address of many hosts" "" ns-spawn net-user -p 224.0.0.1:8081:80
	refusal "--publish: more than 32 ports" "" ns-spawn net-user -p 2001-2033:1-33
	refusal "--addr: 10.0.0.1/24 leaves no room" "" ns-spawn net-user --addr 10.0.0.1/24
	refusal "the box shares the host's network" "ns-spawn without" ns-spawn --net host net-user
	refusal "the box has no user namespace" "ns-spawn without" ns-spawn --user host net-user
	refusal "ns-spawn --leave keeps no pasta" "ns-spawn without --leave" ns-spawn --leave net-user
	refusal "no door" "ns-spawn net-user" net-user
	with=(opened env PATH="$TOP/bin")
	refusal "pasta: No such file" "apt-get install passt" ns-spawn net-user
	mkdir "$BATS_TEST_TMPDIR/busy"
	printf '#!/bin/sh\nexec sleep 100\n' >"$BATS_TEST_TMPDIR/busy/pasta"
	chmod 755 "$BATS_TEST_TMPDIR/busy/pasta"
	with=(opened env PATH="$BATS_TEST_TMPDIR/busy:$PATH" BOX_DEADLINE=1)
	refusal "pasta --help: pasta has not ended in 1 s" "" ns-spawn net-user
	with=(outside "$opener")
	! leaks || refusal "pasta: " "the host needs a default route" ns-spawn net-user
	with=(host unshare --mount sh -c 'mount --bind /dev/null /dev/net/tun && exec "$@"' sh)
	refusal "pasta: " "" ns-spawn net-user
	with=(host unshare --mount sh -c 'mount -t tmpfs -o mode=755 none /dev/net && exec "$@"' sh)
	refusal "open /dev/net/tun: No such file" "modprobe tun" ns-spawn net-user
}

@test "-n prints the command that a person would type" {
	run -0 host net-user -n -p 127.0.0.1:8080:80 -p 53:53/udp true
	has "${lines[0]}" "setpriv --reuid 1879048192 --regid 1879048192 --clear-groups pasta -f"
	has "${lines[0]}" "-t 127.0.0.1/8080:80 -u 53:53 --userns /proc/\$BOX_PID/ns/user --netns /proc/\$BOX_PID/ns/net"
	run -0 host "${user[@]}" net-user -n true
	has "${lines[0]}" "pasta -f -q"
	has "${lines[0]}" " -t none -u none "
	has "$output" "ip -6 rule add pref 1 to ::ffff:0:0/96 prohibit"
	! leaks || has "$output" $'block\nip xfrm policy add dst 0.0.0.0/0 dir out priority 1\n'
	! leaks || has "$output" "ip xfrm policy setdefault out block"
	is "${lines[-1]}" "# next: true"
	no_pasta
}

@test "the same with Debian 13's pasta, and the newest" {
	[ ! "${PASTA:-}" ] || skip "PASTA is set"
	for suite in trixie sid; do
		requires "a mirror of Debian's" "$BATS_TEST_DIRNAME/pasta" $suite
		run env -i PATH="$PATH" TMPDIR="$TMPDIR" SLACK="${SLACK:-1}" MUST_WORK="${MUST_WORK:-0}" \
		    PASTA="$("$BATS_TEST_DIRNAME/pasta" $suite)" bats --tap "$BATS_TEST_FILENAME"
		[ "$status" = 0 ] || fail "$suite" "$output"
		has "$output" "ok 9 "
	done
}
