#!/usr/bin/env bats
# The measurements' own parts that need no quiet machine: turns, failures, the page.
# shellcheck disable=SC2030,SC2031,SC2154
load helpers

@test "bench: a command that fails has no value, and a reason" {
	log=$BATS_TEST_TMPDIR/log
	cat >"$BATS_TEST_TMPDIR/rows" <<-END
		good|sh -c "echo run >>$log"|sh -c "echo after >>$log"
		bad|sh -c "echo words >&2; exit 3"
		missing|/no/such
	END
	run -0 --separate-stderr "$TOP/tests/bench/measure" 5 0 <"$BATS_TEST_TMPDIR/rows"
	[[ ${lines[0]} =~ ^good$'\t'[0-9]+\.[0-9]+$'\t'[0-9]+\.[0-9]+$ ]] || fail "$output"
	is "${lines[1]}" $'bad\t-\t-'
	is "${lines[2]}" $'missing\t-\t-'
	has "$stderr" "measure: bad: status 3: words"
	# The first of a block is not counted, but run.
	is "$(sort "$log" | uniq -c | tr -s ' \n' ' ')" " 6 after 6 run "
}

# verdict DEMAND: that of the page.
verdict() { awk -F ' [|] ' -v what="$1" '/^[|]/ && index($1, what) { sub(/ [|]$/, "", $5); print $3, $5 }' docs/speed.md; }

@test "bench: the page is that of the values, and says which demand is not met" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/tests"
	cp -r "$TOP/tests/bench" "$BATS_TEST_TMPDIR/tree/tests"
	cp -r "$TOP/docs" "$BATS_TEST_TMPDIR/tree"
	cd "$BATS_TEST_TMPDIR/tree"
	# The plots are not the matter.
	mkdir path && ln -s /bin/true path/gnuplot
	PATH=$PWD/path:$PATH
	tests/bench/page -d
	diff "$TOP/docs/speed.md" docs/speed.md
	printf 'box-run\t0\t400\t1300\t5\t100\n' >docs/speed/memory.tsv
	printf 'box-run -p\t1\t1\t1\t95.2\t94.9\t-\n' >docs/speed/path.tsv
	printf 'path\twhy\n' >docs/speed/missing.tsv
	: >docs/speed/starters.tsv
	tests/bench/page -d
	is "$(verdict 'resident memory')" "1300 yes"
	is "$(verdict 'requests through')" "95.2 yes"
	is "$(verdict 'the same with a connection')" "94.9 **no**"
	is "$(verdict 'bulk through')" "- not measured"
	is "$(verdict 'two starters, of one')" "- not measured"
	grep -x -e '- path: why' docs/speed.md
	printf 'full floor\t1\t1\t1\nfloor: all\t1\t1\t1\n... with x\t1\t1\t1.5\n' >docs/speed/start.tsv
	tests/bench/page -d
	grep -xF '| ... with x | 1.50 | +0.50 |' docs/speed.md
}
