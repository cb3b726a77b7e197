#!/usr/bin/env bats
# sys-filter and seccomp/compile: the refused calls of each table.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { make_probe; }
setup() {
	requires "root" test "$EUID" = 0
	baseline_save
}
teardown() { baseline_check; }

compile() { "$TOP/seccomp/compile" "$@"; }
status_of() { "$@" sed -nE 's/^(NoNewPrivs|Seccomp):\t/\1=/p' /proc/self/status | tr '\n' ' '; }
# asked FILE CALL...: the table's verdicts, without a kernel.
asked() { python3 "$TOP/tests/bpf.py" "$@"; }

@test "a filter and no_new_privs, also for an ordinary user" {
	is "$(status_of env)" "NoNewPrivs=0 Seccomp=0 "
	is "$(status_of sys-filter)" "NoNewPrivs=1 Seccomp=2 "
	is "$(status_of setpriv --reuid 65534 --regid 65534 --clear-groups sys-filter)" "NoNewPrivs=1 Seccomp=2 "
}

@test "a start costs one system call" {
	requires "strace" command -v strace
	strace -o "$BATS_TEST_TMPDIR/log" -e trace=seccomp,bpf,open,openat sys-filter true
	is "$(sed '/true/q' "$BATS_TEST_TMPDIR/log" | grep -c ^seccomp)" 1
	hasnt "$(cat "$BATS_TEST_TMPDIR/log")" '.profile"'
}

@test "flags of the filter" {
	requires "strace" command -v strace
	strace -f -o "$BATS_TEST_TMPDIR/log" -e trace=seccomp sys-filter --flags spec-allow,log true
	has "$(cat "$BATS_TEST_TMPDIR/log")" "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG|SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
	strace -f -o "$BATS_TEST_TMPDIR/log" -e trace=seccomp sys-filter --flags spec-allow --flags log true
	has "$(cat "$BATS_TEST_TMPDIR/log")" "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, "
	run -0 sys-filter -n --flags log true
	has "$output" "sys-filter --flags log"
	run -125 sys-filter --flags log,tsync true
	is "$output" "sys-filter: --flags: 'tsync' is neither log nor spec-allow"
}

@test "calls are refused; without the filter they are not" {
	for row in unshare_user clone_user clone3_user keyring key_add io_uring fault compare mempolicy no_aslr; do
		run -0 ns-spawn cap-drop sys-filter "$probe" $row
		[ "$output" = "$row EPERM" ] || is "$output" "clone3_user ENOSYS"
		run -0 ns-spawn cap-drop "$probe" $row
		is "$output" "$row ok"
	done
	run -0 sys-filter "$probe" clone_plain trace_child read_child fifo tcp netlink unknown
	is "$(awk '{print $2}' <<<"$output" | tr '\n' ' ')" "ok ok ok ok ok ok ENOSYS "
}

@test "the other ways into the kernel are filtered, too" {
	[ "$(uname -m)" = x86_64 ] || skip "not x86-64"
	lacks_kernel "32-bit programs" grep -q ok <("$probe" i386_getpid)
	run -0 ns-spawn cap-drop sys-filter "$probe" i386_getpid i386_unshare i386_keyring i386_vsock i386_socketcall i386_tiocsti x32_getpid
	is "$(awk '{print $2}' <<<"$output" | tr '\n' ' ')" "ok EPERM EPERM EAFNOSUPPORT ENOSYS EPERM ENOSYS "
	run -0 ns-spawn cap-drop "$probe" i386_unshare i386_keyring
	is "$(awk '{print $2}' <<<"$output" | tr '\n' ' ')" "ok ok "
	run -0 ns-spawn cap-drop "$probe" i386_tiocsti
	hasnt "$output" EPERM
}

@test "a capability opens its system calls" {
	run -0 ns-spawn cap-drop --cap-add SYS_NICE sys-filter "$probe" mempolicy compare
	is "$output" $'mempolicy ok\ncompare EPERM'
	run -0 ns-spawn cap-drop --cap-add SYS_ADMIN sys-filter "$probe" unshare_user clone_user clone3_user host_name mempolicy
	is "$(awk '{print $2}' <<<"$output" | tr '\n' ' ')" "ok ok ok ok EPERM "
	run -0 ns-spawn cap-drop --cap-add ALL sys-filter "$probe" keyring io_uring fault no_aslr
	is "$(awk '{print $2}' <<<"$output" | sort -u)" EPERM
}

@test "the page's filter without asynchronous requests" {
	requires "python3" command -v python3
	aio() {
		"$@" python3 -c 'import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
failed = libc.syscall(206, 8, ctypes.byref(ctypes.c_ulong()))
print(errno.errorcode[ctypes.get_errno()] if failed else "ok")'
	}
	[ "$(uname -m)" = x86_64 ] || skip "not x86-64"
	sed '/^allow io_setup/d' "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/mine"
	compile -r "$(uname -m)" "$BATS_TEST_TMPDIR/mine" >"$BATS_TEST_TMPDIR/mine.bpf"
	run -0 aio sys-filter
	is "$output" ok
	run -0 aio sys-filter --profile "$BATS_TEST_TMPDIR/mine.bpf"
	is "$output" EPERM
}

@test "--profile: a table of one's own" {
	sed 's/ uname$/\nEACCES uname/' "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/mine"
	compile -r "$(uname -m)" "$BATS_TEST_TMPDIR/mine" >"$BATS_TEST_TMPDIR/mine.bpf"
	run -0 sys-filter uname
	run sys-filter --profile "$BATS_TEST_TMPDIR/mine.bpf" uname
	[ "$status" != 0 ]
	has "$output" "Permission denied"
	run -0 ns-spawn cap-drop sys-filter --profile "$BATS_TEST_TMPDIR/mine.bpf" "$probe" unshare_user tcp
	is "$output" $'unshare_user EPERM\ntcp ok'
	# For a box the doorman opens the file, with the caller's rights.
	chmod 700 "$BATS_TEST_TMPDIR"
	run -0 bash -c 'cd "$1" && ns-spawn sys-filter --profile mine.bpf true' - "$BATS_TEST_TMPDIR"
}

@test "--profile: files that are none are refused" {
	d=$BATS_TEST_TMPDIR
	: >"$d/empty"
	head -c 12 /dev/zero >"$d/odd"
	head -c 16 /dev/zero >"$d/zero"
	head -c 32776 /dev/zero >"$d/long"
	cp "$TOP/seccomp/default.profile" "$d/text" && truncate -s 800 "$d/text"
	mkfifo "$d/fifo"
	for f in empty odd zero long text missing .; do
		run -125 --separate-stderr sys-filter --profile "$d/$f" touch "$d/ran"
		has "$stderr" "$d/$f"
	done
	# No fifo stops the doorman.
	run -125 ns-spawn sys-filter --profile "$d/fifo" touch "$d/ran"
	[ ! -e "$d/ran" ]
}

@test "a table for another machine type lets nothing by" {
	other=aarch64
	[ "$(uname -m)" != $other ] || other=x86_64
	compile -r $other "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/other"
	run sys-filter --profile "$BATS_TEST_TMPDIR/other" true
	is "$status" 159 # 128 + SIGSYS
}

@test "the tables, for each architecture" {
	requires "python3" command -v python3
	for a in x86_64 i386 aarch64 arm; do
		compile -r $a "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/$a"
	done
	cd "$BATS_TEST_TMPDIR" || return
	# read; ioctl TIOCSTI plain and with high bits; socket INET, VSOCK, ALG,
	# KEY; clone plain, NEWUSER; clone3; unshare; keyctl; fchmodat2; one too new
	while read -r table arch read ioctl socket clone unshare keyctl; do
		is "$(asked $table $arch:$read $arch:$ioctl:0:0x5401 $arch:$ioctl:0:0x5412 \
		    $arch:$ioctl:0:0xf00005412 $arch:$ioctl:0:0x541c \
		    $arch:$socket:2:1 $arch:$socket:40 $arch:$socket:38 $arch:$socket:0x10000000f \
		    $arch:$clone:17 $arch:$clone:0x10000011 $arch:435 $arch:$unshare $arch:$keyctl \
		    $arch:452 $arch:468 $arch:4294967295 | cut -d' ' -f2- | tr '\n' ,)" \
		    "allow,allow,errno 1,errno 1,errno 1,allow,errno 97,errno 97,errno 97,allow,cap 21 errno 1,cap 21 errno 38,cap 21 errno 1,errno 1,allow,errno 38,errno 38," "$arch"
	done <<-END
		x86_64 x86_64 0 16 41 56 272 250
		x86_64 i386 3 54 359 120 310 288
		i386 i386 3 54 359 120 310 288
		aarch64 aarch64 63 29 198 220 97 219
		aarch64 arm 3 54 281 120 337 311
		arm arm 3 54 281 120 337 311
	END
	is "$(asked x86_64 x86_64:0x40000027 aarch64:63 arm:3)" $'x86_64:0x40000027 errno 38\naarch64:63 kill\narm:3 kill'
	is "$(asked x86_64 i386:102:1 i386:102:8 i386:102:14 i386:102:3 | cut -d' ' -f2- | xargs)" "errno 38 errno 38 errno 38 allow"
	is "$(asked aarch64 arm:0xf0005 arm:0xf0006 x86_64:0 | cut -d' ' -f2-)" $'allow\nerrno 38\nkill'
	is "$(asked i386 x86_64:0 | cut -d' ' -f2-)" kill
}

# defaults: the default filter of two machines, in files of their names, here.
defaults() {
	cd "$BATS_TEST_TMPDIR" || return
	for a in x86_64 aarch64; do
		compile -r $a "$TOP/seccomp/default.profile" >$a
	done
}
@test "T81: huge pages, by each call of each architecture" {
	requires "python3" command -v python3
	defaults
	while read -r table arch mmap memfd; do
		is "$(asked $table $arch:$mmap:0:0:0:0x22 $arch:$mmap:0:0:0:0x40022 $arch:$memfd:0:3 $arch:$memfd:0:0x54000007 |
		    cut -d' ' -f2- | tr '\n' ,)" "allow,cap 14 errno 12,allow,cap 14 errno 12," "$arch"
	done <<-END
		x86_64 x86_64 9 319
		x86_64 i386 192 356
		aarch64 aarch64 222 279
		aarch64 arm 192 385
	END
	for call in x86_64:x86_64:29 x86_64:i386:395 aarch64:aarch64:194 aarch64:arm:307; do
		is "$(asked ${call%%:*} ${call#*:}:0:0:0x380 ${call#*:}:0:0:0xb80 | cut -d' ' -f2-)" $'allow\ncap 14 errno 12'
	done
	# i386: ipc as shmget, with a version of the call in the high half, and as
	# another call; the old mmap, and the bit where that call has no flags.
	is "$(asked x86_64 i386:117:0x10017:0:0:0x800 i386:117:23:0:0:0x400 i386:117:24:0:0:0x800 i386:90 i386:90:0:0:0:0x40000 |
	    cut -d' ' -f2- | tr '\n' ,)" "cap 14 errno 12,allow,allow,cap 14 errno 38,cap 14 errno 38,"
}

@test "T82: requests for a cipher or a digest" {
	requires "python3" command -v python3
	defaults
	# FS_IOC_ADD_ENCRYPTION_KEY, FS_IOC_SET_ENCRYPTION_POLICY,
	# FS_IOC_ENABLE_VERITY; TCP_AO_ADD_KEY, TCP_NODELAY, SOL_IP with that number.
	while read -r table arch ioctl setsockopt; do
		is "$(asked $table $arch:$ioctl:0:0xc0506617 $arch:$ioctl:0:0x800c6613 $arch:$ioctl:0:0x40806685 \
		    $arch:$setsockopt:0:6:38 $arch:$setsockopt:0:6:1 $arch:$setsockopt:0:0:38 | cut -d' ' -f2- | tr '\n' ,)" \
		    "errno 1,errno 1,errno 1,errno 92,allow,allow," "$arch"
	done <<-END
		x86_64 x86_64 16 54
		x86_64 i386 54 366
		aarch64 aarch64 29 208
		aarch64 arm 54 294
	END
}

# sockets CALL: the families, types and protocols that the table allows to a
# process without capabilities, out of all that a kernel may have a module for.
sockets() {
	awk -v nr="$1" 'BEGIN {
		n = split("0 1 2 4 6 8 9 15 16 17 20 33 41 50 51 58 115 132 136 255 262", protos, " ")
		for (f = 0; f < 48; f++) for (t = 0; t < 16; t++) for (p = 1; p <= n; p++)
			print "x86_64:" nr ":" f ":" t + 0x80800 ":" protos[p]
	}' | xargs python3 "$TOP/tests/bpf.py" "$BATS_TEST_TMPDIR/table" | awk '$2 == "allow" {
		split($1, a, ":"); t = a[4] % 16
		# AF_UNIX has its types; a raw socket takes any protocol.
		print a[3], a[3] == 1 ? "-" : t, a[3] == 1 || t == 3 && a[3] != 16 ? "-" : a[5]
	}' | sort -un -k1,1 -k2,2 -k3,3
}
@test "T76: sockets for which the kernel would load a module" {
	requires "python3" command -v python3
	compile -r x86_64 "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/table"
	# TCP, UDP and ICMP, raw sockets; netlink of any type for routes and events.
	is "$(sockets 41 | awk '$1 != 16')" $'1 - -\n2 1 0\n2 1 6\n2 2 0\n2 2 1\n2 2 17\n2 3 -
10 1 0\n10 1 6\n10 2 0\n10 2 17\n10 2 58\n10 3 -'
	is "$(sockets 41 | awk '$1 == 16 { print $3 }' | sort -un | xargs)" "0 15"
	is "$(sockets 53)" "1 - -"
	cd "$BATS_TEST_TMPDIR" || return
	is "$(asked table x86_64:16:0:0x5423 x86_64:16:0:0x8940 x86_64:16:0:0x8982 x86_64:16:0:0x5401 | cut -d' ' -f2-)" \
	    $'errno 1\ncap 12 errno 1\ncap 12 errno 1\nallow'
}
# bats test_tags=vm
@test "T76: no socket and no line discipline has a module loaded" {
	requires "python3" command -v python3
	lacks_kernel "modules" grep -q . /proc/modules
	try='import socket, fcntl, os, pty
for f in range(48):
    for t in range(1, 7):
        for p in (0, 1, 4, 6, 9, 15, 16, 17, 33, 58, 115, 132, 136, 255, 262):
            for call in (socket.socket, socket.socketpair):
                try: call(f, t, p)
                except OSError: pass
slave = pty.openpty()[1]
for n in range(1, 31):
    try: fcntl.ioctl(slave, 0x5423, n.to_bytes(4, "little"))
    except OSError: pass'
	before=$(cut -d' ' -f1 /proc/modules | sort)
	run -0 ns-spawn --init cap-drop sys-filter python3 -c "$try"
	is "$(cut -d' ' -f1 /proc/modules | sort)" "$before"
	# Without the filter one call loads one.
	ns-spawn --init cap-drop python3 -c 'import socket; socket.socket(2, 1, 132)' || :
	[ "$(cut -d' ' -f1 /proc/modules | sort)" != "$before" ]
}

@test "compile names the line that it does not take" {
	for bad in "allow nosuchcall" "allow read if" "allow read if arg6 = 1" "allow read if arg0" "allow read if arg0 =" \
	    "allow read if arg0 = x" "allow read if arg0 & = 1" "NOPE read" "NOSUCHCAP:EPERM read" "SYS_ADMIN:EWHAT read" \
	    "EPERM from x" "allow read read" "allow read if arg0 = 1 2 3 4 5 6 7 8 9" "allow read if arg0 = 1 and" "allow read if arg0 = 1 and arg1 = 1 and arg2 = 1 and arg3 = 1" "allow new=x"; do
		printf '# a profile\n%s\n' "$bad" >"$BATS_TEST_TMPDIR/bad"
		run -1 compile "$BATS_TEST_TMPDIR/bad"
		has "$output" "$BATS_TEST_TMPDIR/bad:2: "
	done
	run -1 compile -r nosuch "$TOP/seccomp/default.profile"
	run -1 compile /no/such/file
}
