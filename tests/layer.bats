#!/usr/bin/env bats
# --layer: the changes of a named box to its root directory stay in a layer of its
# own, until box-rm.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	copy_root
	L=$BOX_STATE/layer
	state_of_root() { (cd "$root" && find . -printf '%p %y %m %U:%G %s %T@\n' | sort | md5sum); }
	was=$(state_of_root)
	baseline_save
}
teardown() {
	host box-ps -q | xargs -r "$TOP/bin/box-stop" -t 0
	rm -rf "$L"
	baseline_check
}
# box NAME CMD: one start, with a layer.
box() { run --separate-stderr host box-run --network none --layer --name "$1" "$root" sh -c "$2"; }

@test "each name has its own changes to a root directory, which stays as it was" {
	box one 'echo one >/etc/me; rm /etc/passwd; mkdir -m 700 /srv/deep; touch /srv/deep/theirs; chown 7:8 /srv/deep/theirs; echo "$?"'
	is "$output" 0
	box two 'cat /etc/passwd >/dev/null && echo two >/etc/me && ls /srv'
	is "$status$output" 0
	# Another slot has other ids, and sees the same owners; on disk these are plain.
	run -0 host box-run -d --name other "$root" sleep 1000
	box one 'cat /etc/me; ls /etc/passwd; stat -c "%n %u:%g %a" /etc/me /srv/deep /srv/deep/theirs'
	has "$output" $'one\n/etc/me 0:0 644\n/srv/deep 0:0 700\n/srv/deep/theirs 7:8 644'
	is "$status" 0
	is "$(stat -c '%u:%g' "$L"/one/upper/{etc/me,srv/deep,srv/deep/theirs} | xargs)" "0:0 0:0 7:8"
	is "$(stat -c '%a %U' "$L" "$L/one" | xargs)" "700 root 700 root"
	box two 'cat /etc/me'
	is "$output" two
	run -0 host box-run --network none --map self --layer --name one "$root" cat /etc/me
	is "$output" one
	is "$(state_of_root)" "$was" "the root directory"
	# The lists.
	run -0 host box-ps -a
	has "$output" $'LAYER ROOT\none   '"$root"$'\ntwo   '"$root"
	is "$(host box-ps -a --json one | jq -r '.[].layer')" "$L/one"
	is "$(host box-ps -a --json other | jq -r '.[].layer')" null
	run -0 host box-run -d --layer --name two "$root" sleep 1000
	is "$(host box-ps --json two | jq -r '.[].layer')" "$L/two"
	# Neither the end, nor a killed chain, nor box-gc takes a layer.
	read -r keeper _ <"$BOX_STATE/two/keeper"
	kill -9 "$keeper"
	eventually 10 gone "$keeper"
	rm "$BOX_STATE/ended/one"
	run -0 host box-gc
	is "$(echo "$L"/*)" "$L/one $L/two"
	is "$(host box-ps -aq | sort | xargs)" "one other two"
	is "$(host box-ps -a --json | jq -r '.[] | select(.layer != null) | .name' | xargs)" "one two"
	run -0 --separate-stderr host box-rm -n one
	is "$output" "rm -r $L/one"
	run -0 host box-rm one two
	[ ! -e "$L/one" ] && [ ! -e "$L/two" ]
	box one 'cat /etc/me'
	is "$status" 1
}

@test "--layer: what is refused, and leaves no layer" {
	refused() {
		run --separate-stderr -125 host box-run --network none --layer "${@:2}"
		is "$output" ""
		has "$stderr" "$1"
		[ "$(wc -l <<<"$stderr")" -le 2 ] || fail "$stderr"
		[ ! -e "$L/new" ] || fail "a layer, by: $*"
	}
	refused "--layer needs --name" "$root" true
	for with in --read-only --ephemeral "--overlay $BATS_TEST_TMPDIR"; do
		# shellcheck disable=SC2086
		refused "exclude each other" --name new $with "$root" true
	done
	refused "layer" --name layer "$root" true
	run -125 box-keep --layer "$root" true
	has "$output" "--layer needs --name"
	run -125 box-keep --layer /etc/passwd/x --name new true
	has "$output" "--layer /etc/passwd/x: Not a directory"
	run -127 host box-run --network none --layer --name new "$root" no-such-program
	[ ! -e "$L/new" ]
	run -0 host box-run -n --layer --name new "$root" true
	run -0 box-keep -n --layer "$root" --name new true
	has "$output" "mkdir -p -m 700 $L/new"
	run -0 env -u BOX_STATE box-keep -n --layer "$root" --name new true
	has "$output" "mkdir -p -m 700 /var/lib/box/new"
	has "$output" "ln -s $root /var/lib/box/new/root"
	[ ! -e "$L/new" ]
	# Another root directory, the place as a link, a place that others may write.
	box one true
	is "$status" 0
	run -125 host box-run --network none --layer --name one "$bb" true
	has "$output" "that of one is over $root, not over $bb"
	ln -s "$BATS_TEST_TMPDIR" "$L/new"
	run -125 host box-run --network none --layer --name new "$root" true
	has "$output" "is not a directory that only its owner"
	rm "$L/new"
	chmod 777 "$L/one"
	run -125 host box-run --network none --layer --name one "$root" true
	has "$output" "is not a directory that only its owner"
	chmod 700 "$L/one"
}

@test "box-rm: a layer of any depth goes; --force stops a box before" {
	requires "python3" command -v python3
	box deep 'mkdir /deep "/deep/a
b" && cd /deep && mkdir -p .0/x .1/y && ln -s /etc link && mkfifo fifo && touch ./-f && ln -s "$PWD" .0/up'
	is "$status" 0
	[ -e "$L/deep/upper/deep/fifo" ]
	# Deeper than a path may be long.
	(cd "$L/deep/upper/deep" && python3 -c 'import os
for i in range(700): open("file", "w"); os.mkdir("directory", 0); os.chdir("directory")')
	run -0 host box-rm deep
	is "$(ls -A "$L")" ""
	is "$(state_of_root)" "$was" "the root directory"
	run -0 host box-run -d --layer --name web "$root" sleep 1000
	run -0 host box-run -d --rm --name gone "$root" sleep 1000
	box kept true
	run -125 host box-rm web
	has "$output" "web is running"
	run -125 host box-rm -f web nobody
	has "$output" "nobody: nothing is kept"
	is "$(host box-ps -q | sort | xargs)" "gone web"
	run -0 --separate-stderr host box-rm -f -n web kept
	has "$output" $'box-stop web\n'
	is "$(host box-ps -q | sort | xargs)" "gone web"
	run -0 host box-rm --force web gone kept
	is "$output$(host box-ps -aq)" ""
	is "$(ls -A "$L")" ""
}
