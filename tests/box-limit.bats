#!/usr/bin/env bats
# box-limit: the limits and the published ports of a running box.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	bb_root
	baseline_save
}
teardown() {
	box-ps -q | xargs -r box-stop -t 0
	baseline_check
}

# runs_box NAME [OPTIONS...]: with a web server that says its name.
runs_box() {
	start box-run --name "$1" --tmpfs /www "${@:2}" "$bb" sh -c "echo 'this is $1' >/www/index.html; exec httpd -f -p 80 -h /www"
	runs httpd
}
# field NAME KEY; group CONTROLLER FILE...: the first that is there.
field() { box-ps --json "$1" | jq -c ".[] | .$2"; }
group() {
	local d f
	d=$(cgroup_dir "$1" "$prog")
	for f in "${@:2}"; do [ ! -e "$d/$f" ] || { cat "$d/$f" && return; }; done
}
serves() { has "$(outside curl -s -m 2 "http://192.0.2.1:$1/")" "this is ${2:-web}"; }
refuses() { run ! outside curl -s -m 2 "http://192.0.2.1:$1/"; }
locally() { has "$(host curl -s -m 2 "http://127.0.0.1:$1/")" "this is web"; }
rules() { host iptables-save | sed -n '/^-A/p; s/^\(:BOX[^ ]*\) .*/\1/p'; }
# refused WHAT ARGS...: a line, and nothing changed.
refused() {
	local before after
	before=$(rules; cat "$BOX_STATE"/*/ports 2>/dev/null || :)
	run --separate-stderr host box-limit "${@:2}"
	is "$status" 125 "${*:2}"
	is "$output" ""
	has "$stderr" "$1"
	is "$(wc -l <<<"$stderr")" 1 "lines of stderr"
	after=$(rules; cat "$BOX_STATE"/*/ports 2>/dev/null || :)
	is "$after" "$before"
}

@test "limits: the kernel has the new values" {
	runs_box web
	is "$(field web 'cpu_limit_percent, .processes_limit, .memory_limit' | xargs)" "50 20 null"
	run -0 --separate-stderr box-limit --cpus 1.5 --pids-limit 40 -m 64m web
	is "$output$stderr" ""
	is "$(field web 'cpu_limit_percent, .processes_limit, .memory_limit' | xargs)" "150 40 67108864"
	run -0 box-limit --cpus .25 web
	is "$(field web 'cpu_limit_percent, .processes_limit, .memory_limit' | xargs)" "25 40 67108864"
	run -0 box-limit --cpus max --pids-limit max --memory max web
	is "$(field web 'cpu_limit_percent, .processes_limit, .memory_limit' | xargs)" "null null null"
	run -0 box-limit --cpu-weight 200 web
	has "$(group cpu cpu.weight cpu.shares)" 20
	run -0 box-limit --cpuset-cpus 0 web
	is "$(group cpuset cpuset.cpus)" 0
}

@test "a disk's limit" {
	disk=$(cat /sys/block/*/dev | grep -v '^7:' | head -n 1)
	[ "$disk" ] || skip "needs a disk"
	runs_box web
	run box-limit --device-io "$disk:wbps=1m,riops=100" web
	[ "$status" = 0 ] || skip "this kernel does not limit $disk: $output"
	has "$(group blkio io.max blkio.throttle.write_bps_device)" 1048576
}

@test "--pids-limit is the payload's: so many, and no more" {
	copy_root
	start box-run --name web --pids-limit 10 "$root" sh -c 'sleep 1000 & until [ -e /go ]; do sleep 0.5; done; sleep 1000 & sleep 1000 & echo all'
	runs sleep
	run -0 box-limit --pids-limit 3 web
	is "$(field web processes_limit)" 3
	: >"$root/go"
	finish
	hasnt "$(<"$out")" all
	has "$(<"$err")" "--pids-limit"
}

@test "a port is published and taken back, while the box runs" {
	runs_box web
	refuses 8080
	before=$(rules)
	run -0 --separate-stderr box-limit -p 8080:80 web
	is "$output$stderr" ""
	serves 8080
	locally 8080
	is "$(field web ports)" '["0.0.0.0:8080:80/tcp"]'
	# The host's port is held.
	run -1 host python3 -c 'import socket; socket.create_server(("", 8080))'
	run -0 box-limit -p 9090:80 -p 192.0.2.1:9191:80/tcp -p 5353:53/udp web
	serves 9090
	serves 9191
	serves 8080
	is "$(field web ports)" '["0.0.0.0:8080:80/tcp","0.0.0.0:9090:80/tcp","192.0.2.1:9191:80/tcp","0.0.0.0:5353:53/udp"]'
	run -0 box-limit --unpublish 8080:80 --unpublish 5353:53/udp web
	refuses 8080
	serves 9090
	host python3 -c 'import socket; socket.create_server(("", 8080))'
	run -0 box-limit --unpublish 9090:80 --unpublish 192.0.2.1:9191:80 web
	is "$(field web ports)" '[]'
	refuses 9090
	# As if no port had been published.
	is "$(rules)" "$before"
	is "$(host cat /proc/sys/net/ipv4/conf/veth0/route_localnet)" 0
}

@test "a change whose answer is lost is taken back" {
	requires "strace" command -v strace
	runs_box web -p 8080:80
	before=$(rules)
	same() { is "$(rules) $(field web ports)" "$before [\"0.0.0.0:8080:80/tcp\"]"; }
	# lost FAULT WORD...: net-nat for the running box, with the fault.
	lost() { run host strace -qq -o /dev/null -e trace=recvfrom,sendto -e inject="$1" net-nat --box web "${@:2}"; }
	for fault in recvfrom:error=ENOMEM:when=1 sendto:error=ENOMEM:when=2 sendto:signal=KILL:when=2; do
		lost $fault -p 8081:80 up
		[ "$status" = 125 ] || [ "$status" = 137 ] || fail "$fault: status $status: $output"
		eventually 5 same
		host python3 -c 'import socket; socket.create_server(("", 8081))'
		lost $fault --unpublish 8080:80 down
		eventually 5 same
		run -1 host python3 -c 'import socket; socket.create_server(("", 8080))'
		serves 8080
	done
}

@test "a published UDP port also answers a client that has sent to it before" {
	runs_box web
	ask() { host python3 "$BATS_TEST_DIRNAME/net.py" ask udp 192.0.2.1 5353 0.3 4000; }
	nsenter -t "$prog" -n python3 "$BATS_TEST_DIRNAME/net.py" serve udp 0.0.0.0 53 >"$BATS_TEST_TMPDIR/udp" 3>&- &
	server=$!
	eventually 20 grep -q ready "$BATS_TEST_TMPDIR/udp"
	run -1 ask
	run -0 box-limit -p 5353:53/udp web
	eventually 5 ask
	run -0 box-limit --unpublish 5353:53/udp web
	run -1 ask
	kill "$server"
}
@test "the ports of a box that had some from the start; a port moves in one call" {
	runs_box web -p 8080:80
	serves 8080
	run -0 box-limit --unpublish 8080:80 -p 8081:80 web
	refuses 8080
	serves 8081
	locally 8081
	run -0 box-limit -p 8080:80 web
	serves 8080
}

@test "each box has its own ports" {
	runs_box web -p 8080:80
	first=$pid
	runs_box two
	refused " in use" -p 8080:80 two
	run -0 box-limit -p 8081:80 two
	serves 8080
	serves 8081 two
	box-stop two
	finish
	serves 8080
	refuses 8081
	box-stop web
	finish "$first"
}

@test "-n prints the steps of -x, and changes nothing" {
	runs_box web
	before=$(rules)
	run -0 box-limit -n -p 8080:80 --cpus 1 web
	plan=$output
	is "$(rules)" "$before"
	is "$(field web ports)" '[]'
	is "$(field web cpu_limit_percent)" 50
	has "$plan" "--dport 8080"
	has "$plan" "# echo 1 > /proc/sys/net/ipv4/conf/veth0/route_localnet"
	# By hand the commands do the same.
	host iptables-save >"$BATS_TEST_TMPDIR/saved"
	box-limit -n -p 8080:80 web | host iptables-restore --noflush
	byhand=$(rules)
	host iptables-restore <"$BATS_TEST_TMPDIR/saved"
	run -0 --separate-stderr box-limit -x -p 8080:80 web
	has "$stderr" "--dport 8080"
	serves 8080
	is "$(rules)" "$byhand"
}

@test "refused: in use, not published, and half-way: nothing is changed" {
	runs_box web -p 9090:80
	start python3 -c 'import socket, time; s = socket.create_server(("", 8080)); print("up", flush=True); time.sleep(1000)'
	eventually 5 grep -q up "$out"
	refused " in use" -p 8080:80 web
	kill -9 "$pid"
	finish
	refused " in use" -p 9090:80 web
	refused "not published" --unpublish 9090:81 web
	refused "not published" --unpublish 9091:80 web
	refused "'80y'" --cpus 2 --unpublish 9090:80 -p 80y web
	refused "--unpublish: '127.0.0.1:9090' is not" --unpublish 127.0.0.1:9090 web
	refused "not an address of this host" -p 198.51.100.1:9091:80 web
	refused "not published" --cpus 2 --unpublish 9091:80 web
	refused "the box has no IPv6" -p [::1]:9091:80 web
	is "$(field web cpu_limit_percent)" 50
	# The last port's chain does not go, as a foreign rule uses it.
	host iptables -t nat -I OUTPUT -d 192.0.2.99 -j BOX-DNAT-0
	refused "" --unpublish 9090:80 web
	host iptables -t nat -D OUTPUT -d 192.0.2.99 -j BOX-DNAT-0
	serves 9090
	locally 9090
	box-limit --unpublish 9090:80 web
	# The first table's part succeeds, the next one's fails.
	host iptables -t nat -N BOX-DNAT-0
	refused "" -p 8080:80 web
	host iptables -t nat -X BOX-DNAT-0
	is "$(host cat /proc/sys/net/ipv4/conf/veth0/route_localnet)" 0
	host python3 -c 'import socket; socket.create_server(("", 8080))'
	run -0 box-limit -p 8080:80 -p 0.0.0.0:8081:80 web
	serves 8080
	serves 8081
}

# A client of its own: as USER, it sends DATA and prints the answer.
client='
import os, socket, sys
os.setuid(int(sys.argv[2]))
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(5)
s.connect(sys.argv[1])
try:
    if len(sys.argv) > 3: s.send(eval(sys.argv[3]))
    print("answer", s.recv(100000))
except (ConnectionResetError, BrokenPipeError): print("answer", b"")'
@test "only the box's owner is answered, and nonsense is survived" {
	runs_box web
	cd "$BOX_STATE/web"
	request='__import__("struct").pack("IIIiI16sHHBi", 3, 1, 1, 0, 0, bytes(16), 8080, 80, 0, -1)'
	run -1 python3 -c "$client" nat 65534 "$request"
	has "$output" PermissionError
	has "$(python3 -c "$client" nat 0 "$request")" "dport 8080"
	# A client that does not look whether the box has IPv6.
	has "$(python3 -c "$client" nat 0 "${request/0, 0, bytes/10, 0, bytes}")" "the box has no IPv6"
	chmod 711 "$BOX_STATE" "$BOX_STATE/web" && chmod 666 nat
	is "$(python3 -c "$client" nat 65534 "$request")" "answer b''"
	chmod 700 "$BOX_STATE/web"
	for data in 'b""' 'b"x"' 'b"\\xff" * 48' 'b"x" * 70000'; do
		is "$(python3 -c "$client" nat 0 "$data")" "answer b''"
	done
	# A silent client holds up other clients only for a moment.
	is "$(python3 -c "$client" nat 0)" "answer b''"
	run -0 box-limit -p 8080:80 web
	serves 8080
}

@test "bad words, no box, no net-nat" {
	runs_box web --network none
	refused "web has no net-nat" -p 8080:80 web
	for bad in "-p 80y" "-p x:80" "-p 80:0" "--unpublish 1:2/sctp" "--cpus 0" "--cpus x" "--cpus ." \
	    "--pids-limit 0" "--pids-limit x" "-m x" "--cpuset-cpus x" "--device-io x" "--cpu-weight 0"; do
		refused "" $bad web
	done
	for bad in --cpus --pids-limit --memory; do
		refused "''" $bad "" --cpu-weight 5 web
	done
	for bad in web "" "--cpus 1" "--cpus 1 web web" "--cpus 1 nobody" "--cpus 1 ../web"; do
		run --separate-stderr box-limit $bad
		is "$status" 125 "$bad"
	done
}
