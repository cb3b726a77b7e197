#!/usr/bin/env bats
# Names of boxes: each box's /etc/hosts has the others of its pool, while they come
# and go; and lines of its own, and a chosen address.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	bb_root
	baseline_save
	declare -gA chain=() box=()
}
teardown() {
	kill ${reader:+"$reader"} "${chain[@]}" 2>/dev/null || :
	for p in "${chain[@]}"; do finish "$p"; done
	baseline_check
}

# up NAME [OPTIONS...]: a box with a sleep, ${box[NAME]} as we see it.  No server
# answers there, at once.
up() {
	start box-run --dns 127.0.0.1 --name "$@" "${root:-$bb}" sleep 1000
	chain[$1]=$pid
	runs sleep
	box[$1]=$prog
}
down() {
	kill "${chain[$1]}"
	finish "${chain[$1]}"
	unset "chain[$1]"
}
# kill_all NAME: the box with all its stages, at once.
kill_all() {
	local all
	mapfile -t all < <(family "${chain[$1]}")
	kill -9 "${all[@]}" 2>/dev/null || :
	finish "${chain[$1]}"
	unset "chain[$1]"
}
box_locked() { ! flock -n "$BOX_STATE/lock/box-$1" true; }
family() {
	local p
	echo "$1"
	for p in $(cat "/proc/$1"/task/*/children 2>/dev/null); do family "$p"; done
}
inside() { nsenter -t "${box[$1]}" -m -n "${@:2}"; }
# seen NAME: the lines that the box's programs see, but localhost's and the host name's.
seen() { inside "$1" sed '1,2d; /^127.0.1.1.container$/d; s/#.*//; s/ *$//; /^$/d' /etc/hosts | paste -sd '|' | tr '\t' ' '; }
sees() { is "$(seen "$1")" "$2" "the names in $1"; }

@test "boxes of a pool find each other by name" {
	up web
	up db --hostname store
	is "$(inside web ping -c 1 db | head -n 1)" "PING db (10.0.0.3): 56 data bytes"
	is "$(inside db ping -c 1 web | head -n 1)" "PING web (10.0.0.2): 56 data bytes"
	run ! inside web ping -c 1 store
	sees db "10.0.0.3 store db|10.0.0.2 web"
	# Not those of other pools and networks, and words that are no host's name.
	up other --pool 10.9.0.0/24
	up no_host
	up localhost
	up 1.2.3
	up alone --isolate
	up none --network none
	up shared --network host
	sees web "10.0.0.2 web|10.0.0.3 db"
	sees no_host "10.0.0.5 no_host|10.0.0.2 web|10.0.0.3 db"
	sees other "10.9.0.4 other"
	sees alone "10.0.0.8 alone"
	sees none "127.0.1.1 none"
	# In another network namespace an address may be another box's.
	HOSTNS=$OUTNS up far
	sees far "10.0.0.11 far"
	sees web "10.0.0.2 web|10.0.0.3 db"
}

@test "names while boxes come, go, are killed and start again" {
	up web
	before=$(inside web stat -c %i /etc/hosts)
	up db
	up cache
	sees web "10.0.0.2 web|10.0.0.3 db|10.0.0.4 cache"
	down db
	sees web "10.0.0.2 web|10.0.0.4 cache"
	# The slot of db.
	up next
	sees web "10.0.0.2 web|10.0.0.3 next|10.0.0.4 cache"
	sees next "10.0.0.2 web|10.0.0.3 next|10.0.0.4 cache"
	kill_all cache
	kill_all next
	sees web "10.0.0.2 web|10.0.0.3 next|10.0.0.4 cache"
	run -0 box-gc -n
	has "$output" "printf '%-127s\n' '#' | dd bs=128 seek=3 conv=notrunc of=$BOX_STATE/web/hosts"
	sees web "10.0.0.2 web|10.0.0.3 next|10.0.0.4 cache"
	run -0 box-gc
	sees web "10.0.0.2 web"
	up db
	kill_all db
	up other
	sees web "10.0.0.2 web|10.0.0.3 other"
	# A restart has its line again.
	start box-run --name again --restart always "$bb" sh -c 'sleep 0.5'
	chain[again]=$pid
	restarted() { [ "$(cat "$BOX_STATE/again/restarts")" -ge 1 ] && sees web "10.0.0.2 web|10.0.0.3 other|10.0.0.4 again"; }
	eventually 20 restarted
	down again
	sees web "10.0.0.2 web|10.0.0.3 other"
	# A name that moves on, and an address whose new box has no name of a host.
	kill_all other
	up other --ip 10.0.0.9
	sees web "10.0.0.2 web|10.0.0.9 other"
	kill_all other
	# Nobody cleans up after a box whose lock is held.
	flock -F "$BOX_STATE/lock/box-other" sleep 60 3>&- &
	reader=$!
	eventually 10 box_locked other
	up no_host --ip 10.0.0.9
	kill "$reader"
	sees web "10.0.0.2 web"
	down no_host
	box-gc
	# The file is the same, as programs have it open.
	is "$(inside web stat -c %i /etc/hosts)" "$before"
}

# calls: the system calls for files of names, and their list, of a box's whole life.
calls() {
	host strace -f -qq -y -o "$BATS_TEST_TMPDIR/calls" -e trace=%file,%desc box-run --dns 127.0.0.1 --name x "$bb" true
	grep -v resumed "$BATS_TEST_TMPDIR/calls" | grep -cE "$BOX_STATE/(lock/names|[^/]+/hosts)"
}
links() { stat -c %h "$BOX_STATE/$1/hosts"; }

@test "boxes share a file of names, and a start costs the same beside many" {
	up web
	up six --ipv6
	few=$(calls)
	[ "$few" -gt 10 ]
	for i in {3..8}; do up n$i; done
	is "$(calls)" "$few"
	# Those with lines of their own, with a name that is not listed, or as the
	# file's owner share none.
	up store --hostname other
	up self --map self
	up WEB
	up container
	up gw --add-host web:192.0.2.1
	start box-run --dns 127.0.0.1 --name plain --hostname container "$bb" sleep 1000
	chain[plain]=$pid
	eventually 10 test -e "$BOX_STATE/plain/hosts"
	is "$(for i in web n8 plain; do links $i; done | uniq)" 8
	is "$(for i in six store self WEB container gw; do links $i; done | uniq)" 1
	# The host name of all that have no other is no box's.
	is "$(grep -h container "$BOX_STATE"/{web,six,store,gw,container,plain}/hosts | sort | uniq -c | tr -s ' \t' ' ')" \
	    $' 1 10.0.0.13 container\n 3 127.0.1.1 container'
	down web
	is "$(links n8)" 7
	hasnt "$(cat "$BOX_STATE"/{n8,six,store,gw}/hosts)" $'\n10.0.0.2\tweb '
	is "$(cat "$BOX_STATE"/{n8,six,store,gw}/hosts | grep -c $'^10.0.0.10\tstore ')" 3
}

@test "a box that is killed while its line appears leaves none" {
	up web
	for call in pwrite64:when=2 close:when=1; do
		run -137 host strace -f -qq -o /dev/null -P "$BOX_STATE/web/hosts" -e trace=pwrite64,close \
		    -e inject=$call:signal=KILL box-run --dns 127.0.0.1 --name gone "$bb" true
		box-gc
		sees web "10.0.0.2 web"
	done
	run -0 host strace -f -qq -o /dev/null -P "$BOX_STATE/lock/names" -e trace=ftruncate \
	    -e inject=ftruncate:error=EIO box-run --dns 127.0.0.1 --name gone "$bb" true
	box-gc
	is "$(cut -d ' ' -f 1 "$BOX_STATE/lock/names")" web
	kill_all web
	up web
	sees web "10.0.0.2 web"
}

@test "of names that differ in big and small letters the first is listed" {
	up DB
	up web
	up db
	up late
	sees web "10.0.0.2 DB|10.0.0.3 web|10.0.0.5 late"
	sees late "10.0.0.2 DB|10.0.0.3 web|10.0.0.5 late"
	sees db "10.0.0.4 db|10.0.0.3 web|10.0.0.5 late"
	down DB
	sees web "10.0.0.3 web|10.0.0.5 late"
	down db
	up db
	sees web "10.0.0.2 db|10.0.0.3 web|10.0.0.5 late"
	sees late "10.0.0.2 db|10.0.0.3 web|10.0.0.5 late"
}

@test "a box that starts while another one ends has no line of that one" {
	up web
	up db
	strace -qq -o /dev/null -p "${chain[db]}" -e trace=unlinkat \
	    -e inject=unlinkat:delay_exit=$((1000000 * ${SLACK:-1})):when=1 3>&- &
	traced() { hasnt "$(grep TracerPid "/proc/${chain[db]}/status")" $'\t0'; }
	eventually 10 traced
	kill "${chain[db]}"
	eventually 10 sees web "10.0.0.2 web"
	up next
	finish "${chain[db]}"
	unset "chain[db]"
	sees next "10.0.0.2 web|10.0.0.3 next"
}

@test "a box cannot change the file of names" {
	up web
	for how in "" "--map self"; do
		# shellcheck disable=SC2086
		run -0 host box-run $how --cap-add ALL --seccomp off --name evil "$bb" sh -c '
			echo 6.6.6.6 web >>/etc/hosts; chmod 666 /etc/hosts; rm -f /etc/hosts; mv /etc/hosts /x
			truncate -s 1m /etc/hosts
			grep -c web /etc/hosts; ls -l /etc/hosts | cut -c1-10; grep -o " /etc/hosts ro" /proc/self/mountinfo
			[ "$1" ] || { mount -o remount,bind,rw /etc/hosts && echo 6.6.6.6 web >>/etc/hosts; }
			true' - "$how"
		has "$output" $'1\n-rw-r--r--\n /etc/hosts ro'
		hasnt "$(inside web cat /etc/hosts)" 6.6.6.6
	done
	is "$(wc -c <"$BOX_STATE/web/hosts")" 512
}

@test "a file of names that cannot be opened is named" {
	requires "strace" command -v strace
	# ns-spawn makes the file, and opens it for the line.
	run -0 host strace -f -qq -o /dev/null -P "$BOX_STATE/web/hosts" -e trace=open,openat \
	    -e inject=open,openat:error=EACCES:when=2 box-run --dns 127.0.0.1 --name web "$bb" true
	is "$output" "rootfs-enter: open $BOX_STATE/web/hosts: Permission denied"
}

# slow_reader FILE: reads FILE again and again by 128 bytes, as the slowest libc
# could, and fails once the last box is not in it, or a line is not one of a box.
slow_reader() {
	exec python3 -u - "$1" 3>&- <<-'END'
	import os, re, sys
	line = re.compile(rb"#.*|(10\.0\.0\.\d+\t(web|last|old[0-9]|new[0-9])|127\.0\.0\.1\tlocalhost|127\.0\.1\.1\tcontainer|::1\tlocalhost .*) *")
	print("reads")
	while True:
	    fd, text = os.open(sys.argv[1], os.O_RDONLY), b""
	    while part := os.read(fd, 128):
	        text += part
	        os.sched_yield()
	    os.close(fd)
	    bad = [l for l in text[:-1].split(b"\n") if not line.fullmatch(l)]
	    if bad or text.count(b"\n10.0.0.6\tlast ") != 1:
	        sys.exit(f"{bad} in {text}")
	END
}

@test "a reader finds each name, however slow, with musl's and glibc's ways to read" {
	requires "python3" command -v python3
	alpine_root
	copy_root
	requires "getent" command -v getent
	# shellcheck disable=SC2046 # no path has blanks
	for f in $(command -v getent) $(ldd "$(command -v getent)" | grep -o '/[^ ]*'); do
		mkdir -p "$root${f%/*}" && cp -L "$f" "$root$f"
	done
	root=$alpine up web
	up old1
	up old2
	up old3
	root=$bb up last
	(slow_reader "$BOX_STATE/web/hosts") >"$BATS_TEST_TMPDIR/reader" 2>&1 &
	reader=$!
	eventually 10 grep -q reads "$BATS_TEST_TMPDIR/reader"
	for i in 1 2 3; do
		down old$i
		up new$i
	done
	is "$(cat "$BATS_TEST_TMPDIR/reader")" reads
	kill -0 "$reader"
	is "$(inside web getent hosts last | tr -s ' ')" "10.0.0.6 last last"
	is "$(inside new1 getent hosts last | tr -s ' ')" "10.0.0.6 last"
	is "$(inside new1 getent ahostsv4 web | tr -s ' ' | head -n 1)" "10.0.0.2 STREAM web"
	run ! inside new1 getent hosts old1
}

@test "--add-host, --ip" {
	run -0 host box-run --name x --add-host db:192.0.2.9 --add-host h:host-gateway --add-host six:2001:db8::6 "$bb" cat /etc/hosts
	has "$output" $'10.0.0.2\tx\n192.0.2.9\tdb\n10.0.0.1\th\n2001:db8::6\tsix\n'
	run -0 ns-spawn rootfs-enter --add-host a.example.org:192.0.2.1 "$bb" cat /etc/hosts
	has "$output" $'127.0.1.1\tcontainer\n192.0.2.1\ta.example.org'
	# One's own lines hold, whatever the boxes' names are.
	up db
	up web --ip 10.0.0.9 --add-host db:192.0.2.9
	sees web "10.0.0.9 web|192.0.2.9 db"
	sees db "10.0.0.2 db|10.0.0.9 web"
	is "$(inside web ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.9/24
	refused() {
		run --separate-stderr -125 host box-run "${@:2}" "$bb" true
		is "$output" ""
		has "$stderr" "$1"
		[ "$(wc -l <<<"$stderr")" -le 2 ]
	}
	refused "10.0.0.9, slot 7: it is leased" --ip 10.0.0.9
	for bad in 10.0.0.0 10.0.0.1 10.0.0.255 10.0.1.2 192.0.2.1; do
		refused "--ip: $bad is not a box's address in the pool 10.0.0.0/24" --ip $bad
	done
	refused "is not an IPv4 address" --ip 10.0.0
	refused "--ip" --network none --ip 10.0.0.3
	for bad in a_b:1.2.3.4 :1.2.3.4 -a:1.2.3.4 a..b:1.2.3.4 1.2:1.2.3.4 localhost:1.2.3.4 $'a\nb:1.2.3.4' "a b:1.2.3.4"; do
		refused "is not the name of a host" --add-host "$bad"
	done
	for bad in a a: a:1.2.3 a:b a:host; do
		refused "is not NAME:ADDRESS or NAME:host-gateway" --add-host "$bad"
	done
	refused "has no link to the host" --network none --add-host a:host-gateway
	words=()
	for i in {1..200}; do words+=(--add-host "$(printf 'n%060d:192.0.2.9' "$i")"); done
	refused "more than 4000 bytes" "${words[@]}"
}
