#!/usr/bin/env bats
# cap-drop: the sets of capabilities before and after, and the calls that work.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { make_probe; }
setup() {
	requires "root" test "$EUID" = 0
	baseline_save
}
teardown() { baseline_check; }

DEFAULT=00000000a00405fb

# caps CMD...: the process's sets Inh, Prm, Eff, Bnd and Amb.
caps() { "$@" sed -n 's/^Cap...:\t//p' /proc/self/status | tr '\n' ' '; }
# bit NUMBER SET
bit() { ((0x$2 >> $1 & 1)); }
bounding() { caps "$@" | cut -d' ' -f4; }

@test "by default: docker's list less NET_RAW and MKNOD, in all sets that count" {
	is "$(caps cap-drop)" "0000000000000000 $DEFAULT $DEFAULT $DEFAULT 0000000000000000 "
	is "$(caps ns-spawn cap-drop)" "0000000000000000 $DEFAULT $DEFAULT $DEFAULT 0000000000000000 "
	# Without cap-drop: the caller's sets, all of a user namespace.
	hasnt "$(caps ns-spawn)" "$DEFAULT"
}

@test "the caller's inheritable and ambient capabilities are gone" {
	requires "setpriv" command -v setpriv
	with="setpriv --inh-caps +chown,+net_raw --ambient-caps +chown,+net_raw"
	is "$(caps $with | cut -d' ' -f1,5)" "0000000000002001 0000000000002001"
	is "$(caps $with cap-drop | cut -d' ' -f1,5)" "0000000000000000 0000000000000000"
	is "$(caps $with cap-drop --cap-add NET_RAW | cut -d' ' -f1,5)" "0000000000000000 0000000000000000"
}

@test "--cap-add and --cap-drop: docker's names, lists, in any order" {
	net_raw=13 chown=0 sys_time=25
	bit $net_raw "$(bounding cap-drop --cap-add NET_RAW)"
	bit $net_raw "$(bounding cap-drop --cap-add cap_net_raw)"
	bit $net_raw "$(bounding cap-drop --cap-add SYS_TIME,CAP_NET_RAW)"
	bit $sys_time "$(bounding cap-drop --cap-add SYS_TIME --cap-add net_raw)"
	run ! bit $chown "$(bounding cap-drop --cap-drop chown)"
	is "$(bounding cap-drop --cap-drop ALL)" 0000000000000000
	is "$(caps cap-drop --cap-drop all | tr -d '0 ')" ""
	is "$(bounding cap-drop --cap-drop ALL --cap-add CHOWN)" 0000000000000001
	is "$(bounding cap-drop --cap-add CHOWN --cap-drop ALL)" 0000000000000001
	all=$(caps ns-spawn | cut -d' ' -f4)
	is "$(bounding ns-spawn cap-drop --cap-add ALL)" "$all"
	is "$(bounding ns-spawn cap-drop --cap-drop CHOWN --cap-add ALL)" "$(printf %016x $((0x$all & ~1)))"
}

@test "unknown names are refused" {
	for bad in nosuch cap_ "" 5 CHOWN, ,CHOWN "CHOWN KILL" chown=x cap_cap_chown; do
		for o in --cap-add --cap-drop; do
			run -125 --separate-stderr cap-drop $o "$bad" true
			has "$stderr" "cap-drop: $o: '"
			is "$(wc -l <<<"$stderr")" 1
		done
	done
}

@test "without CAP_SETPCAP it fails, and says so" {
	run -125 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups cap-drop true
	has "$stderr" "--bounding-set"
	has "$stderr" "hint"
}

@test "a set-user-ID program gains nothing; with --new-privs it does" {
	cp "$probe" "$BATS_TEST_TMPDIR/suid"
	chmod 4755 "$BATS_TEST_TMPDIR/suid"
	chmod 755 "$BATS_TEST_TMPDIR"
	user="setpriv --reuid 65534 --regid 65534 --clear-groups"
	run -0 cap-drop $user "$BATS_TEST_TMPDIR/suid" ids
	is "$(tr '\t' ' ' <<<"$output")" $'Uid: 65534 65534 65534 65534\nCapEff: 0000000000000000'
	run -0 cap-drop --new-privs $user "$BATS_TEST_TMPDIR/suid" ids
	is "$(tr '\t' ' ' <<<"$output")" $'Uid: 65534 0 0 0\nCapEff: '$DEFAULT
	is "$(cap-drop sed -n 's/^NoNewPrivs:\t//p' /proc/self/status)" 1
	is "$(cap-drop --new-privs sed -n 's/^NoNewPrivs:\t//p' /proc/self/status)" 0
}

by_handle() { [ "$("$@" "$probe" by_handle 2>&1)" = "by_handle ok" ]; }
@test "no file is opened by its handle, past all directories" {
	lacks_kernel "file handles on the root's file system" by_handle env
	run ! by_handle cap-drop
	by_handle cap-drop --cap-add DAC_READ_SEARCH
}

@test "the kernel refuses calls that need a dropped capability, and no others" {
	run -0 ns-spawn cap-drop "$probe" host_name mount_tmpfs chroot_root unshare_mount
	is "$output" $'host_name EPERM\nmount_tmpfs EPERM\nchroot_root ok\nunshare_mount EPERM'
	run -0 ns-spawn cap-drop --cap-drop SYS_CHROOT --cap-add SYS_ADMIN "$probe" host_name chroot_root unshare_mount
	is "$output" $'host_name ok\nchroot_root EPERM\nunshare_mount ok'
	# Of the host's own root, without a user namespace.
	[ -z "${IN_BOX-}" ] || return 0
	run -0 cap-drop "$probe" kernel_log compare
	is "$output" $'kernel_log EPERM\ncompare ok'
	run -0 cap-drop --cap-add SYSLOG "$probe" kernel_log
	is "$output" "kernel_log ok"
}

@test "root without the capability is not told to be root" {
	requires "setpriv" command -v setpriv
	run -125 setpriv --bounding-set=-setpcap --inh-caps=-all cap-drop true
	has "$output" "hint: ns-spawn in front"
	hasnt "$output" sudo
	run -125 setpriv --bounding-set=-sys_admin --inh-caps=-all rootfs-enter "$BATS_TEST_TMPDIR" true
	has "$output" "hint: ns-spawn in front"
	hasnt "$output" sudo
}
