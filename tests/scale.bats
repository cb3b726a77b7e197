#!/usr/bin/env bats
# Many boxes at the same moment, each with a published port: fifty, or two hundred
# with SOAK.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	requires "curl" command -v curl
	lab_up
	bb_root
	baseline_save
}
teardown() {
	if [ "${pids:-}" ]; then
		kill "${pids[@]}" 2>/dev/null || :
		# bats has a process of its own in the background.
		wait "${pids[@]}" || :
	fi
	lab_end
}

# at_once N OPTIONS...: N boxes that serve their port's number, when all do.
at_once() {
	local n=$1 port
	first=8000 last=$((8000 + n - 1))
	mkfifo "$BATS_TEST_TMPDIR/gate"
	exec 8<>"$BATS_TEST_TMPDIR/gate"
	for ((port = first; port <= last; port++)); do
		(exec 3>&-; read -r _ <"$BATS_TEST_TMPDIR/gate"
		    enter "$HOSTNS" box-run "${@:2}" -p $port:80 --tmpfs /www "$bb" \
		    sh -c "echo $port >/www/index.html; exec httpd -f -h /www") \
		    >"$BATS_TEST_TMPDIR/out$port" 2>"$BATS_TEST_TMPDIR/err$port" 8>&- &
		pids+=($!)
	done
	# Open until all boxes have opened it.
	yes | head -n "$n" >&8
	eventually 60 all_answer || fail "$(said)"
	exec 8>&-
}
# The first failing box is named, in place of two hundred pages.
all_answer() {
	outside curl -sS -m 5 "http://192.0.2.1:[$first-$last]/" 2>&1 |
	    diff - <(seq "$first" "$last") >"$BATS_TEST_TMPDIR/diff" || fail "$(sed -n 2p "$BATS_TEST_TMPDIR/diff")"
}
said() { cat "$BATS_TEST_TMPDIR"/err* "$BATS_TEST_TMPDIR"/out* | sort -u; }
silent() { is "$(said)" "" "what they say"; }
end_all() {
	kill "${pids[@]}"
	for pid in "${pids[@]}"; do
		finish "$pid"
		is "$status" 143
	done
	pids=()
}

# bats test_tags=soak
@test "many boxes at once, and each answers on its own port" {
	begin=$SECONDS
	at_once $((SOAK ? 200 : 50)) --pool 10.64.0.0/16
	echo "# ${#pids[@]} boxes answer after $((SECONDS - begin)) s" >&3
	silent
	end_all
	silent
}

# As "make soak" has it, for many more.
@test "boxes one after the other, then some at once: nothing grows" {
	beyond_box slabs
	"$TOP/tests/bench/soak" boxes 32 4 >"$BATS_TEST_TMPDIR/table"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -gt 20 ]
	is "$(tail -n 1 "$BATS_TEST_TMPDIR/table" | cut -f 1-2)" $'52\t0'
	"$TOP/tests/bench/soak" check "$BATS_TEST_TMPDIR/table" || fail "$(<"$BATS_TEST_TMPDIR/table")"
}
