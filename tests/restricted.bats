#!/usr/bin/env bats
# Hosts that forbid something: the refusal names the thing, the hint mends it, and
# box-doctor has a line, as root and as an ordinary user. hints.bats has the hosts
# without a program, a control group or a free pool.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	bb_root
	cd "$BATS_TEST_TMPDIR" || return
	chmod 755 . "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	mkdir run && chown 65534:65534 run
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$PWD/run")
	# The tree's file system may be one that is not shown with other ids.
	mkdir opt
	cp "$TOP"/bin/{ns-spawn,rootfs-enter} opt
	baseline_save
}
teardown() { lab_end; }

# private SCRIPT CMD...: CMD in a mount namespace where SCRIPT has been done.
private() { host unshare --mount --propagation private bash -euc "$1; "'exec "$@"' - "${@:2}"; }
# refused HINT CMD...: CMD fails, and its only hint is HINT; "" for none.
refused() {
	run "${@:2}"
	[ "$status" != 0 ] || fail "not refused: ${*:2}"
	is "$(sed -n 's/^[a-z-]*: hint: //p' <<<"$output")" "$1" "the hint of ${*:2}"
}
works() {
	run "$@"
	[ "$status" = 0 ] || fail "$* ends with $status: $output"
}
# says CHECK HINT: box-doctor's line about CHECK, in $output, is no "ok" and has the
# hint.
says() {
	has "$(grep -A 1 -E "^(bad|note) +$1 " <<<"$output")" "hint: $2"
}

filtered="a container around this one filters namespaces: start it with box-run --seccomp namespaces, or docker run --security-opt seccomp=unconfined"
masked="start the container around this one with box-run --unmask, or docker run --security-opt systempaths=unconfined"

@test "a filter refuses clone3 with ENOSYS: a way around it is named, and mends it" {
	refused "$filtered" "${user[@]}" sys-filter ns-spawn true
	run "${user[@]}" sys-filter box-doctor
	says namespaces "$filtered"
	refused "$filtered" cap-drop sys-filter ns-spawn true
	run cap-drop sys-filter box-doctor
	says namespaces "$filtered"
	# Our own boxes, by root and by a user.
	box=(box-run --network none --ephemeral -v "$PWD/opt:/opt")
	refused "$filtered" "${box[@]}" "$bb.new" /opt/ns-spawn true
	for way in namespaces off; do
		works "${box[@]}" --seccomp $way "$bb.new" /opt/ns-spawn true
		works "${user[@]}" "${box[@]}" --seccomp $way "$bb.new" /opt/ns-spawn true
	done
	works "${box[@]}" --seccomp namespaces "$bb.new" grep -x 'Seccomp:	2' /proc/self/status
}

@test "the kernel makes no user namespace below chroot(8)" {
	copy_root
	cp "$TOP/bin/ns-spawn" "$root"
	mkdir -p "$root/proc"
	refused "outside of chroot(8): there the kernel makes no user namespace" \
	    private "mount --rbind /proc $root/proc" chroot "$root" /ns-spawn true
	works "$root/ns-spawn" true
	# By what proc says: a kernel of Debian 10, and a profile of AppArmor.
	fake="mount -t tmpfs proc $root/proc; cd $root/proc; mkdir -p sys/kernel self/attr/apparmor; cp /proc/self/{u,g}id_map self; "
	refused "sysctl -w kernel.unprivileged_userns_clone=1" \
	    private "${fake}echo 0 >sys/kernel/unprivileged_userns_clone" chroot "$root" /ns-spawn true
	refused "AppArmor's profile boxes forbids it: add the rules userns and capability to the profile, or docker run --security-opt apparmor=unconfined" \
	    private "${fake}echo 'boxes (enforce)' >self/attr/apparmor/current" chroot "$root" /ns-spawn true
}

@test "user.max_*_namespaces = 0: the one that is, for root of a namespace and for a user" {
	for kind in user mnt pid net uts ipc cgroup; do
		hint="sysctl -w user.max_${kind}_namespaces=15000"
		none="echo 0 >/proc/sys/user/max_${kind}_namespaces; "
		refused "$hint" unshare -Ur sh -c "$none"'exec ns-spawn --map self true'
		# A user who is not root there either.
		refused "$hint" "${user[@]}" unshare -U --map-user 1000 sh -c "true; $none"'exec ns-spawn --map self true' ||
		    refused "$hint" unshare -Ur sh -c "$none"'exec ns-spawn --map self true'
		works unshare -Ur sh -c "$none$hint >/dev/null; "'exec ns-spawn --map self true'
	done
	run unshare -Ur sh -c "$none exec box-doctor"
	says namespaces "$hint"
	refused "a limit is reached, here or in a container around this one: sysctl -ar '^user.max'; or 32 user namespaces are nested" \
	    unshare -Ur sh -c 'echo 1 >/proc/sys/user/max_user_namespaces; unshare -Ur sleep 9 & sleep 0.3; ns-spawn true; s=$?; kill $!; exit $s'
}

# Ubuntu's kernel makes the namespace and leaves it no capabilities; systemd.bats has
# such a refusal by AppArmor.
@test "AppArmor's restriction: the sysctl, or the profile that make install has put there" {
	mkdir sys sys/kernel
	echo 1 >sys/kernel/apparmor_restrict_unprivileged_userns
	cat /proc/sys/kernel/osrelease >sys/kernel/osrelease
	ubuntu="mount --bind $PWD/sys /proc/sys"
	sysctl="sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
	restrict=(strace -f -o /dev/null -e inject=unshare:error=EPERM)
	refused "$sysctl" private "$ubuntu" "${user[@]}" "${restrict[@]}" ns-spawn true
	run private "$ubuntu" "${user[@]}" "${restrict[@]}" box-doctor
	says namespaces "$sysctl"
	run private "$ubuntu" box-doctor
	says "users' namespaces" "$sysctl"
	# With a range of ids, setgroups is the first refusal.
	echo nobody:300000:65536 >ids
	refused "$sysctl" private "$ubuntu; mount --bind $PWD/ids /etc/subuid; mount --bind $PWD/ids /etc/subgid" \
	    strace -f -o /dev/null -u nobody -e inject=setgroups:error=EPERM:when=1 "$(command -v ns-spawn)" --map subid true
	make -s -C "$TOP" install PREFIX="$PWD/inst" >/dev/null
	profile=$PWD/inst/share/boxtools/apparmor
	cp="cp $profile /etc/apparmor.d/boxtools && apparmor_parser -r /etc/apparmor.d/boxtools"
	refused "$cp" private "$ubuntu" "${user[@]}" "${restrict[@]}" "$PWD/inst/bin/ns-spawn" true
	run private "$ubuntu" "$PWD/inst/bin/box-doctor"
	says "users' namespaces" "$cp"
	grep -qxF "profile boxtools $PWD/inst/bin/ns-spawn flags=(unconfined) {" "$profile"
	# After the hint root's line is no note any more.
	mkdir apparmor.d
	run private "$ubuntu; mount -t tmpfs t /mnt; mkdir /mnt/u /mnt/w; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w etc /etc;
	    mkdir -p /etc/apparmor.d; ${cp%% &&*}; [ ! -d /sys/kernel/security/apparmor ] || mount -t tmpfs t /sys/kernel/security" "$PWD/inst/bin/box-doctor"
	has "$output" "ok    users' namespaces  by the profile"
}

@test "ids: no range, newuidmap without its set-user-ID bit, no_new_privs" {
	requires "newuidmap" command -v newuidmap
	echo other:300000:65536 >none
	echo nobody:300000:65536 >ids
	etc() { echo "for f in subuid subgid; do mount --bind $PWD/$1 /etc/\$f; done"; }
	usermod="usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody"
	refused "$usermod" private "$(etc none)" "${user[@]}" ns-spawn --map subid true
	run private "$(etc none)" "${user[@]}" box-doctor
	says ids "$usermod"
	works private "$(etc none)" "${user[@]}" ns-spawn --map auto true
	has "$(private "$(etc none)" "${user[@]}" box-doctor)" "note  ids"

	for kind in uid gid; do
		echo nobody:65000:1000 >own
		own="$(etc ids); mount --bind $PWD/own /etc/sub$kind"
		mend="usermod --del-sub${kind}s 65000-65999 --add-sub${kind}s 100000-165535 nobody"
		for map in subid auto; do
			refused "$mend" private "$own" "${user[@]}" ns-spawn --map $map true
			is "${lines[0]}" "ns-spawn: /etc/sub$kind: the range of nobody has 65534, which is their own id"
		done
		run private "$own" "${user[@]}" box-doctor
		has "$(grep -A 1 '^bad   ids' <<<"$output")" "$mend"
		works private 'mount -t tmpfs t /mnt; mkdir /mnt/u /mnt/w; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w etc /etc'"
		    cp ids /etc/subuid; cp ids /etc/subgid; cp own /etc/sub$kind; $mend" "${user[@]}" ns-spawn --map subid true
	done

	bit="cp /usr/bin/newuidmap /usr/bin/newgidmap $PWD; chmod u-s new?idmap; for f in newuidmap newgidmap; do mount --bind \$f /usr/bin/\$f; done"
	chmod="chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap"
	refused "$chmod" private "$(etc ids); $bit" "${user[@]}" ns-spawn --map subid true
	run private "$(etc ids); $bit" "${user[@]}" box-doctor
	says ids "$chmod"
	works private "$(etc ids); $bit; $chmod" "${user[@]}" ns-spawn --map subid true
	rm new?idmap

	privs="from outside of no_new_privs, or --map self"
	refused "$privs" private "$(etc ids)" "${user[@]}" setpriv --no-new-privs ns-spawn --map subid true
	run private "$(etc ids)" "${user[@]}" setpriv --no-new-privs box-doctor
	says ids "$privs"
	works private "$(etc ids)" "${user[@]}" setpriv --no-new-privs ns-spawn --map self true
	works private "$(etc ids)" "${user[@]}" setpriv --no-new-privs ns-spawn --map auto true
	works private "$(etc ids)" "${user[@]}" ns-spawn --map subid true
}

@test "no pasta, and a /dev/net/tun that is closed: a user's network" {
	requires "pasta (package passt)" command -v pasta
	mkdir bin
	ln -s "$TOP"/bin/* /usr/bin/* /usr/sbin/* bin 2>/dev/null || :
	rm bin/pasta*
	open_tun
	PATH=$PWD/bin OPEN=$opener run host "${user[@]}" env PATH="$PWD/bin" box-doctor
	says network "apt-get install passt"
	mknod -m 600 tun c 10 200 2>/dev/null || install -m 600 /dev/null tun
	closed="mount --bind $PWD/tun /dev/net/tun"
	run private "$closed" "${user[@]}" box-doctor
	says network "chmod 666 /dev/net/tun"
	OPEN=$opener works host "${user[@]}" ns-spawn net-user true
}

@test "a kernel without tables of IPv6, or without policies, which an older pasta needs" {
	requires "pasta (package passt)" command -v pasta
	open_tun
	mkdir old new
	printf '#!/bin/sh\n[ "$1" = --help ] || exec %s "$@"\n' "$(command -v pasta)" >old/pasta
	printf '#!/bin/sh\n[ "$1" != --help ] || exec echo --fqdn\nexec %s "$@"\n' "$(command -v pasta)" >new/pasta
	chmod 755 old/pasta new/pasta
	# netlink_send() has no flags.
	{ printf '%s\n' 'EAFNOSUPPORT sendto if arg3 = 0' 'allow sendto'; sed 's/\bsendto\b//' "$TOP/seccomp/default.profile"; } >tables
	{ echo 'EPROTONOSUPPORT socket if arg0 = 16 and arg2 = 6'; cat "$TOP/seccomp/default.profile"; } >policies
	tables="a passt of 2025 or newer: this kernel lacks CONFIG_IPV6_MULTIPLE_TABLES"
	policies="modprobe xfrm_user, or a passt of 2025; in a box, --seccomp off for that one"
	export OPEN=$opener
	for lacks in tables policies; do
		"$TOP/seccomp/compile" -r "$(uname -m)" $lacks >filter
		refused "${!lacks}" host env PATH="$PWD/old:$PATH" ns-spawn sys-filter --profile "$PWD/filter" net-user true
		works host env PATH="$PWD/new:$PATH" ns-spawn sys-filter --profile "$PWD/filter" net-user true
	done
}

@test "parts of proc or sysfs are covered: --unmask of the box around" {
	for covered in /proc/sys /sys/firmware; do
		cover="mount -t tmpfs t $covered"
		text="a container around this one covers parts of it: start it with box-run --unmask, or docker run --security-opt systempaths=unconfined"
		refused "$text" private "$cover" ns-spawn rootfs-enter "$bb.new" true
		refused "$text" private "$cover" "${user[@]}" ns-spawn rootfs-enter --ephemeral "$bb.new" true
		run private "$cover" box-doctor
		says "$([ $covered = /proc/sys ] && echo proc || echo sysfs)" "$masked"
		run private "$cover" "${user[@]}" box-doctor
		says "$([ $covered = /proc/sys ] && echo proc || echo sysfs)" "$masked"
	done
	box=(box-run --network none --ephemeral --seccomp namespaces -v "$PWD/opt:/opt")
	inner=("$bb.new" /opt/ns-spawn --map auto /opt/rootfs-enter --ephemeral /mnt true)
	refused "$text" "${box[@]}" -v "$bb.new:/mnt" "${inner[@]}"
	for unmask in --unmask "--security-opt systempaths=unconfined"; do
		# shellcheck disable=SC2086
		works "${box[@]}" $unmask -v "$bb.new:/mnt" "${inner[@]}"
	done
}

@test "vm.memfd_noexec = 2: a stage that the box could write does not run from a copy" {
	[ -w /proc/sys/vm/memfd_noexec ] || skip "this kernel has no vm.memfd_noexec, or it is not this box's"
	cp -r "$TOP/bin" own && chown -R 65534:65534 own
	strict() { host unshare --pid --fork --mount-proc sh -euc "echo 2 >/proc/sys/vm/memfd_noexec; $1"'; shift; exec "$@"' sh "$@"; }
	mend="sysctl -w vm.memfd_noexec=1"
	for who in root user; do
		run=(ns-spawn --map self rootfs-enter --ephemeral "$bb.new" true)
		[ $who = root ] || run=("${user[@]}" "$PWD/own/ns-spawn" --init true)
		refused "$mend" strict : "${run[@]}"
		works strict "$mend >/dev/null" "${run[@]}"
	done
	run strict : "${user[@]}" "$PWD/own/box-doctor"
	says namespaces "$mend"
}

# The mending sysctl is the whole machine's, and so are the keys of a user.
@test "a user with no room for keys: each box has a keyring" {
	refused "sysctl -w kernel.keys.maxkeys=20000 kernel.keys.maxbytes=2000000" \
	    strace -f -qq -o /dev/null -e trace=keyctl -e inject=keyctl:error=EDQUOT ns-spawn rootfs-enter --ephemeral "$bb.new" true
	[[ ${lines[0]} == "rootfs-enter: keyctl new_session: "*[Qq]"uota exceeded" ]] || fail "$output"
}

@test "a hierarchy that is not mounted, and one that is read-only" {
	# Names are looked for where there is a mount.
	hidden='mount -t tmpfs t /sys/fs/cgroup'
	works private "$hidden" box-keep true
	dir=$(cgroup_dir cpu)
	dir=$(findmnt -nfo TARGET -T "$dir")
	readonly="mount --bind $dir $dir; mount -o remount,bind,ro $dir"
	refused "mount -o remount,bind,rw $dir" private "$readonly" box-run --cpus 0.5 --network none --ephemeral "$bb.new" true
	run private "$readonly" box-doctor
	says "cgroup cpu" "mount -o remount,bind,rw $dir"
	run private "$readonly" "${user[@]}" box-doctor
	has "$output" "note  cgroup cpu "
	works private "$readonly; mount -o remount,bind,rw $dir" box-run --cpus 0.5 --network none --ephemeral "$bb.new" true
}

# bats test_tags=vm
@test "modules that the kernel cannot load: veth, nf_tables" {
	[ -d /run/vm ] || skip "unloads modules: in the virtual machine only"
	# The lab is a pair of links.
	lab_down
	veth="modprobe veth" nft="modprobe -a nf_tables nft_compat; box-doctor names all modules"
	modules() { for m in veth nft_compat nf_tables; do modprobe -qr $m || :; done; }
	modules
	printf 'install %s /bin/false\n' veth nft_compat nf_tables >/etc/modprobe.d/none.conf
	ip netns add none
	none() { ip netns exec none "$@"; }
	run -125 none net-nat true
	has "$output" "hint: $nft"
	refused "$veth" none ns-spawn net-veth true
	run none box-doctor
	says "iptables nft" "modprobe -a nf_tables nft_compat "
	says veth "$veth"
	rm /etc/modprobe.d/none.conf
	works $veth
	works none ns-spawn net-veth true
	works ${nft%%;*}
	works none net-nat true
	none box-gc
	ip netns del none
	lab_up
	baseline_save
}
