#!/usr/bin/env bats
# cg-device: device rules of a group, by what the kernel then refuses.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { requires "root" test "$EUID" = 0; }
setup() { baseline_save; }
teardown() { baseline_check; }

# limited OPTIONS... -- CMD...
limited() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	run --separate-stderr cg-limit --devices max cg-device "${opts[@]}" "${@:2}"
}
# What the rules let through, of each kind of access; dd names no other error.
tries() {
	cat <<-'END'
		try() { (eval "$2") 2>&- && echo "$1"; }
		cd "$1"
		try null-r ': </dev/null'
		try null-w ': >/dev/null'
		try null-rw ': <>/dev/null'
		try zero-r ': </dev/zero'
		try full-r ': </dev/full'
		try full-w ': >/dev/full'
		try kmsg-r ': </dev/kmsg'
		try null-m 'mknod n1 c 1 3 && rm n1'
		try disk-m 'mknod n2 b 7 200 && rm n2'
		:
	END
}
# passes WORDS OPTIONS...: exactly the tries in WORDS pass.
passes() {
	limited "${@:2}" -- sh -c "$(tries)" sh "$BATS_TEST_TMPDIR"
	is "$(xargs <<<"$output")" "$1" "${*:2} ($stderr)"
}
all="null-r null-w null-rw zero-r full-r full-w kmsg-r null-m disk-m"

# bats test_tags=vm
@test "each rule lets its devices through, and no others" {
	beyond_box devices
	passes ""
	passes "$all" --allow a
	passes "null-r null-w null-rw null-m" --allow "c 1:3"
	passes "null-r" --allow "c 1:3 r"
	passes "null-r null-w null-rw" --allow "c 1:3 r" --allow "c 1:3 w"
	passes "null-r zero-r full-r kmsg-r" --allow "c *:* r"
	passes "null-r zero-r full-r kmsg-r" --allow "c 1:* r"
	passes "null-r" --allow "c *:3 r" --allow "b *:* rw"
	passes "disk-m" --allow "b 7:200 m"
	passes "null-r null-w null-rw zero-r full-r full-w null-m disk-m" --default
}

# bats test_tags=vm
@test "rules take earlier ones back" {
	beyond_box devices
	passes "zero-r full-r full-w kmsg-r disk-m" --allow a --deny "c 1:3"
	passes "null-r zero-r full-r full-w kmsg-r disk-m" --allow a --deny "c 1:3 wm"
	passes "zero-r full-r full-w kmsg-r null-m disk-m" --allow a --deny "c 1:3 rw"
	passes "$all" --allow a --deny "c 1:3" --allow "c 1:3"
	passes "null-m disk-m" --allow a --deny "c *:* rw" --deny "b *:* rw"
	passes "null-w" --allow "c 1:3 rw" --deny "c 1:3 r"
	passes "full-r" --allow "c 1:3" --deny a --allow "c 1:7 r"
	passes "full-r" --allow "c 1:3" --allow "c 1:7 r" --deny "c 1:3"
}

# bats test_tags=vm
@test "a box under rules" {
	beyond_box devices
	bb_root
	limited --default -- ns-spawn rootfs-enter "$bb" sh -c 'echo x >/dev/null && head -c 1 /dev/zero | wc -c; ls /dev/fuse'
	is "${output%%$'\n'*}" 1 "$stderr"
	# The group and its rules go with cg-limit: baseline.
	run -125 ns-spawn cg-limit --devices max cg-device --default true
	# In a group that is limited already, no more is allowed.
	limited --allow "c 1:3 r" -- cg-limit --devices max cg-device --allow "c 1:3 r" sh -c "$(tries)" sh "$BATS_TEST_TMPDIR"
	is "$output" null-r "$stderr"
	[ -e "$(cgroup_dir devices)/devices.list" ] || return 0
	limited --allow "c 1:3 r" -- cg-limit --devices max cg-device --allow "c 1:7 r" true
	is "$status" 125
	has "$stderr" "hint: the group above may not have that device"
}

# bats test_tags=vm
@test "rules that cannot be kept are refused, and the host's group is left alone" {
	while IFS='|' read -r line text; do
		eval "limited $line -- touch '$BATS_TEST_TMPDIR/ran'"
		is "$status" 125 "$line"
		has "$stderr" "cg-device: $text"
		[ "$(wc -l <<<"$stderr")" -le 2 ]
	done <<-'END'
		--allow ''|--allow: '' is not a, or as 'c 1:3 rwm'
		--allow 'a 1:3'|--allow: 'a 1:3' is not a
		--allow 'c 1:3 x'|--allow: 'c 1:3 x': access is some of r, w and m
		--allow 'c 1:3 rr'|--allow: 'c 1:3 rr': access
		--allow 'c 1:3 rwmr'|--allow: 'c 1:3 rwmr' is not
		--allow 'c 1:3 RW'|--allow: 'c 1:3 RW' is not
		--allow 'c 1:3:5'|--allow: 'c 1:3:5' is not
		--allow 'c 1:000000031'|--allow: 'c 1:000000031' is not
		--allow 'c 4096:3'|--allow: '4096' is not
		--allow 'c 1:1048576'|--allow: '1048576' is not
		--allow 'c 1*:3'|--allow: '1*' is not
		--allow 'p 1:3'|--allow: 'p 1:3' is not
		--allow 'c 1:3 rwm extra'|--allow: 'c 1:3 rwm extra' is not
		--allow 'c 1:* r' --deny 'c 1:3 r'|--deny: the earlier rule 'c 1:* r' is for other numbers, too
	END
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	# Without a group of the chain's own.
	for pre in "" "cg-limit max" "cg-limit --pids 10 max"; do
		run $pre cg-device --allow "c 1:3" touch "$BATS_TEST_TMPDIR/ran"
		# v2 has one group for all.
		[ -e "$(cgroup_dir devices)/devices.list" ] || [ -z "$pre" ] || continue
		is "$status" 125
		has "$output" "cg-device: the chain has no group of its own for devices"
		has "$output" "hint: cg-limit --devices max cg-device ..."
	done
	: </dev/zero
}

@test "-n prints the lines of v1, and changes nothing" {
	lacks_kernel "the devices hierarchy of v1" test -e "$(cgroup_dir devices)/devices.list"
	dir=$(cgroup_dir devices)
	run -0 cg-limit --devices max cg-device -n --allow "c 1:3 rw" --allow "b 8:*" true
	has "$output" "echo a > "
	has "$output" "/devices.deny
echo 'c 1:3 rw' > "
	has "$output" "echo 'b 8:* rwm' > $dir"
	has "${lines[-1]}" "# next: true"
}
