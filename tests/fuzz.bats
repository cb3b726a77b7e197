#!/usr/bin/env bats
# Readers of what others write: archives and files of a box, its messages to the doorman,
# the kernel's answers and lists, tables, words, config.json; and profiles of system calls
# beside libseccomp's filters. "make fuzz TIME=600" takes longer.
load helpers

@test "inputs at random, some seconds for each reader" {
	requires "clang" command -v clang
	[ ! "${ASAN_OPTIONS:-}" ] || skip "the readers have sanitizers of their own"
	[ "${SLACK:-1}" -lt 10 ] || skip "an emulated machine compiles for a quarter of an hour"
	TIME=2 make -s -C "$TOP" fuzz
}
