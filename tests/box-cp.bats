#!/usr/bin/env bats
# box-cp: into a box and out of it, also one that is hostile.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	copy_root
	baseline_save
	cd "$BATS_TEST_TMPDIR" || return
	start box-run --name web --network none "$root" sleep 1000
	runs sleep
}
teardown() {
	box-stop -t 0 web
	finish
	baseline_check
}
# inside CMD...: in the box.
inside() { ns-enter web "$@"; }
# refused WHAT ARGS...
refused() {
	run --separate-stderr box-cp "${@:2}"
	is "$status" 125 "${*:2}"
	is "$output" ""
	has "$stderr" "$1"
}
# as_tar TEXT: what the box has as its tar: a hostile one.
as_tar() {
	rm -f "$root/bin/tar"
	printf '#!/bin/sh\n%s\n' "$1" >"$root/bin/tar"
	chmod 755 "$root/bin/tar"
}

@test "into the box: a file, by another name, a directory, over what is there" {
	echo one >file && chmod 640 file && chown 1000:1000 file
	mkdir -p dir/sub && echo two >dir/sub/x && ln -s sub/x dir/link && mkfifo dir/fifo
	run -0 --separate-stderr box-cp file web:/tmp
	is "$output$stderr" ""
	is "$(inside cat /tmp/file)" one
	# The box's root has it, with its mode.
	is "$(inside stat -c %u:%g:%a /tmp/file)" 0:0:640
	run -0 box-cp file web:/tmp/other
	is "$(inside cat /tmp/other)" one
	run -0 box-cp dir web:/tmp
	is "$(inside cat /tmp/dir/link)" two
	is "$(inside readlink /tmp/dir/link)" sub/x
	run -0 box-cp dir web:/tmp/new
	is "$(inside cat /tmp/new/sub/x)" two
	echo three >file
	run -0 box-cp ./file web:tmp/other
	is "$(inside cat /tmp/other)" three
	echo four >"-a b" && run -0 box-cp "-a b" web:/tmp && is "$(inside cat "/tmp/-a b")" four
	tar -cf - file | box-cp - web:/home 2>/dev/null || { inside mkdir /home && tar -cf - file | box-cp - web:/home; }
	is "$(inside cat /home/file)" three
	is "$(inside find / -xdev -name '.box-cp*')" ""
}

@test "out of the box: a file, by another name, a directory" {
	inside sh -c 'mkdir -p /tmp/d/sub; echo one >/tmp/d/sub/x; ln -s /etc/shadow /tmp/d/link; chown 7:7 /tmp/d/sub/x; echo two >/tmp/f; chmod 600 /tmp/f'
	run -0 --separate-stderr box-cp web:/tmp/f .
	is "$output$stderr" ""
	is "$(cat f)" two
	is "$(stat -c %u:%g:%a f)" 0:0:600
	run -0 box-cp web:tmp/f g
	is "$(cat g)" two
	run -0 box-cp web:/tmp/f g
	run -0 box-cp web:/tmp/d/ .
	is "$(cat d/sub/x)" one
	is "$(stat -c %u:%g d/sub/x)" 0:0
	is "$(readlink d/link)" /etc/shadow
	run -0 box-cp web:/tmp/d e
	is "$(cat e/sub/x)" one
	refused "./d is there already" web:/tmp/d .
	box-cp web:/tmp/d - | tar -t >list
	grep -qx './d/sub/x' list
	is "$(find . -name '.box-cp*')" ""
}

@test "links lead to places in the box" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	mkdir "$BATS_TEST_TMPDIR/away"
	# To a place that there is on the host, and not in the box.
	inside ln -s "$BATS_TEST_TMPDIR" /tmp/up
	run -125 box-cp web:/tmp/up/secret stolen
	[ ! -e stolen ]
	echo one >file
	run -125 box-cp file web:/tmp/up/away
	is "$(ls "$BATS_TEST_TMPDIR/away")" ""
	# To one that there is in both.
	inside ln -s /etc /tmp/etc
	run -0 box-cp file web:/tmp/etc/
	is "$(inside cat /etc/file)" one
	[ ! -e /etc/file ]
}

@test "a hostile archive: nothing but the one name, no device, no set-id" {
	mkdir -p hostile/f && cd hostile
	echo x >f/plain && cp /bin/true f/suid && chmod 6755 f/suid && mknod f/null c 1 3
	ln -s "$BATS_TEST_TMPDIR" f/up
	echo evil >f/planted
	# Its own name; one above; an absolute one; through a link of its own.
	python3 - "$root/escapes.tar" "$BATS_TEST_TMPDIR" <<-'END'
		import io, sys, tarfile
		t = tarfile.open(sys.argv[1], "w")
		def add(name, data=b"evil", **more):
		    i = tarfile.TarInfo(name)
		    i.size = len(data)
		    for k, v in more.items(): setattr(i, k, v)
		    t.addfile(i, io.BytesIO(data))
		add("./f", b"", type=tarfile.DIRTYPE, mode=0o755)
		add("./f/plain")
		add("./f/suid", mode=0o6755)
		add("./f/up", b"", type=tarfile.SYMTYPE, linkname=sys.argv[2])
		add("./f/up/planted1")
		add("./f/../../planted2")
		add(sys.argv[2] + "/planted3")
		add("./f/hard", b"", type=tarfile.LNKTYPE, linkname=sys.argv[2] + "/secret")
		t.close()
	END
	cd ..
	echo secret >secret
	as_tar 'cat /escapes.tar'
	run box-cp web:/f .
	is "$(find . -name 'planted*' ! -path './hostile/*' ! -path './root/*')" ""
	[ ! -e f ] || [ ! -u f/suid ]
	is "$(stat -c %h secret)" 1
	rm -rf f
	# A device.
	(cd hostile && tar -cf "$root/device.tar" ./f/null)
	as_tar 'cat /device.tar'
	run -125 box-cp web:/f .
	is "$(find . -type c ! -path './hostile/*')" ""
	# Something else than what was asked for, or beside it.
	echo y >other && echo x >f
	tar -cf "$root/other.tar" ./other && tar -cf "$root/both.tar" ./f ./other && rm f
	for t in other both; do
		as_tar "cat /$t.tar"
		refused "" web:/f .
		[ ! -e f ]
	done
	as_tar 'printf "\033[31mred\007\n" >&2; exit 1'
	run box-cp web:/f .
	has "$output" '?[31mred?'
	is "$(find . -name '.box-cp*')" ""
}

@test "bad words, no such file, no such box, a box without tar" {
	echo one >file
	refused "./nothing: No such file" ./nothing web:/tmp
	refused "one of FROM and TO" file file
	refused "one of FROM and TO" web:/a web:/b
	refused "no such box" file nobody:/tmp
	refused "does not end with a name" web:/ .
	refused "does not end with a name" web:/etc/.. .
	refused "cannot copy" web:/no/such/file .
	refused "cannot copy" file web:/no/such/directory/x
	for bad in "" file "file web:/tmp x" "-Z file web:/"; do
		run -125 box-cp $bad
	done
	rm "$root/bin/tar"
	refused "cannot copy" file web:/tmp
	refused "cannot copy" web:/etc/passwd .
}
