#!/usr/bin/env bats
# The rules that all boxes of a state directory share: made by the first box,
# found by the next, right whatever others do, and gone a second after the last.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	requires "python3" command -v python3
	requires "iptables-nft" command -v iptables-nft-save
	baseline_save
	export BOX_GRACE=1
}
teardown() {
	[ -z "${servers:-}" ] || kill "${servers[@]}" 2>/dev/null || :
	[ -z "${boxes:-}" ] || kill -9 "${boxes[@]}" 2>/dev/null || :
	[ -z "${pids:-}" ] || wait "${pids[@]}" 2>/dev/null || :
	lab_end
}

# box SLOT [NAT-OPTIONS]: a box in the background; $prog is its PID 1.
box() {
	start net-nat --slot "$1" "${@:2}" ns-spawn --slot "$1" net-veth --slot "$1" sleep 1000
	runs sleep
	boxes+=("$prog") pids+=("$pid")
}
# ended PROG PID: that box has ended; the grace goes on.
ended() { kill -9 "$1" && eventually 20 gone "$2"; wait "$2" || :; }
# out_by ADDR: the world sees the box $prog as ADDR.
out_by() { is "$(py inbox ask tcp 192.0.2.2 7000)" "$1 hello"; }
rules() { host iptables-save | sed -n '/^-A/p; s/^\(:BOX[^ ]*\) .*/\1/p'; }
forwards() { is "$(host cat /proc/sys/net/ipv4/ip_forward)" "$1" ip_forward; }
brief() { host net-nat --slot 9 "$@" ns-spawn true; }
# gone_by_itself: the rules go without help.
none() { hasnt "$(rules)" BOX- && forwards "${1:-0}"; }

@test "a box without ports changes no rule, starts no iptables, and finds its way out" {
	requires "strace" command -v strace
	served outside serve tcp 0.0.0.0 7000
	box 0
	brief # The first one after a change looks.
	before=$(rules)
	looks() {
		host strace -qfo "$BATS_TEST_TMPDIR/log" -e trace=execve net-nat --slot 4 ns-spawn true
		grep -q iptables "$BATS_TEST_TMPDIR/log"
	}
	run -1 looks
	box 1
	is "$(rules)" "$before"
	out_by 192.0.2.1
	# One that has ports has chains for these alone.
	box 2 -p 8080:80 --isolate
	is "$(rules | sed -n 's/^:BOX-\([A-Z]*\)-2$/\1/p' | sort | xargs)" "DNAT HOST ISO LO SNAT"
	ended "$prog" "$pid"
	is "$(rules)" "$before"
	# Its own changes call for no look; another's between them do.
	run -1 looks
	box 2 -p 8080:80
	host iptables -I FORWARD -s 192.0.2.99 -j DROP
	ended "$prog" "$pid"
	run -0 looks
	host iptables -D FORWARD -s 192.0.2.99 -j DROP
	# A second pool beside the first.
	start net-nat --pool 10.77.0.0/24 --slot 3 ns-spawn --slot 3 net-veth --pool 10.77.0.0/24 --slot 3 sleep 1000
	runs sleep
	out_by 192.0.2.1
	prog=${boxes[0]} out_by 192.0.2.1
	kill -9 "$prog" && finish
}

@test "the rules stay for a second after the last box, and go by themselves" {
	brief
	has "$(rules)" BOX-FWD-p
	forwards 1
	eventually 5 none
	# Killed: the next start finds the rules, and its end takes them along.
	brief
	kill -9 "$(lingering)"
	before=$(rules)
	has "$before" BOX-FWD-p
	brief
	is "$(rules)" "$before"
	eventually 5 none
	# Or box-gc does, at once; a box that runs keeps them.
	box 0
	box-gc
	is "$(rules)" "$before"
	ended "$prog" "$pid"
	kill -9 "$(lingering)"
	run -0 box-gc -n
	has "$output" "-X BOX-FWD-p"
	is "$(rules)" "$before"
	# Beside a lasting firewall, which needs them no more.
	host net-nat --slot 7 up
	both=$(rules) record=$(cat "$BOX_STATE"/lock/pool-*)
	run -0 box-gc -n
	has "$output" "-A FORWARD -j BOX-REST-p"
	is "$(rules)" "$both"
	is "$(cat "$BOX_STATE"/lock/pool-*)" "$record"
	host net-nat --slot 7 down
	box-gc
	none
	# SIGTERM: at once, but not under a box.
	brief
	p=$(lingering)
	box 0
	kill "$p" && eventually 5 gone "$p"
	is "$(rules)" "$before"
	ended "$prog" "$pid"
	grace_end
	none
}

# leaked: what the process of the grace has open, but for its record.
leaked() {
	find "/proc/$(lingering)/fd" -type l -printf '%l\n' | grep -vxE "$BOX_STATE/lock(/pool-[0-9]*)?" | sort -u
}
@test "the process of the grace keeps nothing of the chain's" {
	mkdir "$BATS_TEST_TMPDIR/cwd"
	cd "$BATS_TEST_TMPDIR/cwd" || return
	SECONDS=0
	# A pipe of the caller's, a leased slot, a port, and a group of the chain's.
	out=$(host net-lease net-nat -p 8080:80 ns-spawn echo hello)
	is "$out" hello
	is "$(leaked)" /dev/null
	# Killed with the group, the rules would stay.
	grace_end
	host cg-limit 50% net-nat box-keep ns-spawn true 2>"$BATS_TEST_TMPDIR/said"
	is "$(<"$BATS_TEST_TMPDIR/said")" ""
	p=$(lingering)
	[ "$p" ] || fail "nobody takes the rules down"
	is "$(readlink "/proc/$p/cwd")" /
	is "$(leaked)" /dev/null
	is "$(cut -d ' ' -f 6 "/proc/$p/stat")" "$(cut -d ' ' -f 5 "/proc/$p/stat")" "session and group"
	is "$(cut -d ' ' -f 7 "/proc/$p/stat")" 0 "terminal"
	is "$(cat "/proc/$p/cgroup")" "$(cat /proc/self/cgroup)"
	host python3 -c 'import socket; socket.create_server(("", 8080))'
	eventually 5 none
	# The group of a script that runs the chain.
	host cg-limit 50% sh -c 'BOX_GRACE=1 BOX_STATE=$1 net-nat ns-spawn true; :' - "$BOX_STATE"
	[ "$(lingering)" ] || fail "nobody takes the rules down"
	eventually 5 none
	# A process namespace takes all its processes along.
	host env -u BOX_GRACE unshare --pid --fork --mount-proc sh -c 'net-nat ns-spawn true; :'
	none
	between "$SECONDS" 0 9
}

@test "two state directories in one network namespace leave each other's rules alone" {
	served outside serve tcp 0.0.0.0 7000
	box 0
	first=$(shared)
	BOX_STATE=$BATS_TEST_TMPDIR/other brief
	is "$(shared | wc -l)" 2
	is "$(shared | grep -c "$first")" 1
	BOX_STATE=$BATS_TEST_TMPDIR/other box-gc
	is "$(shared)" "$first"
	out_by 192.0.2.1
	forwards 1
}

@test "rules that others take away, or put behind theirs, are made anew in one change" {
	requires "strace" command -v strace
	served outside serve tcp 0.0.0.0 7000
	box 0
	set=$(shared)
	want=$(rules | grep -F -- "$set")
	lose_all() { for t in filter nat mangle; do host iptables -t $t -F && host iptables -t $t -X; done; }
	lose_jumps() { host iptables -F FORWARD; }
	lose_a_rule() { host iptables -t mangle -D "BOX-FLOW-$set" 1; }
	turn_a_rule() { host iptables -R "BOX-FWD-$set" 3 -j ACCEPT; }
	add_a_rule() { host iptables -I "BOX-FWD-$set" -j ACCEPT; }
	be_in_front() { host iptables -I FORWARD -s 192.0.2.99 -j DROP; }
	for change in lose_all lose_jumps lose_a_rule turn_a_rule add_a_rule be_in_front; do
		$change
		run -0 --separate-stderr brief -x
		is "$(rules | grep -F -- "$set" | sort)" "$(sort <<<"$want")" "$change"
		has "$(host iptables -S FORWARD | sed -n 2p)" "BOX-FWD-$set"
		# Each table in one text: the old ones go with the new.
		is "$(grep -c 'iptables-restore --noflush' <<<"$stderr")" 1
		hasnt "$stderr" "-X "
		out_by 192.0.2.1
	done
	host iptables -D FORWARD -s 192.0.2.99 -j DROP
}

@test "rules made by hand are taken over; a chain of another's is not" {
	host net-nat -n ns-spawn true | grep -v '^#' >"$BATS_TEST_TMPDIR/dry"
	host iptables-restore --noflush <"$BATS_TEST_TMPDIR/dry"
	want=$(rules)
	brief
	is "$(rules | sort)" "$(sort <<<"$want")"
	set=$(shared)
	eventually 5 none
	host iptables -N "BOX-FWD-$set"
	host iptables -A "BOX-FWD-$set" -s 192.0.2.99 -j DROP
	before=$(rules)
	run -125 brief
	has "$output" "BOX-FWD-$set"
	is "$(rules)" "$before"
	forwards 0
	host iptables -F "BOX-FWD-$set" && host iptables -X "BOX-FWD-$set"
}

# sent ADDR: the world hears the box $prog as ADDR, or not at all ("").
sent() {
	local word=word$((++n)) where
	for where in inbox outside; do
		$where python3 -c 'import socket, sys
socket.socket(type=socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), ("192.0.2.2", 7007))' "$word $where"
	done
	eventually 10 grep -q "$word outside" "$log"
	is "$(sed -n "s/ $word inbox.*//p" "$log")" "$1"
}
plain() {
	start "$@" ns-spawn --slot 2 net-veth --slot 2 sleep 1000
	runs sleep
	boxes+=("$prog") pids+=("$pid")
}
@test "a chain without net-nat gets no way out by the rules, nor in the grace" {
	outside ip route add 10.0.0.0/24 via 192.0.2.1
	served outside serve udp 0.0.0.0 7007
	box 0
	plain env
	sent ""
	# Where the host forwards for all: as without our rules.
	host iptables -F "BOX-REST-$(shared)"
	sent 10.0.0.4
	host iptables -P FORWARD DROP
	sent ""
	ended "${boxes[0]}" "${pids[0]}"
	has "$(rules)" BOX-FWD-p
	sent ""
	kill -9 "$prog" && finish
	host iptables -P FORWARD ACCEPT
	# Weakened: the word that net-nat gives.
	box 0
	plain env BOX_NAT=1
	sent 192.0.2.1
}

@test "a link of the user's own name, a box of another's, a foreign program: rules of their own" {
	served outside serve tcp 0.0.0.0 7000
	box 0
	before=$(rules)
	start net-nat --slot 1 --host-link mine ns-spawn --slot 1 net-veth --slot 1 --host-link mine sleep 1000
	runs sleep
	out_by 192.0.2.1
	kill -9 "$prog" && finish
	is "$(rules)" "$before"
	start net-nat --slot 1 sh -c 'ns-spawn --slot 1 net-veth --slot 1 sleep 1000; exit 7'
	runs sleep
	out_by 192.0.2.1
	kill -9 "$prog" && finish
	is "$status" 7
	is "$(rules)" "$before"
	# The default pool is in this one.
	start net-nat --pool 10.0.0.0/16 --slot 300 ns-spawn net-veth --pool 10.0.0.0/16 --slot 300 sleep 1000
	runs sleep
	out_by 192.0.2.1
	kill -9 "$prog" && finish
	is "$(rules)" "$before"
}

@test "forwarding that its owner turns off while a box runs is on for boxes alone, and goes off with the last" {
	for foreign in "" sh; do
		forms() { if [ $foreign ]; then start net-nat --slot "$1" sleep 1000; else start net-nat --slot "$1" ns-spawn sleep 1000; fi; runs sleep; }
		host sysctl -qw net.ipv4.ip_forward=1
		forms 0
		first=$pid first_prog=$prog
		hasnt "$(rules)" BOX-REST
		host sysctl -qw net.ipv4.ip_forward=0
		forms 1
		forwards 1
		has "$(rules)" "-A FORWARD -j BOX-REST-p"
		ended "$prog" "$pid"
		grace_end
		forwards 1
		has "$(rules)" "-A FORWARD -j BOX-REST-p"
		ended "$first_prog" "$first"
		grace_end
		none
	done
}

@test "forwarding is never on without the rule that drops the rest" {
	requires "strace" command -v strace
	log=$BATS_TEST_TMPDIR/log
	# strace waits for the process of the grace.
	host strace -qfo "$log" -e trace=execve,openat net-nat ns-spawn true
	is "$(sed -n 's/.*ip_forward", O_WRONLY.*/switch/p; s/.*execve(.*iptables-restore".*= 0$/rules/p' "$log" | xargs)" \
	    "rules switch switch rules"
}

@test "after a restart of the machine old records are not believed" {
	host sysctl -qw net.ipv4.ip_forward=1
	baseline_save
	brief
	grace_end
	host net-nat --slot 5 up
	record=$(echo "$BOX_STATE"/lock/nat-*-5)
	boot=$(</proc/sys/kernel/random/boot_id)
	cookie=${record#*/lock/nat-} && cookie=${cookie%-5}
	lock=$BOX_STATE/lock
	# As another boot would have left them, with forwarding turned on by us.
	for t in filter nat mangle raw; do host iptables -t $t -F && host iptables -t $t -X; done
	sed -i "s/$boot/00000000-0000-0000-0000-000000000000/" "$record"
	printf '00000000-0000-0000-0000-000000000000 default - 1 0 1 10.0.0.0/24,\n' >"$lock/pool-$cookie"
	printf '1\n' >"$lock/netns-$cookie"
	brief
	hasnt "$(rules)" BOX-REST
	has "$(rules)" "-j MASQUERADE"
	grace_end
	none 1
	host sysctl -qw net.ipv4.ip_forward=0
	baseline_save
}

@test "a start that cannot tell the boot leaves the rules of a box that runs" {
	requires "strace" command -v strace
	box 0
	host iptables -F FORWARD
	before=$(rules)
	run -125 host strace -qqfo /dev/null -P /proc/sys/kernel/random/boot_id -e trace=openat -e inject=openat:error=EINVAL \
	    net-nat --slot 9 ns-spawn true
	is "$output" "net-nat: read /proc/sys/kernel/random/boot_id: Invalid argument"
	is "$(rules)" "$before"
	brief
	has "$(rules)" "-A FORWARD -j BOX-REST-p"
	ended "$prog" "$pid"
	grace_end
	none
}

@test "a record that cannot be read leaves neither a router nor rules" {
	for text in "" x; do
		brief
		kill -9 "$(lingering)"
		printf '%s' "$text" >"$(echo "$BOX_STATE"/lock/pool-*)"
		box 0
		has "$(rules)" "-A FORWARD -j BOX-REST-p"
		ended "$prog" "$pid"
		grace_end
		none
		brief
		kill -9 "$(lingering)"
		printf '%s' "$text" >"$(echo "$BOX_STATE"/lock/pool-*)"
		box-gc
		none
	done
}

@test "a full disk leaves nothing behind" {
	brief
	grace_end
	mount -t tmpfs -o size=64k,mode=755 none "$BOX_STATE/lock"
	brief
	dd if=/dev/zero of="$BOX_STATE/lock/fill" bs=1k 2>/dev/null || :
	run -125 brief
	has "$output" "No space left"
	eventually 5 none
	# The last process of the grace may still be ending there.
	eventually 10 umount "$BOX_STATE/lock"
}

@test "the back end is that of the host's rules, as they are now" {
	requires "iptables-legacy" command -v iptables-legacy-save
	lacks_kernel "legacy iptables" host iptables-legacy -t nat -S
	served outside serve tcp 0.0.0.0 7000
	legacy() { host iptables-legacy-save; }
	# While boxes run, too: the new rules are there before the old ones go.
	box 0
	hasnt "$(legacy)" BOX-
	host iptables-legacy -P FORWARD DROP
	brief
	has "$(legacy)" BOX-FWD-p
	hasnt "$(rules)" BOX-
	out_by 192.0.2.1
	before=$(legacy | grep -- -A)
	brief
	is "$(legacy | grep -- -A)" "$before"
	host iptables-legacy -t nat -F POSTROUTING
	brief
	out_by 192.0.2.1
	host iptables-legacy -P FORWARD ACCEPT
	ended "$prog" "$pid"
	grace_end
	hasnt "$(legacy)" BOX-
	brief
	hasnt "$(legacy)" BOX-
	has "$(rules)" BOX-FWD-p
	grace_end
	# Where legacy is the default: our own rules there are no others' sign.
	mkdir "$BATS_TEST_TMPDIR/bin"
	for p in save restore; do
		ln -s "$(command -v iptables-legacy-$p)" "$BATS_TEST_TMPDIR/bin/iptables-$p"
	done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	box 0
	lose() { for t in filter nat mangle; do host iptables-legacy -t $t -F && host iptables-legacy -t $t -X; done; }
	for change in : "host iptables-legacy -t nat -F POSTROUTING" lose; do
		$change
		brief
		out_by 192.0.2.1
	done
	ended "$prog" "$pid"
	eventually 5 eval 'hasnt "$(legacy)" BOX-'
}

@test "a network behind a box multiplies no bound" {
	box 0
	host ip route add 10.99.0.0/16 dev veth0
	inbox ip addr add 10.99.0.0/16 dev lo
	inbox python3 -c 'import socket
for i in range(4000):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind(("10.99.%d.%d" % (i // 250, i % 250 + 1), 0))
    s.sendto(b"", ("192.0.2.2", 20000 + i))
    s.close()'
	between "$(host cat /proc/sys/net/netfilter/nf_conntrack_count)" 2000 2200
	kill -9 "$prog" && finish
}

@test "net-nat up and down beside boxes" {
	host net-nat --slot 3 -p 8080:80 up
	up=$(rules)
	brief
	has "$(rules)" BOX-FWD-p
	as_up() { is "$(rules)" "$up"; }
	eventually 5 as_up
	forwards 1
	box 0
	host net-nat --slot 3 down
	forwards 1
	has "$(rules)" BOX-REST-p
	ended "$prog" "$pid"
	eventually 5 none
}
