#!/usr/bin/env bats
# box-top, with boxes made by hand.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load family

# busy NAME USEC: a box that has used so much CPU time.
busy() {
	[ -e "$BOX_STATE/$1" ] || box "$1"
	mkdir -p "$BATS_TEST_TMPDIR/g/$1"
	: >"$BATS_TEST_TMPDIR/g/$1/cgroup.controllers"
	echo "usage_usec $2" >"$BATS_TEST_TMPDIR/g/$1/cpu.stat"
	echo "$BATS_TEST_TMPDIR/g/$1" >"$BOX_STATE/lock/cg-$1"
}

@test "CPU time between two frames; the busiest box first" {
	busy a 5000000
	busy b 7000000
	box-top --delay 2 --count 2 >"$BATS_TEST_TMPDIR/out" 3>&- &
	lines() { [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -ge 3 ]; }
	eventually 5 lines
	busy b 8000000
	finish $!
	is "$status" 0
	mapfile -t out <"$BATS_TEST_TMPDIR/out"
	is "${#out[@]}" 7
	has "${out[0]}" "CPU%"
	is "$(awk '{print $1, $5}' <<<"${out[1]}")" "a -"
	# A second of CPU time in a little more than two.
	read -r name _ _ _ percent _ <<<"${out[5]}"
	is "$name" b "${out[*]}"
	between "$percent" 20 50
	is "$(awk '{print $1, $5}' <<<"${out[6]}")" "a 0"
}

# on_terminal CMD: between two looks at the terminal's modes.
on_terminal() {
	python3 "$TOP/tests/terminal.py" bash -c '
		before=$(stty -g); '"$1"'; echo "status=$?"
		[ "$before" = "$(stty -g)" ] && echo given back; exit 0' 3>&-
}
@test "on a terminal: a key ends box-top, and the terminal is given back" {
	busy a 5000000
	for key in q Q '\x03'; do
		[ "$key" = '\x03' ] && want=130 || want=0
		on_terminal "box-top --delay 1" <<-END
			expect \\x1b[?1049h
			expect \\x1b[?25l
			expect NAME
			expect a
			expect NAME
			send x
			expect NAME
			send $key
			expect \\x1b[?25h
			expect \\x1b[?1049l
			expect status=$want
			expect given back
			end 0
		END
	done
	on_terminal 'timeout --foreground 2 box-top --delay 1' <<-END
		expect \\x1b[?1049l
		expect status=124
		expect given back
		end 0
	END
}

@test "no line is longer than the window, nor are there more than it has" {
	for i in {1..9}; do busy "box$i" 1; done
	on_terminal 'stty rows 5 cols 30; box-top --count 1 | cat; box-top --count 1'  <<-END
		expect NAME
		expect PORTS
		expect NAME                 PID ADDRE\\x1b[K
		expect \\x1b[J
		expect given back
		end 0
	END
}

@test "bad words" {
	for bad in "--delay 0" "--delay 26" "--delay x" "--count -1" "--delay" x; do
		run --separate-stderr box-top $bad
		is "$status" 125 "$bad"
		is "$output" ""
	done
}
