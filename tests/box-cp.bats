#!/usr/bin/env bats
# box-cp: into a box and out of it, also a hostile one.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	lab_up
	make -s -C "$TOP" tests/attack/receive >&2
}
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
# receive TO BASE: the host's side alone, with an archive on stdin.
receive() { "$TOP/tests/attack/receive" "$@"; }

@test "into the box: a file, by another name, a directory, over existing files" {
	echo one >file && chmod 640 file && chown 1000:1000 file
	mkdir -p dir/sub && echo two >dir/sub/x && ln -s sub/x dir/link && mkfifo dir/fifo
	run -0 --separate-stderr box-cp file web:/tmp
	is "$output$stderr" ""
	is "$(inside cat /tmp/file)" one
	# The box's root has it, with its mode and its time.
	is "$(inside stat -c %u:%g:%a /tmp/file)" 0:0:640
	is "$(inside stat -c %Y /tmp/file)" "$(stat -c %Y file)"
	run -0 box-cp file web:/tmp/other
	is "$(inside cat /tmp/other)" one
	run -0 box-cp dir web:/tmp
	is "$(inside cat /tmp/dir/link)" two
	is "$(inside readlink /tmp/dir/link)" sub/x
	inside test -p /tmp/dir/fifo
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
	box-cp web:/tmp/d - | tar -t >list
	grep -qx './d/sub/x' list
	is "$(find . -name '.box-cp*')" ""
}

@test "links lead to places in the box" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	mkdir "$BATS_TEST_TMPDIR/away"
	# To a directory of the host that the box lacks.
	inside ln -s "$BATS_TEST_TMPDIR" /tmp/up
	run -125 box-cp web:/tmp/up/secret stolen
	[ ! -e stolen ]
	echo one >file
	run -125 box-cp file web:/tmp/up/away
	is "$(ls "$BATS_TEST_TMPDIR/away")" ""
	# To a directory of both.
	inside ln -s /etc /tmp/etc
	run -0 box-cp file web:/tmp/etc/
	is "$(inside cat /etc/file)" one
	[ ! -e /etc/file ]
}

@test "directories: merged into existing ones, or their contents alone" {
	inside sh -c 'mkdir -p /tmp/d/sub && echo new >/tmp/d/sub/x && echo two >/tmp/d/y && ln -s y /tmp/d/l && chmod 750 /tmp/d'
	mkdir -p d/sub && chmod 711 d && echo old >d/sub/x && echo mine >d/sub/mine && ln -s /nowhere d/l
	run -0 --separate-stderr box-cp web:/tmp/d .
	is "$output$stderr" ""
	is "$(cat d/sub/x d/sub/mine d/y | xargs)" "new mine two"
	is "$(readlink d/l)" y
	is "$(stat -c %a d)" 711
	# All files are copied, or none.
	echo file >plain && mkdir -p e/y
	inside sh -c 'mkdir /tmp/plain && echo a >/tmp/d/a'
	refused "plain: Not a directory" web:/tmp/plain .
	refused "y: Is a directory" web:/tmp/d/. e
	[ ! -e e/a ] && [ ! -e e/sub ]
	refused "Not a directory" web:/tmp/d/y plain/
	is "$(cat plain)" file
	# The contents, into a directory and into a new one.
	for from in web:/tmp/d/. web:/tmp/d/./; do
		mkdir into && run -0 box-cp $from into
		is "$(cat into/sub/x into/y | xargs)" "new two"
		rm -r into
		run -0 box-cp $from into
		is "$(cat into/sub/x into/y | xargs)" "new two"
		is "$(stat -c %a into)" 750
		rm -r into
	done
	run -0 box-cp d/. web:/tmp/fresh
	is "$(inside cat /tmp/fresh/sub/mine)" mine
	(cd d && box-cp . web:/tmp/d)
	is "$(inside cat /tmp/d/sub/mine)" mine
	# The whole box, without the kernel's own files.
	run -0 box-cp web:/ all
	is "$(cat all/tmp/d/y)" two
	cmp all/bin/busybox "$root/bin/busybox"
	is "$(find all/proc all/sys -mindepth 1)" ""
	has "$output" "devices and sockets are not copied"
	is "$(find . -name '.box-cp*')$(find . -type c -o -type b)" ""
	# A copy into its own source ends.
	mkdir loop && run -0 box-cp d/. web:/tmp/d/in
}

@test "names that another program would read as something else" {
	mkdir in to
	names=('a\b' $'new\nline' ' blank ' '*' -x %s a:b $'\e[31m' '$(id)' "'" '"' .box-cp.x $'\xff' '#')
	for n in "${names[@]}"; do
		echo "$n" >"in/$n"
		run -0 box-cp "./in/$n" web:/tmp/
		is "$(inside cat "/tmp/$n")" "$n"
		run -0 box-cp "web:/tmp/$n" to
		is "$(cat "to/$n")" "$n"
		rm "to/$n"
		run -0 box-cp "web:/tmp/$n" "./to/$n"
		is "$(cat "to/$n")" "$n"
	done
	run -0 box-cp in web:/tmp/d
	run -0 box-cp web:/tmp/d again
	diff -r in again
	is "$(find again -type f | wc -l)" "$(find in -type f | wc -l)"
	run -125 box-cp $'web:/tmp/no\e[31m\nsuch' .
	is "${#lines[@]}" 1
	[[ ! $output =~ [[:cntrl:]] ]]
}

@test "hard links, holes, times, modes, long names, deep directories" {
	mkdir -p d/e
	echo one >d/a && ln d/a d/e/b && ln -s a d/l && chmod 4755 d/a && chmod 1750 d/e
	truncate -s 20G d/sparse && echo data | dd of=d/sparse bs=1 seek=10G conv=notrunc status=none
	truncate -s 1M d/hole && : >d/empty && head -c 200000 /dev/urandom >d/random
	long=$(printf '%0200d' 7)
	mkdir -p "d/$long/$long" && echo long >"d/$long/$long/$long" && ln -s "$long/$long/$long" d/far
	touch -d '2001-02-03 04:05:06.123456789' d/a d/e && touch -h -d '1999-01-01 UTC' d/l
	show() { (cd "$1" && find . -printf '%p %M %s %T@ %n %l\n' | sort; find . -type f ! -name sparse -exec cksum {} + | sort); }
	run -0 --separate-stderr box-cp d web:/tmp
	is "$output$stderr" ""
	run -0 --separate-stderr box-cp web:/tmp/d back
	is "$output$stderr" ""
	chmod u-s d/a && touch -d '2001-02-03 04:05:06.123456789' d/a
	diff <(show d) <(show back)
	is "$(stat -c %i back/a)" "$(stat -c %i back/e/b)"
	between "$(stat -c %b back/sparse)" 1 4096
	cmp -n 16 -i $((10 << 30)) d/sparse back/sparse
	# The set-user-ID bit is in the box, and not on the host.
	inside test -u /tmp/d/a
	[ ! -u back/a ]
	# tar reads our archive, and we read tar's.
	mkdir x && box-cp web:/tmp/d - | tar -C x -xf -
	diff <(show d) <(chmod u-s x/d/a; touch -d '2001-02-03 04:05:06.123456789' x/d/a; show x/d)
	for format in pax gnu ustar; do
		[ $format = pax ] || rm -f d/sparse
		[ $format != ustar ] || rm -r "d/$long" d/far
		sparse=''; [ $format != pax ] || sparse=--sparse
		inside rm -rf /tmp/y
		tar -cf - $sparse --format=$format -C d . | box-cp - web:/tmp/y
		run -0 inside cat /tmp/y/e/b
		is "$output" one
		is "$(inside stat -c %h /tmp/y/a)" 2
		cmp d/random "$root/tmp/y/random"
		[ $format = ustar ] || is "$(inside cat "/tmp/y/far")" long
	done
	# As deep as a path can be, and deeper.
	inside sh -c 'mkdir /tmp/deep && cd /tmp/deep && i=0 && while [ $i -lt 1500 ]; do mkdir d && cd d && i=$((i + 1)); done && echo bottom >x'
	run -0 box-cp web:/tmp/deep .
	is "$(find deep -name x -exec cat {} +)" bottom
	inside sh -c 'cd /tmp && i=0 && while [ $i -lt 15 ]; do mkdir -p d$0/d$0 && mv deep d$0/d$0/deep 2>/dev/null; mv d$0 deep; i=$((i + 1)); done' "$long"
	refused "name too long" web:/tmp/deep deeper
	[ ! -e deeper ]
	is "$(find . -name '.box-cp*')" ""
}

@test "T53: nothing of the host is reached through files that the box has put there" {
	mkdir away work && echo safe >away/file && cd work
	# A link, and then a file or directory in its place.
	inside sh -c "mkdir /out && ln -s '$BATS_TEST_TMPDIR/away' /out/report && ln -s '$BATS_TEST_TMPDIR/away/file' /out/file"
	run -0 box-cp web:/out/report .
	run -0 box-cp web:/out/file .
	is "$(readlink report)" "$BATS_TEST_TMPDIR/away"
	inside sh -c 'rm /out/report /out/file && mkdir /out/report && echo evil >/out/report/job && echo evil >/out/file'
	away() { is "$(ls ../away) $(cat ../away/file)" "file safe"; }
	# A plain cp goes where the link leads.
	mkdir ../copy && cp -P report ../copy && cp ../root/out/report/job ../copy/report && mv ../away/job ../stray
	run -0 box-cp web:/out/report .
	run -0 box-cp web:/out/file .
	away
	is "$(cat report/job file | xargs)" "evil evil"
	# The link as the target, or on the way to it.
	for to in report report/ report/x report/../y; do
		rm -rf report && ln -s ../away report
		run box-cp web:/out/file $to
		away
		[ $to = report ] && is "$(cat report)" evil || is "$status" 125 $to
	done
	# In directories of its own.
	inside sh -c "rm -r /out/* && mkdir /out/d && ln -s '$BATS_TEST_TMPDIR/away' /out/d/sub"
	run -0 box-cp web:/out/d .
	inside sh -c 'rm /out/d/sub && mkdir /out/d/sub && echo evil >/out/d/sub/job'
	run -0 box-cp web:/out/d .
	run -0 box-cp web:/out/d/. d
	away
	[ ! -L d/sub ] && is "$(cat d/sub/job)" evil
}

@test "T53: a hostile archive: one name, no device, no set-id, no way out" {
	mkdir work && echo secret >secret
	# archive NAME[=TYPE[:LINK]]...
	archive() {
		python3 - "$@" <<-'END'
			import io, sys, tarfile
			t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
			for word in sys.argv[1:]:
			    name, _, rest = word.partition("=")
			    kind, _, link = rest.partition(":")
			    i = tarfile.TarInfo(name)
			    i.type = {"": b"0", "d": b"5", "l": b"2", "h": b"1", "c": b"3"}[kind]
			    i.linkname, i.mode = link, 0o6755 if kind != "d" else 0o755
			    data = b"evil" if not kind else b""
			    i.size = len(data)
			    t.addfile(i, io.BytesIO(data))
			t.close()
		END
	}
	# bad WHAT ENTRY...: refused, and nothing has changed, on the host and in
	# the box.
	bad() {
		archive "${@:2}" >archive.tar
		run -125 receive work f <archive.tar
		has "$output" "$1"
		is "$(find work -mindepth 1)" ""
		run -125 box-cp - web:/tmp <archive.tar
		is "$(inside find /tmp -mindepth 1)" ""
	}
	bad "with '..'" f=d f/../../planted
	bad "with '..'" f/..=d
	bad "with '..'" f=d f/h=h:../secret
	bad "absolute name" "$BATS_TEST_TMPDIR/planted"
	bad "absolute name" f=d "f/h=h:$BATS_TEST_TMPDIR/secret"
	bad "ymbolic link" f=d "f/up=l:$BATS_TEST_TMPDIR" f/up/planted
	bad "ymbolic link" f=l:.. f/planted
	bad "ymbolic link" f=d f/up=l:../.. f/h=h:f/up/secret
	# Its own name alone.
	other() {
		run -125 receive work f < <(archive "$@")
		has "$output" "not asked for"
		is "$(find work -mindepth 1)" ""
	}
	other other
	other f ./other
	other ff
	other .
	run -125 receive work f < <(archive)
	has "$output" "is empty"
	# A link, and then another kind of file with that name.
	run -0 receive work f < <(archive f=d "f/x=l:$BATS_TEST_TMPDIR/secret" f/x f/null=c)
	has "$output" "f/null: a device"
	is "$(find work -mindepth 1 -printf '%P %M\n' | sort | xargs)" "f drwxr-xr-x f/x -rwxr-xr-x"
	is "$(cat work/f/x secret | xargs)" "evilsecret"
	is "$(find . -name 'planted*')" ""
	is "$(stat -c %h secret)" 1
	# Cut, and flipped: no crash, and nothing left.
	archive f=d f/a f/l=l:a f/h=h:f/a f/b >archive.tar
	rm -r work/f
	for n in 0 1 511 512 513 1024 1100 1536 2048; do
		head -c $n archive.tar >cut.tar
		run -3 receive work f <cut.tar
		run -125 --separate-stderr box-cp - web:/tmp <cut.tar
		has "$stderr" "ends too early"
	done
	is "$(find work -mindepth 1)$(inside find /tmp -mindepth 1)" ""
	python3 - "$TOP/tests/attack/receive" archive.tar <<-'END'
		import random, subprocess, sys
		good = open(sys.argv[2], "rb").read(4096)
		for seed in range(200):
		    r = random.Random(seed)
		    b = bytearray(good)
		    at = r.randrange(0, 8) * 512
		    for i in range(r.randrange(1, 6)):
		        b[at + r.randrange(512)] = r.randrange(256)
		    h = b[at:at + 512]
		    h[148:156] = b" " * 8
		    b[at + 148:at + 156] = b"%06o\0 " % sum(h)
		    s = subprocess.run([sys.argv[1], "work", "f"], input=b, stderr=subprocess.DEVNULL).returncode
		    assert s in (0, 3, 125), (seed, s)
	END
	is "$(find . -name '.box-cp*')" ""
}

@test "a damaged archive, an old one, and parts that say nothing" {
	requires "python3" command -v python3
	mkdir archives
	# The name of a file is what box-cp says of it.
	python3 - <<-'END'
		def block(name, size=0, type=b'0', sum=None, uid=b'0000000', mtime=b'00000000000', link=b'', magic=b'ustar\x0000'):
		    b = bytearray(512)
		    size = size if isinstance(size, bytes) else b'%011o' % size
		    for at, text in ((0, name), (100, b'0000644'), (108, uid), (116, b'0000000'), (124, size), (136, mtime),
		        (148, b' ' * 8), (156, type), (157, link), (257, magic)):
		        b[at:at + len(text)] = text
		    b[148:155] = b'%06o\0' % (sum or __builtins__.sum(b))
		    return bytes(b)
		def data(text): return text + bytes(-len(text) % 512)
		def pax(*records):
		    text = b''
		    for r in records:
		        n = len(r) + 2
		        while n != len(b'%d %s\n' % (n, r)): n += 1
		        text += b'%d %s\n' % (n, r)
		    return raw(text)
		def raw(text): return block(b'x', len(text), b'x') + data(text)
		def put(says, archive):
		    with open('archives/' + says, 'wb') as f: f.write(archive + bytes(1024))
		one = block(b'f', 2) + data(b'x\n')
		sparse = (b'GNU.sparse.major=1', b'GNU.sparse.minor=0', b'GNU.sparse.name=f', b'GNU.sparse.realsize=9')
		bad = 'the archive is damaged: '
		put(bad + 'a header', block(b'f', sum=1))
		put(bad + 'a number', block(b'f', b'\xa0' + b'\xff' * 11))
		put(bad + 'a number.1', pax(b'size=many') + one)
		put(bad + 'an id', pax(b'uid=4294967295') + one)
		put(bad + 'a name', pax(b'path=a\0b') + one)
		put(bad + 'a pax header', raw(b'99 path=f\n') + one)
		put(bad + 'a pax header.1', raw(b'7 path\n') + one)
		put(bad + 'a header is too long', block(b'x', 1 << 24, b'x') + bytes(1 << 16))
		put(bad + 'a list of parts', pax(*sparse) + block(b'f', 512) + data(b'1' * 40))
		put(bad + 'a list of parts.1', pax(*sparse) + block(b'f', 512) + data(b'1\n8\n2\n'))
		put(bad + 'a file is longer than its entry', pax(*sparse) + block(b'f', 4) + data(b'2\n1\n2\n'))
		put('an archive of sparse files in an older format than 1.0', pax(b'GNU.sparse.map=0,1') + one)
		# Good ones: a global header, times before 1970, blanks before a number, the
		# directory of the oldest archives.
		with open('good', 'wb') as f:
		    f.write(block(b'g', 12, b'g') + data(b'12 comment=x') + pax(b'mtime=-1.5') + block(b'd/', 0, b'\0', magic=b'')
		        + block(b'd/neg', b'          2', mtime=b'\xff' * 12) + data(b'x\n')
		        + pax(b'mtime=7') + block(b'd/sec') + bytes(1024))
	END
	for archive in archives/*; do
		says=${archive#*/}
		run -125 --separate-stderr box-cp - web:/tmp <"$archive"
		is "$output$(grep -v '/tmp: nothing has changed' <<<"$stderr")" "box-cp: ${says%.1}"
	done
	is "$(inside ls -A /tmp)" ""
	run -0 --separate-stderr box-cp - web:/tmp <good
	is "$output$stderr" ""
	is "$(inside stat -c '%n %Y' /tmp/d /tmp/d/neg /tmp/d/sec | xargs)" "/tmp/d 0 /tmp/d/neg 0 /tmp/d/sec 7"
}

@test "T53: names that the box swaps while it is copied" {
	mkdir away shared
	box-stop -t 0 web && finish
	start box-run --name web --network none -v "$PWD/shared:/shared" "$root" sleep 1000
	runs sleep
	# Source and target are a directory and a link in turn.
	inside sh -c "mkdir /tmp/d /tmp/d/sub /tmp/secret /shared/d /shared/d/sub && echo x >/tmp/d/sub/x && echo y >/tmp/secret/y
		swap() {
			while :; do mv \$1 \$1.old; ln -s \$2 \$1; rm \$1; mv \$1.old \$1; done 2>/dev/null
		}
		swap /tmp/d/sub /tmp/secret & swap /shared/d/sub '$PWD/away' & swap /shared/d '$PWD/away' &
		sleep 1000" &
	swapper=$!
	eventually 10 inside test -d /shared/d/sub
	for _ in {1..12}; do
		rm -rf out
		box-cp web:/tmp/d out 2>/dev/null || :
		[ ! -e out/sub/y ] || [ -L out/sub ]
		box-cp web:/tmp/d/. shared/d 2>/dev/null || :
		box-cp web:/tmp/d shared 2>/dev/null || :
		box-cp web:/tmp/d/sub/x shared/d/sub/x 2>/dev/null || :
	done
	is "$(ls away)" ""
	is "$(find . -maxdepth 1 -name '.box-cp*')" ""
	box-stop -t 0 web
	wait "$swapper" || :
}

@test "a copy that ends early leaves nothing" {
	inside sh -c 'mkdir /tmp/d && head -c 3000000 /dev/zero >/tmp/d/x && mkfifo /tmp/d/fifo'
	# Endless zeros: after so many holes the last one is written out.
	python3 - "$root/tmp/y" <<-'END'
		import os, sys
		f = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
		for i in range(4200): os.pwrite(f, b"x", i * 65536)
		os.truncate(f, 900 << 30)
	END
	# No room.
	mkdir small && mount -t tmpfs -o size=1m small small
	refused "No space left" web:/tmp/d small
	is "$(ls -A small)" ""
	umount small
	run -0 box-limit --cpus 0.02 web
	# Signals, to the caller's child and to the whole group.
	temps() { find . -name '.box-cp*' ! -path './root/*'; }
	made() { [ "$(temps)" ]; }
	for sig in INT TERM HUP; do
		for whole in '' -; do
			mkfifo never
			setsid env --default-signal=INT box-cp - web:/tmp/in <>never 3>&- 2>/dev/null &
			in=$!
			setsid env --default-signal=INT box-cp web:/tmp/y big 3>&- 2>/dev/null &
			out=$!
			eventually 20 made
			kill -$sig -- "$whole$out"
			kill -$sig -- "$whole$in"
			for p in $in $out; do
				finish $p
				[ "$status" -gt 128 ] || fail "$sig: $status"
			done
			is "$(temps)" ""
			rm never
		done
	done
	is "$(find root -name '.box-cp*')" ""
	[ ! -e big ]
	# The box, once it sends.
	box-cp web:/tmp/y big 3>&- 2>said &
	p=$!
	sent() { find . -path '*/.box-cp*' -type f -size +0 ! -path './root/*' | grep -q .; }
	eventually 20 sent
	box-stop -t 0 web
	finish $p
	is "$status" 125
	has "$(cat said)" "web:/tmp/y: copying was ended by signal 9"
	is "$(temps)" ""
}

@test "what could not be removed after a copy that failed is said, with its own reason" {
	requires "strace" command -v strace
	mkdir work f
	touch f/x
	tar -cf whole.tar f
	head -c 1100 whole.tar >cut.tar
	run -3 strace -qq -o trace -e trace=unlinkat -e inject=unlinkat:error=EROFS:when=1 "$TOP/tests/attack/receive" work f <cut.tar
	has "$output" "beside work: Read-only file system"
	is "$(find work -name x | wc -l)" 1
}

@test "bad words, no such file, no such box, devices" {
	echo one >file
	refused "./nothing: No such file" ./nothing web:/tmp
	refused "one of FROM and TO" file file
	refused "one of FROM and TO" web:/a web:/b
	refused "no such box" file nobody:/tmp
	refused "does not end with a name" web:/etc/.. .
	refused "cannot copy web:/no/such/file: No such file" web:/no/such/file .
	refused "cannot copy" file web:/no/such/directory/x
	refused "cannot copy" web:/etc/passwd no/such/x
	refused "it is a device" web:/dev/null .
	refused "it is a device" /dev/null web:/tmp
	refused "Permission denied" web:/proc/sys/vm/drop_caches .
	for bad in "" file "file web:/tmp x" "-Z file web:/"; do
		run -125 box-cp $bad
	done
	is "$(find . -name '.box-cp*')" ""
	# The box's own tar is not run.
	rm "$root/bin/tar"
	run -0 box-cp file web:/tmp
	run -0 box-cp web:/etc/passwd .
	run -0 --separate-stderr box-cp -n "./a b" web:/tmp
	is "$output" "tar -C ./ -cf - -- 'a b' | ns-enter web tar -C /tmp -xf -"
	run -0 --separate-stderr box-cp -x web:/etc/passwd .
	has "$stderr" "+ ns-enter web tar -C /etc/ -cf - -- passwd | tar -C . -xf -"
}

@test "an ordinary user owns the copies, read-only ones too" {
	inside sh -c 'mkdir -p /tmp/d/sub && echo x >/tmp/d/sub/x && chmod 555 /tmp/d/sub && chmod 0 /tmp/d/sub/x && chmod 500 /tmp/d && chown -R 7:7 /tmp/d'
	mkdir mine && chown 12345 mine
	box-cp web:/tmp/d - >d.tar
	as_user() { setpriv --reuid 12345 --regid 12345 --clear-groups "$@"; }
	run -0 as_user "$TOP/tests/attack/receive" mine d <d.tar
	is "$(cd mine && find . -printf '%P %m %U\n' | sort | xargs)" "755 12345 d 500 12345 d/sub 555 12345 d/sub/x 0 12345"
	# Refused at its end, when all has been unpacked.
	mkdir mine/e && chown 12345 mine/e && as_user mkdir -p mine/e/d/sub/x
	run -125 as_user "$TOP/tests/attack/receive" mine/e d <d.tar
	is "$(find mine -name '.box-cp*')" ""
}
