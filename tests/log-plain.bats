#!/usr/bin/env bats
# log-plain: text without bytes that control a terminal, in a fixed memory.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

# shows WANT: WANT comes of stdin; also byte by byte.
shows() {
	cat >"$BATS_TEST_TMPDIR/in"
	is "$(log-plain <"$BATS_TEST_TMPDIR/in" && echo x)" "$1"x
	is "$(while IFS= read -r -d '' -n 1 c || [ "$c" ]; do printf %s "$c"; done <"$BATS_TEST_TMPDIR/in" | log-plain && echo x)" "$1"x
}

@test "T51: text and UTF-8 pass, control characters do not" {
	printf 'a\tb\nc\n' | shows $'a\tb\nc\n'
	printf '\303\244 \342\202\254 \360\237\220\247 \364\217\277\277' | shows $'\303\244 \342\202\254 \360\237\220\247 \364\217\277\277'
	printf 'a\033[31mb\007\177\r\n\rc\r' | shows $'a?[31mb??\n?c?'
	# C1, in UTF-8, in a longer form of it, and as bytes.
	printf '\302\233a \340\202\233b \233c \360\200\202\233' | shows '??a ???b ?c ????'
	# No UTF-8: cut off, a surrogate, too large, a byte alone.
	printf '\342\202x \303' | shows '??x ?'
	printf '\355\240\200 \364\220\200\200 \365 \377 \300\200' | shows '??? ???? ? ? ??'
	run -125 log-plain word
	run -125 bash -c 'echo x | log-plain >/dev/full'
}

@test "T51: a line without an end takes no memory, and nobody waits for its end" {
	# The length of the output, and the peak of memory in KiB.
	run -0 bash -c "head -c 300000000 /dev/zero | tr '\0' '\233' | python3 -c '
import resource, subprocess
tool = subprocess.Popen([\"log-plain\"], stdout=subprocess.PIPE)
print(sum(len(part) for part in iter(lambda: tool.stdout.read(65536), b\"\")))
tool.wait()
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'"
	is "${lines[0]}" 300000000
	[ "${lines[1]}" -lt 40000 ] || fail "${lines[1]} KiB"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# The reader makes it only when the pipe has a writer.
	: >"$BATS_TEST_TMPDIR/out"
	log-plain <"$BATS_TEST_TMPDIR/pipe" >"$BATS_TEST_TMPDIR/out" 3>&- &
	exec 9>"$BATS_TEST_TMPDIR/pipe"
	printf 'no end\r' >&9
	shown() { is "$(<"$BATS_TEST_TMPDIR/out")" "no end"; }
	eventually 10 shown
	exec 9>&-
	finish $!
	is "$status" 0
}
