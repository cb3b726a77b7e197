#!/usr/bin/env bats
# The recipes, nginx-setup and deps: their results, and their leftovers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() { mkdir "$BATS_TEST_TMPDIR/here" && cd "$BATS_TEST_TMPDIR/here" || return; }

# refused LEFT CMD...: status 125, a line and at most a hint; only LEFT is here.
refused() {
	run -125 --separate-stderr "${@:2}"
	is "$output" ""
	[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "more than a line and a hint: $stderr"
	is "$(echo *)" "$1" "left behind"
}
fixture() {
	tar=("${ALPINE_TAR:-$TOP/../shared/fixtures}"/alpine-minirootfs-*"$(uname -m)".tar.gz)
	requires "Alpine's minirootfs (ALPINE_TAR=DIR)" test -f "${tar[0]}"
}

@test "busybox: a root that is complete, open to all, and found under its name" {
	run -0 "$TOP/rootfs/busybox" ./root/
	is "$output" ""
	is "$(echo *)" root
	is "$(stat -c %a root root/tmp | tr '\n' ' ')" "755 1777 "
	run -0 root/bin/busybox sh -c 'echo runs'
	[ -x root/bin/sh ] && [ -d root/proc ] && [ -f root/etc/resolv.conf ]
	is "$(cut -d: -f1,3 root/etc/passwd | tr '\n' ' ')" "root:0 nobody:65534 "
	grep -qx "tty:x:5:" root/etc/group
	mkdir empty && "$TOP/rootfs/busybox" empty
	[ -x empty/bin/sh ]
}

@test "recipes refuse existing files, impossible paths and unknown options" {
	mkdir full && touch full/x file
	for r in busybox debian alpine; do
		refused "file full" "$TOP/rootfs/$r" full
		refused "file full" "$TOP/rootfs/$r" file
		refused "file full" "$TOP/rootfs/$r" file/parent
		refused "file full" "$TOP/rootfs/$r" ""
		refused "file full" "$TOP/rootfs/$r" .
		refused "file full" "$TOP/rootfs/$r"
		refused "file full" "$TOP/rootfs/$r" --no-such-option new
		run -0 "$TOP/rootfs/$r" --help
	done
	# Another user of the host makes a link of that name at the last moment.
	mkdir bin && printf '#!/bin/sh\nln -s full "%s/link"\nexec /bin/mv "$@"\n' "$PWD" >bin/mv && chmod 755 bin/mv
	PATH=$PWD/bin:$PATH refused "bin file full link" "$TOP/rootfs/busybox" link
	is "$(ls full)" x
}

@test "alpine: a tarball, its checksum, and no half-made root" {
	fixture
	run -0 "$TOP/rootfs/alpine" --tarball "${tar[0]}" new
	has "$(cat new/etc/alpine-release)" 3.19
	rm -r new
	head -c 100000 "${tar[0]}" >cut.tgz
	refused cut.tgz "$TOP/rootfs/alpine" --tarball=cut.tgz new
	has "$stderr" --sha512
	run -125 "$TOP/rootfs/alpine" --sha512 "$(sha512sum <cut.tgz | cut -d' ' -f1)" --tarball cut.tgz new
	is "$(echo *)" cut.tgz
	refused cut.tgz "$TOP/rootfs/alpine" --tarball missing.tgz new
}

@test "alpine: from a mirror, and from a missing one" {
	requires "python3" command -v python3
	requires "root" test "$EUID" = 0
	fixture
	name=$(basename "${tar[0]}")
	mkdir -p "m/v3.19/releases/$(uname -m)"
	cp "${tar[0]}" "m/v3.19/releases/$(uname -m)/$name"
	run unshare -n bash -c 'ip link set lo up || exit 99
		"$1" --mirror http://127.0.0.1:9000 none; echo "status $?"
		python3 -m http.server -b 127.0.0.1 -d m 9000 >/dev/null 2>&1 & server=$!
		trap "kill $server" EXIT
		for i in {1..200}; do curl -s -o /dev/null http://127.0.0.1:9000/ && break; read -rt 0.05 <> <(:); done
		"$1" --mirror http://127.0.0.1:9000/ new; echo "status $?"' - "$TOP/rootfs/alpine" 3>&-
	is "${lines[-1]}" "status 0" "$output"
	is "${lines[2]}" "status 125"
	has "${lines[0]}" "alpine: "
	[ -x new/bin/busybox ]
	is "$(echo *)" "m new"
}

@test "nginx-setup: the page is on the air without nginx, too, and nginx-setup returns" {
	requires "root" test "$EUID" = 0
	requires "curl" command -v curl
	copy_root
	cp "$TOP/rootfs/nginx-setup" "$root/nginx-setup"
	# The pipe of $(...) ends only when no daemon holds it.
	run -0 unshare -npf --mount-proc --kill-child bash -c 'ip link set lo up && said=$(chroot "$1" sh /nginx-setup 2>&1) &&
		echo "$said" && curl -sS http://127.0.0.1/; chroot "$1" env PORT=x sh /nginx-setup || echo refused' - "$root" 3>&-
	has "$output" "httpd"
	has "$output" "<h1>Hello from Chidi to Mentors</h1>"
	is "${lines[-1]}" refused
}

@test "deps: names missing packages, installs them in one go, is silent otherwise" {
	beyond_counters "it makes no musl/"
	mkdir bin
	ln -s /usr/bin/* /usr/sbin/* bin 2>/dev/null || :
	for cmd in jq mandoc apt-get; do rm -f bin/$cmd; done
	run -125 env PATH="$PWD/bin" bin/sh "$TOP/scripts/deps" test
	has "$output" "jq mandoc"
	printf '#!/bin/sh\necho "$*" >>%s/calls\n' "$PWD" >bin/apt-get
	chmod 755 bin/apt-get
	requires "root" test "$EUID" = 0
	run -0 env PATH="$PWD/bin" bin/sh "$TOP/scripts/deps" test
	is "$output" "deps: apt-get install jq mandoc"
	is "$(wc -l <calls)" 2
	has "$(tail -n 1 calls)" "jq mandoc"
	printf '#!/bin/sh\nfor word; do [ "$word" != mandoc ] || exit 100; done\n' >bin/apt-get
	run -125 env PATH="$PWD/bin" bin/sh "$TOP/scripts/deps" test
	is "${lines[-1]}" "deps: cannot install: mandoc"
	run -125 "$TOP/scripts/deps" nonsense
	has "$output" "deps: usage"
}

# image [DIR]: an image in the directory "layout", with a layer of busybox's root.
image() {
	requires "skopeo and umoci" command -v skopeo umoci
	bb_root
	umoci init --layout layout
	umoci new --image layout:it
	umoci insert --image layout:it "$bb.new" /
	umoci config --image layout:it --config.entrypoint sh --config.entrypoint -c \
	    --config.cmd 'echo "$V|$W|$PATH"; id -u; pwd; echo "$0,$*"' --config.cmd 'a  b' --config.cmd '\n' \
	    --config.env "V=it's \\" --config.env $'W=1\n2' --config.user nobody \
	    --config.workingdir /tmp --config.stopsignal QUIT
}

# serve_image LAYOUT: a registry at 127.0.0.1:5000 of a network namespace, by its pid
# $registry.
serve_image() {
	unshare --net sh -c 'ip link set lo up && exec python3 "$1" "$2" 5000' - \
	    "$TOP/tests/oci/registry.py" "$1" 3>&- &
	registry=$!
	eventually 20 nsenter --target $registry --net curl -sSf -o /dev/null http://127.0.0.1:5000/v2/
}

@test "image: of a directory, archives and a registry; box-run takes what it says" {
	image
	local v
	for v in oci:layout:it "docker-archive:$PWD/docker.tar" oci-archive:oci.tar docker://127.0.0.1:5000/it:v1; do
		case $v in
		*archive*) skopeo copy -q oci:layout:it "$v" ;;
		docker://*) serve_image layout ;;
		esac
		run -0 ${registry:+nsenter --target "$registry" --net} "$TOP/rootfs/image" ${registry:+--plain-http} "$v" new
		is "$output" ""
		is "$(diff -r --no-dereference "$bb.new" new 2>&1)" ""
		is "$(stat -c '%a %u' new/tmp)" "1777 $EUID"
		is "$(sort new.image)" "$(sort first 2>/dev/null || sort new.image)"
		mv new.image first
		rm -r new
	done
	kill "$registry"
	"$TOP/rootfs/image" oci:layout:it new
	own=(unshare --net box-run --network none --image-config new.image)
	run -0 "${own[@]}" new
	is "$output" $'it\'s \\|1\n2|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n65534\n/tmp\na  b,\\n'
	# The command line's own come first, in whatever order.
	run -0 "${own[@]}" -e V=mine -u 0 -w / new 'echo "$V"; id -u; pwd' x
	is "$output" $'mine\n0\n/'
	run -0 "${own[@]}" --entrypoint echo new 1
	is "$output" 1
	has "$("${own[@]}" -n new)" "--stop-signal QUIT"
	umoci config --image layout:it --clear config.entrypoint --clear config.cmd
	"$TOP/rootfs/image" oci:layout:it none
	run -125 box-run --network none --image-config none.image none
	has "$output" "names no program"
	for v in missing /etc/passwd; do
		run -125 box-run --network none --image-config "$v" none true
		has "$output" "--image-config $v"
	done
}

@test "image: nothing is left of one that fails" {
	image
	local blob
	refused layout "$TOP/rootfs/image" it new
	has "$stderr" "docker://it, for one in a registry"
	refused layout "$TOP/rootfs/image" oci:layout:none new
	has "$stderr" "skopeo failed (status 1): "
	refused layout "$TOP/rootfs/image" oci:layout:it "a:b"
	for blob in layout/blobs/sha256/*; do
		[ "$(stat -c %s "$blob")" -lt 100000 ] || truncate -s 50000 "$blob"
	done
	refused layout "$TOP/rootfs/image" oci:layout:it new
	rm -r layout
	refused '*' "$TOP/rootfs/image" oci:layout:it new
}
