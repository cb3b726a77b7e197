#!/usr/bin/env bats
# README, pasted block by block, from top to bottom, by a newcomer with sudo, on a
# fresh Debian: that has apt, sudo and the packages that README names.
#
# The network is the lab's. Only rootfs-debian fetches from this machine's package
# source; an Alpine tarball of $ALPINE_TAR stands in for Alpine's mirror.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load ../helpers

setup() {
	lab_up
	[ "$(ip route show default)" ] || skip "this host has no network"
	requires "mmdebstrap" command -v mmdebstrap
	baseline_save
}
teardown() {
	[ ! -e "${fresh:-/nowhere}" ] || rm -rf --one-file-system "$fresh"
	lab_end
}

# The blocks of README, each after a line that names it, as one script. A comment
# above a block says that it is not run, or what it needs.
blocks() {
	awk '
	/^<!-- readme: / { note = $0; gsub(/^<!-- readme: | -->$/, "", note) }
	/^```$/ { on = 0; note = "" }
	on { print }
	/^```sh$/ {
		print "echo \"== block " ++n "\""
		if (note ~ /^not run/) print "echo \"" note "\""
		else on = 1
	}' "$TOP/README.md"
}
# The same, as the lab can run it: the packages are here already, so their names
# are checked; a tarball has a name; rootfs-debian has this machine's network.
script() {
	blocks | sed -e 's,^sudo apt-get install -y ,dpkg -s >/dev/null ,' \
	    -e "s,^sudo rootfs-alpine ,&--tarball /srv/${tar##*/} ," \
	    -e 's,^sudo rootfs-debian ,sudo outside &,' -e 's,outside sudo,outside,'
}
packages() {
	blocks | sed -n '/^sudo apt-get install -y/,/[^\\]$/p' | sed 's/^sudo apt-get install -y//' |
	    tr -s ' \\\n' ','
}

newcomer() {
	tar=("${ALPINE_TAR:-$TOP/../shared/fixtures}"/alpine-minirootfs-*"$(uname -m)".tar.gz)
	requires "Alpine's minirootfs (ALPINE_TAR=DIR)" test -f "${tar[0]}"
	fresh=$BATS_TEST_TMPDIR/fresh
	"$TOP/rootfs/debian" --suite "$1" --include "sudo,passwd,apparmor$(packages)" "$fresh" \
	    >"$BATS_TEST_TMPDIR/log" 2>&1 || fail "$(tail -n 5 "$BATS_TEST_TMPDIR/log")"
	cp "${tar[0]}" /etc/resolv.conf "$fresh/srv"
	script >"$fresh/srv/script"
	cat >"$fresh/usr/local/bin/outside" <<-'END'
		#!/bin/sh
		# The namespace of the tests' own init.
		cat /srv/resolv.conf >/etc/resolv.conf
		nsenter --net=/proc/1/ns/net "$@"
		: >/etc/resolv.conf
	END
	chmod 755 "$fresh/usr/local/bin/outside"
	echo "127.0.0.1 localhost $(hostname)" >"$fresh/etc/hosts"
	in_fresh 'useradd -m -s /bin/bash newcomer
		echo "newcomer ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/newcomer'
	mkdir "$fresh/home/newcomer/boxtools"
	tar c -C "$TOP" --exclude=./bin --exclude=./completions --exclude='./*_fs*' --exclude=./.git \
	    --exclude='./build-*' --exclude='*.[oad]' . | tar x --no-same-owner -C "$fresh/home/newcomer/boxtools"
	in_fresh 'chown -R newcomer: /home/newcomer
		exec runuser -l newcomer -c "cd boxtools && exec bash -euo pipefail -v /srv/script"' \
	    >"$BATS_TEST_TMPDIR/said" 2>&1 </dev/null || fail "$(tail -n 30 "$BATS_TEST_TMPDIR/said")"
	said=$(grep -vx 'echo "== .*' "$BATS_TEST_TMPDIR/said")

	is "$(grep -c '^== block' <<<"$said")" "$(grep -c '^```sh$' "$TOP/README.md")" "blocks"
	has "$said" "not run, for want of a registry"
	has "$said" $'\nHello from a box\n'
	has "$said" "<title>Welcome to nginx!</title>"
	is "$(grep -cx '<h1>Hello from Chidi to Mentors</h1>' <<<"$said")" 2 "pages of the demonstration"
	between "$(sed -n '/^sudo make demo$/,/^sudo box-stop demo$/p' <<<"$said" | wc -l)" 5 30
	[ "$(sed -n '/^make$/,/^sudo make install$/p' <<<"$said" | grep -vcE '^(  [A-Z]+ [^ ]+|[a-z ]+)$')" = 0 ] ||
	    fail "make prints more than a line a step"
	is "$(in_fresh 'box-ps -q')" ""
	# AppArmor 4 takes the profile; that of Debian 12 is older.
	[ "$1" = bookworm ] || in_fresh 'apparmor_parser -QTK /usr/local/share/boxtools/apparmor' 2>/dev/null
	in_fresh 'make -s -C /home/newcomer/boxtools uninstall >/dev/null'
}

@test "README on a fresh Debian 12" { newcomer bookworm; }

@test "README on a fresh Debian 13" { newcomer trixie; }
