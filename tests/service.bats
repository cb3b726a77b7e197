#!/usr/bin/env bats
# A service: nginx in a box that outlives its shell; the box is entered, observed,
# limited and stopped.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

PAGE="<h1>Hello from Chidi to Mentors</h1>"

setup() {
	lab_up
	requires "python3" command -v python3
	requires "curl" command -v curl
	baseline_save
}
teardown() {
	box-stop -t 0 web 2>/dev/null || :
	rm -rf "$BOX_STATE/log"
	lab_end baseline_check
}
page() { has "$(outside curl -sS -m 5 "http://192.0.2.1:$1/")" "$PAGE"; }
# what KEY: the value in box-ps.
what() { box-ps --json web | jq -r ".[0].$1"; }
used() { between "$(what "$1")" "$2" "$3"; }

@test "nginx, started on a terminal that is gone: entered, observed, limited, stopped" {
	debian_root
	# The tree may lie on an overlay, and the kernel shifts none.
	cp "$TOP/rootfs/nginx-setup" "$BATS_TEST_TMPDIR"
	# The shell ends and its terminal hangs up.
	host python3 "$BATS_TEST_DIRNAME/terminal.py" bash --norc -i <<-END
		send PS1='ready> '\n
		expect ready>
		send box-run -d --name web -p 8080:80 --ephemeral -v $BATS_TEST_TMPDIR/nginx-setup:/nginx-setup:ro $debian sh -c 'echo setting up && sh /nginx-setup'; echo st=\$?\n
		expect web
		expect st=0
		send exit\n
		end 0
	END
	eventually 60 page 8080

	run -0 box-exec web cat /proc/1/comm /etc/hostname
	is "$output" $'ns-spawn\nweb'
	has "$(box-exec web cat /proc/self/status)" "NoNewPrivs:	1"
	# The server is seen from inside, and from outside.
	has "$(box-exec web sh -c 'cat /proc/[0-9]*/comm')" nginx
	is "$(what address)" 10.0.0.2
	is "$(what 'ports[0]')" 0.0.0.0:8080:80/tcp
	used processes 2 20
	used cpu_usec 1000 60000000
	is "$(what processes_limit)" 20
	has "$(box-ps web)" web
	has "$(box-logs web)" "setting up"

	box-limit --memory 64m --pids-limit 30 --publish 8081:80 web
	is "$(what processes_limit)" 30
	is "$(what memory_limit)" $((64 << 20))
	page 8081
	page 8080
	box-limit --unpublish 8080:80 web
	page 8081
	run ! outside curl -sS -m 1 http://192.0.2.1:8080/

	init=$(what pid)
	box-wait web >"$BATS_TEST_TMPDIR/waited" 3>&- &
	waiter=$!
	run -0 box-stop web
	eventually 5 gone "$init"
	finish "$waiter"
	hasnt "$(box-ps)" web
	run ! outside curl -sS -m 1 http://192.0.2.1:8081/
}
