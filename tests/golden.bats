#!/usr/bin/env bats
# The default box as its root sees it, against the files in tests/golden. After
# an intended change, "make golden" writes them anew; read the difference before
# committing it.
#
# A line "? TEXT" may be missing: not every kernel or host has it.
# Lines with # are comments; the order does not matter.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	lab_up
	make -s -C "$TOP" tests/golden/view tests/attack/probe >&2
}
teardown_file() { lab_down; }
setup() {
	copy_root
	cp "$TOP/tests/golden/view" "$root/view"
	baseline_save
}
teardown() { baseline_check; }

# Access times and the types of the directories shown are the host's.
plain() {
	case $1 in
	mounts) sed -E 's/,(no|rel|strict|nodir)atime//g; s,^(/(dev/[a-z]+)?) (.*) (ext4|xfs|btrfs|overlay|devtmpfs)$,\1 \3 the-hosts,
		s,^/ (.*idmapped) tmpfs$,/ \1 the-hosts,
		s,^(/etc/hosts) (.*) (ext4|xfs|btrfs|overlay|tmpfs)$,\1 \2 the-hosts,
		s,^(/dev/(null|zero|full|random|urandom|tty)) (.*) tmpfs$,\1 \3 the-hosts,
		s,^(/(proc|sys)/.*) (dev)?tmpfs$,\1 cover,' ;;
	writable) sed -E 's,/net/.*,/net/*,' ;;
	*) cat ;;
	esac
}

# golden FILE: $output against the file; other lines fail.
golden() {
	local file=$TOP/tests/golden/$1 got
	got=$BATS_TEST_TMPDIR/got
	plain "$1" <<<"$output" | sort -u >"$got"
	if [ "${GOLDEN:-}" = update ]; then
		awk 'FILENAME != ARGV[2] { if (/^#/) print; else if (sub(/^[?] /, "")) maybe[$0]; next }
		    { print ($0 in maybe ? "? " : "") $0 | "sort"; delete maybe[$0] }
		    END { for (l in maybe) print "? " l | "sort" }' "$file" "$got" >"$file.new"
		mv "$file.new" "$file"
	fi
	diff -u --label "golden/$1" --label "the box" <(awk 'FILENAME == ARGV[1] { got[$0]; next }
	    /^#/ { next } !sub(/^[?] /, "") || $0 in got' "$got" "$file" | sort) "$got" >&2
}

# bats test_tags=vm
@test "golden: ids, groups, capabilities, no_new_privs and the filter" {
	run -0 --separate-stderr host box-run "$root" /view status
	golden status
}

@test "golden: ids, capabilities and the filter of another user" {
	run -0 --separate-stderr host box-run -u 1000 "$root" /view status
	golden status-user
}

# bats test_tags=vm
@test "golden: mounts" {
	run -0 --separate-stderr host box-run "$root" /view mounts
	golden mounts
}

@test "golden: /dev" {
	run -0 --separate-stderr host box-run "$root" /view dev
	golden dev
}

# bats test_tags=vm
@test "golden: files that the box's root can write below /proc and /sys" {
	run -0 --separate-stderr host box-run "$root" /view writable
	golden writable
}

@test "golden: a box without defences differs from the files" {
	for what in status writable mounts; do
		run -0 --separate-stderr host box-run --cap-add ALL --new-privs --seccomp off "$root" \
		    sh -c 'umount /proc/sys; mount -t tmpfs none /home; /view $1' - $what
		GOLDEN="" run ! golden $what
	done
	# And a box that lacks one.
	output=$(grep -v oom_score_adj "$TOP/tests/golden/writable")
	GOLDEN="" run ! golden writable
	has "$output" "-/proc/self/oom_score_adj"
}

@test "box-peers(7) agrees with the measured box" {
	requires "python3" command -v python3
	run -0 host "$TOP/tests/peers" box
	known=0
	for line in "${lines[@]}"; do
		page=$(grep -F ".It ${line%: *} Ta " "$TOP/man/box-peers.7") || continue
		is "$(awk -F ' Ta ' '{ print $2 }' <<<"$page")" "${line##*: }" "${line%: *}"
		known=$((known + 1))
	done
	between $known 35 60
}
