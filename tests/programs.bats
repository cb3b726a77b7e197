#!/usr/bin/env bats
# Ordinary programs work in the default box: its limits, filter and capabilities
# are box-run's own. DEBIAN_ROOT=DIR saves making the root directory.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() { baseline_save; }
teardown() {
	[ ! "${server:-}" ] || kill "$server" || :
	baseline_check
}

# box [OPTIONS...] ROOT CMD...: in the lab; its output is $output.
box() {
	run --separate-stderr host timeout 120 box-run --ephemeral "$@"
	[ "$status" = 0 ] || fail "status $status" "$output" "$stderr"
}

# The work of an installation: users, owners, a set-user-ID file.
package_files() {
	files=$BATS_TEST_TMPDIR/files repo=$BATS_TEST_TMPDIR/repo
	mkdir -p "$files/usr/bin" "$repo"
	printf '#!/bin/sh\necho from the package\n' >"$files/usr/bin/box-test"
	chmod 4755 "$files/usr/bin/box-test"
}

@test "apt-get installs a package from a repository" {
	debian_root
	package_files
	mkdir "$files/DEBIAN"
	printf '%s\n' "Package: box-test" "Version: 1" "Architecture: all" "Maintainer: x <x@example.org>" \
	    "Description: x" >"$files/DEBIAN/control"
	printf '#!/bin/sh\nset -e\nuseradd -r boxtest\nmkfifo /var/boxtest\nchown boxtest /var/boxtest\n' >"$files/DEBIAN/postinst"
	chmod 755 "$files/DEBIAN/postinst"
	dpkg-deb --root-owner-group -b "$files" "$repo/box-test.deb"
	(cat "$files/DEBIAN/control" && printf '%s\n' "Filename: box-test.deb" "Size: $(stat -c %s "$repo/box-test.deb")" \
	    "SHA256: $(sha256sum "$repo/box-test.deb" | cut -d' ' -f1)") >"$repo/Packages"
	serve "$repo"
	box "$debian" sh -c 'set -e
		rm -rf /etc/apt/sources.list.d/* && echo "deb [trusted=yes] http://192.0.2.2:8000 ./" >/etc/apt/sources.list
		apt-get update && apt-get install -qq -y box-test 3>&1 >&2
		box-test; stat -c "%U %A" /var/boxtest /usr/bin/box-test; apt-get remove -qq -y box-test >&2; ls /usr/bin/box-test || :'
	is "$(tail -n 3 <<<"$output")" $'from the package\nboxtest prw-r--r--\nroot -rwsr-xr-x'
	has "$(<"$BATS_TEST_TMPDIR/serve.log")" "GET /box-test.deb"
}

@test "apk installs a package from a repository" {
	alpine_root
	package_files
	arch=$(uname -m)
	mkdir "$repo/$arch"
	printf '#!/bin/sh\nadduser -S boxtest && touch /var/boxtest && chown boxtest /var/boxtest\n' >"$BATS_TEST_TMPDIR/after"
	python3 "$TOP/tests/apk.py" box-test "$arch" "$files" "$BATS_TEST_TMPDIR/after" "$repo/$arch/box-test-1-r0.apk"
	# Its index is made in a box, too.
	box -v "$repo/$arch:/repo" "$alpine" sh -c 'cd /repo && apk index --allow-untrusted -o APKINDEX.tar.gz *.apk'
	serve "$repo"
	box "$alpine" sh -c 'set -e
		apk add --allow-untrusted --repositories-file /dev/null -X http://192.0.2.2:8000 box-test >&2
		box-test; stat -c "%U %A" /var/boxtest /usr/bin/box-test; apk del box-test >&2; ls /usr/bin/box-test || :'
	is "$output" $'from the package\nboxtest -rw-r--r--\nroot -rwsr-xr-x'
	has "$(<"$BATS_TEST_TMPDIR/serve.log")" "box-test-1-r0.apk"
}

@test "a compiler, threads, and strace of an own child" {
	debian_root
	cat >"$BATS_TEST_TMPDIR/thread.c" <<-END
		#include <stdio.h>
		#include <threads.h>
		static int three(void *arg) { return arg ? 3 : 0; }
		int main(void)
		{
			thrd_t t;
			int result;
			thrd_create(&t, three, &t);
			thrd_join(t, &result);
			printf("%d\n", result);
		}
	END
	for user in root nobody; do
		box -v "$BATS_TEST_TMPDIR/thread.c:/thread.c:ro" -u $user "$debian" sh -c 'set -e
			gcc -O2 -o /tmp/thread /thread.c && /tmp/thread
			strace -fo /tmp/log /tmp/thread && grep -c "clone(" /tmp/log
			sleep 1000 & sleep=$!
			strace -qo /tmp/log2 -p $sleep & while [ ! -s /tmp/log2 ]; do sleep 0.1; done
			kill $sleep && wait $! && grep -c "killed by SIGTERM" /tmp/log2'
		is "$output" $'3\n3\n1\n1' "as $user"
	done
}

@test "python: processes, threads, sockets, a local web server" {
	debian_root
	box "$debian" python3 -c '
import asyncio, http.server, multiprocessing as mp, os, subprocess, tempfile, threading, urllib.request
with mp.Pool(3) as pool:
    print(sum(pool.map(abs, range(-9, 0))))
print(subprocess.check_output(["id", "-un"], text=True).strip())
print(asyncio.run(asyncio.wait_for(asyncio.sleep(0, "async"), 9)))
with tempfile.NamedTemporaryFile() as f:
    os.chown(f.name, 7, 8)
    print(os.stat(f.name).st_uid)
os.chdir("/etc")
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=web.serve_forever, daemon=True).start()
print(urllib.request.urlopen("http://127.0.0.1:%d/hostname" % web.server_port).read().decode().strip())'
	is "$output" $'45\nroot\nasync\n7\ncontainer'
}

@test "ping: the host, the world outside, itself; as any user" {
	debian_root
	for user in root nobody; do
		box -u $user "$debian" sh -c 'for a in 10.0.0.1 192.0.2.2 127.0.0.1; do ping -c 1 $a; done'
		is "$(grep -c "1 received" <<<"$output")" 3 "as $user"
	done
}

@test "sshd: logins, a terminal, sftp" {
	debian_root
	box "$debian" sh -c 'set -e
		mkdir -p /run/sshd /home/guest/.ssh && useradd -s /bin/sh guest
		ssh-keygen -q -t ed25519 -N "" -f /root/key && cp /root/key.pub /home/guest/.ssh/authorized_keys
		chown -R guest /home/guest
		/usr/sbin/sshd
		login="-q -i /root/key -o StrictHostKeyChecking=no guest@127.0.0.1"
		ssh $login id -un
		ssh -tt $login "tty; stat -c %U:%G:%a \$(tty)" | tr -d "\r"
		echo get /etc/hostname /tmp/got | sftp -b- $login >&2 && cat /tmp/got
		ssh $login "cat /etc/shadow" || echo refused'
	is "$output" $'guest\n/dev/pts/0\nguest:tty:620\ncontainer\nrefused'
}

@test "postgres as its own user" {
	debian_root
	box -u postgres "$debian" sh -c 'set -e
		PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
		{ initdb -A trust -D /tmp/db && pg_ctl -s -w -D /tmp/db -o "-k /tmp" -l /tmp/log start; } >/dev/null
		for h in /tmp 127.0.0.1; do psql -h $h -Atc "select count(*), current_user from generate_series(1, 1000)" postgres; done
		psql -qh /tmp -Atc "create table t as select generate_series(1, 200000) n; set parallel_setup_cost = 0; set
			parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; select sum(n) from t" postgres
		pg_ctl -s -m fast -D /tmp/db stop && ls /tmp/db/postmaster.pid || echo stopped'
	is "$output" $'1000|postgres\n1000|postgres\n20000100000\nstopped'
}

@test "postgres as Debian starts it, by root" {
	debian_root
	box "$debian" sh -c 'set -e
		read -r version cluster rest <<-END
			$(pg_lsclusters -h)
		END
		pg_ctlcluster $version $cluster start
		su postgres -c "psql -Atc \"select current_user\""
		pg_ctlcluster $version $cluster stop'
	is "$output" postgres
}

@test "nginx: its workers are another user" {
	debian_root
	# Not from the tree, which may lie on an overlay, and none can be shifted.
	cp "$TOP/rootfs/nginx-setup" "$BATS_TEST_TMPDIR"
	box -v "$BATS_TEST_TMPDIR/nginx-setup:/nginx-setup:ro" "$debian" sh -c 'set -e
		sh /nginx-setup
		users() { for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != nginx ] || stat -c %U $p; done | sort; }
		# A worker begins as root.
		end=$(($(date +%s) + 20))
		until users | grep -q www-data || [ $(date +%s) -ge $end ]; do sleep 0.1; done
		users
		python3 -c "import urllib.request as u; print(u.urlopen(\"http://10.0.0.2/\").read().decode().strip())"'
	is "$output" $'root\nwww-data\n<h1>Hello from Chidi to Mentors</h1>'
}
