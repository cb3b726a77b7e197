# helpers.bash - loaded by every test file: demands on the host, the lab (a network
# namespace that plays the host, one that plays the outside world), root
# directories, and the baseline to which each test must return.
# shellcheck shell=bash disable=SC2034,SC2154
bats_require_minimum_version 1.5.0
TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
PATH=$TOP/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export TOP BOX_STATE=$BATS_FILE_TMPDIR/state LC_ALL=C

# requires REASON CMD...: skips where CMD fails; with MUST_WORK=1 it fails.
# lacks_kernel REASON CMD...: always skips, because no package mends a failure.
requires() {
	"${@:2}" >/dev/null 2>&1 && return
	[ "${MUST_WORK:-0}" = 1 ] && echo "this host lacks $1" >&2 && exit 1
	skip "needs $1"
}
lacks_kernel() { "${@:2}" >/dev/null 2>&1 || skip "this kernel lacks $1"; }

# beyond_box KEY: skips in a box of tests/inbox, to which the kernel refuses what the
# test needs: the line of KEY in tests/inbox.lacks.
beyond_box() {
	[ -z "${IN_BOX:-}" ] || skip "in a box: $(sed -n "s/^$1: //p" "$TOP/tests/inbox.lacks")"
}

# beyond_counters REASON: skips in the build of make coverage, whose counters change what
# the test looks at.
beyond_counters() { [ ! -d "$TOP/profile" ] || skip "in the build of make coverage: $1"; }

# The output of a box may be long.
fail() { printf '%.4000s\n' "$@" >&2; return 1; }
is() { [ "$1" = "$2" ] || fail "${3:-value}: got '$1', want '$2'"; }
has() { [[ $1 == *"$2"* ]] || fail "no '$2' in: $1"; }
hasnt() { [[ $1 != *"$2"* ]] || fail "'$2' in: $1"; }
between() { (($2 <= $1 && $1 <= $3)) || fail "$1 is not in $2..$3"; }

# eventually SECONDS CMD...: until CMD succeeds; SLACK stretches all deadlines.
eventually() {
	local end=$((SECONDS + $1 * ${SLACK:-1}))
	until "${@:2}" 2>"$BATS_TEST_TMPDIR/why"; do
		[ "$SECONDS" -le "$end" ] ||
		    fail "not in $1 s: ${*:2}" "$(<"$BATS_TEST_TMPDIR/why")" || return
		sleep 0.03
	done
}

# start CMD...: in the background, in the lab if there is one; its pid is
# $pid, its output in files $out and $err.  finish: waits; $status.
start() {
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
	# Now, or a reader could find the output of the last one.
	: >"$out" && : >"$err"
	enter "${HOSTNS:-}" "$@" >"$out" 2>"$err" 3>&- &
	pid=$!
}
finish() {
	status=0
	eventually 60 gone "${1:-$pid}" || return
	wait "${1:-$pid}" || status=$?
	grace_end
}
# The shared rules stay for a second after the last box, with a process that ends
# them at once at a SIGTERM.
grace_end() {
	local p
	compgen -G "$BOX_STATE/lock/pool-*" >/dev/null && [ "${HOSTNS:-}" ] || return 0
	for p in $(lingering); do
		kill "$p" 2>/dev/null || :	# it may just have ended
		eventually 10 gone "$p" || return
	done
}
# The name of the shared rules: their chains are BOX-...-NAME.
shared() { host iptables-save | sed -n 's/^:BOX-[A-Z]*-\(p[0-9a-f]*\) .*/\1/p' | sort -u; }
lingering() {
	local p comm
	for p in $(ip netns pids "$HOSTNS"); do
		{ read -r comm <"/proc/$p/comm"; } 2>/dev/null || continue
		[ "$comm" != net-nat-grace ] || gone "$p" || echo "$p"
	done
}
gone() {
	local stat=''
	{ read -rd '' stat <"/proc/$1/stat"; } 2>/dev/null || :
	[[ $stat != *") "[!ZX]* ]]
}
# Descends from PID through the last children that live, without pasta: PROG, if
# it has none of its own.
payload() {
	local p=$1 c child comm
	# The list has no newline at its end.
	while read -ra c < <(cat "/proc/$p/task/$p/children" && echo); do
		child=''
		for c in "${c[@]}"; do
			gone "$c" || ! read -r comm <"/proc/$c/comm" || [[ $comm = pas[ts][ta]* ]] || child=$c
		done
		[ "$child" ] || break
		p=$child
	done 2>/dev/null
	echo "$p"
}
payload_is() {
	prog=$(payload "$2") && [ "$(cat "/proc/$prog/comm")" = "$1" ]
}
# runs COMM [PID]: waits until PROG is COMM; its pid, as we see it, is $prog.
runs() { eventually 20 payload_is "$1" "${2:-$pid}"; }

# The lab.  enter NS CMD... becomes CMD in that network namespace, "" is ours.
enter() {
	[ -z "$1" ] || set -- "" nsenter --net="/run/netns/$1" ${OPEN:+"$OPEN"} "${@:2}"
	exec "${@:2}"
}
host() { (enter "${HOSTNS:-}" "$@"); }
outside() { (enter "$OUTNS" "$@"); }
inbox() { nsenter -t "$prog" -n "$@"; }
# py WHERE WORDS...: tests/net.py there, as text, because a box has no such file.
py() { "$1" python3 -c "$NETPY" "${@:2}"; }
# served WHERE serve PROTO ADDR PORT: a server there, one of $servers, whose lines are
# in the file $log.
served() {
	log=$BATS_TEST_TMPDIR/served$((++n))
	py "$@" >"$log" 2>&1 3>&- &
	servers+=($!)
	eventually 10 grep -q ready "$log" || fail "$(<"$log")"
}
linked() { has "$(host ip link show uplink)" LOWER_UP; }
lab_up() {
	requires "root" test "$EUID" = 0
	NETPY=$(<"$TOP/tests/net.py")
	export HOSTNS=bt$$h OUTNS=bt$$o
	ip netns add "$HOSTNS" && ip netns add "$OUTNS" || return
	host ip link add uplink type veth peer name uplink netns "$OUTNS"
	host ip addr add 192.0.2.1/24 dev uplink
	outside ip addr add 192.0.2.2/24 dev uplink
	for cmd in host outside; do
		$cmd ip link set lo up
		$cmd ip link set uplink up
	done
	eventually 10 linked
	host ip route add default via 192.0.2.2
}
# lab6_up: the same, with IPv6; the baseline looks at that, too.
lab6_up() {
	lab_up || return
	lacks_kernel "IPv6" test -e /proc/sys/net/ipv6
	export LAB6=1
	host ip addr add 2001:db8::1/64 dev uplink nodad
	outside ip addr add 2001:db8::2/64 dev uplink nodad
	host ip route add default via 2001:db8::2
	eventually 10 no_tentative host && eventually 10 no_tentative outside
}
no_tentative() { [ -z "$("$1" ip -6 addr show tentative)" ]; }
# open_tun: $opener, a program that opens /dev/net/tun to all, as udev does, in a
# mount namespace of its own, and becomes its arguments.  It puts $RESOLV, if set, in
# place of resolv.conf.  With OPEN=$opener, enter uses the program.
open_tun() {
	export opener=$BATS_FILE_TMPDIR/opener
	[ -e "$BATS_FILE_TMPDIR/tun" ] || mknod -m 666 "$BATS_FILE_TMPDIR/tun" c 10 200 2>/dev/null ||
	    ln -s /dev/net/tun "$BATS_FILE_TMPDIR/tun" # in a box
	cat >"$opener" <<-END
		#!/bin/sh
		exec unshare --mount sh -c '
		mount --bind $BATS_FILE_TMPDIR/tun /dev/net/tun || exit
		[ -z "\${RESOLV-}" ] || mount --bind "\$RESOLV" "\$(readlink -f /etc/resolv.conf)" || exit
		exec "\$@"' sh "\$@"
	END
	chmod 755 "$opener"
}
lab_down() {
	for ns in ${HOSTNS:-} ${OUTNS:-}; do ip netns del "$ns"; done
	unset HOSTNS OUTNS LAB6
}
# in_fresh SCRIPT: sh runs SCRIPT in $fresh, with the network of the lab. The root
# is that of a mount namespace, because no box can start in one of chroot(2).
# shellcheck disable=SC2154 # the test has set fresh
in_fresh() {
	host unshare --mount --propagation private sh -euc 'exec 3>&-; fresh=$1 script=$2
		mount --bind "$fresh" "$fresh"
		for dir in proc sys dev; do mount --rbind /$dir "$fresh/$dir"; done
		cd "$fresh"
		pivot_root . .
		umount -l .
		unset BOX_STATE TMPDIR
		exec sh -euc "$script"' - "$fresh" "$1"
}
# serve DIR: its files at http://192.0.2.2:8000, in the world outside, by $server.
serve() {
	requires "python3" command -v python3
	requires "curl" command -v curl
	(enter "$OUTNS" python3 -u -m http.server -b 192.0.2.2 -d "$1" 8000 \
	    >"$BATS_TEST_TMPDIR/serve.log" 2>&1 3>&-) &
	server=$!
	eventually 20 outside curl -sS -o /dev/null http://192.0.2.2:8000/
}

# lab_end [CMD...]: the last command of a teardown.  Its status is that of CMD
# (baseline_check), with the lab gone in any case.  bats looks at no other.
lab_end() {
	local status=0
	"${@:-baseline_check}" || status=$?
	lab_down
	return $status
}

# cgroup_dir CONTROLLER [PID]: the directory of its group, in the hierarchy
# that has the controller, v1 or v2 ("" is v2 itself).
cgroup_dir() {
	awk -v want="$1" -v file="/proc/${2:-self}/cgroup" '
	BEGIN {
		while ((getline < file) > 0) {
			list = path = $0
			sub(/^[0-9]+:/, "", list); sub(/^[0-9]+:[^:]*:/, "", path)
			sub(/:.*/, "", list)
			if (want != "" && index("," list ",", "," want ",")) v1 = path
			if (list == "") v2 = path
		}
	}
	v1 != "" ? / - cgroup / && index("," $NF ",", "," want ",") : / - cgroup2 / {
		print $5 (v1 != "" ? v1 : v2); exit
	}' /proc/self/mountinfo | sed 's,/*$,,'
}

# The baseline: all that a box can leave behind, as one text. It is taken twice
# per test, and each process costs: one awk sorts all lines.
look() {
	local lines save
	echo "@ links"; ip -br link
	echo "@ net"; printf '%s\n' addr "route show table all" rule | ip -4 -o -batch -
	for save in iptables-nft-save iptables-legacy-save ip6tables-nft-save; do
		echo "@ $save"; $save
	done
	[ -z "${LAB6:-}" ] || {
		echo "@ ip6tables-legacy-save"; ip6tables-legacy-save
		echo "@ net"; printf '%s\n' addr "route show table all" rule | ip -6 -o -batch - |
		    sed 's/ tentative//; s/ expires [0-9]*sec//; s/ valid_lft.*//'
		(cd /proc/sys/net/ipv6 && grep . conf/*/{forwarding,accept_ra})
	}
	echo "@ nft"; nft list tables
	echo "@ all"
	# Of boxes alone, which the pools tell; for a sweep, as other tests make flows
	# that nobody is to end.
	[ -z "${FLOWS:-${FAULTS:-}}" ] || grep -oE '\<(src|dst)=(10\.|fd)[^ ]*' /proc/net/nf_conntrack | sort -u
	(cd /proc/sys/net/ipv4 && grep . ip_forward conf/*/{forwarding,route_localnet,accept_redirects})
	find "${groups[@]}" -type d
	# On v2 a group with limits may lie beside ours.
	[ ! -e "$v2/cgroup.events" ] || find "${v2%/*}" -path '*/boxtools*' -type d
	mapfile -t lines </proc/self/mountinfo
	printf '%s\n' "${lines[@]}"
	# Of one test's own.
	for save in ${also:-}; do compgen -G "$save"; done
	# A slot's lock is an empty file that stays; a record is a leak. A log is
	# there to stay, and so is the record of an ended box, a file of this user's.
	find /run/netns "$BOX_STATE" -mindepth 1 -path "$BOX_STATE/log" -prune -o \
	    ! -path "$BOX_STATE/lock" ! -path "$BOX_STATE/lock/slot-*" \
	    ! \( -path "$BOX_STATE/ended" -type d -perm 700 \) \
	    ! \( -path "$BOX_STATE/ended/[!.]*" -type f -perm 600 \) \
	    -printf '%M %u:%g %p -> %l\n'
	echo "@ processes"
	find /proc/self/ns/pid /proc/[0-9]*/exe /proc/[0-9]*/ns/pid -maxdepth 0 -printf '%h %l\n'
}
snapshot() {
	look | awk -v bin=" $TOP/bin/" '
	/^@ / { part = $2; next }
	part == "links" { print "link", $1, $3 }
	part ~ /save$/ && /^[*]/ { table = part " " $1 }
	part ~ /save$/ && /^-/ { print table, $0 }
	part ~ /save$/ && /^:/ && $2 != "ACCEPT" { print table, $1, $2 }
	part == "nft" && !/ ip6? (filter|nat|raw|mangle|security)$/
	part == "net" || part == "all"
	# Ours run a stage, or live in another pid namespace.
	part == "processes" && $1 == "/proc/self/ns" { own = $2 }
	part == "processes" && (index($0, bin) || index($0, "pid:[") && $2 != own)'
}
# The groups of the tests, in each hierarchy: always the same.
own_groups() {
	[ -s "$BATS_RUN_TMPDIR/groups" ] || cut -d: -f2 /proc/self/cgroup | tr , '\n' |
	    while read -r c; do cgroup_dir "$c"; done | sort -u >"$BATS_RUN_TMPDIR/groups"
	mapfile -t groups <"$BATS_RUN_TMPDIR/groups"
	v2=$(cgroup_dir "")
}
baseline() {
	local groups v2
	own_groups
	OPEN='' host bash -c "$(declare -p groups v2; declare -f look snapshot); snapshot; :" 2>/dev/null
}
baseline_save() { grace_end && baseline >"$BATS_TEST_TMPDIR/before"; }
baseline_same() { diff "$BATS_TEST_TMPDIR/before" <(baseline) >&2; }
baseline_check() { grace_end && eventually 10 baseline_same && rm -rf "$BOX_STATE/ended"; }

# Root directories, made once per run.  A box leaves its mount points in $bb;
# copy_root makes a new one, $root.
bb_root() {
	bb=$BATS_RUN_TMPDIR/busybox
	[ -d "$bb.new" ] || { "$TOP/rootfs/busybox" "$bb" >&2 && cp -a "$bb" "$bb.new"; }
}
# The programs that play the attacker: $probe, $intruder.
make_probe() {
	export probe=$TOP/tests/attack/probe intruder=$TOP/tests/attack/intruder
	make -s -C "$TOP" tests/attack/probe tests/attack/intruder >&2
}
copy_root() { bb_root && root=$BATS_TEST_TMPDIR/root && cp -a "$bb.new" "$root"; }
# bundle [JQ]: $bundle, with busybox and the config of "box-oci spec", which JQ changes.
# oci WORD...: box-oci with containers of this test's own.
bundle() {
	bb_root
	bundle=$BATS_TEST_TMPDIR/bundle
	mkdir -p "$bundle"
	[ -e "$bundle/spec" ] || { box-oci spec --bundle "$bundle" && mv "$bundle/config.json" "$bundle/spec"; }
	jq --arg root "$bb" ".root.path = \$root | .linux.cgroupsPath = \"/bt-oci-$$\" | ${1:-.}" "$bundle/spec" >"$bundle/config.json"
}
# oci_groups: the groups of such containers.
oci_groups() { find /sys/fs/cgroup -maxdepth 2 -name "bt-oci-$$*"; }
oci() { box-oci --root "$BATS_TEST_TMPDIR/oci" "$@"; }
alpine_root() {
	local tar=("${ALPINE_TAR:-$TOP/../shared/fixtures}"/alpine-minirootfs-*"$(uname -m)".tar.gz)
	requires "Alpine's minirootfs (ALPINE_TAR=DIR)" test -f "${tar[0]}"
	alpine=$BATS_TEST_TMPDIR/alpine_fs
	mkdir "$alpine" && tar -C "$alpine" -xzf "${tar[0]}"
}
# A root directory with all packages of the tests, because making one takes a
# minute; DEBIAN_ROOT=DIR is an existing one.
debian_root() {
	local packages
	packages=$(grep -v '^#' "$TOP/tests/packages" | paste -sd ,)
	debian=${DEBIAN_ROOT:-$BATS_RUN_TMPDIR/debian}
	[ -d "$debian" ] && return
	[ "$(ip route show default)" ] || skip "this host has no network"
	requires "mmdebstrap" command -v mmdebstrap
	"$TOP/rootfs/debian" --include "$packages" "$debian" >"$BATS_TEST_TMPDIR/debian.log" 2>&1 && return
	rm -rf "$debian"
	requires "Debian's packages: $(tail -n 1 "$BATS_TEST_TMPDIR/debian.log")" false
}
