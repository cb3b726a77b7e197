#!/usr/bin/env bats
# box-rm, and the records of ended boxes: box-keep writes them; box-wait, box-logs
# and box-ps -a read them.
# shellcheck disable=SC2016,SC2154
load helpers

setup_file() { bb_root; }
setup() {
	requires "root" test "$EUID" = 0
	bb_root
	baseline_save
	E=$BOX_STATE/ended L=$BOX_STATE/log
}
teardown() {
	box-ps -q | xargs -r box-stop -t 0
	rm -rf "$L"
	baseline_check
}

# ended NAME STATUS PROG...: a box in the background, by the keeper alone, has
# ended.
ended() {
	box-keep -d --name "$1" "${@:3}" >/dev/null
	run "-$2" box-wait "$1"
	is "$output" "$2"
}
field() { box-ps -a --json "$1" | jq -r ".[] | .$2"; }
entries() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort | xargs; }

@test "no name, and a newline in what comes next" {
	run -125 box-rm
	has "$output" "usage: box-rm "
	run -0 ns-spawn -n echo $'a\nb; rm x'
	has "$output" "# next: echo 'a b; rm x'"
}

@test "a job in the background: its status, output, end and times stay" {
	before=$(date +%s)
	run -0 box-run --network none -d --name job "$bb" sh -c 'echo out; sleep 0.3; exit 3'
	for i in 1 2 3; do
		run -3 box-wait job
		is "$output" 3
	done
	is "$(box-logs job)" out
	is "$(timeout 5 box-logs -f job)" out
	is "$(stat -c '%a %u %F' "$E/job")" "600 $EUID regular file"
	is "$(box-ps -q)" ""
	is "$(box-ps -aq)" job
	run -0 box-ps -a
	[[ ${lines[2]} == "job "*" 3 exited 00:00:0"?" 00:00:0"?" -" ]] || fail "${lines[2]}"
	is "$(field job 'name, .status, .cause, .restarts, .log' | xargs)" "job 3 exited 0 $L/job"
	between "$(field job began)" "$before" "$(date +%s)"
	between "$(field job ended)" "$(field job began)" "$(date +%s)"
	# What needs a box that runs says so.
	run -125 box-stop job
	is "$output" "box-stop: job: this box has ended, with status 3"
	run -0 box-rm job
	[ ! -e "$E/job" ] && [ ! -e "$L/job" ]
	run -125 box-wait job
	has "$output" "no such box"
}

@test "stopped, out of processes, out of memory: the record has the cause" {
	run -0 box-run --network none -d --name cause "$bb" sleep 1000
	run -0 box-stop cause
	is "$(field cause 'status, .cause' | xargs)" "143 stopped"
	run box-run --network none --name cause --pids-limit 2 "$bb" sh -c 'sleep 1 & sleep 1 & sleep 1 & wait'
	is "$(field cause 'cause, .limits[]' | xargs)" "exited pids"
	run box-run --network none --name cause -m 16m "$bb" tail /dev/zero
	is "$(field cause 'status, .cause, .limits[]' | xargs)" "137 exited memory"
	run -0 box-run --network none --name cause "$bb" true
	is "$(field cause 'status, .cause, .limits[]' | xargs)" "0 exited"
}

@test "a restarted box has one record, at its end" {
	box-keep -d --name again --restart on-failure:2 sh -c 'sleep 0.1; exit 4' >/dev/null
	eventually 10 test -e "$E/again"
	run -4 box-wait again
	is "$(field again restarts)" 2
}

@test "no record: --rm, no name and no -d, never up, a killed keeper" {
	run -5 box-keep sh -c 'exit 5'
	run -5 box-keep --rm --name none sh -c 'exit 5'
	run -127 box-keep --name none no-such-program
	run -125 box-run --name none -p 198.51.100.1:80:80 --network host "$bb" true
	box-keep -d --rm --name none sleep 1000 >/dev/null
	run -0 box-stop none
	is "$(entries "$E")" ""
	run -0 box-keep -d --name none sleep 1000
	read -r pid _ <"$BOX_STATE/none/keeper"
	kill -9 "$pid"
	eventually 10 gone "$pid"
	run -0 box-gc
	is "$(entries "$E")" ""
	run -125 box-wait none
	# The log that stays is box-rm's, too.
	[ -d "$L/none" ]
	run -0 box-rm none
	[ ! -e "$L/none" ]
}

@test "a new box replaces the record, but a start that fails does not" {
	ended web 3 sh -c 'exit 3'
	run -127 box-keep --name web no-such-program
	run -3 box-wait web
	run -0 box-keep -d --name web sleep 1000
	[ ! -e "$E/web" ]
	run -125 box-rm web
	is "${lines[0]}" "box-rm: web is running"
	run -0 box-stop web
	run -143 box-wait web
}

@test "a made-up name is recorded, and not made up again while it is" {
	name=$(box-keep -d sh -c 'echo here; exit 6')
	run -6 box-wait "$name"
	is "$(box-logs "$name")" here
	is "$(entries "$E")" "$name"
	run -0 box-rm "$name"
	is "$(entries "$E")$(entries "$L")" ""
}

@test "--rm with a made-up name: no log stays that nobody could find" {
	name=$(box-keep -d --rm sleep 1000)
	[ -d "$L/$name" ]
	run -0 box-stop "$name"
	eventually 10 test ! -e "$BOX_STATE/lock/box-$name"
	is "$(entries "$E")$(entries "$L")" ""
	# One that the caller has named is the caller's.
	name=$(box-keep -d --rm --log "$BATS_TEST_TMPDIR/own" echo out)
	eventually 10 test ! -e "$BOX_STATE/lock/box-$name"
	is "$(<"$BATS_TEST_TMPDIR/own/current")" out
}

@test "-d with a made-up name: of a start that fails, and of one that is broken off, no log stays" {
	for bad in "127 no-such-program" "125 cg-limit --no-such-option max true"; do
		# shellcheck disable=SC2086
		run "-${bad%% *}" box-keep -d ${bad#* }
		has "$output" no-such
		is "$(entries "$E")$(entries "$L")$(find "$BOX_STATE/lock" -name 'box-*')" ""
	done
	start box-keep -d --ready notify sleep 1000
	eventually 10 compgen -G "$L/*/current"
	kill "$pid"
	finish
	no_logs() { [ -z "$(entries "$L")" ]; }
	eventually 10 no_logs
	# A name of the caller's finds the log again.
	run -127 box-keep -d --name web no-such-program
	is "$(entries "$L")" web
}

@test "a log elsewhere stays; a name that is wrong removes nothing" {
	dir="$BATS_TEST_TMPDIR/a log"
	run -0 box-keep -d --log "$dir" --name web echo out
	run -0 box-wait web
	is "$(box-logs web)" out
	is "$(field web log)" "$dir"
	for bad in nobody ../web "" lock ended; do run -125 box-rm web "$bad"; done
	[ -e "$E/web" ]
	run -0 --separate-stderr box-rm -n web
	is "$output" "rm $E/web"
	[ -e "$E/web" ]
	run -0 --separate-stderr box-rm -x web
	is "$stderr" "+ rm $E/web"
	[ -f "$dir/current" ] && [ ! -e "$E/web" ]
}

# old NAME AGE [MADE-UP]: a record with a log.
old() {
	mkdir -p "$E" "$L/$1" && chmod 700 "$E" "$L/$1"
	: >"$L/$1/current"
	printf 'status 0\ncause exited\n%srestarts 0\nbegan 1\nended 1\n' "${3:+made-up name$'\n'}" >"$E/$1"
	chmod 600 "$E/$1"
	touch -d "$2 ago" "$E/$1"
}

@test "64 records, none older than a week: by the next end, and by box-gc" {
	for by in box-gc "box-keep --name new true"; do
		rm -rf "$E" "$L"
		for i in {1..64}; do old "b$i" "$i minutes"; done
		old first "8 days" && old second "8 days" yes
		old third "2 hours" yes
		old fourth "3 hours"
		box-keep --rm -d --name fourth sleep 1000 >/dev/null
		old fourth "3 hours"
		run -0 box-gc -n
		is "$(entries "$E" | wc -w)" 68
		# shellcheck disable=SC2086
		run -0 $by
		# A box of that name runs: so the record is not looked at.
		is "$(entries "$E" | tr ' ' '\n' | grep -v '^b')" "$(printf '%s\n' fourth ${by:16:3})"
		is "$(entries "$E" | tr ' ' '\n' | grep -c '^b')" $((${#by} > 6 ? 63 : 64))
		# Only the logs of made-up names go with the records.
		[ -d "$L/first" ] && [ -d "$L/b64" ] && [ ! -e "$L/second" ] && [ ! -e "$L/third" ]
		run -0 box-stop fourth
		rm -f "$E/fourth"
	done
}

@test "a record that others could have written is refused; a damaged one is named" {
	ended web 3 sh -c 'exit 3'
	for forge in "chmod 666 $E/web" "chown 1 $E/web" "ln -sf /etc/passwd $E/web" "chmod 777 $E" "chown 1 $E"; do
		cp -a "$E" "$E.kept"
		$forge
		run -125 box-wait web
		run ! grep -qx 3 <<<"$output"
		run -125 box-ps -a
		rm -r "$E" && mv "$E.kept" "$E"
	done
	for line in 'status x' 'status $(id)' 'status 1;id' 'ended x' 'restarts -1'; do
		cp -a "$E/web" "$E/.kept"
		sed -i "/^log /i $line" "$E/web"
		run -125 box-wait web
		is "$output" "box-wait: $E/web is damaged"
		run -125 --separate-stderr box-ps -a
		is "$stderr" "box-ps: $E/web is damaged"
		mv "$E/.kept" "$E/web"
	done
	# A keeper writes nothing into a directory of another user's.
	chown 1 "$E"
	run -4 box-keep --name other sh -c 'exit 4'
	has "$output" "write $E/other: Operation not permitted"
	chown 0 "$E"
	is "$(entries "$E")" web
}

@test "facts that the keeper could not remove go with the record" {
	requires "strace" command -v strace
	run -0 strace -f -qq -o /dev/null -e trace=rmdir -e inject=rmdir:error=EPERM box-keep --name web true
	has "$output" "box-keep: rm -r $BOX_STATE/web: Operation not permitted"
	run -0 box-rm web
	[ ! -e "$BOX_STATE/web" ] && is "$output" ""
}

@test "what cannot be seen is not taken for removed" {
	requires "strace" command -v strace
	ended web 0 true
	cannot() { run -125 strace -qq -o /dev/null -P "$1" -e trace="$2" -e inject="$2:error=$3" box-rm web; }
	cannot "$L/web" faccessat,faccessat2 EACCES
	is "$output" "box-rm: remove web: Permission denied"
	cannot "$E" open,openat EACCES
	is "$output" "box-rm: remove web: Permission denied"
	is "$(entries "$E") $(entries "$L")" "web web"
}

@test "an ordinary user's boxes" {
	requires "setpriv" command -v setpriv
	d=$(mktemp -d) && chown 65534 "$d"
	user() { setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE XDG_RUNTIME_DIR="$d" PATH="$PATH" "$@"; }
	run -0 user box-keep -d --name job sh -c 'echo mine; exit 9'
	run -9 user box-wait job
	is "$(user box-logs job)" mine
	run -0 user box-rm job
	is "$(find "$d/box" -type f)" ""
	rm -r "$d"
}

@test "a keeper that is killed while it writes leaves half a record, until box-gc" {
	requires "strace" command -v strace
	killed() { run strace -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=renameat "$@" box-keep --name half true; }
	killed
	n=$(grep -nF '".half"' "$BATS_TEST_TMPDIR/calls" | cut -d: -f1)
	killed -e "inject=renameat:signal=KILL:when=$n"
	is "$(ls -A "$E")" .half
	run -0 box-gc -n
	has "$output" "rm $E/.half"
	run -0 box-gc
	is "$(ls -A "$E")" ""
}
