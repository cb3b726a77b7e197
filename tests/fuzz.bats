#!/usr/bin/env bats
# Readers of what others write: archives of a box, the kernel's answers and lists, tables
# and words. "make fuzz TIME=600" takes longer.
load helpers

@test "inputs at random, some seconds for each reader" {
	requires "clang" command -v clang
	[ ! "${ASAN_OPTIONS:-}" ] || skip "the readers have sanitizers of their own"
	TIME=2 make -s -C "$TOP" fuzz
}
