#!/usr/bin/env bats
# Each hint that the suite can print: a refusal prints the hint, the hint is followed,
# and the refused thing works. tests/hints.py lists the hints of the sources; the last
# test demands that each is in a test here, or in the table at the end.
# shellcheck disable=SC2016,SC2030,SC2031,SC2089,SC2090,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "root" test "$EUID" = 0
	open_tun
}
setup() {
	lab_up
	bb_root
	cd "$BATS_TEST_TMPDIR" || return
	chmod 755 .
	ln -s "$bb" bb
	# An ordinary user, with a state directory.
	mkdir run && chown 65534:65534 run
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$PWD/run")
	# ./private SCRIPT [ARG]...: sh, in a mount namespace of its own.
	cat >private <<-'END'
		#!/bin/sh
		script=$1 && shift
		exec unshare --mount --propagation private sh -ec "$script" - "$@"
	END
	chmod 755 private "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	baseline_save
}
teardown() {
	box-ps -q | xargs -r box-stop -t 0
	lab_end
}

# hinted HINT CMD...: CMD prints the hint, which is in $hint. HINT is the text as
# tests/hints.py prints it, with "*" for what the tool puts in.
hinted() {
	status=0
	output=$(host "${@:2}" 2>&1) || status=$?
	while IFS= read -r hint; do
		# shellcheck disable=SC2053
		[[ $hint != ${1//[/\\[} ]] || return 0
	done < <(tr -d '\r' <<<"$output" | sed -n 's/.* hint: //p')
	fail "the hint '$1' is not in: $output"
}
works() {
	run host "$@"
	[ "$status" = 0 ] || fail "after '$hint': $* ends with $status: $output"
}
# refused HINT CMD...: the same, and CMD fails.
refused() { hinted "$@" && [ "$status" != 0 ] || fail "not refused: ${*:2}"; }
v1() { [ "$(cgroup_dir cpu)" != "$(cgroup_dir "")" ]; }

@test "a command of the hint mends it: options, root, slots, pools" {
	refused 'see * --help' net-nat --nonsense
	works ${hint#see }
	refused 'see * --help' box-ps --nonsense
	works ${hint#see }
	refused 'sudo net-nat ...' "${user[@]}" net-nat true
	works net-nat true
	refused 'sudo box-run ..., or --network user' "${user[@]}" box-run --network veth bb true
	works box-run bb true
	refused "sudo: the host's network needs CAP_NET_ADMIN" "${user[@]}" ns-spawn net-veth true
	works ns-spawn net-veth true
	refused 'ns-spawn net-veth ..., or net-veth --pid PID' net-veth true
	works ns-spawn net-veth true
	host net-nat up
	refused 'net-nat --slot * down' net-nat true
	works $hint
	works net-nat true
	start ns-spawn net-veth sleep 100
	runs sleep
	refused "--slot N (net-lease finds one), --box-link NAME for the box's" ns-spawn net-veth true
	works net-lease ns-spawn net-veth true
	kill "$pid" && finish
	# Another network of the host's has these addresses.
	host ip address add 10.0.0.77/24 dev uplink
	refused '--pool 10.99.0.0/24, or another free network' net-lease --pool 10.0.0.0/24 true
	works net-lease ${hint%%,*} true
	works box-run ${hint%%,*} bb true
	refused 'export BOX_POOL=10.99.0.0/24, or another free network' ns-spawn net-veth true
	works sh -c "${hint%%,*}; ns-spawn net-veth true"
	hinted 'choose another: box-run --pool 10.213.0.0/16' box-doctor
	works ${hint#*: } bb true
	host ip address del 10.0.0.77/24 dev uplink
	host ip address add fd62:6f78::77/64 dev uplink nodad
	refused '--pool6 fd99::/64, or another free network' net-lease --ipv6 true
	works net-lease ${hint%%,*} true
	refused '--pool6 fd99::/64, or another free network' ns-spawn net-veth --pool6 fd62:6f78::/64 true
	works ns-spawn net-veth ${hint%%,*} true
	host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	refused 'sysctl -w net.ipv6.conf.all.disable_ipv6=0' net-lease --ipv6 true
	refused 'sysctl -w net.ipv6.conf.all.disable_ipv6=0' ns-spawn net-veth --pool6 fd62:6f78::/64 true
	host $hint
	refused 'net-nat behind net-lease; or net-veth --pool6 POOL' net-lease --ipv6 ns-spawn net-veth true
	works net-lease --ipv6 net-nat ns-spawn net-veth true
	refused 'export BOX_STATE=DIR, a directory of your own' "${user[@]}" env -u XDG_RUNTIME_DIR net-lease true
	works "${user[@]}" env -u XDG_RUNTIME_DIR BOX_STATE="$PWD/run/state" net-lease true
	refused 'export BOX_STATE=DIR, a directory of your own' "${user[@]}" env -u XDG_RUNTIME_DIR box-ps
	works "${user[@]}" env -u XDG_RUNTIME_DIR BOX_STATE="$PWD/run/state" box-ps
	rm -r run/state
	# A state directory that is full, read-only, or another user's.
	mkdir small
	there=("${user[@]}" env XDG_RUNTIME_DIR="$PWD/small")
	for full in size=4k nr_inodes=2 ro uid=0 size=1m; do
		mount -t tmpfs -o "mode=700,uid=65534,$full" small small
		[ $full != size=1m ] || mkdir small/box
		case $full in
		size=4k | nr*) want='make room there, or export BOX_STATE=DIR, a directory of your own' ;;
		*) want='export BOX_STATE=DIR, a directory of your own' ;;
		esac
		refused "$want" "${there[@]}" box-keep true
		refused "$want" "${there[@]}" box-doctor
		is "$(grep -A 1 '^bad   state ' <<<"$output" | sed -n 's/^ *hint: //p')" "$want"
		is "$(find small -mindepth 1 ! -name lock ! -name box)" ""
		umount small
		works "${there[@]}" env BOX_STATE="$PWD/run/state" box-keep true
	done
	rm -r run/state
	rmdir small
}

@test "boxes: box-stop, box-gc, box-rm, logs, names, copies" {
	works box-run -d --name web bb sleep 100
	refused 'box-stop ends it, or --force' box-rm web
	works box-rm --force web
	works box-run -d --name web bb sleep 100
	works box-stop -t 0 web
	works box-rm web
	works box-run --layer --name web bb touch /new
	cp -a bb/. other
	refused 'box-rm removes the layer, or take another --name' box-run --layer --name web other true
	works box-run --layer --name web2 other true
	works box-rm web
	works box-run --layer --name web other true
	works box-rm web web2
	rm -r other
	rmdir "$BOX_STATE/layer"
	start box-run --name fore bb sleep 100
	runs sleep
	refused 'box-run -d logs it' box-logs fore
	works box-stop -t 0 fore
	finish
	works box-run -d --name fore bb sh -c 'trap exit TERM; echo it is; sleep 100 & wait'
	eventually 5 box_says "it is"
	ln -s . link
	refused 'give the path without the link, as realpath prints it' box-cp fore:/etc/passwd link/x
	works box-cp fore:/etc/passwd "$(realpath link)/x"
	refused "root's boxes: sudo * *" "${user[@]}" box-stop fore
	# shellcheck disable=SC2086 # words
	works ${hint##*sudo }
	rm -rf "$BOX_STATE/log"
}
box_says() { [ "$(host box-logs fore)" = "$1" ]; }

@test "control groups: where cg-limit stands, names, controllers, limits" {
	refused "the root of a user namespace may not change the host's groups: put cg-limit before ns-spawn" \
	    ns-spawn cg-limit --pids 9 max true
	works cg-limit --pids 9 max ns-spawn true
	refused '--memory 16m' cg-limit -m 100k max true
	works cg-limit $hint max true
	start cg-limit --name one max sleep 100
	runs sleep
	refused '--name NAME gives it another name' cg-limit --name one max true
	works cg-limit --name two max true
	refused 'cg-limit --all, or any limit of that kind, adds the controller' cg-set -m 64m one
	kill "$pid" && finish
	start cg-limit --all --name one max sleep 100
	runs sleep
	works cg-set -m 64m one
	kill "$pid" && finish
	refused 'a limit on processes is reached: ulimit -u; cat */pids.max' \
	    cg-limit --pids 1 max cg-limit max true
	works cg-limit --pids 9 max cg-limit max true
	refused 'whole disks have limits, partitions do not: lsblk' cg-limit --io 60:0:rbps=1m max true
	works cg-limit --io "$(${hint##*: } -dnro MAJ:MIN | head -n 1 | tr -d ' '):rbps=1m" max true
}

@test "control groups of v1: mounts, uses, a group above" {
	v1 || skip "needs cgroup v1"
	refused "v1 groups are root's: sudo cg-limit ..." "${user[@]}" cg-limit 50% true
	works cg-limit 50% true
	refused 'a group above has less CPU time: cat */cpu.cfs_quota_us' cg-limit 10% cg-limit 50% true
	works cg-limit 10% cg-limit 5% true
	# 20 MB in use.
	start cg-limit -m 64m --name one max sh -c 'head -c 20000000 /dev/zero | tail -c 20000000 | { sleep 1; exec sleep 100; }'
	more_is_used() { hinted 'more is in use than the limit: a higher one, or fewer processes' cg-set -m 4k one; }
	eventually 10 more_is_used
	works cg-set -m 60m one
	kill "$pid" && finish
	# In a box the hint is the outer box's --delegate.
	[ -z "${IN_BOX:-}" ] || return 0
	# Mounts, with all trees of control groups covered.
	covered='mount -t tmpfs covered /sys/fs/cgroup; '
	refused 'mount -t cgroup2 cgroup2 /sys/fs/cgroup' ./private "$covered"'exec cg-limit max true'
	works ./private "$covered$hint"'; exec cg-limit max true'
	refused 'mkdir -p /sys/fs/cgroup/* && mount -t cgroup -o * * /sys/fs/cgroup/*' \
	    ./private "$covered"'mkdir /sys/fs/cgroup/u; mount -t cgroup2 u /sys/fs/cgroup/u; exec cg-limit 50% true'
	works ./private "$covered"'mkdir /sys/fs/cgroup/u; mount -t cgroup2 u /sys/fs/cgroup/u; '"$hint"'; exec cg-limit 50% true'
	top=$(findmnt -nfo TARGET -t cgroup -O cpu)
	readonly='mount -o remount,bind,ro "$1"; '
	refused 'mount -o remount,bind,rw *' ./private "$readonly"'exec cg-limit 50% true' "$top"
	works ./private "$readonly$hint"'; exec cg-limit 50% true' "$top"
}

@test "users: rights, ids, limits" {
	# A container's root may lack these rights over the host.
	may=true
	[ "${IN_BOX-}" ] || ! setpriv --dump | grep -q '^Capability bounding set:.*sys_resource' || may=works
	refused 'CAP_SYS_RESOURCE lowers the score' setpriv --bounding-set -sys_resource proc-set --oom -5 true
	$may proc-set --oom -5 true
	refused 'CAP_SYS_NICE or --rlimit nice raises the priority' setpriv --bounding-set -sys_nice proc-set --nice -5 true
	$may proc-set --nice -5 true
	$may proc-set --rlimit nice=40 "${user[@]}" proc-set --nice -5 true
	refused "the caller's hard limit is *, and only CAP_SYS_RESOURCE raises it" \
	    proc-set --rlimit nofile=100 "${user[@]}" proc-set --rlimit nofile=200 true
	$may proc-set --rlimit nofile=100 proc-set --rlimit nofile=200 true
	refused 'map only your own id (--map self), or the range that root gave you (--map subid)' \
	    "${user[@]}" ns-spawn --map 0:0:10 true
	works "${user[@]}" ns-spawn --map self true
	refused 'map only ids that /proc/self/uid_map and gid_map have' ns-spawn --only user ns-spawn --map 0:70000:10 true
	works ns-spawn --only user ns-spawn --map 0:1000:10 true
	refused 'become root, or make a new user namespace, too' "${user[@]}" ns-spawn --user host true
	works "${user[@]}" ns-spawn true
	works ns-spawn --user host true
	refused "the box has the ids of its map: root's has 0 to 65535, an ordinary user's 0 alone, or more with ns-spawn --map subid" \
	    ns-spawn rootfs-enter -u 70000 bb true
	works ns-spawn rootfs-enter -u 65535 bb true
	# A kernel's limit, in a user namespace of its own.
	few='echo 0 >/proc/sys/user/max_user_namespaces; '
	refused 'sysctl -w user.max_*_namespaces=15000' unshare -Ur sh -c "$few"'exec ns-spawn --map self true'
	works unshare -Ur sh -c "$few$hint"'; exec ns-spawn --map self true'
	few='echo 0 >/proc/sys/user/max_uts_namespaces; '
	hinted 'sysctl -w user.max_*_namespaces=15000' unshare -Ur sh -c "$few"'exec box-doctor'
	works unshare -Ur sh -c "$few$hint"'; exec ns-spawn --map self true'
	# A range of ids, in a mount namespace with another /etc.
	requires "newuidmap" command -v newuidmap
	mkdir etc
	etc='mount -t tmpfs t "$1"; mkdir "$1/u" "$1/w"; mount -t overlay -o "lowerdir=/etc,upperdir=$1/u,workdir=$1/w" etc /etc;
		sed -i /^nobody:/d /etc/subuid /etc/subgid; cd /; '
	taken=$etc'echo nobody:1879048192:65536 >>/etc/subgid; '
	refused 'usermod --del-sub*s * *' ./private "$taken"'exec box-doctor' "$PWD/etc"
	works ./private "$taken$hint"'; exec box-doctor' "$PWD/etc"
	refused 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 *' \
	    ./private "$etc"'shift; exec "$@"' "$PWD/etc" "${user[@]}" ns-spawn --map subid true
	works ./private "$etc$hint"'; shift; exec "$@"' "$PWD/etc" "${user[@]}" ns-spawn --map subid true
}

@test "the order of stages, filters, the box of another" {
	refused 'sudo, or ns-spawn in front' "${user[@]}" cap-drop true
	works cap-drop true
	works "${user[@]}" ns-spawn cap-drop true
	refused 'sudo, or ns-spawn in front' "${user[@]}" rootfs-enter bb true
	works "${user[@]}" ns-spawn rootfs-enter bb true
	refused 'ns-spawn in front' setpriv --bounding-set -setpcap cap-drop true
	works ns-spawn cap-drop true
	refused 'ns-spawn in front, with a namespace of this kind' ns-sysctl net.ipv4.ip_forward=1 true
	works ns-spawn ns-sysctl net.ipv4.ip_forward=1 true
	refused 'ns-spawn --init ... * --tty ...' ns-spawn --user host env -i "$(command -v rootfs-enter)" --tty bb true
	works ns-spawn --init rootfs-enter --tty bb true
	refused 'seccomp/compile -r ARCH PROFILE writes one' sys-filter --profile "$TOP/seccomp/default.profile" true
	works sh -c '"$1/seccomp/compile" -r "$(uname -m)" "$1/seccomp/default.profile" >filter' - "$TOP"
	works sys-filter --profile filter true
	works box-run -d --name web bb sleep 100
	refused 'as root' "${user[@]}" ns-enter --pid "$(box-ps --json web | jq '.[0].pid')" true
	works ns-enter --pid "$(box-ps --json web | jq '.[0].pid')" true
	refused 'from outside of every box: this user namespace has no power over that process' \
	    ns-spawn --only user --map self ns-enter --pid "$(box-ps --json web | jq '.[0].pid')" true
	works ns-enter --pid "$(box-ps --json web | jq '.[0].pid')" true
}

@test "root directories, volumes, devices, mounts" {
	requires "setpriv" command -v setpriv
	mkdir empty
	refused '* is no root directory; rootfs-busybox, rootfs-debian and rootfs-alpine make one' \
	    ns-spawn rootfs-enter empty sh
	rmdir empty
	refused 'rootfs-busybox, rootfs-debian and rootfs-alpine make one' box-run empty sh -c true
	works rootfs-busybox empty
	works box-run empty sh -c true
	refused 'rm -r *, or another name' rootfs-busybox empty
	works sh -c "${hint%%,*}"
	works rootfs-busybox empty
	# On a terminal, a set-user-ID file is warned of.
	hinted "a set-user-ID file that the box makes is real for every user of this host: keep '*' below a directory of mode 0700" \
	    script -qec "box-run $PWD/empty true" /dev/null
	mkdir -m 700 closed && mv empty closed
	run host script -qec "box-run $PWD/closed/empty true" /dev/null
	is "$status,$output" "0,"

	mkdir from
	slave='mount --bind from from; '
	refused 'mount --make-rshared MOUNTPOINT, of the mount with that directory' \
	    ./private "$slave"'exec box-run -v "$PWD/from:/x:rslave" bb true'
	works ./private "$slave$(sed 's/MOUNTPOINT.*/from/' <<<"$hint")"'; exec box-run -v "$PWD/from:/x:rslave" bb true'
	cp "$bb/bin/busybox" true
	mount='mount --bind . .; cd "$PWD"; mount -o remount,bind,noexec .; '
	refused "the program's mount has noexec: mount -o remount,exec MOUNTPOINT" \
	    ./private "$mount"'exec ns-spawn ./true'
	works ./private "$mount$(sed 's/.*: //; s/remount/&,bind/; s/MOUNTPOINT/./' <<<"$hint")"'; exec ns-spawn ./true'
	# A file system that cannot be shown with other ids.
	mkdir ram
	ram='mount -t ramfs ram ram; cp -a bb/. ram; '
	refused 'unmount it, move it to ext4, xfs, btrfs or tmpfs, or do without a range of ids: --map self of box-run or ns-spawn' \
	    ./private "$ram"'exec box-run ram true'
	works ./private "$ram"'exec box-run --map self ram true'
	covered='mount -t tmpfs over /proc/sys; '
	refused 'a container around this one covers parts of it: start it with box-run --unmask, or docker run --security-opt systempaths=unconfined' \
	    ./private "$covered"'exec ns-spawn rootfs-enter bb true'
	works ./private "$covered"'umount /proc/sys; exec ns-spawn rootfs-enter bb true'
	loopback='echo nameserver 127.0.0.1 >resolv; mount --bind resolv /etc/resolv.conf; '
	refused 'name a server that the box can reach: --dns ADDRESS' ./private "$loopback"'exec box-run --dns host bb true'
	works ./private "$loopback"'exec box-run --dns 192.0.2.2 bb true'
	readonly='mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; '
	grace_end
	run -125 host ./private "$readonly"'exec net-nat true'
	hinted 'mount -o remount,bind,rw /proc/sys' ./private "$readonly"'exec box-doctor'
	works ./private "$readonly$hint"'; exec net-nat true'
}

@test "a network by pasta: the door, ports, another namespace, routes, /dev/net/tun" {
	requires "pasta (package passt)" command -v pasta
	OPEN=$opener
	refused 'ns-spawn net-user ...' net-user true
	works ns-spawn net-user true
	port='a port from 1024 on, or sysctl -w net.ipv4.ip_unprivileged_port_start=0'
	refused "$port" "${user[@]}" ns-spawn net-user -p 80:80 true
	works "${user[@]}" ns-spawn net-user -p 8080:80 true
	works ${hint##*, or }
	works "${user[@]}" ns-spawn net-user -p 80:80 true
	refused 'ns-spawn without --net host and --user host' ns-spawn --net host net-user true
	works ns-spawn net-user true
	refused 'ns-spawn without --leave' ns-spawn --leave net-user true
	works ns-spawn net-user true
	host ip route del default
	refused 'the host needs a default route: ip route add default ...' ns-spawn net-user true
	works ip route add default via 192.0.2.2
	works ns-spawn net-user true
	OPEN=
	closed='mknod -m 600 tun c 10 200 2>/dev/null || install -m 600 /dev/null tun; mount --bind tun /dev/net/tun; '
	refused 'chmod 666 /dev/net/tun' ./private "$closed"'exec "$@"' "${user[@]}" ns-spawn net-user true
	[ -c tun ] || return 0 # in a box
	rm tun
	works ./private "$closed$hint"'; exec "$@"' "${user[@]}" ns-spawn net-user true
}

@test "options of docker's" {
	while IFS='|' read -r option hint taken; do
		hinted "$hint" box-run "$option" bb true
		is "$status" 125
		# shellcheck disable=SC2086
		works box-run $taken bb true
	done <<-END
		--privileged|name the rights that prog needs: --cap-add LIST, --seccomp FILE, --new-privs|--cap-add ALL --seccomp off --new-privs
		--label-file|--label KEY=VALUE for each label|--label a=b --label c=d
		--memory-reservation|--memory SIZE|--memory 64m
		--cpu-shares|--cpu-weight N: 100 stands for 1024 shares|--cpu-weight 50
		--cpu-quota|--cpus N: the quota divided by the period|--cpus 0.5
		--health-cmd|--ready port or --ready notify, and --restart on-failure|--ready exec --restart on-failure
		--volumes-from|-v FROM:TO for each box|-v $PWD:/mnt
		--link|boxes find each other by name: --name NAME, or --add-host NAME:ADDR|--name web --add-host db:192.0.2.2
		--net|--network MODE|--network none
		--dns-search|etc/resolv.conf of ROOTFS, and --dns none|--dns none
		--publish-all|-p PORT:PORT for each port|-p 80:80
		--cidfile|--name NAME|--name web
		--log-driver|--log DIR|--log $PWD/log
	END
	refused 'box-stop -t SECONDS NAME: TERM, then KILL' box-run --stop-timeout 1 bb true
	works box-run -d --name web bb sleep 100
	works box-stop -t 0 web
	refused 'a box without -d is attached' box-run --attach stdout bb echo attached
	works box-run bb echo attached
	is "$output" attached
	refused 'ns-spawn takes its namespaces by option: box-run -n prints the chain' box-run --userns host bb true
	works box-run -n bb true
	refused 'ROOTFS is a directory: rootfs-alpine and rootfs-debian make one' box-run --pull always bb true
	disk=$(lsblk -dno NAME | head -n 1)
	hinted '--device-io DEV:LIMIT=RATE' box-run --device-read-bps x bb true
	[ ! -b "/dev/$disk" ] || works box-run --device-io "/dev/$disk:rbps=1m" bb true
}

@test "recipes: another mirror, another tarball, another machine" {
	tar=("${ALPINE_TAR:-$TOP/../shared/fixtures}"/alpine-minirootfs-*"$(uname -m)".tar.gz)
	requires "Alpine's minirootfs (ALPINE_TAR=DIR)" test -f "${tar[0]}"
	alpine='--mirror URL for another mirror, or --tarball FILE'
	refused "$alpine" rootfs-alpine --mirror http://127.0.0.1:9 new
	works rootfs-alpine --tarball "${tar[0]}" new
	{ zcat "${tar[0]}" && head -c 10240 /dev/zero; } | gzip -1 >other.tgz
	sum=$(sha512sum other.tgz | cut -d ' ' -f 1)
	refused '--sha512 SUM accepts another tarball, if you trust its sum' rootfs-alpine --tarball other.tgz new2
	works rootfs-alpine --tarball other.tgz --sha512 "$sum" new2
	mkdir bin && printf '#!/bin/sh\necho vax\n' >bin/uname && chmod 755 bin/uname
	refused '--sha512 SUM, from a source that you trust' env PATH="$PWD/bin:$PATH" rootfs-alpine --tarball other.tgz new3
	works env PATH="$PWD/bin:$PATH" rootfs-alpine --tarball other.tgz --sha512 "$sum" new3
}

@test "recipes: by an ordinary user" {
	hinted "sudo * ..., for boxes of root's" "${user[@]}" rootfs-busybox run/bb
	works "${user[@]}" ns-spawn rootfs-enter run/bb test -O /bin/busybox
	run -1 host box-run run/bb test -O /bin/busybox
	works rootfs-busybox root
	works box-run root test -O /bin/busybox
	rm -r run/bb
	refused 'sudo * ...' "${user[@]}" rootfs-debian run/deb
	is "$(ls run)" ""
	# The root directory of the tests is made by root, in this way.
}

@test "the demonstration: by a user, beside another page, with a broken root directory" {
	requires "curl" command -v curl
	mkdir -p tree/bin tree/scripts
	cp "$TOP"/bin/* tree/bin
	cp "$TOP"/scripts/{demo,options.sh} tree/scripts
	cp -r "$TOP/rootfs" tree
	refused 'sudo make demo' "${user[@]}" tree/scripts/demo
	works box-run -d --name demo --ready port -p 8080:80 bb httpd -f -h /etc
	refused 'sudo bin/box-stop *' tree/scripts/demo
	works sh -c "cd tree; ${hint#sudo }"
	mkdir tree/demo_fs
	refused 'rm -r * and try again, if its packages are to blame' tree/scripts/demo
	works sh -c "cd tree; ${hint%% and*}"
	works tree/scripts/demo
	has "$output" "Hello from Chidi to Mentors"
	rm -rf "$BOX_STATE/log"
}

# A package of a hint has the program whose absence the hint explains.
@test "packages: without the program there is a hint, and its package has the program" {
	requires "dpkg" command -v dpkg
	export OPEN=$opener
	# without PROGRAM CMD...: CMD, where no directory has the program.
	mkdir bin empty
	echo nobody:100000:65536 >ids
	ln -s "$TOP"/bin/* /usr/bin/* /usr/sbin/* bin 2>/dev/null || :
	cat >without <<-'END'
		#!/bin/sh
		bin=${0%/*}/bin
		for program in $1; do rm -f "$bin/$program"; done
		shift
		mount --bind "${0%/*}/empty" /usr/sbin
		for file in subuid subgid; do mount --bind "${0%/*}/ids" /etc/$file; done
		PATH=$bin exec "$@"
	END
	chmod 755 without bin
	without() { echo unshare --mount --propagation private "$PWD/without"; }
	# has_package PACKAGE PROGRAM: dpkg says so.
	has_package() {
		requires "$2" command -v "$2"
		real=$(realpath "$(command -v "$2")")
		has "$(dpkg -S "$real" "${real#/usr}" "/usr$real" 2>/dev/null | tr ',:' ' ')" "$1 "
	}
	while IFS='|' read -r text program cmd; do
		package=$(cut -d ' ' -f 3 <<<"$text")
		# shellcheck disable=SC2046,SC2086
		hinted "$text" $(without) "$program wget ${program}*" env $(command -v ${cmd%% *}) ${cmd#"${cmd%% *}"}
		has_package "$package" "$program"
		ln -s /usr/bin/* /usr/sbin/* bin 2>/dev/null || :
	done <<-END
		apt-get install iptables|iptables-restore|net-nat true
		apt-get install uidmap|newuidmap|${user[*]} ns-spawn --map subid true
		apt-get install busybox-static|busybox|rootfs-busybox new
		apt-get install mmdebstrap|mmdebstrap|rootfs-debian new
		apt-get install skopeo umoci jq|skopeo|rootfs-image oci:x new
		apt-get install curl ca-certificates, or --tarball FILE|curl|rootfs-alpine new
		apt-get install iproute2|ip|box-doctor
		apt-get install passt|pasta|ns-spawn net-user true
	END
}

# HINT|FILE: TEST, which follows the hint; or HINT|the reason why no test here can.
elsewhere() {
	cat <<-'END'
		a container around this one filters namespaces: start it with box-run --seccomp namespaces, or docker run --security-opt seccomp=unconfined|restricted.bats: a filter refuses clone3 with ENOSYS: a way around it is named, and mends it
		outside of chroot(8): there the kernel makes no user namespace|restricted.bats: the kernel makes no user namespace below chroot(8)
		a limit is reached, here or in a container around this one: sysctl -ar '^user.max'; or 32 user namespaces are nested|names no command that mends it
		sysctl -w kernel.keys.maxkeys=20000 kernel.keys.maxbytes=2000000|restricted.bats: a user with no room for keys: each box has a keyring
		sysctl -w vm.memfd_noexec=1|restricted.bats: vm.memfd_noexec = 2: a stage that the box could write does not run from a copy
		from outside of no_new_privs, or --map self|restricted.bats: ids: no range, newuidmap without its set-user-ID bit, no_new_privs
		chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap|restricted.bats: ids: no range, newuidmap without its set-user-ID bit, no_new_privs
		usermod --del-sub*s *-* --add-sub*s 100000-165535 *|restricted.bats: ids: no range, newuidmap without its set-user-ID bit, no_new_privs
		start the container around this one with box-run --unmask, or docker run --security-opt systempaths=unconfined|restricted.bats: parts of proc or sysfs are covered: --unmask of the box around
		modprobe -a nf_tables nft_compat; box-doctor names all modules|restricted.bats: modules that the kernel cannot load: veth, nf_tables
		cp * /etc/apparmor.d/boxtools && apparmor_parser -r /etc/apparmor.d/boxtools|systemd.bats: AppArmor refuses namespaces, or their capabilities, and the profile that make install has put there mends it
		cp */apparmor /etc/apparmor.d/boxtools && apparmor_parser -r /etc/apparmor.d/boxtools|systemd.bats: AppArmor refuses namespaces, or their capabilities, and the profile that make install has put there mends it
		AppArmor's profile * forbids it: add the rules userns and capability to the profile, or docker run --security-opt apparmor=unconfined|systemd.bats: AppArmor refuses namespaces, or their capabilities, and the profile that make install has put there mends it
		* --scope -p Delegate=yes cg-limit ...|systemd.bats: a user, in a scope with Delegate=yes: below the unit's group
		systemctl edit *  # [Service] Delegate=*|systemd.bats: root, in a service with Delegate=yes: below the unit's group
		start the box around this one with box-run --delegate|cg-limit.bats: --delegate: the root of a box makes groups with limits below the box's own
		set limits of these kinds for the outer box, too|cg-limit.bats: v2: never above a group that is delegated, or limited
		box-gc|net-nat.bats: an undo that fails keeps the record, by which a later run cleans up
		rm *|box-gc.bats: a network namespace that is held out of sight keeps the record of net-nat up
		box-gc removes their remains|box-stop.bats: a keeper that does not end either is killed, and box-gc named
		nft 'insert rule * * * * saddr * accept; insert rule * * * * daddr * accept'|net-nat.bats: a table of nftables that refuses is said, and the hint opens both ways
		chmod o+rw *, or the host's ids: --map self|rootfs-enter.bats: --device: a node of the host's, which the box's users may open
		sudo apt-get install musl-tools dpkg-dev|scripts/deps, which runs before, installs them
		apt-get update|needs a host without lists of packages
		sudo apt-get install*|rootfs.bats: deps: names missing packages, installs them in one go, is silent otherwise
		no apt here; install them as this system does|names no command
		this value is the whole host's|names no command
		boot without ipv6.disable=1 on the kernel's command line|ipv6.bats: refused: bad pools, those that the host uses, hosts without IPv6
		no such value, or this kernel does not show the value in a user namespace|names no command
		docker://*, for one in a registry|rootfs.bats: image: nothing is left of one that fails
		--suite SUITE|needs a package source; the tests' root directory of Debian's is made by it
		firewall-cmd --zone=trusted --add-source=*|needs firewalld
		apt-get install linux-image-*|needs another kernel
		cg-limit --delegate max ns-spawn --delegate ...|cg-limit.bats: --delegate: the root of a box makes groups with limits below the box's own
		cg-limit --devices max cg-device ...|cg-device.bats: rules that cannot be kept are refused, and the host's group is left alone
		the group above may not have that device, or cg-device is behind ns-spawn|names no command
		only root of the host may: put cg-device before ns-spawn|names no command
		the kernel needs CONFIG_CGROUP_BPF|needs another kernel
		boot without cgroup_disable=*|needs another boot
		boot without cgroup_disable=*; /proc/cgroups lists the kernel's controllers|needs another boot
		this kernel does not have that limit; for swap, boot with swapaccount=1|needs another boot
		--network none, or root's --network veth|user.bats: what is root's is refused, with the command that mends it
		--map auto|box-run.bats: --entrypoint, --security-opt, --map self
		box-run with limits makes one|names no command
		box-stop *, and box-run with other -p|user.bats: pasta is not one of the box's processes, and takes no other ports
		modprobe tun|needs a kernel that has not loaded the module
		modprobe xfrm_user, or a passt of 2025; in a box, --seccomp off for that one|restricted.bats: a kernel without tables of IPv6, or without policies, which an older pasta needs
		a passt of 2025 or newer: this kernel lacks CONFIG_IPV6_MULTIPLE_TABLES|restricted.bats: a kernel without tables of IPv6, or without policies, which an older pasta needs
		modprobe veth|restricted.bats: modules that the kernel cannot load: veth, nf_tables
		modprobe -a *|needs a kernel that has not loaded the modules
		modprobe nf_conntrack_netlink|needs a kernel that has not loaded the module
		aa-status lists the loaded profiles|needs a kernel with AppArmor
		this kernel has no AppArmor|names no command
		CAP_SYS_NICE allows it; a control group of v1 needs cpu.rt_runtime_us, too|names no command
		sysctl -w kernel.unprivileged_userns_clone=1|needs a kernel of Debian 10
		sysctl -w kernel.apparmor_restrict_unprivileged_userns=0|needs a kernel of Ubuntu's
	END
}

@test "each hint of the sources is followed here, or elsewhere, or has a reason" {
	python3 "$TOP/tests/hints.py" >all
	between "$(wc -l <all)" 90 200
	while IFS= read -r hint; do
		printf "%s\n" "d '$hint'" "d \"$hint\"" "='$hint'" "	$hint|" "|$hint|" | grep -qFf - "$BATS_TEST_FILENAME" || echo "$hint"
	done <all >missing
	[ ! -s missing ] || fail "without a test:" "$(<missing)"
	while IFS='|' read -r hint where; do
		grep -qxF -- "$hint" all || fail "no such hint: $hint"
		[[ $where != *.bats:* ]] || grep -qF "@test \"${where#*: }\"" "$BATS_TEST_DIRNAME/${where%%:*}" || fail "no test $where"
	done < <(elsewhere)
}
