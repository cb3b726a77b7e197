#!/usr/bin/env bats
# The chain contract (box(7)): each row of the table, for every tool.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

# The list in the product, and the other tools, which get no descriptor.
STAGES=$(awk '/stages\[\] = / { on = 1; next } /^};/ { on = 0 } on { gsub(/[ ",]/, ""); print }' "$TOP/lib/stage/stages.c" | xargs)
OTHERS="cg-set box-gc box-oci box-rm box-cp log-plain"
TOOLS="$STAGES cg-set box-run box-exec"

# One box stays, to be entered.
setup_file() {
	lab_up
	open_tun
	bb_root
	printf '%s\n' "proc /proc proc nosuid,nodev,noexec" "tmpfs /dev tmpfs nosuid,mode=755" >"$BATS_FILE_TMPDIR/fstab"
	host box-run -d --name stays --network none --pids-limit max "$bb" sleep 100000
}
teardown_file() {
	box-stop -t 0 stays
	rm -r "$BOX_STATE/log"
	lab_down
}

setup() {
	bb_root
	baseline_save
}
teardown() { baseline_check; }

# The words before PROG: each tool that can stand alone, and the chains.
chains() {
	# No box can have device rules.
	sed "${IN_BOX:+/cg-device/d}" <<-END
		box-keep
		cg-limit max
		cg-limit --pids 100 -m 64m 50%
		cg-limit --devices max cg-device --allow a
		ns-spawn --only uts
		ns-spawn
		ns-spawn --init
		ns-spawn --init=linger
		net-lease
		net-nat
		net-nat -p 8080:80
		ns-spawn ns-sysctl net.ipv4.ip_unprivileged_port_start=80 kernel.msgmax=9000
		ns-spawn net-veth
		ns-spawn net-user
		ns-spawn rootfs-enter $bb
		ns-spawn rootfs-enter --seccomp off --cap-add ALL --new-privs $bb
		proc-set --rlimit nofile=1000 --oom 100 --umask 027 --nice 1
		ns-spawn rootfs-fstab --fstab $BATS_FILE_TMPDIR/fstab --device /dev/null:c:1:3 $bb
		cap-drop
		sys-filter
		ns-spawn --init net-veth cap-drop sys-filter
		cg-limit 50% ns-spawn net-veth rootfs-enter $bb
		box-keep --name web net-lease net-nat -p 80:80 cg-limit --pids 30 50% ns-spawn --init net-veth rootfs-enter $bb
		box-run $bb
		box-run --network none --linger $bb
		ns-enter stays
		ns-enter --seccomp off --cap-add ALL --new-privs stays
		box-exec stays
	END
}

# each CHECK: CHECK with every chain in the array pre; all of them are tried, or
# those that match the regular expression $ONLY.
# The chains with net-user need an open /dev/net/tun, $OPEN.
# (A job in the background keeps its errexit, one behind || would not.)
each() {
	local bad=0 pre line
	while read -r line; do
		[[ $line =~ ${ONLY:-.} ]] || continue
		read -ra pre <<<"$line"
		local -x OPEN=
		[[ $line != *net-user* ]] || OPEN=$opener
		(set -e; "$@") &
		wait $! || { bad=1; echo "FAILED: $line" >&2; }
	done < <(chains)
	return $bad
}

# try STATUS CMD...: in the lab, with $output and $stderr.
try() {
	local want=$1
	shift
	run --separate-stderr host "$@"
	[ "$status" = "$want" ] ||
	    fail "status $status, want $want: $*" "stdout: $output" "stderr: $stderr"
}

# One line, "tool: ...", and at most a hint.
one_line() {
	local tool=$1 lines
	mapfile -t lines <<<"$stderr"
	[[ ${lines[0]} == "$tool: "?* || ${lines[0]} == "usage: $tool "* ]] || fail "not $tool's: $stderr"
	[ ${#lines[@]} = 1 ] || [[ ${#lines[@]} = 2 && ${lines[1]} == "$tool: hint: "?* ]] ||
	    fail "more than a line and a hint: $stderr"
}

@test "no arguments: status 125, one line, nothing on stdout" {
	for t in $TOOLS; do
		try 125 "$t"
		is "$output" ""
		is "$(wc -l <<<"$stderr")" 1 "lines of $t"
		has "$stderr" "$t"
	done
}

@test "no PROG: status 125 and one line" {
	for t in "cg-limit 50%" "rootfs-enter $bb" "box-run $bb" "ns-spawn --init" "net-lease --slot 3" "ns-enter stays" "ns-enter --pid 1" "box-exec stays"; do
		# shellcheck disable=SC2086
		try 125 $t
		one_line "${t%% *}"
		is "$output" ""
	done
}

@test "unknown option: status 125 and one line" {
	for t in $TOOLS; do
		try 125 "$t" --no-such-option max "$bb" true
		one_line "$t"
		has "$stderr" no-such-option
		is "$output" ""
		try 125 "$t" -Z max "$bb" true
		one_line "$t"
		is "$output" ""
	done
}

@test "--help and --version: status 0, stdout only" {
	for t in $TOOLS; do
		for o in -h --help -V --version; do
			try 0 "$t" "$o"
			is "$stderr" ""
			has "$output" "$t"
		done
		try 0 "$t" --help
		has "${lines[0]}" "usage: $t [options] "
		for o in --dry-run --trace --help --version; do
			has "$output" "$o"
		done
	done
}

missing() {
	for p in no-such-program /no/such/program; do
		try 127 "${pre[@]}" "$p"
		is "$output" ""
		has "$stderr" "$p"
		is "$(wc -l <<<"$stderr")" 1 "lines of stderr"
	done
}
# bats test_tags=vm
@test "PROG missing: status 127 and one line" { each missing; }

noexec() {
	# /proc/self/status: never executable, in a root directory or on the host.
	for p in /proc/self/status /proc/self; do
		try 126 "${pre[@]}" "$p"
		is "$output" ""
		has "$stderr" "$p"
		is "$(wc -l <<<"$stderr")" 1 "lines of stderr"
	done
}
# bats test_tags=vm
@test "PROG not executable, or a directory: status 126 and one line" { each noexec; }

statuses() {
	try 0 "${pre[@]}" true
	is "$output$stderr" "" "output"
	try 7 "${pre[@]}" sh -c 'exit 7'
	is "$output$stderr" "" "output"
	try 255 "${pre[@]}" sh -c 'exit 255'
}
# bats test_tags=vm
@test "PROG's status is the chain's, in silence" { each statuses; }

killed() {
	local sig
	for sig in TERM KILL; do
		start "${pre[@]}" sleep 1000
		runs sleep
		# The kernel's rule: process 1 takes no TERM without a handler.
		[ "$(awk '/^NSpid/ { print $NF }' "/proc/$prog/status")" != 1 ] || sig=KILL
		kill -$sig "$prog"
		finish
		is "$status" $((128 + $(kill -l $sig))) "status after $sig"
		is "$(cat "$out")" ""
	done
}
# bats test_tags=vm
@test "PROG killed by signal N: status 128+N" { each killed; }

verbatim() {
	local args=('a  b' '' -n --help -- '*' $'two\nlines' '$HOME "q" \' "it's" 'ü' =)
	try 0 "${pre[@]}" sh -c 'for a; do printf "<%s>" "$a"; done' sh "${args[@]}"
	is "$output" "$(printf '<%s>' "${args[@]}")" arguments
	try 0 "${pre[@]}" printf '%s' "$(printf %2000s x)"
	is "${#output}" 2000 "length of a long argument"
}
# bats test_tags=vm
@test "arguments arrive verbatim" { each verbatim; }

streams() {
	host "${pre[@]}" cat <"$BATS_TEST_TMPDIR/data" >"$BATS_TEST_TMPDIR/copy"
	cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/copy"
	is "$(host "${pre[@]}" sh -c 'echo one; echo two >&2' 2>&1 >/dev/null)" two
}
# bats test_tags=vm
@test "stdin, stdout and stderr pass through" {
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	each streams
}

list_fds() { "$@" sh -c 'cd /proc/self/fd && echo *'; }
descriptors() {
	local want got
	# bats has descriptors of its own; only 0, 1, 2 and one of a caller's stay.
	exec 9</dev/null
	for fd in $(list_fds env); do
		case $fd in [0129]) ;; *) eval "exec $fd>&-" ;; esac
	done 2>/dev/null
	want=$(list_fds env)
	got=$(list_fds host "${pre[@]}")
	# A descriptor leads out of a root directory: there PROG has none.
	case ${pre[*]} in *"$bb"* | *stays*) want=${want/ 9/} ;; esac
	is "$got" "$want" descriptors
	exec 9<&-
	is "$(list_fds host "${pre[@]}")" "$(list_fds env)" "descriptors"
}
# bats test_tags=vm
@test "PROG has its caller's descriptors; in a root directory 0, 1 and 2" { each descriptors; }

closed() {
	local f=$BATS_TEST_TMPDIR/closed
	# Absent, or opened on /dev/null: never something else.
	for fd in 0 1 2; do
		case $fd in
		0) (host "${pre[@]}" sh -c 'exec cat' <&-) >"$f" 2>/dev/null || : ;;
		1) (host "${pre[@]}" sh -c 'echo out' >&-) 2>/dev/null || : ;;
		2) (host "${pre[@]}" sh -c 'echo err >&2; exit 7' 2>&-) >"$f" || is $? 7 ;;
		esac
		[ ! -s "$f" ] || fail "with $fd closed, on stdout: $(cat "$f")"
	done
}
@test "a caller that closed 0, 1 or 2 does no harm" { each closed; }

environment() {
	try 0 env BOX_FOO=1 BOX_SLOT=0 KEEP=me "${pre[@]}" env
	# bats exports the test's name, which has the word, too.
	is "$(grep ^BOX_ <<<"$output")" ""
	# Only a root directory's program starts with a clean environment.
	case "${pre[*]}" in *"$bb"* | *stays*) hasnt "$output" KEEP ;; *) has "$output" KEEP=me ;; esac
}
# bats test_tags=vm
@test "no BOX_ variable reaches PROG" { each environment; }

ignored() {
	try 7 env --ignore-signal "${pre[@]}" sh -c 'exit 7'
	try 7 env --block-signal "${pre[@]}" sh -c 'exit 7'
	try 7 env --ignore-signal --block-signal "${pre[@]}" sh -c 'exit 7'
	try 7 env --ignore-signal=CHLD "${pre[@]}" sh -c 'exit 7'
}
# bats test_tags=vm
@test "started with every signal ignored and blocked, the status still comes" { each ignored; }

dry() {
	local ran=$BATS_TEST_TMPDIR/ran
	baseline_save
	try 0 "${pre[0]}" -n "${pre[@]:1}" sh -c "echo RAN; >$ran"
	is "$stderr" ""
	[ "$output" ] || fail "nothing printed"
	hasnt "$output" $'\nRAN'
	[ ! -e "$ran" ] || fail "PROG ran"
	baseline_same
	[[ ${pre[0]} = box-[re]* ]] || [[ ${lines[-1]} == "# "*sh* ]] ||
	    fail "the last line is not the next command: ${lines[-1]}"
	is "$(host "${pre[0]}" --dry-run "${pre[@]:1}" true | wc -l)" "${#lines[@]}" "lines of --dry-run"
}
@test "-n prints, changes nothing and never runs PROG" {
	each dry
	chains() { printf '%s\n' net-veth "rootfs-enter $bb"; }
	each dry
}

# full TOOL ARGS...: with its standard output on a full disk, or closed.
full() {
	local to
	for to in ">/dev/full No space left on device" ">&- Bad file descriptor"; do
		run --separate-stderr host sh -c 'exec "$@" '"${to%% *}" sh "$@"
		is "$status" 125 "status of $*"
		is "$stderr" "$1: write standard output: ${to#* }"
	done
}
dry_full() {
	[[ ${pre[0]} = box-run ]] || [[ ${pre[0]} = box-exec ]] ||
	    full "${pre[0]}" -n "${pre[@]:1}" touch "$BATS_TEST_TMPDIR/ran"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}
@test "output that cannot be written is an error" {
	each dry_full
	for t in $STAGES $OTHERS; do
		full "$t" --help
		full "$t" --version
	done
	full net-nat -n up
}

@test "-n and -x write words that a shell reads back" {
	odd=$BATS_TEST_TMPDIR/$'a b\'c"$HOME`id`;\ntouch ran\n*'
	mkdir "$odd" "$BATS_TEST_TMPDIR/stubs" "$BATS_TEST_TMPDIR/here"
	printf '#!/bin/sh\nprintf "<%%s>" "${0##*/}" "$@"\n' >"$BATS_TEST_TMPDIR/stubs/mount"
	chmod 755 "$BATS_TEST_TMPDIR/stubs/mount"
	for t in ln umount keyctl setpriv sys-filter mkdir; do ln -s mount "$BATS_TEST_TMPDIR/stubs/$t"; done
	# pasted TEXT: the words that its commands get, in order.
	pasted() { (cd "$BATS_TEST_TMPDIR/here" && PATH=$BATS_TEST_TMPDIR/stubs /bin/sh -c "$1"); }
	run -0 host rootfs-enter -n -v "$odd:/t o" --tmpfs '/x y:size=1m' "$odd" true
	got=$(pasted "$output" 2>/dev/null)
	has "$got" "<mount><--rbind><$odd><$odd>"
	has "$got" "<mount><--rbind><$odd><$odd/t o>"
	has "$got" "<tmpfs><$odd/x y>"
	run -0 host log-keep -n "$odd" true
	has "$(pasted "$output" 2>/dev/null)" "<mkdir><-p><$odd>"
	[ ! -e "$BATS_TEST_TMPDIR/here/ran" ]
	run -0 --separate-stderr host box-keep -x --log "$odd" true
	has "$(pasted "${stderr//+ mkdir/mkdir}" 2>/dev/null)" "<mkdir><-p><$odd>"
}

@test "PROG in a directory that may not be searched: 126, as of execvp(3)" {
	requires "setpriv" command -v setpriv
	# The tests' own directory may be root's alone.
	dir=$(mktemp -d)
	chmod 711 "$dir"
	cp "$TOP/bin/sys-filter" "$dir"
	mkdir -m 700 "$dir/closed"
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	PATH=$dir/closed:$PATH try 126 "${nobody[@]}" "$dir/sys-filter" no-such-program
	has "$stderr" "no-such-program: Permission denied"
	PATH=$dir/closed:$PATH try 0 "${nobody[@]}" "$dir/sys-filter" true
	rm -r "$dir"
}

traced() {
	local at
	# -x goes to the last stage of ours, and to the first.
	try 7 "${pre[0]}" -x "${pre[@]:1}" sh -c 'echo out; exit 7'
	is "$output" out stdout
	case ${pre[*]} in net-lease) ;; *) has "$stderr" "+ " ;; esac
	for at in "${!pre[@]}"; do
		case ${pre[at]} in
		net-veth | rootfs-enter)
			try 7 "${pre[@]:0:at+1}" -x "${pre[@]:at+1}" sh -c 'echo out; exit 7'
			is "$output" out stdout
			has "$stderr" "+ " ;;
		esac
	done
}
# bats test_tags=vm
@test "PROG that cannot be looked at: the error, and 126" {
	requires "strace" command -v strace
	cp "$(type -P true)" "$BATS_TEST_TMPDIR/prog"
	run -126 strace -qq -o /dev/null -P "$BATS_TEST_TMPDIR/prog" -e trace=stat,newfstatat -e inject=stat,newfstatat:error=ENOMEM \
	    env PATH="$BATS_TEST_TMPDIR" "$TOP/bin/cap-drop" prog
	[[ $output = "cap-drop: prog: "*" memory" ]]
}

@test "-x traces on stderr only, and makes all changes" { each traced; }

@test "an error is one line, without control characters" {
	name=$'no\nsuch\e[2J\xc2\x9b1mü'
	for t in "cg-limit max" ns-spawn net-lease cap-drop sys-filter "ns-spawn rootfs-enter $bb"; do
		# shellcheck disable=SC2086
		try 127 $t "$name"
		is "$(wc -l <<<"$stderr")" 1 lines
		has "$stderr" 'no\012such\033[2J\302\2331mü'
	done
	try 125 rootfs-enter -w "$name" "$bb" true
	one_line rootfs-enter
	# Text from a root directory.
	root=$BATS_TEST_TMPDIR/root
	cp -a "$bb.new" "$root"
	printf '#!/no\e[2J\n' >"$root/bin/script"
	chmod 755 "$root/bin/script"
	try 127 rootfs-enter "$root" script
	has "$stderr" 'interpreter /no\033[2J: No such'
}

@test "no privileges: one line, a status of 125, nothing done" {
	requires "setpriv" command -v setpriv
	for t in "cg-limit 50%" "net-nat" "rootfs-enter $bb" "cap-drop" "net-veth --pid 1" "box-run --network veth $bb" "ns-enter --pid 1"; do
		# shellcheck disable=SC2086
		try 125 setpriv --reuid 65534 --regid 65534 --clear-groups $t true
		has "$stderr" "${t%% *}: "
		has "$stderr" hint
	done
}

@test "BOX_FDS=log: errors of all stages go there, and no foreign program has it" {
	log=$BATS_TEST_TMPDIR/log
	for c in "ns-spawn rootfs-enter $bb no-such" "cg-limit max ns-spawn --init rootfs-enter $bb no-such" "ns-spawn rootfs-enter -t $bb no-such" \
	    "proc-set net-lease no-such" "ns-spawn --leave rootfs-enter $bb no-such"; do
		BOX_FDS=log:9 run -127 --separate-stderr host $c 9>"$log" </dev/null
		is "$output$stderr" "" "$c"
		has "$(cat "$log")" ": no-such: No such file or directory"
	done
	run -0 env BOX_FDS=log:9 ns-spawn rootfs-enter "$bb" ls /proc/self/fd 9>"$log"
	hasnt "$output" 9
	run -127 --separate-stderr env BOX_FDS=log:9 ns-spawn --user host env cap-drop no-such 9>"$log"
	has "$stderr" "no-such: No such file"
	is "$(cat "$log")" ""
	# Of another type of file it is closed.
	run -127 --separate-stderr env BOX_FDS=log:9 ns-spawn no-such 9>/dev/null
	has "$stderr" "no-such"
}

@test "each tool is a stage of the list, or known as none" {
	is "$(printf '%s\n' $STAGES $OTHERS | sort)" "$(for t in "$TOP"/cmds/*.c; do basename "$t" .c; done | sort)"
	for t in $STAGES $OTHERS; do
		for page in README.md man/box.7; do
			grep -q "$t" "$TOP/$page" || fail "$page does not name $t"
		done
	done
	# A lease reaches the last stage through each of them.
	for t in box-keep "log-keep $BATS_TEST_TMPDIR/log" "cg-limit max" "ns-spawn --only uts" net-lease net-nat proc-set cap-drop sys-filter; do
		# shellcheck disable=SC2086
		start net-lease --slot 9 $t log-keep "$BATS_TEST_TMPDIR/last" sleep 1000
		runs sleep || fail "$t: $(<"$err")"
		has "$(ls -l "/proc/$(awk '/^PPid/ { print $2 }' "/proc/$prog/status")/fd")" "/lock/slot-9"
		kill -9 "$prog"
		finish
	done
}

@test "BOX_FDS: a stage hands on descriptors of the right kind, and closes the rest" {
	echo text >"$BATS_TEST_TMPDIR/file"
	seen() { BOX_FDS=$1 "${@:2}" sh -c 'cd /proc/self/fd && echo *' 7<"$BATS_TEST_TMPDIR/file" 8</dev/null 2>/dev/null; }
	plain=$(seen "" cap-drop)
	has "$plain" " 7 8"
	for word in lease:7,lease:8 door:7,ready:8 dust:7,lease:8 dust:8,lease:7; do
		is "$(seen "$word" cap-drop)" "${plain/ 7 8/}" "$word"
	done
	# A bad number is ignored, and 0, 1 and 2 are PROG's.
	for word in lease:x lease: lease : lease:7x,door:1 ready:2 lease:99 ,,; do
		is "$(seen "$word" cap-drop)" "$plain" "$word"
	done
}

@test "a stage that cannot be looked at is an end, and no foreign program" {
	requires "strace" command -v strace
	run -125 strace -qqo /dev/null -e trace=/^readlink -e inject=/^readlink:error=EACCES cap-drop cap-drop true
	is "$output" "cap-drop: read /proc/self/exe: Permission denied"
}

@test "a stage that is not ours in between gets no door and no lease" {
	try 125 ns-spawn env net-veth true
	one_line net-veth
	has "$stderr" "hint"
	try 0 net-lease env sh -c 'ls -l /proc/self/fd; env'
	hasnt "$output" "$BOX_STATE"
	is "$(grep ^BOX_ <<<"$output")" ""
}

# set_id PATH HOW: chmod's mode, or a capability of the file's.
set_id() {
	case $2 in
	cap_*) setcap "$2" "$1" ;;
	2*) chgrp 1 "$1" && chmod "$2" "$1" ;;
	*) chmod "$2" "$1" ;;
	esac
}
@test "set-user-ID, set-group-ID and file capabilities: every stage refuses to run" {
	requires "setpriv" command -v setpriv
	requires "setcap" command -v setcap
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	dir=$(mktemp -d)
	chmod 711 "$dir"
	for t in ${TOOLS% box-run*}; do
		for how in 4755 2755 cap_sys_admin+ep cap_net_raw=p; do
			rm -f "$dir/$t"
			cp "$TOP/bin/$t" "$dir"
			set_id "$dir/$t" $how
			for args in --help "-n max true" "max touch $dir/ran"; do
				# shellcheck disable=SC2086
				run "${nobody[@]}" "$dir/$t" $args
				is "$status $output" "125 $t: refusing to run set-user-ID or with file capabilities" "$t $how"
			done
		done
	done
	# The kernel heeds no such bit of a script.
	cp "$TOP/bin/box-run" "$dir"
	chmod 4755 "$dir/box-run"
	run -125 "${nobody[@]}" "$dir/box-run" --network veth "$bb" true
	has "$output" "root's"
	[ ! -e "$dir/ran" ]
	rm -r "$dir"
}
