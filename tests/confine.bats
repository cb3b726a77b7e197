#!/usr/bin/env bats
# The default box as a hostile program finds it: rootfs-enter's confinement.
# Each refusal is also seen to end with the defence taken off.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	lab_up
	make_probe
}
teardown_file() { lab_down; }
setup() {
	copy_root
	cp "$probe" "$root/probe"
	baseline_save
}
teardown() { baseline_check; }

DEFAULT=00000000a00405fb

# box [OPTIONS...] -- CMD...: its output is $output.
box() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	shift
	run -0 host ns-spawn net-veth rootfs-enter "${opts[@]}" "$root" "$@"
}
# says WANT, where WANT are the second words of the probe's lines.
says() { is "$(awk '{print $2}' <<<"$output" | tr '\n' ' ')" "$1 " "$output"; }
# rows OPTIONS... -- "ROW WANT"...: in a box with these options.
rows() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	shift
	box "${opts[@]}" -- /probe "${@%% *}"
	is "$output" "$(printf '%s\n' "$@")" "with ${opts[*]:-no options}"
}
view() { sed -nE 's/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):\s*/\1 /p' | tr '\t' ' ' | sed 's/ *$//'; }
STATUS="cat /proc/self/status"

@test "the caller's groups and inheritable capabilities do not come along" {
	run -0 host setpriv --groups 4,24,100 --inh-caps +net_raw,+sys_admin --ambient-caps +net_raw,+sys_admin \
	    ns-spawn rootfs-enter "$root" $STATUS
	has "$(view <<<"$output")" $'Groups 0\nCapInh 0000000000000000\nCapPrm '$DEFAULT
	has "$(view <<<"$output")" "CapAmb 0000000000000000"
	# In the host's user namespace only rootfs-enter stands between.
	with="setpriv --inh-caps +chown --ambient-caps +chown ns-spawn --user host"
	run -0 host $with cat /proc/self/status
	has "$(view <<<"$output")" "CapAmb 0000000000000001"
	run -0 host $with rootfs-enter "$root" $STATUS
	has "$(view <<<"$output")" $'CapInh 0000000000000000\nCapPrm '$DEFAULT
	has "$(view <<<"$output")" "CapAmb 0000000000000000"
}

@test "--cap-add, --cap-drop, --new-privs" {
	box --cap-drop ALL -- $STATUS
	has "$(view <<<"$output")" $'CapBnd 0000000000000000\nCapAmb 0000000000000000\nNoNewPrivs 1'
	box --cap-drop ALL --cap-add CHOWN -- $STATUS
	has "$(view <<<"$output")" $'CapEff 0000000000000001\nCapBnd 0000000000000001'
	# The filter is on without no_new_privs, for any user.
	for u in 0 1000; do
		box -u $u --new-privs -- $STATUS
		has "$(view <<<"$output")" $'NoNewPrivs 0\nSeccomp 2'
	done
}

@test "--caps, --ambient, --groups, --clear-env: as given and no more" {
	box --clear-env -- env
	is "$(grep -vE '^(PWD|SHLVL|_)=' <<<"$output")" HOME=/root
	# In any order with --env-file, and more than any table has room for.
	seq -f 'V%g=1' 700 >"$BATS_TEST_TMPDIR/env"
	box --env-file "$BATS_TEST_TMPDIR/env" --clear-env -e HOME=/ -- env
	is "$(grep -c '^V' <<<"$output") $(grep -c ^TERM= <<<"$output")" "700 0"
	box --caps CHOWN,net_admin --ambient NET_ADMIN -u 1000:2000 --groups 3,5,70 -- $STATUS
	has "$(view <<<"$output")" "Uid 1000 1000 1000 1000
Gid 2000 2000 2000 2000
Groups 3 5 70
CapInh 0000000000001000
CapPrm 0000000000001000
CapEff 0000000000001000
CapBnd 0000000000001001
CapAmb 0000000000001000
NoNewPrivs 1"
	box --caps KILL,CHOWN --cap-drop KILL --groups "" -- $STATUS
	has "$(view <<<"$output")" $'Groups\nCapInh 0000000000000000\nCapPrm 0000000000000001'
	box --caps "" -- $STATUS
	has "$(view <<<"$output")" "CapBnd 0000000000000000"
	# Numbers need none of the root's files; the home does.
	rm "$root/etc/passwd" && mkfifo "$root/etc/passwd"
	box --groups "" -e HOME=/ -u 5:5 -- true
	for words in "-u 5:5" "--ambient NET_ADMIN" "--caps none" "--groups x" "--groups 1,,2" "--groups 70000"; do
		# shellcheck disable=SC2086
		run -125 ns-spawn rootfs-enter $words "$root" touch /ran
	done
	run -125 ns-spawn rootfs-enter -u 5:5 -e HOME=/ --groups 70000 "$root" touch /ran
	has "$output" "--groups: 70000 has no number"
	[ ! -e "$root/ran" ]
}

# bats test_tags=vm
@test "--apparmor: PROG's profile, or the reason why not" {
	if ! [ -e /proc/self/attr/apparmor/exec ]; then
		run -125 ns-spawn rootfs-enter --apparmor any "$root" touch /ran
		has "$output" "this kernel has no AppArmor"
	else
		run -125 ns-spawn rootfs-enter --apparmor "none-$$" "$root" touch /ran
		has "$output" "--apparmor none-$$: No such file"
		box --apparmor unconfined -- cat /proc/self/attr/apparmor/current
		has "$output" unconfined
	fi
	[ ! -e "$root/ran" ]
	run -0 rootfs-enter -n --apparmor "a b" "$root" true
	has "$output" "echo 'exec a b' > /proc/self/attr/apparmor/exec"
}

@test "--seccomp: a table of one's own, opened on the outside as the caller would" {
	sed 's/ uname$/\nEACCES uname/' "$TOP/seccomp/default.profile" >"$BATS_TEST_TMPDIR/mine"
	"$TOP/seccomp/compile" -r "$(uname -m)" "$BATS_TEST_TMPDIR/mine" >"$BATS_TEST_TMPDIR/mine.bpf"
	chmod 700 "$BATS_TEST_TMPDIR"
	for opts in "" --new-privs "-u 1000"; do
		run -0 bash -c 'cd "$1" && ns-spawn rootfs-enter $3 "$2" uname && ns-spawn rootfs-enter --seccomp mine.bpf $3 "$2" uname' - \
		    "$BATS_TEST_TMPDIR" "$root" "$opts"
		is "$output" Linux "uname, with the default and without it"
	done
	for f in /no/such/file / "$BATS_TEST_TMPDIR/mine" ""; do
		run -125 ns-spawn rootfs-enter --seccomp "$f" "$root" touch /ran
		[[ ${lines[0]} == "rootfs-enter: "* ]]
	done
	[ ! -e "$root/ran" ]
}

# bats test_tags=vm
@test "new namespaces and mounts are refused" {
	rows -- "unshare_user EPERM" "unshare_mount EPERM" "clone_user EPERM" "clone3_user ENOSYS" "setns_uts EPERM" \
	    "mount_tmpfs EPERM" "remount_root EPERM" "fs_open EPERM" "tree_clone EPERM" "host_name EPERM" "clone_plain ok"
	rows --seccomp off -- "unshare_user ok" "clone_user ok" "clone3_user ok" "mount_tmpfs EPERM"
	rows --cap-add SYS_ADMIN -- "unshare_user ok" "unshare_mount ok" "clone_user ok" "clone3_user ok" "setns_uts ok" \
	    "mount_tmpfs ok" "remount_root ok" "fs_open ok" "tree_clone ok" "host_name ok"
}

@test "system calls for keys, tracing, memory and I/O that programs do not need" {
	rows -- "keyring EPERM" "key_add EPERM" "key_request EPERM" "bpf_map EPERM" "io_uring EPERM" "fault EPERM" \
	    "perf EPERM" "module EPERM" "fanotify EPERM" "compare EPERM" "mempolicy EPERM" "no_aslr EPERM" "unknown ENOSYS"
	rows --seccomp off -- "keyring ok" "key_add ok" "key_request ENOKEY" "io_uring ok" "fault ok" "compare ok" \
	    "mempolicy ok" "no_aslr ok"
	# As docker allows it.
	rows -- "trace_child ok" "read_child ok" "chroot_root ok" "fifo ok"
	rows -u 1000 -- "trace_child ok" "read_child ok"
}

# bats test_tags=vm
@test "T81: the host's huge pages are no memory for a box without CAP_IPC_LOCK" {
	rows -- "huge_map ENOMEM" "huge_file ENOMEM" "huge_shm ENOMEM"
	lacks_kernel "huge pages" grep -q hugetlbfs /proc/filesystems
	rows --seccomp off -- "huge_map ok" "huge_file ok" "huge_shm EPERM"
	rows --cap-add IPC_LOCK -- "huge_map ok" "huge_file ok"
	[ "$(uname -m)" = x86_64 ] || return 0
	lacks_kernel "32-bit programs" grep -q ok <("$probe" i386_getpid)
	rows -- "i386_huge_old ENOSYS" "i386_huge_shm ENOMEM"
	rows --seccomp off -- "i386_huge_old ok" "i386_huge_shm EPERM"
	rows --cap-add IPC_LOCK -- "i386_huge_old ok"
}

@test "T82: files are not encrypted or sealed by the kernel's crypto modules" {
	rows -- "crypt_key EPERM" "crypt_policy EPERM" "verity EPERM" "auth_key ENOPROTOOPT"
	box --seccomp off -- /probe crypt_key crypt_policy verity auth_key
	hasnt "$output" EPERM
	hasnt "$output" ENOPROTOOPT
}

@test "sockets: the usual families only, none of them raw" {
	rows -- "vsock EAFNOSUPPORT" "alg EAFNOSUPPORT" "raw EPERM" "packet EPERM" "tcp ok" "netlink ok"
	rows --cap-add NET_RAW -- "raw ok" "packet ok"
	lacks_kernel "vsock" grep -q ok <("$probe" vsock)
	rows --seccomp off -- "vsock ok"
}

@test "the 32-bit and the x32 way are no way round" {
	[ "$(uname -m)" = x86_64 ] || skip "not x86-64"
	lacks_kernel "32-bit programs" grep -q ok <("$probe" i386_getpid)
	rows -- "i386_getpid ok" "i386_unshare EPERM" "i386_keyring EPERM" "i386_vsock EAFNOSUPPORT" \
	    "i386_socketcall ENOSYS" "i386_tiocsti EPERM" "x32_getpid ENOSYS"
	rows --seccomp off -- "i386_unshare ok" "i386_keyring ok"
}

@test "devices and handles of files, also for the host's own root" {
	beyond_box node
	real=(host ns-spawn --user host rootfs-enter)
	run -0 "${real[@]}" "$root" /probe device by_handle kernel_log
	says "EPERM EPERM EPERM"
	run -0 "${real[@]}" --cap-add MKNOD,DAC_READ_SEARCH,SYSLOG "$root" /probe device by_handle kernel_log
	says "ok ok ok"
	# An existing device does not open.
	mknod "$root/disk" c 1 3
	run ! "${real[@]}" --cap-add ALL --seccomp off --new-privs "$root" sh -c 'echo x >/disk'
	box -- sh -c 'echo x 2>&1 >/disk || :'
	has "$output" "ermission denied"
}

# bats test_tags=vm
@test "masked and read-only paths stay" {
	undo='umount /proc/sys; umount /proc/keys; mount -o remount,bind,rw /proc/sys; mount -t proc p /mnt; mount --bind /proc /mnt
		umount /sys/firmware; unshare -Um true; cat /proc/keys /proc/timer_list /mnt/keys /sys/firmware/*
		echo 99 >/proc/sys/net/ipv4/ip_default_ttl && echo WRITTEN'
	# NET_ADMIN: without it the kernel refuses the sysctl in any case.
	box --cap-add NET_ADMIN -- sh -c "($undo) 2>/dev/null || :"
	is "$output" ""
	# Without the filter a new user namespace has locked copies.
	box --cap-add NET_ADMIN --seccomp off -- sh -c "(unshare -Ur sh -c '$undo'; unshare -Urm sh -c '$undo') 2>/dev/null || :"
	hasnt "$output" WRITTEN
	is "$output" ""
	box --cap-add NET_ADMIN,SYS_ADMIN -- sh -c "($undo) 2>/dev/null || :"
	has "$output" WRITTEN
	rows -- "remount_mask EPERM" "umount_mask EPERM"
	rows --cap-add SYS_ADMIN -- "umount_mask ok"
}

@test "a set-user-ID program gains nothing" {
	cp "$probe" "$root/suid"
	chmod 4755 "$root/suid"
	box -u 1000 -- /suid ids
	is "$(tr '\t' ' ' <<<"$output")" $'Uid: 1000 1000 1000 1000\nCapEff: 0000000000000000'
	box -u 1000 --new-privs -- /suid ids
	is "$(tr '\t' ' ' <<<"$output")" $'Uid: 1000 0 0 0\nCapEff: '$DEFAULT
}

@test "nosuid on the root and on volumes, but with --new-privs" {
	mkdir "$BATS_TEST_TMPDIR/src"
	for how in "" --ephemeral --read-only; do
		box $how -v "$BATS_TEST_TMPDIR/src:/data" -- cat /proc/self/mountinfo
		has "$(awk '$5 == "/" {print "," $6 ","}' <<<"$output")" ,nosuid,
		has "$(awk '$5 == "/" {print "," $6 ","}' <<<"$output")" ,nodev,
		has "$(awk '$5 == "/data" {print "," $6 ","}' <<<"$output")" ,nosuid,
	done
	box --new-privs -v "$BATS_TEST_TMPDIR/src:/data" -- cat /proc/self/mountinfo
	hasnt "$(awk '$5 == "/" || $5 == "/data" {print "," $6 ","}' <<<"$output")" ,nosuid,
}

@test "no inherited session keyring" {
	# Known to a process with the keyring, and still behind ns-spawn.
	run -0 "$probe" key "$probe" find_key
	is "$output" "find_key ok"
	run -0 "$probe" key ns-spawn "$probe" find_key
	is "$output" "find_key ok"
	run -0 "$probe" key ns-spawn rootfs-enter --seccomp off --cap-add ALL "$root" /probe find_key
	is "$output" "find_key ENOKEY"
	run -0 "$probe" key ns-spawn rootfs-enter "$root" /probe find_key
	is "$output" "find_key EPERM"
}

# typed WANT OPTIONS... -- ROW: the terminal's next reader gets WANT after ROW in
# a box.
typed() {
	python3 "$TOP/tests/terminal.py" bash -c "ns-spawn rootfs-enter ${*:2:$#-3} '$root' /probe ${*: -1}
		IFS= read -rst 1 -n 1 c; echo \"<\$c>\"" <<-END
		expect ${*: -1}
		expect <$1>
		end 0
	END
}
@test "no character is pushed into the caller's terminal" {
	requires "python3" command -v python3
	typed "" -- tiocsti
	typed "" -- tiocsti_high
	lacks_kernel "TIOCSTI" test "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || echo 1)" = 1
	typed "#" --seccomp off -- tiocsti
	typed "#" --seccomp off -- tiocsti_high
}

@test "ping without NET_RAW; busybox's with NET_RAW" {
	requires "python3" command -v python3
	# A datagram socket, as iputils' ping and new busyboxes have it.
	ping='import socket; s = socket.socket(2, 2, 1); s.settimeout(9); s.sendto(b"\x08\0\0\0\0\1\0\1", ("10.0.0.1", 0)); print(s.recv(99)[0])'
	for map in 0:1879048192:65536 0:1879048192:70000 self; do
		run -0 host ns-spawn --map $map net-veth cap-drop sys-filter python3 -c "$ping"
		is "$output" 0 "echo reply with --map $map"
	done
	start ns-spawn sleep 1000
	runs sleep
	run -1 nsenter -t "$prog" -U -n cap-drop python3 -c "$ping"
	has "$output" "Permission"
	host net-veth --pid "$prog"
	run -0 nsenter -t "$prog" -U -n cap-drop python3 -c "$ping"
	is "$output" 0
	kill -9 "$prog"
	finish
	run -0 host ns-spawn net-veth rootfs-enter --cap-add NET_RAW "$root" ping -c 1 10.0.0.1
}

@test "box-run passes them on" {
	run -0 host box-run --network none --cap-drop ALL --cap-add CHOWN,KILL "$root" $STATUS
	has "$(view <<<"$output")" $'CapBnd 0000000000000021\nCapAmb 0000000000000000\nNoNewPrivs 1\nSeccomp 2'
	run -0 host box-run --network none --seccomp off --new-privs "$root" $STATUS
	has "$(view <<<"$output")" $'CapBnd '$DEFAULT$'\nCapAmb 0000000000000000\nNoNewPrivs 0\nSeccomp 0'
}

@test "an ordinary user's box is confined, too" {
	dir=$(mktemp -d)
	chmod 711 "$dir"
	mv "$root" "$dir/root"
	chown -R 65534:65534 "$dir/root"
	for opts in "" --new-privs "--seccomp off"; do
		run setpriv --reuid 65534 --regid 65534 --clear-groups ns-spawn rootfs-enter $opts "$dir/root" $STATUS
		[ "$status" = 0 ] || rm -r "$dir"
		has "$(view <<<"$output")" $'CapPrm '$DEFAULT$'\nCapEff '$DEFAULT$'\nCapBnd '$DEFAULT
	done
	rm -r "$dir"
}

@test "busybox: ordinary programs work" {
	box -- sh -c 'set -e; echo data | gzip | gunzip; tar c /etc 2>/dev/null | tar t >/dev/null; (sleep 0.01 & wait)
		mkdir /d && chown 7:8 /d && chmod 4755 /d && stat -c "%u %a" /d; su nobody -s /bin/sh -c "id -u"; mkfifo /f
		chroot / true; httpd -p 127.0.0.1:99 -h /etc; wget -qO- http://127.0.0.1:99/hostname'
	is "$output" $'data\n7 4755\n65534\ncontainer'
}
