# programs.bash - each program of the host that a chain runs fails as a whole
#
# tests/faults/shim stands for all programs in /usr/bin and /usr/sbin, but shells, in a
# mount namespace of the run's own. At each run of each program the run fails, in each
# mode that the shim has; the ends are judged as in sweep.bash. On the list of excused
# ends CALL is "run", PURPOSE the mode and the number of the run, PLACE the chain. With
# $share one run in so many. $programs, an ERE: only these.
# shellcheck shell=bash disable=SC2154

make_farm() {
	farm=$BATS_FILE_TMPDIR/farm
	[ ! -e "$farm" ] || return 0
	mkdir -p "$farm"/{usr,real,bin,sbin}
	cp "$TOP/tests/faults/shim" "$farm/shim"
	python3 - "$farm" <<-'END'
		import os, re, sys
		farm = sys.argv[1]
		for d in "bin", "sbin":
		    for name in os.listdir("/usr/" + d):
		        path = os.path.realpath("/usr/" + d + "/" + name)
		        path = re.sub("^/usr/s?bin/", lambda m: farm + m.group(), path)
		        shell = re.match("(sh|bash|dash|env|python.*|perl.*)$", name)
		        os.symlink(path if shell else farm + "/shim", farm + "/" + d + "/" + name)
		        if not os.path.lexists(farm + "/real/" + name):
		            os.symlink(path, farm + "/real/" + name)
	END
	cat >"$farm/enter" <<-END
		#!/bin/sh
		exec unshare --mount sh -c '
		mount --bind /usr $farm/usr && mount --bind $farm/bin /usr/bin &&
		    $farm/usr/bin/mount --bind $farm/sbin /usr/sbin && exec "\$@"' sh "\$@"
	END
	chmod 755 "$farm" "$farm/enter"
}

# afresh PROGRAM N MODE: the farm before a run.
afresh() {
	rm -f "$farm/hit"
	: >"$farm/log"
	chmod 666 "$farm/log"
	echo "$@" >"$farm/fault"
	[ "${3:-}" != gone ] || [ "$2" != 1 ] || rm -f "$farm"/{bin,sbin}/"$1"
}
# mended PROGRAM: its link is back.
mended() {
	local d
	for d in bin sbin; do
		[ ! -e "/usr/$d/$1" ] || [ -e "$farm/$d/$1" ] || ln -s "$farm/shim" "$farm/$d/$1"
	done
}

# fall PROGRAM N MODE CMD...: CMD, while the N-th run of PROGRAM fails so; $verdict.
fall() {
	local log=$BATS_TEST_TMPDIR/fall
	afresh "${@:1:3}"
	[ "$3" != hang ] || export BOX_DEADLINE=1
	attempt -o "$log" -s none/1 "$farm/enter" "${@:4}"
	unset BOX_DEADLINE
	mended "$1"
	if grep -q late "$log"; then
		verdict=hangs
	elif [ "$3" != gone ] && [ ! -e "$farm/hit" ]; then
		verdict=missed
	else
		judge "/execve/"
	fi
	leftovers
}

# each_run: "PROGRAM N MODE", one a line, of the good run.
each_run() {
	sort "$farm/log" | uniq -c | while read -r runs program; do
		[[ $program =~ ^(${programs:-.*})$ ]] || continue
		for ((n = 1; n <= runs; n++)); do
			for mode in exit lock kill after hang gone; do
				[ "$mode" != lock ] || [[ $program = ip*tables* ]] || continue
				echo "$program $n $mode"
			done
		done
	done
}

# programs CHAIN CMD...: all runs of CMD; a line of $report for each.
programs() {
	local program n mode line bad=0
	report=$BATS_TEST_TMPDIR/report
	make_farm
	afresh
	attempt -o "$BATS_TEST_TMPDIR/fall" -s none/1 "$farm/enter" "${@:2}"
	eventually 10 baseline_same || return
	afresh
	good_runs -o "$BATS_TEST_TMPDIR/fall" -s none/1 "$farm/enter" "${@:2}" || return
	: >"$report"
	# The log is of two runs.
	awk '{ line[NR] = $0 } END { for (i = NR / 2 + 1; i <= NR; i++) print line[i] }' "$farm/log" >"$farm/log.half"
	mv "$farm/log.half" "$farm/log"
	each_run | part >"$report.runs"
	while read -r program n mode; do
		fall "$program" "$n" "$mode" "${@:2}"
		line=''
		[[ $verdict =~ ^(missed|refused)$ ]] || line=$(known "$verdict" "$program" run "$mode$n" "<$1<") ||
		    { bad=$((bad + 1)); verdict=BAD:$verdict; }
		printf '%s %s %s %s %s: %s %s\n' "$verdict" "$program" "$n" "$mode" "$status" \
		    "$(tr '\n' '|' <"$err")" "$line" >>"$report"
	done <"$report.runs"
	[ -z "${KEEP:-}" ] || cp "$report" "$KEEP/programs.$1"
	[ "$bad" = 0 ] || beyond_counters "excuses name functions as the usual build has them"
	[ "$bad" = 0 ] || fail "$(grep '^BAD:' "$report")"
	(($(grep -c '^missed ' "$report") * 20 < $(grep -c . "$report")))
}
