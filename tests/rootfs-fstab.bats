#!/usr/bin/env bats
# rootfs-fstab: a root directory by a table, as the kernel then shows it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	requires "root" test "$EUID" = 0
	make_probe
	weaken
}
setup() {
	public=$(mktemp -d)
	chmod 755 "$public"
	copy_root
	mv "$root" "$public/root"
	root=$public/root src=$public/src
	mkdir -p "$src/sub"
	echo file >"$src/file"
	baseline_save
}
teardown() {
	[ -z "${swapper:-}" ] || kill "$swapper" 2>/dev/null || :
	umount -q "$src/sub" || :
	rm -r "$public"
	baseline_check
}

proc="proc /proc proc nosuid,nodev,noexec"
dev="tmpfs /dev tmpfs nosuid,mode=755,size=64k"
# table LINE...: in the file $table.
table() { table=$public/fstab; printf '%s\n' "$@" >"$table"; }
# inside [OPTION]... -- CMD...: behind the words in $pre.
inside() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	# shellcheck disable=SC2086
	run --separate-stderr ${pre-ns-spawn} rootfs-fstab --fstab "$table" "${opts[@]}" "$root" "${@:2}"
}
# The mounts of the box: point, type, source, options of the mount, propagation.
mounts='awk "{ for (i = 7; \$i != \"-\"; i++) p = p \" \" substr(\$i, 1, index(\$i \":\", \":\") - 1); print \$5, \$(i + 1), \$(i + 2), \$6 p; p = \"\" }" /proc/self/mountinfo'

@test "the mounts are those of the table, no more and no less" {
	# nobody's: box root's; comments and blanks; a blank in a name; types as given.
	table "# comment" "" "$proc 0 0" "dev	/dev	tmpfs	strictatime,mode=755" "pts /dev/pts devpts nosuid,noexec,ptmxmode=0666 0 0" \
	    "shm /dev/shm tmpfs nosuid,noexec,nodev,noatime,size=64k,shared" "mq /dev/mqueue mqueue nodev" "sysfs /sys/ sysfs ro,nosuid,nodev,noexec" \
	    "$src /mnt/a\\040b none rbind,ro,nosuid" "t //srv/x tmpfs unbindable,nodiratime"
	for pre in "" "ns-spawn --init"; do
		inside -- sh -c "$mounts"
		[ "$status" = 0 ] || fail "$stderr"
		# The root, and the source of the bind, are of the tests' file system.
		is "$(sed 1d <<<"$output" | sed "s,^\(/mnt/[^ ]*\) [^ ]* [^ ]*,\1 - -,; s/,idmapped//")" "/proc proc proc rw,nosuid,nodev,noexec,relatime
/dev tmpfs dev rw
/dev/pts devpts pts rw,nosuid,noexec,relatime
/dev/shm tmpfs shm rw,nosuid,nodev,noexec,noatime shared
/dev/mqueue mqueue mq rw,nodev,relatime
/sys sysfs sysfs ro,nosuid,nodev,noexec,relatime
/mnt/a\\040b - - ro,nosuid,relatime
/srv/x tmpfs t rw,nodiratime,relatime unbindable" "$pre"
		has "${lines[0]}" nodev
	done
	# Nothing but DIR.
	table ""
	inside -- sh -c 'ls -A /proc; ls -A /dev; echo x >/mark'
	is "$status $output $(cat "$root/mark")" "0  x" "$stderr"
}

@test "binds: of a file, with or without the mounts below, flags for one or all" {
	# Linux 6.1 shows no tmpfs with other ids.
	mkdir "$public/other"
	mount --bind "$public/other" "$src/sub"
	touch "$src/sub/deep"
	is_ro() { grep "^$1 " <<<"$output" | grep -q " ro,"; }
	table "$proc" "$src /mnt none bind" "$src /opt none rbind" "$src/file /etc/f none bind,ro" "src /rel bind rbind,rro" "$src /top bind rbind,ro"
	for pre in "" ns-spawn; do
		cd "$public"
		inside -- sh -c "$mounts"'; [ -e /opt/sub/deep ] && [ ! -e /mnt/sub/deep ] && [ -f /etc/f ] && [ -e /rel/sub/deep ] && echo as given'
		has "$output$stderr" "as given"
		is_ro /etc/f
		is_ro /rel && is_ro /rel/sub
		is_ro /top && ! is_ro /top/sub
		! is_ro /opt
	done
	# A flag of the host's stays.
	mount -o remount,bind,ro "$src/sub"
	table "$proc" "$src/sub /mnt bind rw"
	inside -- touch /mnt/x
	has "$stderr" "Read-only file system"
	umount "$src/sub"
}

@test "propagation: rslave receives the host's mounts, nothing gets out" {
	(
		# In a mount namespace of the test's.
		export table=$public/fstab root src
		printf '%s\n' "$proc" "$src /mnt none rbind,rslave" "$src /opt none rbind,rprivate" >"$table"
		mkfifo "$public/go" "$public/went"
		unshare --mount --propagation private sh -ec '
			mount --bind "$src" "$src" && mount --make-shared "$src"
			ns-spawn rootfs-fstab --fstab "$table" --cap-add SYS_ADMIN --seccomp off "$root" sh -c "echo >/go; read x </went; cat /mnt/sub/late /opt/sub/late; mount -t tmpfs x /mnt/sub && echo mounted" &
			read x <"$root/go"
			mount -t tmpfs late "$src/sub" && echo late >"$src/sub/late"
			echo >"$root/went"
			wait $! && [ "$(cat "$src/sub/late")" = late ]' >"$public/out" 2>"$public/err"
	) 3>&- &
	mkfifo "$root/go" "$root/went"
	chmod 666 "$root/go" "$root/went"
	wait $! || fail "$(cat "$public/err")"
	is "$(cat "$public/out")" $'late\nmounted'
	has "$(cat "$public/err")" "/opt/sub/late"
}

# shared_with SPAWN-OPTION: the box mounts below a bind with rshared; the mounts on
# the host then.
shared_with() {
	unshare --mount --propagation private sh -c '
		mount --bind "$src" "$src" && mount --make-shared "$src"
		ns-spawn $1 rootfs-fstab --fstab "$table" --cap-add ALL --seccomp off "$root" mount -t tmpfs x /mnt/sub
		echo "$? $(grep -c "$src/sub" /proc/self/mountinfo)"' - "$1" 2>&1
}
@test "T111: rshared: mounts of the box are the host's, but not those of another user namespace" {
	table "$src /mnt none rbind,rshared"
	export table src root
	run shared_with "--user host"
	is "$output" "0 1"
	for user in "" "--map 0:70000:9" "--map 0:70000:9 --plain"; do
		run shared_with "$user"
		has "$output" "may not mount on the host"
		is "${lines[-1]}" "125 0" "$user"
	done
	run weak 111 shared_with "--map 0:0:9 --plain"
	is "${lines[-1]}" "0 1"
	run -125 unshare --mount --propagation private ns-spawn --user host rootfs-fstab --fstab "$table" "$root" true
	has "$output" "rshared: no mount of the host's reaches a private mount"
	run -125 rootfs-fstab --fstab "$table" "$root" true
	has "$output" "needs ns-spawn in front"
}

@test "--propagation: of the root itself" {
	table "$proc"
	while read -r word want; do
		inside --propagation "$word" -- sh -c 'sed -n "1s/.* \([a-z]*\):.* - .*/\1/p" /proc/self/mountinfo'
		is "$status $output" "0 $want" "$word$stderr"
	done <<-END
		private
		shared shared
	END
	inside --propagation rslave -- true
	is "$status" 125
	export table root
	run -0 unshare --mount --propagation private sh -c '
		mount --bind "$root" "$root" && mount --make-shared "$root"
		mkfifo "$root/go" "$root/went" && chmod 666 "$root/go" "$root/went"
		ns-spawn rootfs-fstab --propagation slave --fstab "$table" "$root" sh -c "echo >/go; read x </went; cat /mnt/late" &
		read x <"$root/go"
		mount -t tmpfs late "$root/mnt" && echo late >"$root/mnt/late"
		echo >"$root/went"
		wait'
	is "$output" late
}

@test "idmap: a bind with the ids of the box, beside others with their own" {
	chown 5:6 "$src/file"
	chown -R 70000:70000 "$root"
	table "$src /mnt none rbind" "$src /opt none rbind,ridmap" "$src /srv none bind,idmap,ro"
	pre="ns-spawn --map 0:70000:65536 --plain"
	inside -- stat -c %u:%g /mnt/file /opt/file /srv/file
	is "$status $output" $'0 65534:65534\n5:6\n5:6' "$stderr"
	pre="ns-spawn --user host"
	inside -- true
	is "$status" 125
	has "$stderr" "the box has the host's ids"
}

@test "a table has hundreds of binds" {
	for i in {1..300}; do echo "$src /mnt/$i none bind"; done >"$public/fstab"
	table=$public/fstab
	inside -- sh -c 'ls /mnt | wc -l; ls /mnt/300'
	is "$status $output" $'0 300\nfile\nsub' "$stderr"
}

@test "tmpcopyup: the tmpfs begins with the files of the directory" {
	mkdir -p "$root/d/sub"
	echo text >"$root/d/sub/f"
	chmod 751 "$root/d" && chown 7:8 "$root/d/sub/f" && chmod 4711 "$root/d/sub/f" && touch -d 2001-01-01 "$root/d/sub/f"
	ln -s /etc/passwd "$root/d/link" && mkfifo -m 600 "$root/d/fifo" && ln -s loop "$root/d/loop"
	[ "${IN_BOX-}" ] || mknod "$root/d/node" c 1 3
	for words in tmpcopyup tmpcopyup,ro,nodev; do
		table "$proc" "tmpfs /d tmpfs $words"
		for pre in "" ns-spawn; do
			inside -- sh -c 'cd /d && stat -c "%n %A %u:%g" . fifo link loop sub sub/f; stat -c %Y sub/f; readlink link; cat sub/f; [ -e node ] || echo no node; echo x >sub/f && echo written'
			is "$output" ". drwxr-x--x 0:0
fifo prw------- 0:0
link lrwxrwxrwx 0:0
loop lrwxrwxrwx 0:0
sub drwxr-xr-x 0:0
sub/f -rws--x--x 7:8
$(date -d 2001-01-01 +%s)
/etc/passwd
text
no node$([ $words = tmpcopyup ] && printf '\nwritten')" "$pre $words: $stderr"
		done
	done
	is "$(cat "$root/d/sub/f")" text
}

@test "devices, links, masks, and paths that are frozen" {
	beyond_box node
	table "$proc" "$dev" "pts /dev/pts devpts ptmxmode=0666" "tmpfs /tmp tmpfs mode=1777"
	args=(--device /dev/null:c:1:3:0640:5:6 --device /dev/deep/z:c:1:5 --device /dev/p:p:0:0:600 --link /dev/fd:/proc/self/fd --link /ptmx:dev/pts/ptmx
	    --mask /proc/keys --mask /proc/irq --mask /no/such --freeze /proc/sys --freeze /tmp --freeze /proc/none)
	look='stat -c "%n %F %A %u:%g %t:%T" /dev/null; [ -p /dev/p ] && readlink /dev/fd && readlink /ptmx; wc -c </proc/keys; ls /proc/irq; echo 1 >/proc/sys/kernel/domainname; touch /tmp/x; exec 2>/dev/null; echo ok'
	pre=""
	inside "${args[@]}" -- sh -c "$look; head -c 1 /dev/deep/z | wc -c"
	is "$output" "/dev/null character special file crw-r----- 5:6 1:3
/proc/self/fd
dev/pts/ptmx
0
ok
1" "$stderr"
	is "$(grep -c "Read-only file system" <<<"$stderr")" 2 "$stderr"
	# In a user namespace: the host's node.
	pre=ns-spawn
	inside "${args[@]:0:2}" "${args[@]:4}" -- sh -c "$look"
	has "${lines[0]}" "/dev/null character special file crw-rw-rw-"
	is "${lines[-1]}" ok "$stderr"
	inside --device /dev/null:c:1:5 -- true
	is "$status" 125
	has "$stderr" "--device /dev/null: another file of that name"
	# In the root itself: a file of that name, and nodev.
	table "$proc"
	echo x >"$root/dev/null"
	for pre in "" ns-spawn; do
		inside --link /etc/passwd:x -- true
		is "$status ${stderr}" "125 rootfs-fstab: --link /etc/passwd: another file of that name"
	done
	pre=""
	inside --device /dev/null:c:1:3 -- true
	is "$status ${stderr}" "125 rootfs-fstab: --device /dev/null: another file of that name"
	mknod -m 666 "$root/own" c 1 5
	for pre in "" ns-spawn; do
		inside -- cat /own
		is "$status" 1
		has "$stderr" "Permission denied"
	done
}

@test "--read-only, a terminal, and a parked box" {
	table "$proc" "$dev" "pts /dev/pts devpts ptmxmode=0666,mode=620"
	inside --read-only -- sh -c 'touch /new; touch /dev/new && echo ok'
	is "$output" ok
	has "$stderr" "/new: Read-only file system"
	inside --read-only --dir /a/b --dir /dev/c --dir / --dir /etc/passwd/x -- true
	is "$status $stderr" "125 rootfs-fstab: mkdir -p $root/etc/passwd/x: Not a directory"
	ln -s /a "$root/link"
	inside --read-only --dir /link/../link/b -w /link/b -- true
	is "$status $stderr" "125 rootfs-fstab: --dir: a part of a path is '.' or '..'"
	inside --read-only --dir /link/b --dir /dev/c -w /link/b -- sh -c 'cd /dev/c && stat -c "%n %u %a" /a/b'
	is "$output" "/a/b 0 755" "$stderr"
	python3 "$TOP/tests/terminal.py" ns-spawn --init rootfs-fstab --fstab "$table" -t "$root" sh -c 'tty; [ /dev/console -ef /dev/pts/0 ] || ls -l /dev/console /dev/pts; exit 7' <<-END
		expect /dev/pts/0
		end 7
	END
	ns-spawn --leave --park "$public/start" rootfs-fstab --fstab "$table" "$root" sh -c 'echo runs' >"$public/out" 2>&1 3>&-
	run -0 python3 "$TOP/tests/park.py" start "$public/start"
	is "$output" x
	ran() { [ "$(cat "$public/out")" = runs ]; }
	eventually 10 ran
}

@test "bad tables are refused with the line, and nothing is made" {
	is "$(ls "$root")" "$(ls "$bb.new")"
	while IFS='|' read -r line text; do
		table "$proc" "$line"
		for pre in "" ns-spawn; do
			inside -- true
			is "$status" 125 "$line"
			has "$stderr" "rootfs-fstab: $text"
			[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "$stderr"
		done
	done <<-END
		tmpfs|$public/fstab:2: not 'SOURCE TARGET TYPE OPTIONS'
		tmpfs /x tmpfs|$public/fstab:2: not 'SOURCE
		tmpfs x tmpfs rw|$public/fstab:2: 'x' does not begin with /
		tmpfs /x/../y tmpfs rw|$public/fstab:2: a part of a path is '.' or '..'
		tmpfs / tmpfs rw|$public/fstab:2: tmpfs : the root directory itself has no row
		$src /x none ro|$public/fstab:2: none /x: neither bind nor rbind
		$src /x none bind,size=3|$public/fstab:2: bind /x: unknown option size=3
		$src /x none bind,shared|$public/fstab:2: none /x: slave and shared are for rbind
		$src /x none bind,slave|$public/fstab:2: none /x: slave and shared are for rbind
		$src /x none rbind,slave,idmap|$public/fstab:2: none /x: idmap is for private binds
		tmpfs /x tmpfs idmap|$public/fstab:2: tmpfs /x: idmap is for binds
		proc /x proc tmpcopyup|$public/fstab:2: proc /x: tmpcopyup is for tmpfs
		tmpfs /x tmpfs slave|$public/fstab:2: tmpfs /x: a new file system has nothing
		tmpfs /x tmpfs nonsense=1|mount -t tmpfs -o nonsense=1 tmpfs $root/x: tmpfs: Unknown parameter
		x /x nonsense rw|mount -t nonsense
		$public/none /x none bind|$public/none: No such file
	END
	is "$(ls "$root")" "$(ls "$bb.new")"
	while read -r args; do
		# shellcheck disable=SC2086
		run rootfs-fstab $args "$root" true
		is "$status" 125 "$args"
		is "$(wc -l <<<"$output")" 1 "$output"
	done <<-END
		--fstab $public/no-such
		--device null:c:1:3
		--device /dev/null:x:1:3
		--device /dev/null:c:1
		--device /dev/null:c:1:3:888
		--device /dev/null:c:1:3:666:5
		--device /dev/null:c:1:3:666:5:6:7
		--device /:c:1:3
		--device /dev/../x:c:1:3
		--link /x
		--link /x:
		--mask x
		--freeze /
	END
}

@test "T9, T14: links of a hostile root lead nowhere else" {
	mkdir -m 777 "$public/victim"
	was() { (cd "$public" && find victim -printf '%p %y %l %m\n'); }
	before=$(was)
	up=$(printf '../%.0s' {1..12})
	for to in "$public/victim" "$up${public#/}/victim" "/proc/1/root$public/victim" "$public/victim-missing"; do
		ln -s "$to" "$root/data"
		table "$proc" "tmpfs /data/new tmpfs rw" "$src /data/a/b none bind" "$src/file /data/file none bind" "tmpfs /data tmpfs tmpcopyup"
		for pre in "" ns-spawn; do
			inside --device /data/n:p:0:0 --link /data/l:x --mask /data/m --freeze /data -- true
			[[ $status = 0 || $stderr == "rootfs-fstab: "* ]] || fail "$to: $status $stderr"
			is "$(was)" "$before" "$to"
			[ ! -e "$public/victim-missing" ]
		done
		rm -r "$root/data" "$root${public:?}" 2>/dev/null || :
	done
	ln -s "$public/victim" "$root/data"
	table "tmpfs /data/new tmpfs rw"
	weak 8 inside -- true
	[ "$(was)" != "$before" ] || fail "links are not followed with the defence off"
	# A false /proc or /sys.
	rm "$root/data"
	for dir in proc sys; do
		rmdir "$root/$dir"
		mkdir "$root/false"
		ln -s false "$root/$dir"
		table "x /$dir ${dir/#sys/sysfs} nosuid,nodev,noexec"
		for pre in "" ns-spawn; do
			inside -- true
			is "$status $stderr" "125 rootfs-fstab: $public/fstab:1: /$dir: Not a directory"
		done
		weak 8 inside -- true
		is "$status" 0
		rm -r "${root:?}/$dir" "$root/false"
		mkdir "$root/$dir"
	done
}

# bats test_tags=soak
@test "T8: targets that are exchanged with links during the start" {
	mkdir -m 777 "$public/victim"
	mkdir -m 777 "$root/data"
	ln -s "$public/victim" "$root/swap"
	table "$proc" "tmpfs /data/a/b tmpfs rw" "$src/file /data/f none bind" "tmpfs /data/up tmpfs tmpcopyup"
	"$intruder" swap "$root/data" "$root/swap" 1000 3>&- &
	swapper=$!
	for _ in $(seq $((10 * ${SOAK:-1}))); do
		for pre in "" ns-spawn; do
			inside --device /data/n:p:0:0 --link /data/l:x --mask /data/m --freeze /data -- true
			[[ $status = 0 || $stderr == "rootfs-fstab: "* ]] || fail "$status $stderr"
			is "$(ls -A "$public/victim")" ""
			hasnt "$(</proc/self/mountinfo)" "$public"
			rm -rf "$root"/{data,swap}/* 2>/dev/null || :
		done
	done
	followed() { weak 8 inside --device /data/n:p:0:0 -- true; [ "$(ls -A "$public/victim")" ]; }
	eventually 20 followed
	kill "$swapper"
	wait "$swapper" || :
}

@test "T12: no target is on proc, and no link leads to one on sysfs" {
	ln -s /proc/sys "$root/a" && ln -s /sys/firmware "$root/b" && ln -s . "$root/c"
	for pre in "" ns-spawn; do
		for to in /proc/sys /proc/self /proc/self/attr /proc/meminfo/x /proc/1 /a /a/kernel /b /c; do
			table "$proc" "sysfs /sys sysfs ro" "tmpfs $to tmpfs rw"
			inside -- true
			is "$status" 125 "$to"
			[[ $stderr == "rootfs-fstab: $table:3: "* ]] || fail "$to: $stderr"
		done
		table "$proc" "sysfs /sys sysfs ro" "$src/file /proc/meminfo none bind" "tmpfs /sys/fs/cgroup tmpfs ro"
		inside -- cat /proc/meminfo
		is "$output" file "$stderr"
	done
	table "$proc" "tmpfs /a/kernel tmpfs rw"
	weak 12 inside -- true
	is "$status" 0 "$stderr"
}

@test "-n prints the mounts, and touches nothing" {
	table "$proc" "$dev" "$src /mnt none rbind,ro"
	mkdir "$public/empty"
	run -0 rootfs-fstab -n --fstab "$table" --device /dev/null:c:1:3 --link /dev/fd:/proc/self/fd --mask /proc/keys --freeze /proc/sys --read-only "$public/empty" true
	for line in "mount -t proc -o nosuid,nodev,noexec proc $public/empty/proc" "mount --rbind -o ro $src $public/empty/mnt" \
	    "mknod -m 666 $public/empty/dev/null c 1 3" "ln -s /proc/self/fd $public/empty/dev/fd" "mount --rbind -o ro $public/empty/proc/sys"; do
		has "$output" "$line"
	done
	is "$(ls "$public/empty")" ""
}
