#!/usr/bin/env bats
# Alpine's root: boxtools is built in it, with musl and Alpine's own shell, awk and sed,
# and makes a box there. No package of Alpine's is at hand: make and the compiler are
# this machine's, shown at /debian, and libcap is that of scripts/musl.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load ../helpers

setup() {
	lab_up
	alpine_root
	baseline_save
}
teardown() { lab_end; }

@test "a build in Alpine's root, and a box by what it has built" {
	requires "musl/ (scripts/musl)" test -e "$TOP/musl/libcap.a"
	triplet=$(gcc -print-multiarch)
	tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree"
	make -s -C "$TOP" tree.tar | tar x -C "$tree"
	rm -f "$tree/seccomp/compile"
	ln -s /debian/usr/lib64 "$alpine/lib64"
	volumes=(-v /usr:/debian/usr:ro -v "/usr/lib/$triplet:/lib/$triplet:ro" -v /usr/include:/debian/include:ro
	    -v "$TOP/musl:/musl:ro" -v "$tree:/srv" -w /srv)
	for dir in "/usr/lib/${triplet%-gnu}-musl" "/usr/include/${triplet%-gnu}-musl" /usr/include/linux /usr/include/asm-generic; do
		volumes+=(-v "$dir:$dir:ro")
	done
	volumes+=(-v "/usr/include/$triplet/asm:/usr/include/asm:ro")
	run host box-run --network none --cpus max --pids-limit max --ephemeral --unmask --seccomp namespaces \
	    -e TRIPLET="$triplet" "${volumes[@]}" "$alpine" sh -euc '
		export LD_LIBRARY_PATH=/lib/$TRIPLET PATH=$PATH:/debian/usr/bin
		printf "%s\n" "#!/bin/sh" "exec gcc \"\$@\" -specs /usr/lib/${TRIPLET%-gnu}-musl/musl-gcc.specs" >/tmp/musl-gcc
		chmod +x /tmp/musl-gcc
		ln -s usr/lib /debian/lib; ln -s usr/lib64 /debian/lib64
		make -s -j2 CC="/tmp/musl-gcc -idirafter /usr/include -idirafter /musl/include" \
		    LDLIBS=/musl/libcap.a JSON=/musl/libjson-c.a HOSTCC="gcc --sysroot=/debian" all
		unset LD_LIBRARY_PATH
		PATH=/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin
		! grep -l ld-linux bin/ns-spawn
		mkdir /tmp/inner /tmp/inner/dev /tmp/inner/proc /tmp/inner/sys; mkdir /tmp/inner/etc; cp /etc/alpine-release /etc/passwd /etc/group /tmp/inner/etc
		cp -a /bin /lib /tmp/inner
		ns-spawn --map auto rootfs-enter /tmp/inner sh -c "echo inner \$(cat /etc/alpine-release) \$(busybox id -u)"
		sh tests/host | sed "s/host:/inside:/"
		box-run / true 2>&1 || :'
	[ "$status" = 0 ] || fail "$output"
	has "$output" "inner 3.19.4 0"
	# For docs/record.
	has "$output" '|Alpine Linux 3.19.4|musl|gcc '
	grep '^# inside: .*|Alpine Linux 3.19.4|musl|gcc' <<<"$output" >&3
	has "$output" "a box's root is a directory of its own"
	is "$(readelf -lW "$tree/bin/ns-spawn" | grep -c INTERP)" 0
	strings "$tree/bin/ns-spawn" >"$BATS_TEST_TMPDIR/strings"
	run ! grep -i 'glibc' "$BATS_TEST_TMPDIR/strings"
}
