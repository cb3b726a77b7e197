#!/usr/bin/env bats
# The Debian package: built, checked by lintian, and used in a fresh root of this
# host's release, or of each of SUITES.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	bb_root
	baseline_save
	[ "$(ip route show default)" ] || skip "this host has no network"
	requires "mmdebstrap" command -v mmdebstrap
	requires "the programs of scripts/deps deb" command -v dpkg-buildpackage dh lintian
}
teardown() { lab_end; }

# Of dpkg's own files only the list of packages matters.
files() {
	(cd "$fresh" && find . -xdev \( -path ./var/lib/dpkg -o -path ./run \) -prune -o \
	    ! -path './var/log/*' ! -path './var/cache/*' -printf '%M %u %p %l\n' | sort
	    dpkg-query --root="$fresh" -W)
}
answers() { outside curl -sS -m 3 http://192.0.2.1:8080/ | grep "Hello from Chidi to Mentors"; }

@test "deb: lintian is silent; installed in a fresh root, it runs the demonstration, and leaves nothing" {
	beyond_counters "it makes no musl/"
	run -0 make -s -C "$TOP" deb DEB="$BATS_TEST_TMPDIR/deb"
	is "$output" "" "what lintian says"
	deb=$(echo "$BATS_TEST_TMPDIR"/deb/*.deb)
	needs=$(dpkg-deb -f "$deb" Depends | tr -d ' ')
	for suite in ${SUITES:-$(. /etc/os-release && echo "$VERSION_CODENAME")}; do
		fresh=$BATS_TEST_TMPDIR/$suite
		"$TOP/rootfs/debian" --suite "$suite" --include "$needs" "$fresh" \
		    >"$BATS_TEST_TMPDIR/log" 2>&1 || fail "$(tail -n 5 "$BATS_TEST_TMPDIR/log")"
		cp -a "$bb.new" "$fresh/srv/bb"
		cp "$deb" "$fresh/srv/box.deb"
		files >"$BATS_TEST_TMPDIR/files"

		in_fresh 'dpkg -i /srv/box.deb >/srv/log
			[ -z "$(dpkg --verify boxtools)" ]
			grep -q "^profile boxtools /usr/bin/ns-spawn " /usr/share/boxtools/apparmor'
		in_fresh 'box-run -d --name web --ready port -p 8080:80 --ephemeral \
			-v /usr/share/boxtools/nginx-setup:/nginx-setup:ro /srv/bb sh /nginx-setup'
		eventually 10 answers
		in_fresh 'box-ps -q && box-stop -t 1 web && box-rm web'
		in_fresh 'dpkg -P boxtools >/srv/log && rm /srv/log'
		diff "$BATS_TEST_TMPDIR/files" <(files) || fail "$suite: left behind (>)"
		rm -rf --one-file-system "$fresh"
	done
}
