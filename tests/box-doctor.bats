#!/usr/bin/env bats
# box-doctor: its findings on hosts with a lack.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	baseline_save
}
teardown() {
	lab_end
}

# found STATE CHECK [TEXT]: the last run says so.  mends: its hint.
found() {
	line=$(grep -m 1 -E "^$1 +$2 " <<<"$output") || fail "no '$1 $2' in:" "$output"
	has "$line" "${3:-}"
}
mends() {
	has "$(grep -A 1 -E "^[a-z]+ +$1 " <<<"$output" | sed -n '2s/^ *hint: //p')" "$2"
}
# changed WHAT CMD...: CMD in a mount namespace where WHAT has been done.
changed() { host unshare --mount bash -c "set -e; $1; "'exec "$@"' changed "${@:2}"; }

@test "all is well, and nothing is changed by the look" {
	mkdir "$BATS_TEST_TMPDIR/root"
	rm -rf "$BOX_STATE"
	run -0 host box-doctor "$BATS_TEST_TMPDIR/root"
	for check in kernel namespaces proc ids state seccomp "root directory" cgroup "cgroup cpu" \
	    "cgroup memory" "cgroup pids" "iptables nft" "iptables legacy" veth IPv6 ip_forward pool; do
		found ok "$check"
	done
	hasnt "$(grep -vE 'cgroup (io|cpuset)' <<<"$output")" "note "
	is "$(ls "$BATS_TEST_TMPDIR/root")" ""
	[ ! -e "$BOX_STATE" ]
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
	host sysctl -qw net.ipv4.ip_forward=1
	run -0 host box-doctor
	found ok ip_forward on
	host sysctl -qw net.ipv4.ip_forward=0
}

@test "--json has the same, a bad finding is status 1" {
	run -1 --separate-stderr host box-doctor --json /proc
	is "$stderr" ""
	is "$(jq -r '.[] | select(.check == "kernel").state' <<<"$output")" ok
	is "$(jq -r '.[] | select(.state == "bad").check' <<<"$output")" "root directory"
	has "$(jq -r '.[] | select(.state == "bad").hint' <<<"$output")" "move it to ext4"
	is "$(jq '.[] | select(.state == "ok").hint' <<<"$output" | sort -u)" null
}

@test "user namespaces: none, or root's alone" {
	# The limit is each user namespace's own.
	for kind in user uts; do
		run -1 host unshare --user --map-root-user bash -c "
			echo 0 >/proc/sys/user/max_${kind}_namespaces; box-doctor"
		has "$output" "no new namespace of kind $kind is allowed"
		mends namespaces "sysctl -w user.max_${kind}_namespaces="
	done
	for s in kernel/unprivileged_userns_clone=0 kernel/apparmor_restrict_unprivileged_userns=1; do
		# A mount in /proc is a finding, too.
		run -1 changed "mount -t tmpfs none /proc/sys; mkdir -p /proc/sys/{kernel,net/ipv4}
		    echo ${s#*=} >/proc/sys/${s%=*}; echo 6.18.0 >/proc/sys/kernel/osrelease
		    echo 1 >/proc/sys/net/ipv4/ip_forward" box-doctor
		found note "users' namespaces"
		name=${s%=*}
		mends "users' namespaces" "sysctl -w ${name/\//.}=$((1 - ${s#*=}))"
	done
}

@test "an old kernel" {
	for v in 6.0.12-arch 5.10.0 4.19.0-1-amd64; do
		run -1 changed "echo $v >'$BATS_TEST_TMPDIR/v'; mount --bind '$BATS_TEST_TMPDIR/v' /proc/sys/kernel/osrelease" box-doctor
		found bad kernel "$v is older than 6.1"
		mends kernel "apt-get install linux-image-"
	done
	for v in 6.1.0-18-amd64 6.18-rc1 7.0.0; do
		# The mount is a finding, too.
		run -1 changed "echo $v >'$BATS_TEST_TMPDIR/v'; mount --bind '$BATS_TEST_TMPDIR/v' /proc/sys/kernel/osrelease" box-doctor
		found ok kernel "$v"
	done
}

@test "ids that a user of the host has" {
	printf 'a:100000:65536\nb:1879000000:100000\n' >"$BATS_TEST_TMPDIR/ids"
	[ -e /etc/subuid ] || skip "needs a file /etc/subuid to put another on"
	run -1 changed "mount --bind '$BATS_TEST_TMPDIR/ids' /etc/subuid" box-doctor
	found bad ids "b's in /etc/subuid"
	head -1 "$BATS_TEST_TMPDIR/ids" >"$BATS_TEST_TMPDIR/fine"
	run -0 changed "mount --bind '$BATS_TEST_TMPDIR/fine' /etc/subuid" box-doctor
}

@test "a back end of iptables: missing, without its modules" {
	default=$(host iptables-restore --version | tr -d '()')
	for b in nft legacy; do
		path=$(readlink -f "$(command -v iptables-$b-restore)")
		rc=0 state=note
		case $b:$default in nft:*nf_tables* | legacy:*legacy*) rc=1 state=bad ;; esac
		run -$rc changed "mount --bind /dev/null '$path'" box-doctor
		found $state "iptables $b" "not installed"
		mends "iptables $b" "apt-get install iptables"
		echo '#!/bin/sh
		[ "$1" != --version ] || { echo "iptables v1 ('"$default"')"; exit; }
		echo "iptables-restore v1: cannot initialize table" >&2; exit 3' >"$BATS_TEST_TMPDIR/fails"
		chmod +x "$BATS_TEST_TMPDIR/fails"
		run -$rc changed "mount --bind '$BATS_TEST_TMPDIR/fails' '$path'" box-doctor
		found $state "iptables $b" "cannot initialize table"
		mends "iptables $b" "modprobe -a"
	done
}

@test "IPv6: disabled, its pool in use, without ip6tables" {
	requires "IPv6" test -e /proc/sys/net/ipv6
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	run -0 host box-doctor
	found note IPv6 "this host has it disabled"
	mends IPv6 "sysctl -w net.ipv6.conf.all.disable_ipv6=0"
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	host ip route add fd62:6f78::/48 dev uplink
	run -0 host box-doctor
	found note IPv6 "the host has the route fd62:6f78::/48 dev uplink"
	host ip route del fd62:6f78::/48 dev uplink
	printf '#!/bin/sh\necho "ip6tables-restore v1: cannot initialize table" >&2; exit 3' >"$BATS_TEST_TMPDIR/fails"
	chmod +x "$BATS_TEST_TMPDIR/fails"
	mkdir "$BATS_TEST_TMPDIR/bin"
	for b in nft legacy; do cp "$BATS_TEST_TMPDIR/fails" "$BATS_TEST_TMPDIR/bin/ip6tables-$b-restore"; done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 host box-doctor
	found note IPv6 "cannot initialize table"
	mends IPv6 "modprobe -a"
}

@test "forwarding that cannot be turned on" {
	run -1 changed "mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys" box-doctor
	found bad ip_forward
	mends ip_forward "mount -o remount,bind,rw /proc/sys"
}

@test "routes that the pool overlaps" {
	for r in 10.0.0.0/8 10.0.0.128/25 10.0.0.0/24; do
		host ip route add "$r" dev uplink
		run -1 host box-doctor
		found bad pool "10.0.0.0/24 overlaps the route $r dev uplink"
		host ip route del "$r"
	done
	host ip route add 10.0.1.0/24 dev uplink
	run -0 host box-doctor
	found ok pool
	run -1 host box-doctor --pool 10.0.0.0/16
	found bad pool
	host ip route del 10.0.1.0/24
	# A box's own route does not count.
	bb_root
	start box-run "$bb" sleep 1000
	runs sleep
	run -0 host box-doctor
	found ok pool
	kill -9 "$prog" && finish
}

@test "firewalld, docker, ufw, and a table that refuses" {
	requires nft command -v nft
	run -0 host box-doctor
	for no in firewalld docker ufw nftables; do hasnt "$output" $no; done
	host nft 'add table inet firewalld; add chain inet firewalld filter_FORWARD'
	host iptables -N DOCKER && host iptables -N ufw-user-forward
	host nft add table inet mine
	host nft add chain inet mine passing '{ type filter hook forward priority 5; policy drop; }'
	mkdir "$BATS_TEST_TMPDIR/fw"
	ln -s /bin/true "$BATS_TEST_TMPDIR/fw/firewall-cmd"
	run -0 host env PATH="$BATS_TEST_TMPDIR/fw:$PATH" box-doctor
	found note firewalld
	mends firewalld "firewall-cmd --zone=trusted --add-source=10.0.0.0/24"
	found ok docker
	found ok ufw
	found note nftables "inet mine"
	# The hint is a command that mends it.
	hint=$(sed -n 's/^ *hint: \(nft .*\)/\1/p' <<<"$output")
	host bash -c "$hint"
	run -0 host box-doctor
	hasnt "$output" nftables
	host nft delete table inet mine
	host nft delete table inet firewalld
	host iptables -X DOCKER && host iptables -X ufw-user-forward
}

@test "an ordinary user: a range of ids, groups, and the rest is root's" {
	requires "pasta (package passt)" command -v pasta
	open_tun
	install -d -o 65534 "$BATS_TEST_TMPDIR/run"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run")
	run host unshare --mount sh -c 'mount -t tmpfs -o mode=755 none /dev/net && exec "$@"' sh "${user[@]}" box-doctor
	[ "$status" = 1 ] || fail "status $status" "$output"
	mends network "modprobe tun"
	OPEN=$opener run host "${user[@]}" box-doctor
	found ok network
	found note ids
	mends ids "usermod --add-subuids"
	found ok namespaces
	[ "$status" = 0 ] || fail "status $status" "$output"
}

@test "bad words" {
	for bad in /no/such/dir "--json=1" "/ /" "--pool x" "--pool 10.0.0.1/24" -Z; do
		run --separate-stderr box-doctor $bad
		is "$status" 125 "$bad"
		is "$output" ""
	done
}
