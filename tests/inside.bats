#!/usr/bin/env bats
# A box in a box: box-run, its family and the network of a box, in a box that is not
# masked. tests/inbox runs this suite there: make check-box.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	copy_root
	cd "$BATS_TEST_TMPDIR" || return
	mkdir outer outer/{usr,etc,opt,srv,mnt,root,run} opt
	cp "$TOP"/bin/* opt
	for link in /bin /lib /lib64 /sbin; do
		[ ! -L $link ] || cp -P $link outer
	done
	[ -L outer/bin ] || skip "needs a host with all programs in /usr"
	cp -a /etc/alternatives /etc/ld.so.cache outer/etc
	baseline_save
}
teardown() {
	[ -z "${server-}" ] || kill "$server"
	lab_end
}

# outer [OPTION]... SCRIPT: sh in a box with this host's programs, our tools and a
# root directory for boxes inside.
outer() {
	host box-run --pool 10.7.0.0/24 --cpus max --pids-limit 200 --unmask --seccomp namespaces -v /usr:/usr:ro -v "$PWD/opt:/opt:ro" \
	    -v "$root:/srv" -e PATH=/opt:/usr/sbin:/usr/bin "${@:1:$#-1}" outer sh -euc "${*: -1}"
}
shown() { host ns-spawn rootfs-enter --ephemeral -v /usr:/mnt:ro "$root" true; }

@test "box-run and its family, without a capability more" {
	lacks_kernel "a file system of /usr that can be shown with other ids" shown
	run --separate-stderr outer '
		box-run --network none /srv sh -c "cat /proc/self/uid_map; id -u; grep -E ^Cap.nd\|^Seccomp: /proc/self/status"
		box-run -d --name web --network host --ephemeral /srv sh -c "echo logged; exec sleep 100"
		box-ps -q
		box-exec web sh -c "hostname; echo copied >/tmp/file; ls /proc | grep -cx 1"
		box-cp web:/tmp/file /root/file && cat /root/file
		box-logs web
		box-stop -t 0 web
		box-wait web || echo "status $?"
		box-rm web
		ls -A /run/box
		ls /run/netns 2>/dev/null || :'
	is "$status,$stderr" "0,"
	is "$(tr -s ' \t' ' ' <<<"$output")" "$(printf '%s\n' " 0 0 65536" 0 "CapBnd: 00000000a00405fb" "Seccomp: 2" \
	    web web web 1 copied logged 143 "status 143" ended lock)"
	# The walls that are left stand.
	# Who unmounts sysfs can mount it again, as "ip netns exec" does.
	run -0 outer --network none --cap-add SYS_ADMIN --seccomp off 'ip netns add a && ip netns exec a ls /sys/class/net'
	is "$output" lo
	run outer --network none 'unshare -Urm sh -c "mount -t tmpfs t /mnt && echo mounted"
		mount -t tmpfs t /mnt && echo over the box'
	has "$output" $'mounted\nmount: /mnt: permission denied'
	[ "$status" != 0 ]
	# io_uring_setup, 425 everywhere: EPERM of the filter, not EINVAL of the kernel.
	uring='python3 -c "import ctypes as c; c.CDLL(None, use_errno=True).syscall(425, 0, 0); print(c.get_errno())"'
	run -0 outer --network none "$uring"
	is "$output" 1
	run -0 outer --network none --seccomp off "$uring"
	[ "$output" != 1 ] || lacks_kernel io_uring false
	run -125 outer --network none 'box-run -m 64m /srv true'
	has "$output" "limit"
}

@test "a network of its own: a link, NAT, a published port" {
	lacks_kernel "a file system of /usr that can be shown with other ids" shown
	echo "from the inner box" >"$root/page"
	echo "from the host" >outer/page
	(enter "$HOSTNS" busybox httpd -f -p 192.0.2.1:8000 -h "$PWD/outer" >/dev/null 2>&1 3>&-) &
	server=$!
	run --separate-stderr outer --cap-add NET_ADMIN '
		box-run --network veth --pool 10.9.0.0/24 /srv wget -q -O - http://192.0.2.1:8000/page
		box-run -d --name web --network veth --pool 10.9.0.0/24 -p 8080:80 --ready port /srv httpd -f -h /
		busybox wget -q -O - http://127.0.0.1:8080/page
		iptables-save | grep -c 8080
		box-stop -t 0 web || :
		sleep 1.5
		iptables-save | grep -c 8080 || :
		ip -br link | grep -c box || :'
	is "$status,$stderr" "0,"
	is "$output" "$(printf '%s\n' "from the host" web "from the inner box" 1 0 0)"
	# Without the capability the refusal names what is missing.
	run -125 outer 'box-run --network veth --pool 10.9.0.0/24 /srv true'
	has "$output" "hint: "
}

@test "a part of these tests in such a box, with ids for its boxes" {
	lacks_kernel "a file system of /usr that can be shown with other ids" shown
	run host "$TOP/tests/inbox" tests/run -f 'own namespaces|the first slot|box its address|changes no rule|kill -9 of' \
	    tests/ns-sysctl.bats tests/net-lease.bats tests/pool.bats
	[ "$status" = 0 ] || fail "$output"
	is "$(grep -c '^ok' <<<"$output"),$(grep -c '# skip' <<<"$output")" 5,0
}

@test "each reason for a test that a box cannot have is used, and has its line" {
	run diff <(sed -n 's/^\([a-z]*\): ..*/\1/p' "$TOP/tests/inbox.lacks" | sort) \
	    <(grep -oh '^	*beyond_box [a-z]*' "$TOP"/tests/*.ba* | awk '{ print $2 }' | sort -u)
	is "$status" 0 "$output"
	beyond() { IN_BOX=$1 bash -c "$(declare -f beyond_box); skip() { echo \"\$*\"; }; beyond_box node"; }
	is "$(beyond "")" ""
	is "$(beyond 1)" "in a box: the kernel lets the host's root alone make device nodes"
}
