#!/usr/bin/env bats
# The build: quiet, complete, hardened.
# shellcheck disable=SC2154
load helpers

build() { make -C "$TOP" --no-print-directory "$@"; }

@test "make after make does nothing; a changed header rebuilds its includers" {
	build -s all
	run -0 build -q all
	for of in bin/cg-limit lib/libbox.a lib/term/relay.o; do
		run -1 build -q -W lib/term/pty.h $of
	done
	run -0 build -q -W lib/term/pty.h lib/base/die.o bin/box-ps
}

@test "make prints a line for each step, its command with V=1, nothing with -s" {
	run -0 build -W scripts/box-ps bin/box-ps
	is "$output" "  GEN bin/box-ps"
	run -0 build -W scripts/box-ps bin/box-ps V=1
	has "$output" 'put("scripts/box-ps")'
	run -0 build -W scripts/box-ps bin/box-ps -s
	is "$output" ""
}

@test "libbox.a has the objects of the sources, and no other" {
	diff <(ar t "$TOP/lib/libbox.a" | sort) <(cd "$TOP" && printf '%s\n' lib/*/*.c |
	    sed 's,.*/,,; s,c$,o,' | sort)
}

# libbox.a is compiled as the tools are, and has no library's code in it.
@test "compiled code guards its stack, its buffers and its jumps" {
	beyond_counters "it has no guards"
	calls=$(nm -u "$TOP/lib/libbox.a")
	has "$calls" __stack_chk_fail
	# glibc's, or ours for musl.
	grep -qE '__snprintf_chk|fortify_fail' <<<"$calls"
	[ "$(uname -m)" = x86_64 ] || skip "needs a x86_64 host for its instructions"
	code=$(objdump -d "$TOP/lib/libbox.a")
	has "$code" endbr64
	# A page that a large frame skips is touched.
	grep -q 'or.*\$0x0,(%rsp)' <<<"$code"
}

@test "the tools have no executable stack, no writable code, no writable tables" {
	read -ra tools < <(make -C "$TOP" -pqs nothing 2>&1 | sed -n 's/^TOOLS = //p')
	[ ${#tools[@]} -ge 13 ]
	for tool in "${tools[@]}"; do
		segments=$(readelf -lW "$TOP/bin/$tool")
		has "$segments" GNU_RELRO
		grep -q 'GNU_STACK .* RW ' <<<"$segments" || fail "$tool: an executable stack"
		! grep -q ' RWE ' <<<"$segments" || fail "$tool: memory that is written and executed"
		hasnt "$(readelf -dW "$TOP/bin/$tool")" TEXTREL
	done
}

@test "a part of a script does nothing: the shell reads the whole first" {
	cd "$BATS_TEST_TMPDIR"
	for script in "$TOP"/bin/*; do
		read -r line <"$script"
		[ "$line" = '#!/bin/sh' ] || continue
		all=$(wc -c <"$script")
		# Where its reads end, and before the last line.
		for size in 8192 16384 $((all - 2)); do
			[ "$size" -lt "$all" ] || continue
			head -c "$size" "$script" >"${script##*/}"
			run -2 --separate-stderr sh "${script##*/}" x
			is "$output" "" "$script"
		done
	done
}
