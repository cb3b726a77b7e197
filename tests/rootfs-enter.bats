#!/usr/bin/env bats
# rootfs-enter: PROG's view of its new root, and its walls.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup() {
	requires "root" test "$EUID" = 0
	copy_root
	baseline_save
}
teardown() { baseline_check; }

# inside [OPTIONS...] -- CMD...: in $root; its output is $output.
inside() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	shift
	run --separate-stderr ns-spawn rootfs-enter "${opts[@]}" "$root" "$@"
}
ok() {
	inside "$@"
	[ "$status" = 0 ] || fail "status $status: $*" "$output" "$stderr"
}
refused() {
	inside "$@"
	[ "$status" = 125 ] || fail "status $status, want 125: $*" "$output" "$stderr"
	[[ $stderr == *"rootfs-enter: "* ]] || fail "not rootfs-enter's: $stderr"
	[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "more than a line and a hint: $stderr"
}
# All files of a tree, with owners and contents.
tree() { (cd "$1" && find . -printf '%p %y %m %U %l %s\n' | sort && find . -type f -exec sha256sum {} + | sort); }

@test "the root is the directory, and the old one is gone" {
	mark=$BATS_TEST_TMPDIR/mark
	touch "$mark" "$root/inside"
	ok -- sh -c 'ls /; pwd'
	has "$output" inside
	is "${lines[-1]}" /
	for path in "$mark" "/proc/1/root$mark" "/proc/1/cwd/..$mark" "/..$mark" /proc/self/cwd/../.."$mark"; do
		inside -- ls "$path"
		[ "$status" != 0 ] || fail "$path is reached"
	done
	# No mount of the host's is left, nor one of our temporary ones.
	ok -- cat /proc/self/mountinfo
	is "$(awk '{print $5}' <<<"$output" | grep -vE '^/($|(proc|sys|dev|etc)(/|$))' || :)" "" "other mounts"
	is "$(awk '$5 == "/"' <<<"$output" | wc -l)" 1 "mounts on /"
}

@test "chroot tricks do not leave the root" {
	mark=$BATS_TEST_TMPDIR/mark
	touch "$mark"
	inside -- sh -c 'mkdir -p /x; cd /; for i in 1 2 3 4 5 6 7 8; do cd ..; done; chroot /x /bin/true; ls "$1" .; ls ./tmp' - "$mark"
	hasnt "$output" "$mark"
}

@test "proc is the box's own" {
	ok -- sh -c 'echo $$; ls /proc | grep "^[0-9]" | sort -n | tr "\n" " "'
	is "${lines[0]}" 1
	[ "$(wc -w <<<"${lines[1]}")" -le 6 ]
	ok -- cat /proc/self/mountinfo
	line=$(grep ' /proc rw' <<<"$output")
	for o in nosuid nodev noexec; do has "$line" $o; done
}

@test "sys is read-only" {
	ok -- cat /proc/self/mountinfo
	line=$(grep ' /sys ' <<<"$output")
	has "$line" " - sysfs "
	for o in ro, nosuid nodev noexec; do has "$line" $o; done
	ok -- sh -c 'ls /sys/class/net'
	is "$output" lo
	inside -- sh -c 'echo 1400 >/sys/class/net/lo/mtu'
	[ "$status" != 0 ]
}

# bats test_tags=vm
@test "the box's limits are to be read at /sys/fs/cgroup, and not changed" {
	read_limits='cd /sys/fs/cgroup; cat memory.max memory/memory.limit_in_bytes pids.max pids/pids.max cpu.max cpu/cpu.cfs_quota_us 2>/dev/null
		echo 5 2>/dev/null >pids.max || echo 5 2>/dev/null >pids/pids.max || mkdir x memory/x 2>/dev/null || echo kept'
	for net in "" host; do
		run -0 cg-limit --memory 64m --pids 30 50% ns-spawn ${net:+--net $net} rootfs-enter "$root" sh -c "$read_limits"
		is "$(sed 's/ 100000$//' <<<"$output" | xargs)" "67108864 30 50000 kept"
	done
	# Two of cg-limit are both the box's. (v2 has one hierarchy.)
	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		run -0 cg-limit --memory 64m max cg-limit --pids 30 50% ns-spawn rootfs-enter "$root" sh -c "$read_limits"
		is "$(xargs <<<"$output")" "67108864 30 50000 kept"
	fi
	# Words of others are no list.
	run -0 env -i PATH="$PATH" BOX_CGROUPS=x "memory;a=b" rootfs-enter -n "$root" true
	hasnt "$output" "-t cgroup"
	# Without a group of the box's own there is nothing to see.
	ok -- sh -c 'ls -A /sys/fs/cgroup 2>/dev/null; :'
	is "$output" ""
	# A group of the caller's namespace is not shown.
	run -0 cg-limit max ns-spawn --cgroup host rootfs-enter "$root" sh -c 'ls -A /sys/fs/cgroup'
	is "$output" ""
}

@test "with the host's network, too" {
	run -0 ns-spawn --net host rootfs-enter "$root" sh -c 'test -d /proc/1 && mount | grep " /sys "'
}

@test "masked and read-only paths" {
	for p in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/latency_stats /sys/firmware; do
		[ -e $p ] || continue
		inside -- sh -c "head -c 1 $p 2>/dev/null || ls $p"
		is "$output" "" "$p"
	done
	for p in sys/kernel/hostname sysrq-trigger sys/kernel/core_pattern irq/default_smp_affinity; do
		[ -e /proc/$p ] || continue
		inside -- sh -c "echo x >/proc/$p"
		[ "$status" != 0 ] || fail "/proc/$p is written"
		has "$stderr" "Read-only"
	done
}

@test "the heat of the CPUs is masked where the kernel shows the heat" {
	# A sysfs with these directories cannot be had here: -n reads the host's.
	heat() {
		unshare -m bash -c 'cd /sys/devices/system/cpu && for cpu in cpu[0-9]*; do
			mount -t tmpfs none $cpu && [ -z "$1" ] || mkdir $cpu/thermal_throttle; done
			shift; "$@"' bash "$1" rootfs-enter -n "$root" true
	}
	run -0 heat yes
	is "$(grep -c '^mount -t tmpfs -o ro.* tmpfs .*/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle$' <<<"$output")" "$(printf '%s\n' /sys/devices/system/cpu/cpu[0-9]* | wc -l)"
	run -0 heat ""
	hasnt "$output" thermal
}

@test "dev: the nodes that programs expect, and no more" {
	ok -- ls /dev
	is "$(tr '\n' ' ' <<<"$output" | sed 's/console //')" \
	    "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero "
	ok -- sh -c 'for d in null zero full random urandom; do [ -c /dev/$d ] || echo no $d; done
		echo lost >/dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c
		echo x 2>&- >/dev/full || echo full; echo yes >/dev/stdout; readlink /dev/stdin; readlink /dev/fd'
	is "$output" $'4\n4\nfull\nyes\n/proc/self/fd/0\n/proc/self/fd'
	inside -- mknod /dev/sda b 8 0
	[ "$status" != 0 ]
	inside -- mknod /sda b 8 0
	[ "$status" != 0 ]
}

@test "dev: usable by an ordinary user" {
	ok -u 1000:1000 -- sh -c 'echo x >/dev/null && head -c 1 /dev/urandom | wc -c && touch /dev/shm/f && echo shm
		exec 3<>/dev/ptmx && ls /dev/pts'
	is "$output" $'1\nshm\n0\nptmx'
	# A pipe can be opened again, as programs that log to /dev/stdout do.
	is "$(ns-spawn rootfs-enter -u 1000:1000 "$root" sh -c 'echo err >/dev/stderr; echo out >/dev/stdout' 2>&1 | sort)" $'err\nout'
	# A pipe with a name is another program's, too.
	mkfifo -m 600 "$BATS_TEST_TMPDIR/fifo"
	run -0 ns-spawn rootfs-enter -u 1000:1000 "$root" true <>"$BATS_TEST_TMPDIR/fifo"
	is "$(stat -c %u:%g "$BATS_TEST_TMPDIR/fifo")" 0:0
}

@test "dev: devpts, shm and mqueue are the box's own" {
	ok -- cat /proc/self/mountinfo
	has "$(grep ' /dev/pts ' <<<"$output")" " - devpts "
	has "$(grep ' /dev/pts ' <<<"$output")" "gid=$(awk '$1 <= 1879048197 && 1879048197 < $1 + $3 { printf "%.0f", $2 + 1879048197 - $1 }' /proc/self/gid_map),"
	has "$(grep ' /dev/shm ' <<<"$output")" " - tmpfs "
	has "$(grep ' /dev/mqueue ' <<<"$output")" " - mqueue "
	ok -- sh -c 'stat -c %a /dev/shm; stat -c %a /dev; exec 3<>/dev/ptmx; ls /dev/pts; : >/dev/shm/x; ls /dev/shm'
	is "${lines[0]}" 1777
	is "${lines[1]}" 755
	is "$(sort <<<"${lines[*]:2}" | tr '\n' ' ')" "0 ptmx x "
	[ ! -e /dev/shm/x ]
}

@test "T77: the box's own files in memory have a bound" {
	full='for f in /etc/hosts /dev/x; do
		head -c 3m /dev/zero >>$f 2>/dev/null && echo "$f grows"
	done
	i=0; while [ $i -lt 1100 ] && true >/dev/y$i; do i=$((i + 1)); done 2>/dev/null; [ $i -lt 1100 ] || echo files'
	for how in "" --read-only; do
		ok $how -- sh -c "$full; true"
		is "$output" ""
	done
	ok -- awk '$5 ~ "^/(dev/shm|dev/pts|etc/hosts)$" { print $5, $NF }' /proc/self/mountinfo
	for o in "/dev/shm .*size=65536k,nr_inodes=65536" "/dev/pts .*max=256" "/etc/hosts .*size=1024k,nr_inodes=64"; do
		grep -qE "$o" <<<"$output" || fail "no $o in: $output"
	done
	# The 257th terminal is refused, and the host has others.
	requires "python3" command -v python3
	start ns-spawn rootfs-enter "$root" sleep 1000
	runs sleep
	is "$(python3 -c 'import os, sys
n, held = 0, []
try:
    while n < 1000: held.append(os.open(sys.argv[1], os.O_RDWR)); n += 1
except OSError as e: print(n, e.strerror)' "/proc/$prog/root/dev/pts/ptmx")" "256 No space left on device"
	kill -9 "$prog"
	finish
	weaken
	weak 77 ok -- sh -c 'head -c 3m /dev/zero >>/etc/hosts && echo "/etc/hosts grows"'
	is "$output" "/etc/hosts grows"
}

@test "each failed mount is said with its own reason" {
	requires "strace" command -v strace
	rm -rf "$root/dev" "$root/etc/hosts"
	for n in $(seq 60); do
		run --separate-stderr strace -qq -o /dev/null -e trace=open_tree -e inject=open_tree:error=EDQUOT:when=$n \
		    rootfs-enter "$root" true
		[ "$status" != 0 ] || break
		is "$status" 125
		has "$stderr" "uota exceeded" "call $n"
	done
	# As many as there are devices and files of /etc, at least.
	between "$n" 10 59
}

@test "dev: gid=5 only where 5 is mapped" {
	run -0 ns-spawn --map self rootfs-enter "$root" cat /proc/self/mountinfo
	hasnt "$(grep ' /dev/pts ' <<<"$output")" "gid="
}

@test "mount points that the root lacks are made" {
	rm -rf "$root"/{proc,sys,dev,etc}
	ok -- sh -c 'ls -d /proc/self /sys/class /dev/null /etc/hosts'
	[ -d "$root/proc" ] && [ -d "$root/etc" ]
	is "$(stat -c %u:%g "$root/proc" "$root/sys" "$root/dev" "$root/etc" | sort -u)" 0:0 owner
}

@test "resolv.conf, hosts and hostname" {
	ok -- sh -c 'cat /etc/resolv.conf; echo; cat /etc/hosts; echo; cat /etc/hostname; hostname'
	is "$(grep -c ^nameserver <<<"$output")" 2
	has "$output" $'nameserver 8.8.8.8\nnameserver 8.8.4.4'
	grep -Eq '^127.0.0.1[[:space:]].*localhost' <<<"$output"
	is "${lines[-1]}" container
	is "${lines[-2]}" container
	run -0 ns-spawn --hostname web rootfs-enter "$root" cat /etc/hosts /etc/hostname
	has "$output" web
	is "${lines[-1]}" web
	grep -Eq '^[0-9.]+[[:space:]]+.*web' <<<"$output"
}

@test "the box may change its own /etc files" {
	ok -- sh -c 'echo 1.2.3.4 other >>/etc/hosts && grep other /etc/hosts'
}

@test "--dns ADDR, repeated; none" {
	ok --dns 192.0.2.53 --dns 2001:db8::53 -- cat /etc/resolv.conf
	is "$(grep ^nameserver <<<"$output")" $'nameserver 192.0.2.53\nnameserver 2001:db8::53'
	echo "# the root's own" >"$root/etc/resolv.conf"
	ok --dns none -- cat /etc/resolv.conf
	is "$output" "# the root's own"
	refused --dns nonsense -- true
	refused --dns 1.2.3 -- true
	refused --dns "" -- true
}

# A host with these files as its resolver's, in a mount namespace of its own.
resolver() {
	unshare -m bash -c '
		d=$1 root=$2
		mount -t tmpfs none /etc && cp "$d/resolv.conf" /etc || exit 99
		if [ -e "$d/real.conf" ]; then
			mount -t tmpfs none /run && mkdir -p /run/systemd/resolve || exit 99
			cp "$d/real.conf" /run/systemd/resolve/resolv.conf || exit 99
		fi
		exec ns-spawn rootfs-enter --dns host "$root" cat /etc/resolv.conf' - "$BATS_TEST_TMPDIR" "$root"
}
@test "--dns host: the real resolvers, never 127.0.0.53" {
	printf 'search example.org\nnameserver 192.0.2.7\nnameserver 192.0.2.8\noptions ndots:2\n' >"$BATS_TEST_TMPDIR/resolv.conf"
	run -0 resolver
	has "$output" "nameserver 192.0.2.7"
	has "$output" "nameserver 192.0.2.8"
	has "$output" "search example.org"
	printf 'nameserver 127.0.0.53\n' >"$BATS_TEST_TMPDIR/resolv.conf"
	printf 'nameserver 192.0.2.9\n' >"$BATS_TEST_TMPDIR/real.conf"
	run -0 resolver
	has "$output" "nameserver 192.0.2.9"
	hasnt "$output" 127.0.0
}
@test "--dns host: only a loopback resolver, and no real ones" {
	printf 'nameserver 127.0.0.1\n' >"$BATS_TEST_TMPDIR/resolv.conf"
	: >"$BATS_TEST_TMPDIR/real.conf"
	run resolver
	hasnt "$(grep ^nameserver <<<"$output" || :)" "nameserver 127."
	# Either it says that there is none, or takes the default; silence is no answer.
	if [ "$status" = 0 ]; then has "$output" "nameserver 8.8.8.8"; else is "$status" 125 && has "$output" "hint"; fi
}

# bats test_tags=vm
@test "ids: the root's files are root's inside, and files written inside are root's on disk" {
	install -o 1000 -g 1001 -m 640 /dev/null "$root/theirs"
	ok -- sh -c 'stat -c %u:%g /bin /theirs; touch /new && mkdir /newdir && chown 7:8 /newdir; echo more >>/theirs'
	is "${lines[0]}" 0:0
	is "${lines[1]}" 1000:1001
	is "$(stat -c %u:%g "$root/new")" 0:0
	is "$(stat -c %u:%g "$root/newdir")" 7:8
	is "$(stat -c %u:%g "$root/theirs")" 1000:1001
	# The same for any slot: nothing was chowned.
	run -0 ns-spawn --slot 9 rootfs-enter "$root" stat -c %u:%g /new /theirs
	is "$output" $'0:0\n1000:1001'
}

@test "environment: PATH, HOME, TERM, and the variables of -e" {
	run -0 env -i PATH="$PATH" TERM=vt100 SECRET=s FROM=caller LD_PRELOAD= ns-spawn rootfs-enter "$root" env
	is "$(cut -d= -f1 <<<"$output" | grep -vE '^(PWD|SHLVL|_)$' | sort | tr '\n' ' ')" "HOME PATH TERM "
	has "$output" TERM=vt100
	has "$output" HOME=/root
	has "$output" "/bin"
	run -0 env FROM=caller ns-spawn rootfs-enter -e A=1 --env "B=two words" -e FROM -e EMPTY= -e UNSET -e PATH=/usr/bin:/bin "$root" env
	for v in A=1 "B=two words" FROM=caller PATH=/usr/bin:/bin; do has "$output" "$v"; done
	grep -qx EMPTY= <<<"$output"
	hasnt "$output" UNSET
	refused -e =x -- true
	refused -e "" -- true
}

@test "--env-file: lines are taken as they are, below -e; bad ones are refused, and not shown" {
	f=$BATS_TEST_TMPDIR/vars
	# vars: the variables that $f sets, in its order.
	vars() { ok "$@" -- env && grep -vE '^(PATH|HOME|TERM|PWD|SHLVL|_)=' <<<"$output"; }
	printf '# comment\n\n \t# B=2\n  A= "it'\''s" $HOME `id` # \r\nE=\nFROM\nUNSET\nD=x=y' >"$f"
	is "$(FROM=caller vars --env-file "$f")" $'A= "it\'s" $HOME `id` # \nE=\nFROM=caller\nD=x=y'
	printf 'A=1\nD=z\n' >"$f.2"
	is "$(vars -e A=own --env-file "$f" --env-file "$f.2" | xargs)" "A=own E= D=z"
	is "$(BOX_ENV1=A=chain BOX_ENV2=F=1 BOX_ENV4=G=1 vars --env-file "$f.2" -e F=2 | xargs)" "A=chain D=z F=2"
	printf 'A=two\nlines\0# B=1\0' >"$f"
	is "$(vars --env-file "$f")" $'A=two\nlines\n# B=1'
	# The doorman does not wait for a writer, but the lines are awaited.
	ok --env-file <(sleep 1; echo A=late) -- env
	has "$output" A=late
	for line in "=secret" "export A=secret" "a secret"; do
		printf 'A=1\n%s\n' "$line" >"$f"
		refused --env-file "$f" -- true
		has "$stderr" "$f:2: "
		hasnt "$stderr" secret
	done
	printf 'A=1\0=secret\0' >"$f"
	refused --env-file "$f" -- true
	hasnt "$stderr" secret
	refused --env-file "$BATS_TEST_TMPDIR/none" -- true
	refused --env-file "$BATS_TEST_TMPDIR" -- true
	refused --env-file /dev/zero -- true
	has "$stderr" "longer than 1 MiB"
}

@test "--preserve-fd: PROG has the caller's descriptors that it names, and no other" {
	exec 15</etc 16<"$root/etc/passwd" 17</etc
	# 3 is the shell's own, to read the directory.
	ok -- sh -c 'cd /proc/self/fd && echo *'
	is "$output" "0 1 2 3"
	ok --preserve-fd 16 -- sh -c 'cd /proc/self/fd && echo * && head -n 1 <&16'
	has "$output" $'0 1 16 2 3\nroot:'
	ok --preserve-fd 15,16 --preserve-fd 17 -- sh -c 'cd /proc/self/fd && echo *'
	is "$output" "0 1 15 16 17 2 3"
	run -0 box-run --network none --preserve-fd 16 "$root" sh -c 'cd /proc/self/fd && echo *'
	is "$output" "0 1 16 2 3"
	for bad in 14 2 "" 16, x 15:16; do
		refused --preserve-fd "$bad" -- true
		has "$stderr" preserve-fd
	done
	exec 15<&- 16<&- 17<&-
}

@test "--workdir" {
	mkdir -p "$root/srv/a b"
	ok -w "/srv/a b" -- pwd
	is "$output" "/srv/a b"
	refused -w /no/such -- true
	has "$stderr" /no/such
	# Directories among the caller's descriptors are no way out.
	run -125 ns-spawn rootfs-enter -w /proc/self/fd/0 "$root" true </etc
	has "$output" "standard input is neither a file"
	refused -w /proc/self/fd/99 -- true 99</etc
	ln -s / "$root/srv/out"
	ok -w /srv/out -- sh -c 'pwd -P; ls -d bin'
	is "${lines[0]}" /
}

@test "--user: by name or number, from the box's own passwd" {
	echo "web:x:123:45:,,,:/srv/web:/bin/sh" >>"$root/etc/passwd"
	printf 'webgrp:x:45:\nextra:x:46:web\nother:x:47:\n' >>"$root/etc/group"
	ok -u web -- sh -c 'id -u; id -g; id -G; echo $HOME'
	is "${lines[0]} ${lines[1]}" "123 45"
	is "$(tr ' ' '\n' <<<"${lines[2]}" | sort -u | tr '\n' ' ')" "45 46 "
	is "${lines[3]}" /srv/web
	ok -u web:other -- sh -c 'id -u; id -g'
	is "$output" $'123\n47'
	ok -u 123 -- sh -c 'id -u; id -g; echo $HOME'
	is "$output" $'123\n45\n/srv/web'
	ok -u 2000:3000 -- sh -c 'id -u; id -g; id -G; echo $HOME; grep ^Cap[EP] /proc/self/status'
	is "${lines[*]:0:4}" "2000 3000 3000 /"
	has "$output" $'CapEff:\t0000000000000000'
	has "$output" $'CapPrm:\t0000000000000000'
	for bad in nosuch web:nosuch 99999999999 65536 -1 "" : web:; do
		refused -u "$bad" -- true
	done
	for bad in 65536 0:99999999; do
		refused -u "$bad" -- true
		has "$stderr" "Invalid argument"
		has "$stderr" "hint: the box has the ids of its map"
	done
	[ "$(stat -c %u "$root/etc/passwd")" = 0 ]
}

@test "--user: passwd is a link out of the root" {
	echo "evil:x:0:0::/:/bin/sh" >"$BATS_TEST_TMPDIR/passwd"
	ln -sf "$BATS_TEST_TMPDIR/passwd" "$root/etc/passwd"
	refused -u evil -- true
}

@test "--user: passwd or group is no file, and holds nobody up" {
	for f in passwd group; do
		rm "$root/etc/$f"
		mkfifo "$root/etc/$f"
		run -125 timeout -s KILL 20 ns-spawn rootfs-enter "$root" true
		has "$output" "/etc/$f is not a file"
		rm "$root/etc/$f"
		mkdir "$root/etc/$f"
		refused -- true
		rmdir "$root/etc/$f"
		ok -- true
		: >"$root/etc/$f"
	done
}

@test "--volume: files and directories, rw and ro" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/sub"
	echo data >"$src/file"
	ok -v "$src:/data" -- sh -c 'cat /data/file && echo new >/data/new && stat -c %u /data/file'
	is "$output" $'data\n0'
	is "$(stat -c %u:%g "$src/new")" 0:0
	ok -v "$src:/data:ro" -- sh -c 'cat /data/file; touch /data/x 2>&1 || :; mount -o remount,rw /data 2>&1 || :; touch /data/y 2>&1 || :'
	has "$output" "Read-only"
	[ ! -e "$src/x" ] && [ ! -e "$src/y" ]
	ok -v "$src/file:/etc/one" -v "$src/file:/etc/two:ro" -- sh -c 'cat /etc/one /etc/two; echo more >>/etc/one; echo x >>/etc/two || echo ro'
	is "$output" $'data\ndata\nro'
	is "$(cat "$src/file")" $'data\nmore'
	# Relative to the caller, into a missing directory.
	run -0 bash -c 'cd "$1" && ns-spawn rootfs-enter -v src:/deep/er/still "$2" ls /deep/er/still' - "$BATS_TEST_TMPDIR" "$root"
	has "$output" file
}

# nested OPTIONS COMMAND: in a mount namespace of its own, with a mount of the
# same file system on $src/sub that has these options.
nested() {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/sub" "$BATS_TEST_TMPDIR/other"
	touch "$BATS_TEST_TMPDIR/other/there"
	run --separate-stderr unshare -m env root="$root" src="$src" bash -c "cd '$BATS_TEST_TMPDIR' &&
		mount --bind other src/sub && mount -o remount,bind,$1 src/sub && $2"
	[ "$status" = 0 ] || fail "status $status: $2" "$output" "$stderr"
}
flags() { awk -v p="$1" '$5 == p {print "," $6 ","}' <<<"$output"; }

@test "--volume: mounts below the source are there, read-only with :ro" {
	for map in 0:1879048192:65536 self; do
		nested rw 'ns-spawn --map '$map' rootfs-enter -v ./src:/data:ro "$root" sh -c "ls /data/sub; touch /data/sub/x || echo refused
			mount -o remount,bind,rw /data/sub; touch /data/sub/y || echo refused"'
		is "$(grep -v ^new- <<<"$output")" $'there\nrefused\nrefused' "with --map $map"
		nested rw 'ns-spawn --map '$map' rootfs-enter -v ./src:/data "$root" sh -c "touch /data/sub/x && stat -c %u /data/sub/x && rm /data/sub/x && touch /data/sub/new-'$map'"'
		is "$output" 0
	done
	is "$(stat -c %u:%g "$BATS_TEST_TMPDIR/other"/new-*)" $'0:0\n0:0' "on disk"
}

@test "--volume: flags of the host's mounts stay" {
	for map in 0:1879048192:65536 self; do
		nested ro,nosuid,nodev,noexec,noatime 'ns-spawn --map '$map' rootfs-enter --new-privs -v ./src:/data:rw \
			-v src/sub:/part "$root" cat /proc/self/mountinfo'
		for at in /data/sub /part; do
			for o in ro nosuid nodev noexec noatime; do has "$(flags $at)" ",$o,"; done
		done
		has "$(flags /data)" ",rw,"
		hasnt "$(flags /data)" ",noexec,"
	done
}

@test "--volume: a mount that cannot be shown with other ids is named, with the way out" {
	mkdir -p "$BATS_TEST_TMPDIR/src/a b/sub"
	try='mount -t proc none "$src/a b/sub" && ns-spawn'
	end='"$root" touch /ran'
	run -125 unshare -m env src="$BATS_TEST_TMPDIR/src" root="$root" bash -c "$try rootfs-enter -v \"\$src:/data\" $end"
	has "${lines[0]}" "rootfs-enter: $BATS_TEST_TMPDIR/src/a b/sub: proc "
	has "${lines[1]}" "hint: "
	has "${lines[1]}" "--map self"
	is "${#lines[@]}" 2
	# The same below the root, and for the source itself.
	run -125 unshare -m env src="$BATS_TEST_TMPDIR/src" root="$root" bash -c "$try rootfs-enter \"\$src\" true"
	has "${lines[0]}" "/src/a b/sub: proc "
	run -125 unshare -m env src="$BATS_TEST_TMPDIR/src" root="$root" bash -c "$try rootfs-enter -v \"\$src/a b/sub/1:/data\" $end"
	has "${lines[0]}" "/src/a b/sub/1: proc "
	[ ! -e "$root/ran" ]
	# The way out.
	run -0 unshare -m env src="$BATS_TEST_TMPDIR/src" root="$root" bash -c "$try --map self rootfs-enter -v \"\$src:/data\" $end"
	[ -e "$root/ran" ]
}

# bats test_tags=vm
@test "--volume: a nested tmpfs is shown, or (before 6.3) named" {
	mkdir -p "$BATS_TEST_TMPDIR/src/sub"
	run unshare -m bash -c 'mount -t tmpfs none "$1/sub" && touch "$1/sub/there" &&
		ns-spawn rootfs-enter -v "$1:/data:ro" "$2" sh -c "ls /data/sub; touch /data/sub/x 2>/dev/null && echo WRITTEN; true"' - \
	    "$BATS_TEST_TMPDIR/src" "$root"
	if [ "$status" = 125 ]; then
		has "${lines[0]}" "$BATS_TEST_TMPDIR/src/sub: tmpfs "
	else
		is "$output" there
	fi
}

@test "a root that is shown with other ids already is named" {
	mkdir -p "$root/srv/root"
	cp -a "$bb/." "$root/srv/root"
	cp -a "$TOP/bin" "$BATS_TEST_TMPDIR/suite"
	start ns-spawn rootfs-enter -v "$BATS_TEST_TMPDIR/suite:/suite" "$root" sleep 1000
	runs sleep
	run -125 nsenter -t "$prog" -m -p /suite/ns-spawn --only user,mount /suite/rootfs-enter /srv/root true
	has "${lines[0]}" "/srv/root: "
	has "${lines[0]}" "cannot be shifted again"
	kill -9 "$prog"
	finish
}

@test "mounts below the root are nosuid and nodev, with --read-only read-only, too" {
	mkdir "$root/nest" "$BATS_TEST_TMPDIR/other"
	try='mount --bind "$2" "$1/nest" && ns-spawn --map'
	for map in 0:1879048192:65536 self; do
		run -0 unshare -m bash -c "$try $map rootfs-enter \"\$1\" cat /proc/self/mountinfo" - "$root" "$BATS_TEST_TMPDIR/other"
		has "$(flags /nest)" ",nosuid,"
		has "$(flags /nest)" ",nodev,"
		has "$(flags /nest)" ",rw,"
		run -0 unshare -m bash -c "$try $map rootfs-enter --read-only \"\$1\" sh -c 'touch /nest/x /x; cat /proc/self/mountinfo'" - \
		    "$root" "$BATS_TEST_TMPDIR/other"
		has "$(flags /nest)" ",ro,"
		[ ! -e "$BATS_TEST_TMPDIR/other/x" ] && [ ! -e "$root/x" ]
	done
}

@test "flags that the host has on proc and sysfs, and locks, are taken over" {
	beyond_box flags
	for o in noatime nodiratime strictatime noatime,nodiratime; do
		run -0 unshare -m bash -c 'mount -o remount,bind,'$o' /proc && mount -o remount,bind,'$o',ro /sys &&
			ns-spawn rootfs-enter "$1" cat /proc/self/mountinfo' - "$root"
		for at in /proc /sys; do
			case $o in
			strict*) hasnt "$(flags $at)" atime ;;
			*) has "$(flags $at)" ",$o," ;;
			esac
		done
		has "$(flags /proc)" ",rw,"
	done
}

@test "--volume: bad ones are refused, and named" {
	mkdir "$BATS_TEST_TMPDIR/src"
	refused -v /no/such:/data -- true
	has "$stderr" /no/such
	refused -v "$BATS_TEST_TMPDIR/src" -- true
	refused -v "$BATS_TEST_TMPDIR/src:" -- true
	refused -v ":/data" -- true
	refused -v "$BATS_TEST_TMPDIR/src:data" -- true
	refused -v "$BATS_TEST_TMPDIR/src:/data:rx" -- true
	refused -v "$BATS_TEST_TMPDIR/src:/proc" -- true
	refused -v "$BATS_TEST_TMPDIR/src:/proc/self" -- true
	refused -v "$BATS_TEST_TMPDIR/src:/" -- true
	# A directory on a file, and a file on a directory.
	: >"$root/plain" && : >"$BATS_TEST_TMPDIR/file"
	refused -v "$BATS_TEST_TMPDIR/src:/plain" -- true
	has "$stderr" "/plain: Not a directory"
	refused --tmpfs /plain -- true
	has "$stderr" "/plain: Not a directory"
	refused -v "$BATS_TEST_TMPDIR/file:/etc" -- true
	has "$stderr" "/etc: Is a directory"
}

@test "--volume: the wall is 64 binds" {
	mkdir "$BATS_TEST_TMPDIR/src"
	opts=()
	for i in {1..64}; do opts+=(-v "$BATS_TEST_TMPDIR/src:/v/$i:ro"); done
	ok "${opts[@]}" -- sh -c 'ls /v | wc -l; grep -c " /v/" /proc/self/mountinfo'
	is "$output" $'64\n64'
	refused "${opts[@]}" -v "$BATS_TEST_TMPDIR/src:/v/65" -- true
}

@test "--tmpfs" {
	ok --tmpfs /scratch -- sh -c 'touch /scratch/x && grep " /scratch " /proc/self/mountinfo'
	has "$output" " - tmpfs "
	for o in nosuid nodev; do has "$output" $o; done
	[ ! -e "$root/scratch/x" ]
	ok --tmpfs /scratch:size=64k,mode=700 -- sh -c 'stat -c %a /scratch; head -c 200000 /dev/zero >/scratch/x || echo full'
	is "${lines[0]}" 700
	is "${lines[-1]}" full
	refused --tmpfs scratch -- true
	refused --tmpfs /scratch:nonsense=1 -- true
}

@test "--tmpfs: options of a mount, as docker's users write them" {
	ok --tmpfs /run:rw,noexec,nosuid,size=65536k -- grep " /run " /proc/self/mountinfo
	for o in rw nosuid nodev noexec size=65536k; do has "$output" "$o"; done
	ok --tmpfs /m:ro,noatime,defaults -- grep " /m " /proc/self/mountinfo
	for o in ro, nodev, noatime; do has "$output" "$o"; done
	for o in dev suid; do
		refused --tmpfs "/m:size=1m,$o" -- true
		has "$stderr" "'$o' would loosen the box"
	done
}

@test "volumes: parents first, in any order of the words" {
	mkdir "$BATS_TEST_TMPDIR"/{a,b} && echo a >"$BATS_TEST_TMPDIR/a/file" && echo b >"$BATS_TEST_TMPDIR/b/file"
	cd "$BATS_TEST_TMPDIR"
	ok -v a:/m/x -v b:/m -- cat /m/x/file /m/file
	is "$output" $'a\nb'
	ok -v a:/m//x/ --tmpfs /m -- cat /m/x/file
	is "$output" a
	# The box's own files in /etc are last, except named ones.
	ok -v b:/etc --dns 192.168.7.7 -- cat /etc/file /etc/resolv.conf
	is "$output" $'b\nnameserver 192.168.7.7'
	for to in /etc/hosts /etc//hosts /./etc/./hosts /etc/hosts/ //etc/hosts/.; do
		ok -v "a/file:$to" -- cat /etc/hosts
		is "$output" a "$to"
	done
	refused -v a/file:/m/../etc/hosts -- true
	is "$stderr" "rootfs-enter: /m/../etc/hosts is hidden by the box"
	# With -n each word is whole.
	part=$(printf '%0220d' 0 | tr 0 "'")
	to=/$part/$part/$part/$part/$part/$part
	dry=$(rootfs-enter -n -v "a:$to" "$root/$part" true)
	eval "words=($(grep -- "--rbind a " <<<"$dry"))"
	is "${words[-1]}" "$root/$part$to"
	eval "words=($(grep " -t devpts " <<<"$dry"))"
	is "${words[-1]}" "$root/$part/dev/pts"
	refused -v a:/m -v b:/m -- true
	is "$stderr" "rootfs-enter: /m is hidden by /m"
	# Two names of one place.
	mkdir "$root/place" && ln -s place "$root/other"
	refused -v a:/place -v b:/other -- true
	is "$stderr" "rootfs-enter: /place is hidden by /other"
}

@test "volumes: a target behind a link that leads to a missing directory" {
	rm -rf "$root/run" "$root/var/lock" && mkdir -p "$root/var"
	ln -s /run/lock "$root/var/lock"
	ln -s ../run/deep/er "$root/var/deep"
	ok --tmpfs /run --tmpfs /var/lock -- awk '$5 ~ "/run" { print $5 }' /proc/self/mountinfo
	is "$output" $'/run\n/run/lock'
	ok --tmpfs /var/deep/est -- awk '$5 ~ "/run" { print $5 }' /proc/self/mountinfo
	is "$output" /run/deep/er/est
	# No link leads out, nor round for ever.
	ln -s /../../../elsewhere "$root/out" && ln -s loop/x "$root/loop"
	ok --tmpfs /out -- awk '$5 ~ "else" { print $5 }' /proc/self/mountinfo
	is "$output" /elsewhere
	[ ! -e /elsewhere ]
	refused --tmpfs /loop -- true
}

@test "--read-only" {
	before=$(tree "$root")
	ok --read-only --tmpfs /tmp -- sh -c 'touch /x 2>&1 || :; touch /etc/x 2>&1 || :; mount -o remount,rw / 2>/dev/null; touch /y 2>&1 || :
		touch /tmp/x /dev/shm/x && echo x >/dev/null && echo fine'
	is "$(grep -c "Read-only" <<<"$output")" 3
	is "${lines[-1]}" fine
	is "$(tree "$root")" "$before"
}

@test "--ephemeral: changes are thrown away" {
	before=$(tree "$root")
	ok --ephemeral -- sh -c 'echo x >/new && rm -r /etc/passwd && mkdir /d && chown 5:5 /d && cat /new && stat -c %u /bin /d'
	is "$output" $'x\n0\n5'
	is "$(tree "$root")" "$before"
	ok --ephemeral -- sh -c 'ls /etc/passwd; test ! -e /new'
}

@test "--overlay DIR: changes are kept there" {
	before=$(tree "$root")
	mkdir "$BATS_TEST_TMPDIR/kept"
	ok --overlay "$BATS_TEST_TMPDIR/kept" -- sh -c 'echo x >/new && rm /etc/passwd'
	is "$(tree "$root")" "$before"
	ok --overlay "$BATS_TEST_TMPDIR/kept" -- sh -c 'cat /new; test ! -e /etc/passwd && stat -c %u /new'
	is "$output" $'x\n0'
	is "$(find "$BATS_TEST_TMPDIR/kept" -name new -printf '%U\n')" 0 "owner on disk"
	refused --overlay /no/such -- true
	rm -rf "$BATS_TEST_TMPDIR/kept/upper"
	ln -s /etc "$BATS_TEST_TMPDIR/kept/upper"
	refused --overlay "$BATS_TEST_TMPDIR/kept" -- true
	has "$stderr" upper
	refused --overlay "$root/etc/passwd" -- true
}

@test "--ephemeral: directories of the root go, and come back" {
	lacks_kernel "attributes of users in memory (Linux 6.6)" python3 -c 'import os; os.setxattr(os.memfd_create(""), b"user.a", b"")'
	mkdir -p "$root/data/d"
	ok --ephemeral -- sh -c 'rm -r /data && mkdir /data && ls /data && mv /data /b && mv /bin /b'
	is "$output" ""
	[ -d "$root/data/d" ] && [ -d "$root/bin" ]
}

@test "--ephemeral and --overlay: the ids are the box's, with any slot" {
	mkdir "$BATS_TEST_TMPDIR/kept"
	install -o 1000 -g 1001 -m 640 /dev/null "$root/theirs"
	for how in --ephemeral "--overlay $BATS_TEST_TMPDIR/kept"; do
		for slot in 0 7; do
			run -0 ns-spawn --slot $slot rootfs-enter $how "$root" sh -c 'stat -c %u:%g /bin /theirs
				echo x >>/theirs && chown 7:8 /theirs && touch /new$1 && stat -c %u:%g /theirs /new$1; chown 1000:1001 /theirs' - $slot
			is "$output" $'0:0\n1000:1001\n7:8\n0:0' "$how, slot $slot"
		done
	done
	is "$(stat -c %u:%g "$root/theirs")" 1000:1001
	for f in new0 new7 theirs; do stat -c %u:%g "$BATS_TEST_TMPDIR/kept/upper/$f"; done >"$BATS_TEST_TMPDIR/owners"
	is "$(<"$BATS_TEST_TMPDIR/owners")" $'0:0\n0:0\n1000:1001' "on disk"
}

@test "--ephemeral and --overlay: noexec of the mounts below them stays" {
	mkdir "$BATS_TEST_TMPDIR/kept"
	for at in root kept; do
		for how in --ephemeral "--overlay '$BATS_TEST_TMPDIR/kept'"; do
			[ "$at $how" != "kept --ephemeral" ] || continue
			run -126 unshare -m bash -c 'cd "$1" && mount --bind '$at' '$at' && mount -o remount,bind,noexec '$at' &&
				ns-spawn rootfs-enter '"$how"' root true' - "$BATS_TEST_TMPDIR"
		done
	done
	run -0 ns-spawn rootfs-enter --overlay "$BATS_TEST_TMPDIR/kept" "$root" true
}

# A root directory of an ordinary user, and ${user[@]}, the words to become that
# user, in a group that must not go along, with a range of ids.
as_user() {
	requires "setpriv" command -v setpriv
	requires "newuidmap" command -v newuidmap
	base=$(mktemp -d)
	chmod 755 "$base"
	mv "$root" "$base/root"
	root=$base/root
	chown -R 65534:65534 "$root"
	echo nobody:300000:65536 >"$base/subuid"
	echo nobody:400000:65536 >"$base/subgid"
	user=(unshare -m bash -c 'for f in subuid subgid; do
			[ -e /etc/$f ] || : >/etc/$f; mount --bind "$0/$f" /etc/$f || exit 99; done
		exec setpriv --reuid 65534 --regid 65534 --groups 65534,1234 env -u BOX_STATE "$@"' "$base")
	lacks_kernel "user namespaces for ordinary users" setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur true
}
teardown_user() { rm -rf --one-file-system "${base:?}"; }

@test "an ordinary user: their own id is the box's root" {
	as_user
	run "${user[@]}" ns-spawn rootfs-enter "$root" sh -c 'id -u; stat -c %u /bin; touch /new; chown 5 /new; su nobody -s /bin/sh -c id'
	owner=$(stat -c %u "$root/new") one=$output
	run "${user[@]}" ns-spawn rootfs-enter --ephemeral "$root" sh -c 'echo x >/mine && rm /etc/passwd && stat -c %u /mine'
	two=$output
	run "${user[@]}" ns-spawn rootfs-enter -u 5 "$root" true
	three=$status$output left=$(ls "$root" "$root/etc")
	teardown_user
	has "$one" $'0\n0\n'
	has "$one" "nvalid argument"
	is "$owner" 65534
	is "$two" 0
	hasnt "$left" mine
	has "$left" passwd
	has "$three" "125rootfs-enter: --user: become 5:5: "
	has "$three" "--map subid"
}

@test "an ordinary user: with --map subid there are all ids, by newuidmap" {
	as_user
	mkdir -m 777 "$base/kept"
	run "${user[@]}" ns-spawn --map subid rootfs-enter "$root" sh -c 'id -u; stat -c %u /bin; touch /new /own; chown 5:6 /new; stat -c %u:%g /new
		grep -E "^(Groups|Uid)" /proc/self/status; su nobody -s /bin/sh -c "id -u"'
	one=$output owner=$(stat -c %u:%g "$root/new" "$root/own")
	run "${user[@]}" ns-spawn --map subid rootfs-enter -u 5:6 --overlay "$base/kept" "$root" sh -c 'touch /dev/shm/x && stat -c %u:%g /dev/shm/x; echo no >/bin/x'
	two=$output
	run "${user[@]}" ns-spawn --map subid rootfs-enter --overlay "$base/kept" "$root" sh -c 'touch /kept && chown 7:8 /kept'
	kept=$(stat -c %u:%g "$base/kept/upper/kept")
	teardown_user
	is "$(sed 's/[[:space:]]*$//' <<<"$one" | tr '\t' ' ')" $'0\n0\n5:6\nUid: 0 0 0 0\nGroups: 0\n65534'
	is "$owner" $'300004:400005\n65534:65534' "on disk"
	has "$two" $'5:6\n'
	has "$two" "ermission denied"
	is "$kept" 300006:400007
}

@test "a root below a 0700 home, and the suite itself there" {
	home=$BATS_TEST_TMPDIR/home
	mkdir -m 700 "$home"
	cp -a "$TOP/bin" "$home/bin"
	mv "$root" "$home/root"
	run -0 env PATH="$home/bin:$PATH" ns-spawn rootfs-enter "$home/root" sh -c 'echo yes; touch /new'
	is "$output" yes
	[ -e "$home/root/new" ]
	run -0 bash -c 'cd "$1" && PATH=$1/bin:$PATH && ns-spawn rootfs-enter ./root echo relative && cd root && ns-spawn rootfs-enter . echo dot' - "$home"
	is "$output" $'relative\ndot'
	# Paths with blanks, links, a slash at the end.
	mv "$home/root" "$home/a root"
	ln -s "a root" "$home/link"
	run -0 "$home/bin/ns-spawn" "$home/bin/rootfs-enter" "$home/a root/" echo blank
	run -0 "$home/bin/ns-spawn" "$home/bin/rootfs-enter" "$home/link" echo link
}

@test "bad roots: missing, a file, unreadable" {
	root=/no/such/dir refused -- true
	has "$stderr" /no/such/dir
	touch "$BATS_TEST_TMPDIR/file"
	root=$BATS_TEST_TMPDIR/file refused -- true
	has "$stderr" "Not a directory"
	root="" refused -- true
}

@test "PROG is looked for in the root, not on the host" {
	ln -sf /usr/bin/env "$BATS_TEST_TMPDIR/only-host"
	inside -- "$BATS_TEST_TMPDIR/only-host"
	is "$status" 127
	printf '#!/bin/sh\necho from the root\n' >"$root/bin/only-root"
	chmod 755 "$root/bin/only-root"
	ok -- only-root
	is "$output" "from the root"
	mkdir "$BATS_TEST_TMPDIR/empty"
	# A directory that is no root directory is not changed.
	echo page >"$BATS_TEST_TMPDIR/empty/index.html"
	for name in sh /bin/sh; do
		root=$BATS_TEST_TMPDIR/empty inside -- $name
		is "$status" 127
		has "$stderr" "$name: No such file or directory"
		has "$stderr" "hint: $BATS_TEST_TMPDIR/empty is no root directory"
		is "$(ls -A "$BATS_TEST_TMPDIR/empty")" index.html
	done
	# A volume may bring the program, and PATH is the box's.
	cp "$root/bin/busybox" "$BATS_TEST_TMPDIR/sh"
	root=$BATS_TEST_TMPDIR/empty ok -v "$BATS_TEST_TMPDIR/sh:/bin/sh" -- sh -c 'echo fine'
	is "$output" fine
	ln -s only-root "$root/bin/leads" && ln -s /bin "$root/x"
	ok -e PATH=/x -- leads
	is "$output" "from the root"
	# A missing interpreter is named, because "sh: not found" would mislead.
	printf '#!/no/such/interpreter\n' >"$root/bin/broken"
	chmod 755 "$root/bin/broken"
	inside -- broken
	[[ $status == 12[67] ]]
	has "$stderr" "/no/such/interpreter"
}

@test "PROG for another machine type is named as such" {
	for m in 00b7 0003 00f3 0016; do # aarch64, i386, riscv, s390
		printf '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x'"${m:2}"'\x'"${m:0:2}"'\x01\0\0\0' >"$root/bin/alien"
		head -c 200 /dev/zero >>"$root/bin/alien"
		chmod 755 "$root/bin/alien"
		[ $m != 0003 ] || continue
		[ "$(od -An -tx2 -j18 -N2 /bin/true | tr -d ' ')" != $m ] || continue
		inside -- /bin/alien
		is "$status" 126
		has "$stderr" "machine"
	done
}

@test "--volume: FROM may have colons" {
	colon=$BATS_TEST_TMPDIR/src:/a:b
	mkdir -p "$colon" && touch "$colon/there"
	for ro in "" :ro :rw; do
		run -0 ns-spawn rootfs-enter -v "$colon:/c$ro" "$root" ls /c
		is "$output" there
	done
}

@test "--volume: docker's words" {
	mkdir -p "$BATS_TEST_TMPDIR/src"
	run -0 --separate-stderr ns-spawn rootfs-enter -v "$BATS_TEST_TMPDIR/src:/c:Z,ro,rprivate" "$root" sh -c 'touch /c/x || echo refused'
	is "$output" refused
	has "$stderr" "rootfs-enter: --volume: 'Z' is ignored"
	for bad in rx ro,,z ro, ,ro slave; do refused -v "$BATS_TEST_TMPDIR/src:/c:$bad" -- true; done
	has "$stderr" "'slave' is not ro, rw, rslave, rprivate or z"
}

@test "T96: --volume: rslave: mounts of the host's that come later are seen, those of the box stay" {
	mkdir "$BATS_TEST_TMPDIR/src"
	# come [MODE]: a mount on the host comes while the box runs.
	come() {
		unshare -m sh -c 'mode=$1 && shift && mount --bind "$1" "$1" && mount --make-shared "$1" && mkdir -p "$1/sub" &&
			exec 3<>"$2" 4<>"$3" && { ns-spawn rootfs-enter -v "$1:/x:rw$mode" "$root" sh -c "echo >&2; read -r _; ls /x/sub" <"$2" 2>"$3" & } &&
			read -r _ <&4 && mount -t tmpfs t "$1/sub" && : >"$1/sub/later" && echo >&3 && wait' - "$1" "$BATS_TEST_TMPDIR"/{src,go,up}
	}
	export root
	mkfifo "$BATS_TEST_TMPDIR"/{go,up}
	is "$(come ,rslave)" later
	is "$(come ,rslave,rprivate)" ""
	# The mounts on the host once the box has made one.
	reach() {
		unshare -m sh -c 'mount --bind "$1" "$1" && mount --make-shared "$1" && mkdir -p "$1/mine" &&
			ns-spawn rootfs-enter --cap-add ALL --seccomp off -v "$1:/x:rslave" "$root" \
			    sh -c "mount -t tmpfs t /x/mine && echo made" && grep -c "$1/mine" /proc/self/mountinfo' - "$BATS_TEST_TMPDIR/src"
	}
	run reach
	is "$output" $'made\n0'
	weaken
	weak 96 run reach
	is "$output" $'made\n1'
	run -125 unshare -m --propagation private ns-spawn rootfs-enter -v "$BATS_TEST_TMPDIR/src:/c:rslave" "$root" true
	has "$output" "no mount of the host's reaches a private mount"
	refused -v "$BATS_TEST_TMPDIR/src:/c:rshared" -- true
	has "$stderr" "'rshared' would give"
	run -125 rootfs-enter -v "$BATS_TEST_TMPDIR/src:/c:rslave" "$root" true
	has "$output" "needs ns-spawn"
}

@test "--device: a node of the host's, which the box's users may open" {
	beyond_box node
	node=$BATS_TEST_TMPDIR/node
	mknod -m 600 "$node" c 1 5
	ok --device "$node" --device "$node:/dev/a/zero:rwm" --device "$node:/srv/zero" -- \
	    sh -c 'for n in "$@"; do head -c 3 "$n" | wc -c; done; stat -c "%F %t,%T" /dev/a/zero; grep " /srv/zero " /proc/mounts' \
	    sh "$node" /dev/a/zero /srv/zero
	is "${lines[*]:0:4}" "3 3 3 character special file 1,5"
	has "${lines[4]}" "ro,nosuid,noexec"
	hasnt "${lines[4]}" nodev
	# A target that leads out of the root is inside.
	rm -r "$root/srv" && ln -s /../../../etc "$root/srv"
	ok --device "$node:/srv/zero" -- ls /etc/zero
	[ ! -e /etc/zero ]
	# bad WORD REASON
	bad() {
		refused --device "$1" -- true
		has "$stderr" "$2"
	}
	bad "$node:r" "a mount takes no right away"
	bad "$node:/x:w" "a mount takes no right away"
	bad "$node:x" "a mount takes no right away"
	bad dev/null "is not /NODE"
	bad /no/such "--device /no/such: No such file"
	bad /etc/passwd "not a device"
	bad "$root" "not a device"
	bad "/dev/null:/proc/new" "No such file"
	bad "/dev/null:/sys/kernel/uevent_seqnum" "nothing may be mounted there"
	# The ids of this file system cannot be shifted: the host's mode counts.
	mkdir "$BATS_TEST_TMPDIR/dev"
	mode=u=rw,go=
	closed() {
		unshare -m sh -c 'mount -t devtmpfs d "$dev" && mknod "$dev/$node" c 1 5 && chmod "$mode" "$dev/$node"; "$@"; status=$?
			rm "$dev/$node"; exit $status' - \
		    "$@" --device "$dev/$node:/dev/z" "$root" sh -c 'head -c 3 /dev/z | wc -c'
	}
	export mode dev=$BATS_TEST_TMPDIR/dev node=boxtools$$
	run -125 closed ns-spawn rootfs-enter
	has "$output" "chmod o+rw $dev/$node, or the host's ids: --map self"
	run -0 closed ns-spawn --map self rootfs-enter
	is "$output" 3
	mode+=,o+rw
	run -0 closed ns-spawn rootfs-enter
	is "$output" 3
}

@test "--shm-size, --group-add" {
	ok --shm-size 2m -- sh -c 'df -k /dev/shm | tail -n 1'
	is "$(xargs <<<"$output" | cut -d' ' -f2)" 2048
	ok -- sh -c 'df -k /dev/shm | tail -n 1'
	is "$(xargs <<<"$output" | cut -d' ' -f2)" 65536
	ok --shm-size max -- grep ' /dev/shm ' /proc/mounts
	hasnt "$output" "size=65536k"
	for bad in 0 "" 1x -1; do refused --shm-size "$bad" -- true; done
	printf 'extra:x:46:web\nother:x:47:\n' >>"$root/etc/group"
	ok --group-add other --group-add 48 --group-add 47 -u 1000 -- id -G
	is "$output" "1000 47 48"
	refused --group-add nosuch -- true
	has "$stderr" "the box's /etc/group has no group 'nosuch'"
	for bad in 65536 99999999999 "" ; do refused --group-add "$bad" -- true; done
}

@test "PROG on a mount with noexec is 126, with the reason" {
	noexec() {
		unshare -m bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,noexec "$1" &&
			shift && exec ns-spawn rootfs-enter "$root" "$@"' - "$root" "$@"
	}
	export root
	for prog in true /bin/true; do
		run -126 noexec "$prog"
		is "${lines[0]}" "rootfs-enter: $prog: Permission denied"
		has "${lines[1]}" "hint: the program's mount has noexec"
	done
	run -0 unshare -m bash -c 'mount -t tmpfs -o noexec t /mnt && ns-spawn rootfs-enter -v /mnt:/mnt "$root" true'
}

@test "PROG that is a fifo is 126, and holds nobody up" {
	mkfifo -m 755 "$root/bin/fifo"
	run timeout -s KILL 20 ns-spawn rootfs-enter "$root" /bin/fifo
	is "$status" 126
	has "$output" "Permission denied"
}

@test "a script without #! is 126, as exec says" {
	echo 'echo hello' >"$root/bin/noshebang"
	chmod 755 "$root/bin/noshebang"
	inside -- noshebang
	is "$status" 126
	has "$stderr" "Exec format error"
}

@test "hostile root: proc, sys and dev that are links or files are refused, and named" {
	mkdir "$BATS_TEST_TMPDIR/victim"
	touch "$BATS_TEST_TMPDIR/victim/null"
	before=$(tree "$BATS_TEST_TMPDIR/victim")
	for d in proc sys dev; do
		for to in "$BATS_TEST_TMPDIR/victim" /etc ../../victim /tmp . /no/such; do
			rm -rf "${root:?}/$d"
			ln -s "$to" "$root/$d"
			refused -- true
			has "$stderr" "/$d"
		done
		rm "$root/$d"
		touch "$root/$d"
		refused -- true
		has "$stderr" "/$d"
		rm "$root/$d"
		mkdir "$root/$d"
	done
	is "$(tree "$BATS_TEST_TMPDIR/victim")" "$before"
}

@test "hostile root: files planted in dev have no effect" {
	rm -rf "$root/dev"
	mkdir "$root/dev"
	ln -s /proc/sys/kernel/core_pattern "$root/dev/null"
	ln -s "$BATS_TEST_TMPDIR" "$root/dev/pts"
	ln -s /etc "$root/dev/shm"
	ok -- sh -c '[ -c /dev/null ] && [ -d /dev/pts ] && [ ! -L /dev/shm ] && echo fine'
	is "$output" fine
}

@test "hostile root: etc files that are links leave the host's alone" {
	victim=$BATS_TEST_TMPDIR/victim
	mkdir "$victim"
	for f in resolv.conf hosts hostname; do echo "the host's" >"$victim/$f"; done
	before=$(tree "$victim")
	up=$(printf '../%.0s' {1..12})
	for pre in "$victim" "$up${victim#/}" "/proc/1/root$victim" "/proc/self/cwd"; do
		for f in resolv.conf hosts hostname; do
			ln -sf "$pre/$f" "$root/etc/$f"
		done
		inside -- sh -c 'echo evil >>/etc/resolv.conf; echo evil >>/etc/hosts; cat /etc/resolv.conf'
		hasnt "$output" "the host's"
		is "$(tree "$victim")" "$before"
	done
	rm -rf "$root/etc"
	ln -s "$victim" "$root/etc"
	inside -- true
	is "$(tree "$victim")" "$before"
	ln -sfn "$up${victim#/}" "$root/etc"
	inside -- true
	is "$(tree "$victim")" "$before"
}

@test "a root with a dangling link as its resolv.conf, as distributions ship it" {
	ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
	ok -- cat /etc/resolv.conf
	has "$output" "nameserver 8.8.8.8"
}

@test "hostile root: volumes and tmpfs do not follow links out" {
	victim=$BATS_TEST_TMPDIR/victim
	mkdir "$victim" "$BATS_TEST_TMPDIR/src"
	touch "$BATS_TEST_TMPDIR/src/mark"
	before=$(tree "$victim")
	up=$(printf '../%.0s' {1..12})
	for to in "$victim" "$up${victim#/}" /proc/1/root"$victim"; do
		ln -sfn "$to" "$root/data"
		inside -v "$BATS_TEST_TMPDIR/src:/data/new" -- true
		is "$(tree "$victim")" "$before"
		inside -v "$BATS_TEST_TMPDIR/src/mark:/data/newfile" -- true
		is "$(tree "$victim")" "$before"
		inside --tmpfs /data/tmp -- true
		is "$(tree "$victim")" "$before"
		inside -w /data -- sh -c 'touch here'
		is "$(tree "$victim")" "$before"
	done
	hasnt "$(cat /proc/self/mountinfo)" "$victim"
}

@test "in the host's mount namespace rootfs-enter unmounts nothing of the host's" {
	before=$(cat /proc/self/mountinfo)
	run rootfs-enter "$root" true
	is "$(cat /proc/self/mountinfo)" "$before"
	run ns-spawn --mount host rootfs-enter "$root" true
	is "$(cat /proc/self/mountinfo)" "$before"
	run unshare -m --propagation shared bash -c 'a=$(cat /proc/self/mountinfo); rootfs-enter "$1" true; [ "$a" = "$(cat /proc/self/mountinfo)" ] && echo same' - "$root"
	is "${lines[-1]}" same
}

@test "-n says the mounts, and touches nothing" {
	rm -rf "$root/proc"
	before=$(tree "$root")
	run -0 rootfs-enter -n -v /tmp:/data --tmpfs /scratch --read-only "$root" sh
	for word in "mount -t proc" "mount -t sysfs" pivot_root /data /scratch; do has "$output" "$word"; done
	is "$(tree "$root")" "$before"
}

@test "two boxes on one root at the same time" {
	start ns-spawn rootfs-enter "$root" sleep 1000
	runs sleep
	run -0 ns-spawn --slot 1 rootfs-enter "$root" sh -c 'ls /proc | grep -c "^[0-9]"; stat -c %u /bin'
	is "${lines[1]}" 0
	kill -9 "$prog"
	finish
}

@test "alpine: its own programs run" {
	alpine_root
	run -0 ns-spawn rootfs-enter "$alpine" sh -c 'cat /etc/alpine-release; apk --version; su nobody -s /bin/sh -c "id -u"'
	has "${lines[0]}" 3.19
	is "${lines[-1]}" 65534
}

@test "a mount that waits for others is named, and not touched" {
	beyond_box autofs
	requires "python3" command -v python3
	lacks_kernel "autofs" grep -qw autofs /proc/filesystems
	mkdir -p "$BATS_TEST_TMPDIR/v/auto"
	# An automount point whose daemon, the caller, only listens.
	cat >"$BATS_TEST_TMPDIR/listen.py" <<-'END'
		import ctypes, fcntl, os, subprocess, sys
		os.setpgrp()
		ask, daemon = os.pipe()
		os.set_inheritable(daemon, True)
		words = f"fd={daemon},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct"
		libc = ctypes.CDLL(None)
		assert libc.mount(b"auto", sys.argv[1].encode(), b"autofs", 0, words.encode()) == 0
		try: status = subprocess.run(sys.argv[2:], preexec_fn=os.setpgrp, timeout=20).returncode
		except subprocess.TimeoutExpired: status = 9
		fcntl.fcntl(ask, fcntl.F_SETFL, os.O_NONBLOCK)
		try: print("asked for", len(os.read(ask, 9)))
		except BlockingIOError: pass
		sys.exit(status)
	END
	run -125 unshare -m python3 "$BATS_TEST_TMPDIR/listen.py" "$BATS_TEST_TMPDIR/v/auto" \
	    ns-spawn rootfs-enter -v "$BATS_TEST_TMPDIR/v:/mnt" "$root" true
	is "${lines[0]}" "rootfs-enter: $BATS_TEST_TMPDIR/v/auto: autofs cannot be shown with other ids"
	hasnt "$output" "asked for"
}
