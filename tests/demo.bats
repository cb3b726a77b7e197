#!/usr/bin/env bats
# make demo, on a host that reaches no package source: the page is on the air
# all the same, and every choice is said.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	lab_up
	requires "curl" command -v curl
	baseline_save
	# A tree of its own, because the root directory lies there.
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/bin" "$tree/scripts"
	cp "$TOP"/bin/* "$tree/bin"
	cp "$TOP"/scripts/{demo,options.sh} "$tree/scripts"
	cp -r "$TOP/rootfs" "$tree"
}
teardown() {
	box-stop -t 0 demo 2>/dev/null || :
	rm -rf "$BOX_STATE/log"
	lab_end
}
demo() {
	run -0 --separate-stderr host "$@" "$tree/scripts/demo"
	is "$output" "<h1>Hello from Chidi to Mentors</h1>"
	between "$(wc -l <<<"$stderr")" 3 15
}

@test "the page, the choice of the root, and the command that stops the box" {
	demo env
	has "$stderr" "no Alpine: "
	has "$stderr" "no Debian: "
	has "$stderr" "making ./demo_fs with rootfs/busybox"
	has "$stderr" "http://127.0.0.1:8080/"
	has "$(box-ps)" " 8080:80 "

	demo env
	has "$stderr" "runs already"
	has "$stderr" "http://127.0.0.1:8080/"

	stop=$(sed -n 's,.*stop it: sudo bin/,,p' <<<"$stderr")
	is "$stop" "box-stop demo"
	$stop
	is "$(box-ps -q)" ""
}

@test "a port that is taken, and the one that is asked for" {
	demo env PORT=8070
	has "$stderr" "http://127.0.0.1:8070/"
	box-stop demo
	start python3 -m http.server -b 0.0.0.0 8080
	eventually 20 host curl -s -o /dev/null http://127.0.0.1:8080/
	demo env
	has "$stderr" "taking ./demo_fs"
	has "$stderr" "http://127.0.0.1:8081/"
	box-stop demo
	run -125 --separate-stderr host env PORT=8080 "$tree/scripts/demo"
	has "$stderr" " in use"
	is "$(box-ps -q)" ""
	kill "$pid"
	finish
}

@test "apt's own proxy is asked for its package source" {
	requires "apt" command -v apt-get
	mkdir "$BATS_TEST_TMPDIR/none"
	serve "$BATS_TEST_TMPDIR/none"
	echo 'Acquire::http::Proxy "http://192.0.2.2:8000"; Acquire::https::Proxy "http://192.0.2.2:8000";' \
	    >"$BATS_TEST_TMPDIR/apt.conf"
	demo env -u http_proxy -u https_proxy APT_CONFIG="$BATS_TEST_TMPDIR/apt.conf"
	grep -E '"(HEAD|CONNECT) [^ ]*debian|"(HEAD|CONNECT) [^ ]*ubuntu' "$BATS_TEST_TMPDIR/serve.log"
	kill "$server"
}
