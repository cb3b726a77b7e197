# sweep.bash - each system call of our own programs fails once, or is the last one
#
# Each run ends with one line and the contract's status, and the host is as before. Another
# end is on the list tests/faults/excused, with a reason. A killed process may leave what
# box-gc removes. FAULTS=all: each call, each likely error, and SIGKILL, one call of each
# place before the others, as far as TIME seconds for each chain go;
# FAULTS=once: each place of all chains, as below but without $share;
# otherwise each place in the code once, with one error: of a chain with $share one in
# so many, others in each run. The variables of a sweep: only, an ERE of the programs;
# refusal, the contract's status, if not 125; keep, if the state directory is to stay;
# scripts, if the calls of shells for our scripts are meant, too;
# also, patterns of files that belong to the baseline. KEEP=DIR gets the lists of calls
# and of runs.
# shellcheck shell=bash disable=SC2154

inject=$TOP/tests/faults/inject
places=$BATS_RUN_TMPDIR/places

# sites LOG: "SITE PROGRAM CALL PURPOSE STACK", one a line. Calls that cannot fail are left
# out, as those of signals and of musl's change of ids, close(2), which closes in any
# case, and what the C library and libcap do before main().
sites() {
	touch "$places"
	awk -v all="${FAULTS:-}" -v only="${only:-.*}" -v places="$places" '
	BEGIN { if (all != "all") while ((getline place < places) > 0) before[place] }
	!(($1, $2) in any) { any[$1, $2]; if ($3 ~ /^(brk|arch_prctl)$/) start[$1, $2] }
	$3 ~ /^open/ && $5 ~ "/" $2 "$" { delete start[$1, $2] } # a shell opens its script
	$3 == "prctl" && $5 == 15 || $3 ~ /^open/ && $5 == "/proc/self/exe" { delete start[$1, $2] } # in tool_start(), sealed_start()
	# The same program begins again.
	$5 ~ "^/memfd:stage" || $3 == "execve" && $5 == "/proc/self/exe" { delete any[$1, $2] }
	($1, $2) in start { next }
	$3 ~ /^(brk|close|exit|exit_group|get[a-z]*[gpu]id|getpgrp|gettid|munmap|rt_sigaction|rt_sigprocmask|rt_sigreturn|sched_yield|set_robust_list|set_tid_address|tkill|umask)$/ { next }
	{ site = $1 "/" $2 "/" $3 "/" $4; n[site]++ }
	$2 !~ "^(" only ")$" || ($2 " " $3 " " $4) in before { next }
	all == "all" || !(($2, $3, $4) in seen) {
		if ($5 ~ "/|-") gsub(/[0-9]+/, "N", $5)
		# One word for what musl and glibc call differently.
		call = $3 == "open" ? "openat" : $3 ~ /^[fl]?stat$/ ? "newfstatat" : $3
		print all == "all" && ($2, $3, $4) in seen, site "/" n[site], $2, call, $5, $6
	}
	{
		if (!(($2, $3, $4) in seen)) print $2, $3, $4 >>places
		seen[$2, $3, $4]
	}' "$1" | sort -s -k1,1 | cut -d ' ' -f 2-
}
# errors CALL: the numbers of the errors that its manual page has as likely; 0: SIGKILL.
errors() {
	local list
	case $1 in
	access | faccessat2 | newfstatat | stat | lstat | statx | readlink | readlinkat) list="13 12" ;; # EACCES ENOMEM
	clone | clone3 | fork | vfork) list="11 12" ;;                      # EAGAIN ENOMEM
	read | pread64 | getdents64 | lseek) list="5" ;;                    # EIO
	write | writev | pwrite64 | ftruncate | fallocate) list="28 5" ;;   # ENOSPC EIO
	open | openat | openat2 | open_tree) list="24 13" ;;                # EMFILE EACCES
	accept4 | dup | dup2 | dup3 | inotify_init1 | pidfd_open | pipe2 | signalfd4 | socket | socketpair | timerfd_create) list="24" ;;
	mkdir | mkdirat | symlinkat | linkat | mknodat | rename | renameat | renameat2) list="28 13" ;;
	flock) list="37" ;;                                                 # ENOLCK
	madvise | mmap | mprotect | mremap | poll | ppoll | wait4 | waitid) list="12" ;;
	*) list="1 12" ;;                                                   # EPERM ENOMEM
	esac
	[ "${FAULTS:-}" = all ] && echo "$list" 0 || echo "${list%% *}"
}

# strike SITE ERRNO CMD...: CMD, with the call SITE failing or, 0, killed there; the
# lines are in files $out and $err; $verdict.
strike() {
	local log=$BATS_TEST_TMPDIR/strike
	attempt -o "$log" -s "$1" -w "$2" "${@:3}"
	if ! grep -q hit "$log"; then
		verdict=missed
	elif grep -q late "$log"; then
		verdict=hangs
	elif [ "$2" = 0 ]; then
		verdict=killed
	else
		judge "$1"
	fi
	leftovers
}
# attempt WORD...: inject with the words; $status, and the lines in $out and $err.
attempt() {
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err status=0
	[ "${keep:-}" ] || rm -rf "$BOX_STATE"
	host "$inject" ${scripts:+-c} -d "$TOP/bin" -t $((20 * ${SLACK:-1})) "$@" >"$out" 2>"$err" </dev/null 3>&- || status=$?
}
# judge WHERE: $verdict of an attempt.
judge() {
	if [ "$status" = "$good_status" ] && cmp -s "$out" "$good_out" && cmp -s "$err" "$good_err"; then
		verdict=harmless
	elif [ "$status" = "$good_status" ] && cmp -s "$err" "$good_err"; then
		verdict=changed
		diff "$good_out" "$out" >"$err" || :
		# Only the view of the groups may differ: the other lines are defences.
		! grep '^[<>]' "$err" | grep -qv '^[<>] /sys/fs/cgroup[ /]' || verdict=weaker
	elif [ "$(grep -vc ': hint: ' "$err")" != 1 ]; then
		verdict=lines
	elif [ "$status" = "$good_status" ] && cmp -s "$out" "$good_out"; then
		verdict=warned
	elif [ "$status" != "${refusal:-125}" ] && ! [[ $1 =~ /(execve|execveat|faccessat2|openat|newfstatat|stat)/ && $status = 12[67] ]]; then
		verdict=status
	else
		verdict=refused
	fi
}
# leftovers: adds to $verdict what the host has more than before.
leftovers() {
	[ "$verdict" != killed ] || eventually 10 buried || verdict+=,lost
	[ "$verdict" = killed ] || eventually 1 baseline_same || verdict+=,left
	[[ $verdict != *,* ]] || eventually 10 buried || { verdict+=,lost; baseline_save; }
}
buried() {
	# Settings that a killed program has made only reset(1) takes back.
	rm -f "$BATS_TEST_TMPDIR/terminal-left"
	[ "${refusal:-125}" != 125 ] || host box-gc
	baseline_same
}
# functions PROGRAM STACK: none of a shell's; else those of the stack, the innermost first, as "<open<main<".
functions() {
	[ "$2" != - ] || { echo "<"; return; }
	# shellcheck disable=SC2086 # a word for each address
	echo "<$(addr2line -fi -e "$TOP/bin/$1" ${2//,/ } | awk 'NR % 2 && $1 != last { printf "%s<", last = $1 }')"
}
# known VERDICT PROGRAM CALL PURPOSE FUNCTIONS: whether the list of excused ends has
# this one.
known() {
	awk -v verdict="$1" -v program="$2" -v call="$3" -v what="$4" -v stack="$5" '
	/^#/ || NF < 5 { next }
	verdict ~ ("^(" $1 ")$") && ($2 == "*" || program ~ ("^(" $2 ")$")) && call ~ ("^(" $3 ")$") &&
	    what ~ ("^(" $4 ")$") && ($5 == "*" || stack ~ ("<(" $5 ")<")) { print NR; found = 1; exit }
	END { exit !found }' "$TOP/tests/faults/excused"
}

# good_runs WORD...: two attempts without a fault, since the second has what the first has
# made of the host's, as an empty table; the lines in $good_out and $good_err.
good_runs() {
	export BOX_GRACE=0
	for _ in 1 2; do
		attempt "$@"
		eventually 10 baseline_same || return
	done
	good_status=$status good_out=$BATS_TEST_TMPDIR/good.out good_err=$BATS_TEST_TMPDIR/good.err
	cp "$out" "$good_out" && cp "$err" "$good_err"
	[ "$good_status" = 0 ] || fail "$(<"$good_err")"
}
# part: of the sites one in $share, others with each SEED; all of them with FAULTS.
part() {
	local share=${share:-1}
	[ -z "${FAULTS:-}" ] || share=1
	awk -v share="$share" -v first="$((SEED % share))" 'NR % share == first'
}

# sweep NAME CMD...: all sites of CMD; a line of $report for each run.
sweep() {
	local site program call what stack where line error missed runs bad=0 end=$((SECONDS + ${TIME:-1000000})) trace=$BATS_TEST_TMPDIR/trace
	report=$BATS_TEST_TMPDIR/report
	good_runs -o "$trace" "${@:2}" || return
	[ -z "${KEEP:-}" ] || cp "$trace" "$KEEP/trace.$1"
	: >"$report"
	sites "$trace" | part >"$trace.sites"
	while read -r site program call what stack; do
		for error in $(errors "$call"); do
			strike "$site" "$error" "${@:2}"
			where='' line=''
			[[ $verdict =~ ^(killed|missed|refused)$ ]] || {
				where=$(functions "$program" "$stack")
				line=$(known "$verdict" "$program" "$call" "$what" "$where") ||
				    { bad=$((bad + 1)); verdict=BAD:$verdict; }
			}
			printf '%s %s %s %s %s: %s %s%s\n' "$verdict" "$site" "$what" "$error" "$status" \
			    "$(tr '\n' '|' <"$err")" "$line" "$where" >>"$report"
		done
		((SECONDS < end)) || break
	done <"$trace.sites"
	[ "${FAULTS:-}" != all ] || summary "$1" 9<"$TOP/tests/faults/sweep.bash"
	[ -z "${KEEP:-}" ] || cp "$report" "$KEEP/$1"
	[ "$bad" = 0 ] || beyond_counters "excuses name functions as the usual build has them"
	[ "$bad" = 0 ] || fail "$(grep '^BAD:' "$report")"
	# A fault that the program does not reach proves nothing: on a busy machine the calls
	# that wait come in other numbers. A second start has other calls for the counters
	# than the first.
	[ ! -d "$TOP/profile" ] || return 0
	missed=$(grep -c '^missed ' "$report") runs=$(grep -c . "$report")
	((missed * 10 < runs)) || fail "$missed of $runs faults were not reached"
}
# summary NAME: the counts, in tests/faults/report.
summary() {
	local file=$TOP/tests/faults/report
	flock 9
	{
		[ ! -e "$file" ] || grep -v "^$1:" "$file" || :
		awk -v name="$1" -v all="$(grep -c . "$trace.sites")" '
		{ runs++; sub(/:.*/, "", $1); n[$1]++; if (!site[$2]++) sites++ }
		END {
			printf "%s: %d of %d calls, %d runs, %d failures:", name, sites, all, runs, n["BAD"]
			split("killed missed refused harmless warned changed lines status", kinds, " ")
			for (i = 1; i in kinds; i++) {
				found = 0
				for (v in n) if (v ~ "^" kinds[i]) found += n[v]
				printf "%s %d %s", (i > 1 ? "," : ""), found, kinds[i]
			}
			print ""
		}' "$report"
	} >"$file.new"
	mv "$file.new" "$file"
}
