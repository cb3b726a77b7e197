#!/usr/bin/env bats
# Root directories made by an attacker: links, files and the like where mount
# points belong, some of them exchanged all the time.  Nothing outside of the
# root directory may change, and a start is either refused, with its reason, or
# gives a sane box.  tests/attack/rows has the numbers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	# No box can make device nodes.
	export device=device
	[ -z "${IN_BOX-}" ] || device=
	requires "root" test "$EUID" = 0
	make_probe
	weaken
}
setup() {
	# A directory that the box's root could write to if it got there.
	public=$(mktemp -d)
	chmod 755 "$public"
	copy_root
	mv "$root" "$public/root"
	root=$public/root victim=$public/victim
	mkdir "$victim" "$victim/dir"
	for f in file null console resolv.conf hosts hostname dir/file; do echo "the host's" >"$victim/$f"; done
	chmod -R a+rwX "$victim"
	was=$(victim_is)
	baseline_save
}
teardown() {
	for p in ${swapper:-}; do kill "$p" 2>/dev/null || :; done
	rm -r "$public"
	baseline_check
}

victim_is() { (cd "$victim" && find . -printf '%p %y %m %U %l %s %T@\n' | sort; find . -type f -exec cat {} +); }
unhurt() {
	[ "$(victim_is)" = "$was" ] || fail "changed, by $1:" "$(diff <(echo "$was") <(victim_is))" || return
	mountinfo=$(</proc/self/mountinfo)
	[[ $mountinfo != *"$public"* ]] || fail "mounted, by $1:" "$(grep "$public" <<<"$mountinfo")"
}

# The view of a sane box.
sane='read -r self _ </proc/self/stat && [ "$self" = $$ ] && [ -d /sys/class/net ] && [ -c /dev/null ] && [ ! -L /dev/null ] &&
	[ -d /dev/pts ] && [ ! -L /dev/shm ] && echo evil >/etc/resolv.conf && echo evil >/etc/hosts && echo sane'
# tried WHAT [OPTIONS...]: one start; $result is "sane" or "refused", or "odd": a
# directory may become a link after a mount on it.
tried() {
	run --separate-stderr ns-spawn rootfs-enter "${@:2}" "$root" sh -c "$sane"
	case $status in
	0) is "$output" sane "the box, with $1" && result=sane ;;
	125 | 127)
		[[ $stderr == "rootfs-enter: "* ]] || fail "not a reason, with $1: $stderr"
		[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "more than a line and a hint, with $1: $stderr"
		result=refused
		;;
	1) [ "${swapper:-}" ] || fail "not sane, with $1" "$stderr" && result=odd ;;
	*) fail "status $status, with $1" "$output" "$stderr" ;;
	esac
	unhurt "$1"
}

# plant KIND PATH [NAME]: at PATH below the root, to NAME of the victim's.
plant() {
	local at=$root/$2 to=$victim/${3:-} up
	up=$(printf '../%.0s' {1..12})
	rm -rf "$at" "$root/link"
	mkdir -p "${at%/*}"
	case $1 in
	absolute) ln -s "$to" "$at" ;;
	relative) ln -s "$up${to#/}" "$at" ;;
	chained)
		ln -s "$up${to#/}" "$root/link"
		ln -s /link "$at"
		;;
	magic) ln -s "/proc/1/root$to" "$at" ;;
	missing) ln -s "$to-missing" "$at" ;;
	inside) ln -s /srv "$at" ;;
	loop) ln -s "${2##*/}" "$at" ;;
	file) echo x >"$at" ;;
	directory) mkdir "$at" ;;
	fifo) mkfifo "$at" ;;
	socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$at" ;;
	device) mknod "$at" c 1 3 ;;
	esac
}

@test "T9, T13, T14: /proc, /sys, /dev and /etc that are no directories" {
	for dir in proc sys dev etc; do
		mv "$root/$dir" "$public/kept"
		for kind in absolute relative chained magic missing inside loop file fifo $device; do
			plant $kind $dir dir
			tried "/$dir: $kind"
			is "$result" refused "/$dir: $kind"
			has "$stderr" "/$dir"
		done
		rm -f "${root:?}/$dir" "$root/link"
		mv "$public/kept" "$root/$dir"
	done
	tried "all as it should be"
	is "$result" sane
	# The defence is in the open calls.
	plant absolute etc dir
	weak 8 run ns-spawn rootfs-enter "$root" true
	run ! unhurt "links that are followed"
}

@test "T10, T11, T14: files planted in /dev" {
	for name in null zero tty ptmx pts shm mqueue console fd stdin; do
		for kind in absolute chained magic loop file directory fifo $device; do
			plant $kind dev/$name console
			tried "/dev/$name: $kind"
			is "$result" sane "/dev/$name: $kind"
		done
		rm -rf "$root/dev/$name"
	done
}

@test "T14, T47: files of /etc that are links" {
	for name in resolv.conf hosts hostname; do
		for kind in absolute relative chained magic missing inside loop fifo $device; do
			plant $kind etc/$name $name
			tried "/etc/$name: $kind"
			is "$result" sane "/etc/$name: $kind"
		done
		plant directory etc/$name
		tried "/etc/$name: a directory"
		is "$result" refused "/etc/$name: a directory"
		has "$stderr" "/etc/$name"
		rm -r "$root/etc/$name"
	done
	plant missing etc/hosts
	weak 8 run ns-spawn rootfs-enter "$root" true
	run ! unhurt "links that are followed"
}

@test "T14: volumes, tmpfs, the working directory and passwd" {
	mkdir "$public/src"
	echo "the volume's" >"$public/src/file"
	for kind in absolute relative chained magic missing inside loop file fifo; do
		for path in data data/below; do
			plant $kind $path dir
			tried "/$path: $kind" -v "$public/src:/$path/new"
			tried "/$path: $kind" -v "$public/src/file:/$path/file"
			tried "/$path: $kind" --tmpfs "/$path/tmp"
			tried "/$path: $kind" -w "/$path"
			rm -rf "$root/data"
		done
		plant $kind etc/passwd file
		tried "/etc/passwd: $kind" -u root
		rm -f "$root/etc/passwd"
	done
	plant absolute data
	weak 8 run ns-spawn rootfs-enter -v "$public/src:/data/new" "$root" true
	run ! unhurt "links that are followed"
}

# $root is a fresh copy of itself.
in_copy() {
	rm -rf "$public/copy"
	cp -a "$public/root" "$public/copy"
	root=$public/copy
}
@test "the same below an overlay, read-only, and for an ordinary user" {
	for kind in absolute chained missing; do
		for path in proc dev etc data; do
			for opt in --ephemeral --read-only; do
				in_copy
				plant $kind $path dir
				tried "/$path: $kind, $opt" $opt -v "$victim/dir:/data/new:ro"
			done
		done
	done
	in_copy
	chown -R 65534 "$root"
	for path in proc dev etc; do
		plant absolute $path dir
		run -125 setpriv --reuid 65534 --regid 65534 --clear-groups ns-spawn rootfs-enter "$root" true
		unhurt "an ordinary user, /$path"
		rm "${root:?}/$path"
		mkdir "$root/$path"
	done
}

# swapping A B WHAT OPTIONS...: starts while A and B are exchanged all the time.
swapping() {
	local n
	"$intruder" swap "$1" "$2" 1000 3>&- &
	swapper=$!
	for ((n = 0; n < 5 * ${SOAK:-1}; n++)); do
		tried "$3, round $n" "${@:4}"
	done
	kill "$swapper"
	wait "$swapper" || :
}
# bats test_tags=soak
@test "T8, T12: mount points exchanged with links during the start" {
	mkdir "$public/src" "$public/shared" "$public/shared/sub"
	for dir in proc dev etc; do
		in_copy
		ln -s "$victim/dir" "$root/swap"
		swapping "$root/$dir" "$root/swap" "/$dir"
	done
	in_copy
	# In a directory that another box may have, too.
	ln -s "$victim/dir" "$public/shared/swap"
	swapping "$public/shared/sub" "$public/shared/swap" "a volume below a volume" \
	    -v "$public/shared:/data" -v "$public/src:/data/sub/deeper"
	"$intruder" swap "$public/shared/sub" "$public/shared/swap" 1000 3>&- &
	swapper=$!
	followed() {
		weak 8 run ns-spawn rootfs-enter -v "$public/shared:/data" -v "$public/src:/data/sub/$RANDOM" "$root" true
		run ! unhurt "links that are followed"
	}
	eventually 20 followed
}
