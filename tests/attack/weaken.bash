# weaken.bash - a copy of the suite in which one defence at a time can be taken off
# shellcheck shell=bash disable=SC2154

# The copy that can be weakened, in $weak.
weaken() {
	local row file change
	export weak=$BATS_RUN_TMPDIR/weak
	[ ! -d "$weak/bin" ] || return 0
	mkdir -p "$weak"
	(cd "$TOP" && cp -Rp Makefile cmds lib rootfs scripts seccomp "$weak")
	while read -r row file change; do
		[[ $row != "#" && $row ]] || continue
		sed "$change" "$weak/$file" >"$weak/new"
		! cmp -s "$weak/new" "$weak/$file" || fail "weaken: row $row does not match in $file"
		mv "$weak/new" "$weak/$file"
	done < <(grep -E '^[0-9]' "$TOP/tests/attack/weaken")
	make -s -j2 -C "$weak" CPPFLAGS="-include $TOP/tests/attack/weaken.h" \
	    bin/{box-keep,box-oci,cap-drop,cg-device,cg-limit,cg-set,log-keep,net-lease,net-nat,net-user,net-veth,proc-set,ns-enter,ns-spawn,ns-sysctl,rootfs-enter,rootfs-fstab,box-run} >&2
}
# weak ROW CMD...: CMD with that row's defence off.
weak() {
	local -x WEAK=$1 PATH=$weak/bin:$PATH
	"${@:2}"
}
