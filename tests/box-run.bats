#!/usr/bin/env bats
# box-run: the reference container by default, docker's options, one chain.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load cgroups

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	bb_root
	baseline_save
}
teardown() {
	loop_gone
	baseline_check
}

# boxed OPTIONS...: a box with a sleep in it; $prog is the sleep.
boxed() {
	start box-run "$@" "$bb" sleep 1000
	runs sleep
}
over() { kill -9 "$prog" && finish; }
# fine [OPTIONS...] -- CMD...: runs it in a box, all of it must be well.
fine() {
	local opts=()
	while [ "$1" != -- ]; do opts+=("$1") && shift; done
	run --separate-stderr host box-run "${opts[@]}" "${root:-$bb}" "${@:2}"
	[ "$status" = 0 ] || fail "status $status: $*" "$output" "$stderr"
}
# refused STATUS ARGS...: a line and at most a hint; nothing on stdout.
refused() {
	local want=$1
	run --separate-stderr host box-run "${@:2}"
	[ "$status" = "$want" ] || fail "status $status, want $want: ${*:2}" "$output" "$stderr"
	is "$output" ""
	[ "$stderr" ] && [ "$(wc -l <<<"$stderr")" -le 2 ] || fail "not a line and a hint: $stderr"
}
quota() {
	local d q p
	d=$(cgroup_dir cpu "$prog")
	if [ -e "$d/cpu.max" ]; then read -r q p <"$d/cpu.max"; else
		q=$(<"$d/cpu.cfs_quota_us") p=$(<"$d/cpu.cfs_period_us")
	fi
	case $q in max | -1) echo max ;; *) echo $((q * 1000 / p)) ;; esac
}

# bats test_tags=vm
@test "no options: the reference container" {
	boxed
	for k in user mnt pid net uts ipc cgroup; do
		[ "$(readlink "/proc/$prog/ns/$k")" != "$(readlink /proc/self/ns/$k)" ] || fail "$k is the host's"
	done
	is "$(quota)" 500
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.2/24
	is "$(inbox ip -4 route show default | sed 's/ *$//')" "default via 10.0.0.1 dev veth1"
	is "$(host ip -4 -o addr show dev veth0 | awk '{print $4}')" 10.0.0.1/32
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 1
	has "$(host iptables-save)" MASQUERADE
	over
	fine -- sh -c 'hostname; grep nameserver /etc/resolv.conf; grep " / \| /sys " /proc/self/mountinfo; ls -d /proc/self'
	has "$output" $'container\nnameserver '
	has "$output" sysfs
}

@test "the box's network namespace is visible to ip netns" {
	before=$(ls /run/netns)
	boxed
	name=$(comm -13 <(sort <<<"$before") <(ls /run/netns | sort))
	is "$(ip netns exec "$name" readlink /proc/self/ns/net)" "$(readlink "/proc/$prog/ns/net")"
	over
	boxed --name "web$$"
	is "$(stat -Lc %i "/run/netns/web$$")" "$(stat -Lc %i "/proc/$prog/ns/net")"
	# Taken.
	refused 125 --name "web$$" "$bb" true
	has "$stderr" "web$$"
	over
	for bad in ../x a/b . .. "" -x "$(printf %300s x | tr ' ' x)" $'a\nb' 'a b'; do
		refused 125 --name "$bad" "$bb" true
	done
}

# bats test_tags=vm
@test "20 processes are the payload's, and the next one is said with its option" {
	# sh is one process; nineteen more fit, twenty do not.
	run --separate-stderr host box-run "$bb" sh -c 'i=0; while [ $i -lt 19 ]; do sleep 1000 & i=$((i + 1)); done; echo all'
	is "$status" 0 "$stderr"
	is "$output" all
	is "$stderr" ""
	run --separate-stderr host box-run "$bb" sh -c 'i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i + 1)); done; echo all'
	hasnt "$output" all
	has "$stderr" "--pids-limit"
	is "$(grep -c -e --pids-limit <<<"$stderr")" 1
	run --separate-stderr host box-run --pids-limit 5 "$bb" sh -c 'sleep 1000 & sleep 1000 & sleep 1000 & sleep 1000 & echo four; sleep 1000 & echo five'
	is "$output" four
	has "$stderr" "--pids-limit"
	run --separate-stderr host box-run --pids-limit 40 "$bb" sh -c 'i=0; while [ $i -lt 30 ]; do sleep 1000 & i=$((i + 1)); done; echo all'
	is "$output" all
}

# bats test_tags=vm
@test "limits: --cpu-weight, --swap" {
	boxed --cpu-weight 200 -m 64m
	has "$(limit cpu cpu.weight cpu.shares)" 20
	over
	run host box-run -m 64m --swap 0 "$bb" true
	[ "$status" = 0 ] || has "$output" "swap"
	run -0 host box-run -n -m 64m --memory-swap 1g --memory-swap -1 "$bb" true
	has "$output" " -m 64m --memory-swap 1g --memory-swap max "
	refused 125 -m 64m --memory-swap 63m "$bb" true
	refused 125 --memory-swap 64m "$bb" true
}

# bats test_tags=vm
@test "limits: --cpuset-cpus, --device-io, and others by cg-set" {
	last_cpu
	loop_device
	boxed --name "web$$" --cpuset-cpus "$cpu" --device-io "$disk:rbps=1m"
	is "$(cpus_of "$prog")" "$cpu"
	is "$(rate rbps)" 1048576
	run -0 cg-set --cpuset max --io "$disk:wbps=1m" -m 64m --pids 9 "web$$" 20%
	is "$(cpus_of "$prog")" "$(cpus_of self)"
	is "$(rate wbps)" 1048576
	is "$(quota)" 200
	is "$(limit memory memory.max memory.limit_in_bytes)" 67108864
	over
}

@test "limits: --cpus, --memory, --pids-limit" {
	while read -r arg want; do
		boxed --cpus "$arg"
		is "$(quota)" "$want" "--cpus $arg"
		over
	done <<-END
		1 1000
		1.5 1500
		0.25 250
		.5 500
		2 2000
	END
	boxed --memory 64m
	is "$(limit memory memory.max memory.limit_in_bytes)" 67108864
	over
	boxed -m 1g --pids-limit 100
	is "$(limit memory memory.max memory.limit_in_bytes)" 1073741824
	between "$(limit pids pids.max pids.max)" 100 110
	over
	# The kernel's greatest value: our stages do not exceed it.
	boxed -m 1.5g --pids-limit 4194304
	is "$(limit memory memory.max memory.limit_in_bytes)" 1610612736
	is "$(limit pids pids.max pids.max)" 4194304
	over
	for bad in 0 -1 abc 1e9 "" 1.2.3 50%; do
		refused 125 --cpus "$bad" "$bb" true
	done
	for bad in -1 abc "" 1.5 4194305; do
		refused 125 --pids-limit "$bad" "$bb" true
		refused 125 --memory "x$bad" "$bb" true
	done
}

@test "an address or a path that the host does not have: the option and the reason" {
	refused 125 -p 198.51.100.1:80:80 "$bb" true
	is "$stderr" "net-nat: --publish 198.51.100.1:80:80/tcp: not an address of this host"
	for option in --volume --overlay; do
		value=$BATS_TEST_TMPDIR/none
		[ $option != --volume ] || value=$value:/x
		refused 125 $option "$value" "$bb" true
		is "$stderr" "rootfs-enter: $option ${value%:*}: No such file or directory"
	done
}

@test "docker's words: -i, --init and --rm are taken, others have a hint that holds" {
	is "$(host box-run -i --init --rm "$bb" cat <<<hi)" hi
	run -0 host box-run --network none -itd --name words "$bb" sleep 1000
	is "$(host box-exec -i words cat <<<hi)" hi
	# hinted OPT HINT
	hinted() {
		refused 125 "$1" "$bb" true
		has "$stderr" "'${1#-[!-]}'"$'\n'"box-run: hint: $2"
	}
	for o in --nothing '--*'; do hinted "$o" "see box-run --help"; done
	hinted --privileged "name the rights"
	run -0 host box-run --cap-add ALL --seccomp off --new-privs "$bb" grep CapEff /proc/self/status
	has "$output" fffffffff
	hinted --net "--network MODE"
	run -125 host box-run -P "$bb" true
	is "${lines[1]}" "box-run: hint: -p PORT:PORT for each port"
	# Each hint names only options that exist.
	for o in $(sed -n '/^hints=/,/"$/s/^-.*|//p' "$TOP/scripts/box-run" | grep -oE -- '(^| )--?[a-z-]+' |
	    grep -vx -e ' --net' -e ' -w'); do
		grep -qE -- " ${o}[, ]" <(box-run --help; box-stop --help) || fail "$o"
	done
	run -0 host box-stop -t 0 words
}

# bats test_tags=vm
@test "memory over the limit: killed, and said with its option" {
	run --separate-stderr host box-run -m 32m "$bb" sh -c 'head -c 200000000 /dev/zero | tail -c 190000000 | wc -c'
	has "$stderr" "--memory"
}

@test "side by side: the first has the reference's addresses, the next its own" {
	boxed
	first=$pid first_prog=$prog
	boxed
	is "$(inbox ip -4 -o addr show dev veth1 | awk '{print $4}')" 10.0.0.3/24
	[ "$(readlink "/proc/$prog/ns/user")" != "$(readlink "/proc/$first_prog/ns/user")" ]
	[ "$(awk '{print $2}' "/proc/$prog/uid_map")" != "$(awk '{print $2}' "/proc/$first_prog/uid_map")" ]
	# Each reaches the other.
	has "$(inbox bash -c ': <>/dev/tcp/10.0.0.2/1' 2>&1)" refused
	over
	kill -9 "$first_prog"
	finish "$first"
}

@test "twelve at once" {
	for i in {1..12}; do
		(enter "$HOSTNS" box-run "$bb" sh -c 'ip addr show veth1 2>/dev/null || ifconfig veth1; exit 9' \
		    >"$BATS_TEST_TMPDIR/b$i" 2>&1 3>&-) &
		pids[i]=$!
	done
	for i in {1..12}; do
		finish "${pids[i]}"
		is "$status" 9 "$(cat "$BATS_TEST_TMPDIR/b$i")"
	done
}

@test "--network none, host, veth" {
	fine --network none -- sh -c 'cat /proc/net/dev | tail -n +3 | cut -d: -f1'
	is "$(tr -d ' ' <<<"$output")" lo
	fine --network host -- sh -c 'cat /proc/net/dev | tail -n +3 | cut -d: -f1'
	has "$output" uplink
	fine --network=veth -- sh -c 'cat /proc/net/dev | tail -n +3 | cut -d: -f1'
	has "$output" veth1
	grace_end
	boxed --network none
	is "$(host cat /proc/sys/net/ipv4/ip_forward)" 0
	hasnt "$(host iptables-save)" BOX-
	over
	run -0 host box-run -n --network bridge -p 80:80 "$bb" true
	has "$output" " net-veth "
	for bad in nonsense "" Bridge; do
		refused 125 --network "$bad" "$bb" true
	done
	refused 125 --network none -p 80:80 "$bb" true
	refused 125 --network none --isolate "$bb" true
	refused 125 --network none --flows 9 "$bb" true
	refused 125 --flows 0 "$bb" true
}

@test "--isolate, with the name servers that are left" {
	run -0 host box-run -n --flows 9 --isolate --dns 192.168.1.1 "$bb" true
	has "$output" "net-nat --flows 9 --isolate --dns 192.168.1.1 "
	has "$output" "rootfs-enter --dns 192.168.1.1 "
	start box-run --isolate --dns 192.168.1.1 "$bb" sleep 1000
	runs sleep
	is "$(nsenter -t "$prog" -m cat /etc/resolv.conf)" "nameserver 192.168.1.1"
	rules=$(host iptables-save -t mangle)
	has "$rules" "-A BOX-HOST-0 -j DROP"
	has "$rules" "-A BOX-ISO-0 -d 192.168.1.1/32 -p udp -m udp --dport 53 -j RETURN"
	over
	# Without, the servers are the box's only.
	run -0 host box-run -n --dns 192.168.1.1 "$bb" true
	hasnt "$output" "net-nat --dns"
}

# resolver NAMESERVER... -- CMD...: a host with these in its file, and in that of
# systemd-resolved those of $real.
resolver() {
	local d=$BATS_TEST_TMPDIR
	{ printf 'search example.org\noptions ndots:2\n' && while [ "$1" != -- ]; do echo "nameserver $1" && shift; done; } >"$d/stub"
	printf 'nameserver %s\n' $real >"$d/real"
	shift
	run -0 --separate-stderr host unshare -m bash -c 'd=$1 && mount -t tmpfs none /run && mkdir -p /run/systemd/resolve &&
	    cp "$d/real" /run/systemd/resolve/resolv.conf && mount --bind "$d/stub" /etc/resolv.conf && shift && exec "$@"' - "$d" "$@"
}
@test "the host's name servers by default, where a box can reach them" {
	real="10.1.2.3 fe80::1"
	public=$'nameserver 8.8.8.8\nnameserver 8.8.4.4'
	found() { resolver "$@" -- box-run "$bb" cat /etc/resolv.conf; }
	found 192.0.2.7 127.0.0.1 2001:db8::53 169.254.1.1 192.0.2.8
	is "$output" $'search example.org\noptions ndots:2\nnameserver 192.0.2.7\nnameserver 192.0.2.8'
	found 127.0.0.53
	is "$output" "nameserver 10.1.2.3"
	# None that a box can reach: the public ones, and no word of the host's.
	real="127.0.0.53 ::1 0.0.0.0 169.254.169.254 fe80::1%eth0"
	found 127.0.0.53 ::1
	is "$output" "$public"
	# The word of the option; the stage alone.
	resolver 192.0.2.7 -- box-run --dns 192.0.2.9 "$bb" cat /etc/resolv.conf
	is "$output" "nameserver 192.0.2.9"
	resolver 192.0.2.7 -- ns-spawn rootfs-enter "$bb" cat /etc/resolv.conf
	is "$output" "$public"
	# A private one is open for a box that is cut off.
	resolver 192.168.7.1 -- box-run --isolate --ready exec -d --name "cut$$" "$bb" sleep 1000
	has "$(host iptables-save -t mangle)" "-A BOX-ISO-0 -d 192.168.7.1/32 -p udp -m udp --dport 53 -j RETURN"
	run -0 host box-stop -t 0 "cut$$"
}

@test "--pool" {
	fine --pool 10.64.0.0/16 -- sh -c 'ip -4 addr show dev veth1; ip route'
	has "$output" 10.64.0.2/16
	has "$output" "default via 10.64.0.1"
	for bad in 10.64.0.0 10.64.0.1/16 10.0.0.0/31 nonsense ""; do
		refused 125 --pool "$bad" "$bb" true
	done
	# A pool that the host uses, in whole or in part.
	for pool in 192.0.2.0/24 192.0.2.128/25 192.0.0.0/16; do
		refused 125 --pool $pool "$bb" true
		has "$stderr" "dev uplink: Address "
	done
}

@test "-p" {
	requires "curl" command -v curl
	start box-run -p 8080:80 -p 127.0.0.1:8081:80 "$bb" sh -c 'mkdir -p /tmp/w && echo page >/tmp/w/index.html && exec httpd -f -p 80 -h /tmp/w'
	ask() { is "$("$1" curl -sS -m 3 "$2")" page; }
	eventually 20 ask outside http://192.0.2.1:8080/
	ask host http://127.0.0.1:8080/
	ask host http://127.0.0.1:8081/
	ask host http://10.0.0.2/
	run ! outside curl -sS -m 1 http://192.0.2.1:8081/
	refused 125 -p 8080:80 "$bb" true
	has "$stderr" 8080
	kill -TERM "$pid"
	finish
	for bad in 65536:80 0:80 x 80:80/sctp ""; do
		refused 125 -p "$bad" "$bb" true
	done
}

@test "-e, -w, -u, --hostname, --dns" {
	fine -e A=1 --env B="two words" -e C='$(id) "; x' -w /tmp -u 1000:1000 --hostname web --dns 192.0.2.53 -- \
	    sh -c 'echo "$A|$B|$C"; pwd; id -u; hostname; cat /etc/resolv.conf'
	is "${lines[0]}" '1|two words|$(id) "; x'
	is "${lines[*]:1:3}" "/tmp 1000 web"
	has "$output" 192.0.2.53
	fine --name db -- hostname
	is "$output" db
	fine --name db --hostname web -- hostname
	is "$output" web
	fine --workdir /tmp --user 5 --env=A=2 --hostname=db -- sh -c 'echo $A; pwd; id -u; hostname'
	is "$output" $'2\n/tmp\n5\ndb'
	FROM=caller fine -e FROM -- sh -c 'echo $FROM'
	is "$output" caller
	BOX_ENV1=A=no BOX_ENV2=B=no fine -e C=yes -- sh -c 'echo "$A$B$C"'
	is "$output" yes
	refused 125 -e =x "$bb" true
	has "$stderr" "'=x' has no name"
}

@test "--env-file: the box's program has the variables, and those that enter later" {
	printf 'A=file\nB=file\nFROM\n' >"$BATS_TEST_TMPDIR/vars"
	printf 'B=other\n' >"$BATS_TEST_TMPDIR/other"
	show='echo "$A $B $FROM $C"'
	FROM=caller boxed --name web --env-file "$BATS_TEST_TMPDIR/vars" -e C=$'two\nlines' -e A=own
	rm "$BATS_TEST_TMPDIR/vars"
	run -0 box-exec web sh -c "$show"
	is "$output" $'own file caller two\nlines'
	run -0 box-exec -e C=1 --env-file "$BATS_TEST_TMPDIR/other" -e A=exec web sh -c "$show"
	is "$output" "exec other caller 1"
	is "$(stat -c %a "$BOX_STATE/web/env")" 600
	over
	fine --env-file <(echo A=pipe) -- sh -c 'echo $A'
	is "$output" pipe
	refused 125 --env-file /nowhere "$bb" true
	printf 'A=1\n\nexport B=hidden\n' >"$BATS_TEST_TMPDIR/vars"
	refused 125 --env-file "$BATS_TEST_TMPDIR/vars" "$bb" true
	is "$stderr" "box-keep: --env-file $BATS_TEST_TMPDIR/vars:3: a blank in the name"
}

@test "ps shows a stage that stays by a short line" {
	boxed --name web -p 8080:80 --log "$BATS_TEST_TMPDIR/log" -v "$BATS_TEST_TMPDIR:/secret-path" -e A=secret-value
	box-exec web sleep 2000 &
	entering=$!
	runs sleep "$entering"
	titles=''
	for p in $(pgrep '^(box-keep|log-keep|ns-spawn|ns-enter|cg-limit|net-nat)$'); do
		title=$(tr '\0' '|' <"/proc/$p/cmdline")
		is "$title" "$(<"/proc/$p/comm"): web|"
		titles+="${title%|}"$'\n'
	done
	# The box's init is the second of ns-spawn, and shows the same in the box.
	is "$(sort <<<"$titles" | xargs)" \
	    "box-keep: web cg-limit: web log-keep: web net-nat: web ns-enter: web ns-spawn: web ns-spawn: web"
	is "$(box-exec web cat /proc/1/cmdline | tr '\0' '|')" "ns-spawn: web|"
	kill "$entering"
	finish "$entering"
	runs sleep
	over
	# Error lines have the tool's name, as before.
	is "$(exec -a /x/y/cg-limit "$TOP/bin/cg-limit" max "$TOP/bin/no-such" 2>&1)" \
	    "cg-limit: $TOP/bin/no-such: No such file or directory"
}

@test "-v, --tmpfs, --read-only, --ephemeral, --overlay" {
	mkdir "$BATS_TEST_TMPDIR/a b" "$BATS_TEST_TMPDIR/kept"
	fine -v "$BATS_TEST_TMPDIR/a b:/data" -v "$BATS_TEST_TMPDIR/a b:/ro:ro" --tmpfs /scratch -- \
	    sh -c 'echo x >/data/new; touch /ro/y 2>/dev/null || echo ro; touch /scratch/z && echo scratch'
	is "$output" $'ro\nscratch'
	is "$(stat -c %u:%g "$BATS_TEST_TMPDIR/a b/new")" 0:0
	fine --read-only -- sh -c 'touch /x 2>&1 || :'
	has "$output" "Read-only"
	# The directories of programs that the root has, unless they are given.
	copy_root
	mkdir -p "$root/tmp" "$root/run" "$root/var" && rm -rf "$root/var/tmp"
	run -0 host box-run --network none --read-only -v "$BATS_TEST_TMPDIR/a b:/run:ro" -u 1000 "$root" \
	    sh -c 'touch /tmp/x && echo tmp; touch /run/x 2>/dev/null || ls /run; ls -d /var/tmp 2>/dev/null; stat -c %a /tmp'
	is "$output" $'tmp\nnew\n1777'
	[ ! -e "$root/tmp/x" ] && [ ! -e "$root/var/tmp" ]
	run -0 host box-run --network none --read-only --tmpfs /tmp:size=1m "$root" grep ' /tmp ' /proc/mounts
	has "$output" size=1024k
	fine --ephemeral -- sh -c 'touch /eph'
	[ ! -e "$bb/eph" ]
	fine --overlay "$BATS_TEST_TMPDIR/kept" -- sh -c 'touch /ovl'
	[ ! -e "$bb/ovl" ]
	fine --overlay "$BATS_TEST_TMPDIR/kept" -- ls /ovl
}

@test "--mount: docker's words for -v and --tmpfs" {
	src="$BATS_TEST_TMPDIR/a b:c"
	mkdir "$src" && touch "$src/there"
	fine --mount "type=bind,source=$src,target=/m,readonly" --mount "src=$src,dst=/w,type=bind,ro=false" \
	    --mount type=tmpfs,destination=/t,tmpfs-size=64k,tmpfs-mode=0700 -- \
	    sh -c 'ls /m; touch /m/x 2>/dev/null || echo ro; touch /w/new; df -k /t | tail -n 1 | xargs | cut -d" " -f2; stat -c %a /t'
	is "$output" $'there\nro\n64\n700'
	[ -e "$src/new" ]
	# bad WORDS REASON
	bad() {
		refused 125 --mount "$1" "$bb" true
		is "${stderr%%$'\n'*}" "box-run: --mount '$1': $2"
	}
	bad "type=bind,dst=/m" "src=FROM is missing"
	bad "type=bind,src=/" "dst=/TO is missing"
	bad "type=bind,src=/,dst=m" "dst=/TO is missing"
	bad "type=bind,src=/,dst=/m:ro" "a path in the box with a ':'"
	bad "type=bind,src=/,dst=/m,volume-driver=*" "'volume-driver' is not known"
	bad "src=data,dst=/m" "type=volume is not bind or tmpfs"
	bad "type=tmpfs,src=/,dst=/m" "a tmpfs has no src"
	bad "*" "'*' is not known"
}

@test "--sysctl" {
	keepalive=$(host cat /proc/sys/net/ipv4/tcp_keepalive_time)
	fine --sysctl net.ipv4.ip_local_port_range="2000 3000" --sysctl net.ipv4.tcp_keepalive_time=77 --sysctl kernel.shmmax=9006 -- \
	    sh -c 'cd /proc/sys && cat net/ipv4/ip_local_port_range net/ipv4/tcp_keepalive_time kernel/shmmax; echo 1 2>/dev/null >kernel/shmmax || echo ro'
	is "$(xargs <<<"$output")" "2000 3000 77 9006 ro"
	is "$(host cat /proc/sys/net/ipv4/tcp_keepalive_time)" "$keepalive"
	fine --network none --sysctl net.ipv4.tcp_keepalive_time=77 -- cat /proc/sys/net/ipv4/tcp_keepalive_time
	is "$output" 77
	refused 125 --network host --sysctl net.ipv4.tcp_keepalive_time=77 "$bb" true
	has "$stderr" "the net namespace is not the box's own"
	is "$(host cat /proc/sys/net/ipv4/tcp_keepalive_time)" "$keepalive"
	refused 125 --sysctl vm.swappiness=1 "$bb" true
	has "$stderr" "vm.swappiness=1: only net.*"
	for bad in "" net.ipv4.tcp_keepalive_time id -x=1 =1; do
		refused 125 --sysctl "$bad" "$bb" true
		is "$stderr" "box-run: --sysctl: '$bad' is not KEY=VALUE"
	done
}

@test "--ulimit, --oom-score-adj" {
	boxed --name words --network none --ulimit nofile=200:300 --ulimit fsize=max --oom-score-adj 300
	is "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$prog/limits")" "200 300"
	is "$(<"/proc/$prog/oom_score_adj")" 300
	is "$(box-exec words sh -c 'ulimit -n; ulimit -Hn; ulimit -f' | xargs)" "200 300 unlimited"
	over
	# Without the option: the caller's.
	is "$(ulimit -n 100; host box-run --network none "$bb" sh -c 'ulimit -n')" 100
	above() { ulimit -n 400 && host box-run --network none --ulimit nofile=50:500 "$bb" sh -c 'ulimit -Hn'; }
	run --separate-stderr above
	[ "$status $output" = "0 500" ] ||
	    is "$status ${stderr%%$'\n'*}" "125 proc-set: --rlimit nofile=500: Operation not permitted"
	refused 125 --ulimit files=5 "$bb" true
	is "$stderr" "proc-set: --rlimit: 'files' is not the name of a limit such as nofile, nproc or memlock"
	refused 125 --ulimit nofile=5:4 "$bb" true
	refused 125 --oom-score-adj 1001 "$bb" true
}

@test "--label, --stop-signal" {
	label() { box-ps --json words | jq -cr .[0].labels; }
	run -0 host box-run -d --name words --network none --stop-signal SIGQUIT --label a=1 --label 'b "\=2' --label a=x=y --label flag \
	    "$bb" sh -c 'trap "exit 7" QUIT; echo ready; while :; do sleep 0.1; done'
	is "$(label)" '{"a":"x=y","b \"\\":"2","flag":""}'
	traps() { is "$(box-logs words)" ready; }
	eventually 10 traps
	# The box lingers; TERM itself would not end its program.
	start box-wait words
	run -0 host box-stop -t 30 words
	finish
	is "$status" 7
	run -0 host box-run -d --name words --network none "$bb" sleep 1000
	is "$(label)" "{}"
	run -0 host box-stop words
	for bad in "" =x $'a=b\nc'; do refused 125 --label "$bb" --label "$bad" "$bb" true; done
	for bad in "" SIG NOTHING 0 65 RTMIN+99 -1; do
		refused 125 --stop-signal "$bad" "$bb" true
		is "$stderr" "ns-spawn: --stop-signal: '$bad' is not a signal such as TERM, SIGQUIT or 15"
	done
	is "$(box-rm words)" ""
}

@test "--shm-size, --device, --group-add, -v rslave" {
	boxed --name words --network none --shm-size 16m --device /dev/zero:/dev/nil --group-add 46 --group-add 47 -u 1000
	run -0 box-exec words sh -c 'df -k /dev/shm | tail -n 1; head -c 3 /dev/nil | wc -c; id -G'
	is "$(xargs <<<"${lines[0]}" | cut -d' ' -f2)" 16384
	is "${lines[*]:1}" "3 1000 46 47"
	is "$(awk '/^Groups/ { $1 = ""; print }' "/proc/$prog/status" | wc -w)" 3
	over
	run -0 host box-run -n -v /a:/b:rslave "$bb" true
	has "$output" "rootfs-enter -v /a:/b:rslave "
	refused 125 --group-add nosuch "$bb" true
	refused 125 --shm-size 0 "$bb" true
	refused 125 --device /dev/nosuch "$bb" true
}

@test "--device with fewer rights: a filter of the box's group" {
	beyond_box devices
	mknod -m 666 "$BATS_TEST_TMPDIR/fuse" c 10 229
	lacks_kernel "fuse" sh -c ": <$BATS_TEST_TMPDIR/fuse"
	opens='for n in /dev/f /dev/full /dev/null; do (: <$n) 2>/dev/null && echo r; (: >$n) 2>/dev/null && echo w; done | xargs'
	for rights in "r r r w r w" "w w r w r w" "wr r w r w r w" "rm r r w r w"; do
		fine --network none --device "$BATS_TEST_TMPDIR/fuse:/dev/f:${rights%% *}" -- sh -c "$opens"
		is "$output" "${rights#* }" "$rights"
	done
	boxed --name words --network none --device "$BATS_TEST_TMPDIR/fuse:r" --device /dev/zero:/dev/nil
	run -0 box-exec words sh -c 'cd "${1%/*}" && (: <fuse) && ! (: >fuse) 2>/dev/null && head -c 2 /dev/nil | wc -c' sh "$BATS_TEST_TMPDIR/fuse"
	is "$output" 2
	over
	for bad in x rwx rr/ ""; do refused 125 --device "/dev/null:/x:$bad" "$bb" true; done
	refused 125 --device /dev/nosuch:r "$bb" true
	is "$stderr" "box-run: --device /dev/nosuch: not a device"
}

@test "--entrypoint, --security-opt, --map self" {
	fine --entrypoint echo -- a "b  c" -n
	is "$output" "a b  c -n"
	is "$(host box-run --entrypoint hostname "$bb")" container
	refused 125 --entrypoint "" "$bb" true
	walls='grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status | xargs'
	for opt in no-new-privileges no-new-privileges:true label=disable; do
		fine --network none --security-opt $opt -- sh -c "$walls"
		is "$output" "NoNewPrivs: 1 Seccomp: 2"
	done
	fine --network none --security-opt no-new-privileges=false --security-opt seccomp=unconfined -- sh -c "$walls"
	is "$output" "NoNewPrivs: 0 Seccomp: 0"
	refused 125 --security-opt label=level:s0 "$bb" true
	has "$stderr" "'label=level:s0' is not"
	refused 125 --security-opt seccomp=/nowhere "$bb" true
	has "$stderr" "/nowhere: No such file"
	# The host's settings are of its id 0.
	for map in self 0:0:65536; do
		refused 125 --network none --map $map --unmask "$bb" true
		has "$stderr" "the box's root could write the host's settings"
	done
	fine --network none --map auto --unmask -- true
	fine --map self -- cat /proc/self/uid_map
	is "$(xargs <<<"$output")" "0 0 1"
	# The nodes are the host's, and their owner is this box's root, too.
	fine --map self --device /dev/zero:/dev/nil -- sh -c 'for n in null zero full random urandom tty nil; do
		chmod 666 /dev/$n || touch /dev/$n || echo $n; done 2>/dev/null; echo x >/dev/null; echo x >/dev/nil'
	is "$(xargs <<<"$output")" "null zero full random urandom tty nil"
	refused 125 --map nonsense "$bb" true
	# As the hint has it, where a root directory cannot be shown with other ids.
	mkdir "$BATS_TEST_TMPDIR"/{up,work,over}
	on_overlay() {
		host unshare -m sh -c 'd=$1 && shift && mount -t overlay -o "lowerdir=$bb,upperdir=$d/up,workdir=$d/work" o "$d/over" && exec "$@"' \
		    sh "$BATS_TEST_TMPDIR" box-run --network none "$@" "$BATS_TEST_TMPDIR/over" echo fine
	}
	export bb
	run on_overlay
	[ "$status" = 0 ] || has "$output" "--map self of box-run"
	run -0 on_overlay --map self
	is "$output" fine
}

@test "-n prints the one chain, and that chain is the box" {
	run -0 host box-run -n -p 8080:80 -e "A=it's two" "$bb" sh -c 'echo "$A $0"; exit 7' "a  b"
	is "${#lines[@]}" 1
	for t in net-lease net-nat cg-limit ns-spawn net-veth rootfs-enter 50% "-p 8080:80" --init; do has "$output" "$t"; done
	hasnt "$(ls /run/netns)" box
	run -7 host sh -c "$output"
	is "$output" "it's two a  b"
	run -0 host box-run -n --network none "$bb" true
	hasnt "$output" net-nat
	hasnt "$output" net-veth
}

@test "-x: every stage traces, on stderr" {
	run -7 --separate-stderr host box-run -x "$bb" sh -c 'echo out; exit 7'
	is "$output" out
	for what in "iptables-restore" "pids.max" "ip link add" "mount -t proc" "uid_map" "ip_forward" pivot_root; do
		has "$stderr" "$what"
	done
}

@test "statuses, arguments, streams" {
	run -0 host box-run "$bb" sh -c 'cat; printf "<%s>" "$@"' sh "" "a  b" -n "*" '$x' $'l\nm' <<<"from stdin"
	is "$output" "from stdin
<><a  b><-n><*><\$x><l
m>"
	run -143 host box-run "$bb" sh -c 'kill -TERM $$'
	run -137 host box-run "$bb" sh -c 'kill -9 $$'
	run -127 host box-run "$bb" no-such-program
	run -126 host box-run "$bb" /etc
}

@test "TERM stops the box at once, with PROG's status" {
	boxed
	begin=${EPOCHREALTIME/./}
	kill -TERM "$pid"
	finish
	is "$status" 143
	between $((${EPOCHREALTIME/./} - begin)) 0 $((1000000 * ${SLACK:-1}))
}

@test "--linger: processes that PROG started live on, with the box" {
	start box-run --linger "$bb" sh -c 'sleep 1008 </dev/null >/dev/null 2>&1 & exit 3'
	eventually 20 pgrep -f '^sleep 1008'
	kill -0 "$pid"
	kill -9 "$(pgrep -f '^sleep 1008')"
	finish
	is "$status" 3
	run -3 host box-run "$bb" sh -c 'sleep 1008 & exit 3'
	run ! pgrep -f '^sleep 1008'
}

@test "kill -9, at each stage of it: the next run leaves nothing" {
	boxed
	chain=("$pid")
	while [ "${chain[-1]}" != "$prog" ]; do
		chain+=("$(pgrep -P "${chain[-1]}" | tail -n 1)")
	done
	kill -9 "$prog"
	finish
	for i in "${!chain[@]}"; do
		boxed -p 8080:80
		victim=$pid
		for ((j = 0; j < i; j++)); do victim=$(pgrep -P "$victim" | tail -n 1); done
		kill -9 "$victim"
		finish
		eventually 5 gone "$prog"
		run -0 host box-run "$bb" true
		baseline_check
	done
}

web=(sh -c 'mkdir -p /tmp/w && echo page >/tmp/w/index.html && exec httpd -f -p 80 -h /tmp/w')
asks() { is "$("$1" curl -sS -m 3 "$2")" page; }
keeper() { read -r pid _ <"$BOX_STATE/$1/keeper"; }
# stop NAME: nobody here can wait for it.
stop() {
	keeper "$1"
	kill "$pid"
	eventually 10 gone "$pid"
}

@test "-d --ready port: a server that answers at once, and lives on after the session" {
	requires "curl" command -v curl
	requires "python3" command -v python3
	host python3 "$TOP/tests/terminal.py" sh -c 'x=$(box-run -d --name web --ready port -p 8080:80 "$@"); echo "<$x>"; curl -sS http://127.0.0.1:8080/
		read x; kill -9 $$' sh "$bb" sh -c 'sleep 1; mkdir -p /tmp/w && echo page >/tmp/w/index.html && exec httpd -f -p 80 -h /tmp/w' <<-END
		expect <web>
		expect page
		send \n
		end -9
	END
	asks outside http://192.0.2.1:8080/
	refused 125 --name web "$bb" true
	stop web
	run ! outside curl -sS -m 1 http://192.0.2.1:8080/
}

@test "-d: a generated name, its log, and -e and -u for box-exec" {
	name=$(host box-run -d -e "A=it's" -u 1000 "$bb" sh -c 'echo "$A"; exec sleep 1000')
	keeper "$name"
	runs sleep
	is "$(<"$BOX_STATE/log/$name/current")" "it's"
	is "$(stat -Lc %i "/run/netns/$name")" "$(stat -Lc %i "/proc/$prog/ns/net")"
	eval "set -- $(<"$BOX_STATE/$name/enter")"
	is "$*" "--fresh -u 1000"
	is "$(tr '\0' '|' <"$BOX_STATE/$name/env")" "A=it's|"
	is "$(<"$BOX_STATE/$name/slot")" "0 10.0.0.2"
	stop "$name"
}

@test "-d: an end before it is up is told" {
	run -125 --separate-stderr host box-run -d --name web --cap-add NONSENSE "$bb" true
	has "$stderr" "NONSENSE"
	is "$output" ""
	run -127 --separate-stderr host box-run -d --name web "$bb" no-such
	has "$stderr" "no-such"
	refused 125 --ready port "$bb" true
	refused 125 --ready port:80 --network none "$bb" true
	refused 125 --restart sometimes "$bb" true
}

@test "-d --restart: after a kill of any stage, the same box again, with its port" {
	requires "curl" command -v curl
	host box-run -d --name web --restart always --ready port -p 8080:80 "$bb" "${web[@]}"
	keeper web
	again() { payload_is httpd "$pid" && [ "$prog" != "$first" ] && asks host http://127.0.0.1:8080/; }
	n=0
	# From the payload, which has the box's init before it, to log-keep.
	for stage in httpd ns-spawn cg-limit net-nat log-keep; do
		first=$(payload "$pid")
		victim=$first
		until [ "$(cat "/proc/$victim/comm")" = $stage ]; do
			victim=$(awk '/^PPid/ { print $2 }' "/proc/$victim/status")
		done
		kill -9 "$victim"
		eventually 20 again
		is "$(<"$BOX_STATE/web/restarts")" $((n += 1)) "restarts after $stage"
	done
	stop web
}

@test "--ready notify: from within the box, also with a read-only root" {
	copy_root
	make_probe
	cp "$probe" "$root/bin/probe"
	start box-run -d --name web --ready notify --read-only -u 1000 "$root" \
	    sh -c 'echo "$NOTIFY_SOCKET"; sleep 0.3; probe notify READY=1 && exec sleep 1000'
	finish
	is "$status" 0 "$(<"$err")"
	is "$(<"$out")" web
	is "$(tail -n 1 "$BOX_STATE/log/web/current")" /dev/notify
	keeper web
	runs sleep
	stop web
}

@test "bad input: ROOTFS" {
	refused 125 /no/such/root true
	has "$stderr" /no/such/root
	touch "$BATS_TEST_TMPDIR/file"
	refused 125 "$BATS_TEST_TMPDIR/file" true
	has "$stderr" "$BATS_TEST_TMPDIR/file"
	mkdir "$BATS_TEST_TMPDIR/empty"
	refused 127 "$BATS_TEST_TMPDIR/empty" /bin/sh
	has "$stderr" /bin/sh
	refused 125 "" true
	refused 125 "$bb"
	refused 125 "$bb" -p 8080:80 sh
	has "$stderr" "options stand before ROOTFS"
	refused 125 / true
	refused 125 -p 80:80/udp --ready port "$bb" true
}

@test "bad input: a root directory for another machine type" {
	copy_root
	machine=b7
	[ "$(uname -m)" != aarch64 ] || machine=3e
	printf '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x'$machine'\0\x01\0\0\0%200s' >"$root/bin/alien"
	chmod 755 "$root/bin/alien"
	refused 126 "$root" alien
	has "$stderr" machine
}

@test "bad input: a missing iptables" {
	mkdir "$BATS_TEST_TMPDIR/sbin"
	ln -s "$(command -v ip)" "$BATS_TEST_TMPDIR/sbin"
	without() {
		host unshare -m bash -c 'mount --bind "$1" /usr/sbin && PATH=/usr/bin exec "${@:2}"' \
		    bash "$BATS_TEST_TMPDIR/sbin" "$TOP/bin/box-run" "$@"
	}
	run -125 without "$bb" true
	has "$output" iptables
	has "$output" "hint: "
	# A box without a network does not need iptables.
	run -0 without --network none "$bb" true
}

@test "a root and the suite below a 0700 home" {
	home=$BATS_TEST_TMPDIR/home
	mkdir -m 700 "$home"
	cp -a "$TOP/bin" "$home/bin"
	copy_root
	mv "$root" "$home/it's a root"
	run -0 host env PATH="/usr/sbin:/usr/bin" "$home/bin/box-run" "$home/it's a root" sh -c 'touch /new; echo yes'
	is "$output" yes
	is "$(stat -c %u "$home/it's a root/new")" 0
	run -0 host env -C "$home" PATH="/usr/sbin:/usr/bin" ./bin/box-run "it's a root" echo relative
	mv "$home/it's a root" "$home/-n"
	run -0 host env -C "$home" ./bin/box-run ./-n echo dash
	is "$output" dash
	run -0 host env -C "$home" ./bin/box-run -- -n echo dash
	is "$output" dash
}

# modes: the modes that an exec keeps, of the shell that prints them; umask first.
MODES='umask; sed -n "/^Sig[BI][lg][kn]:/p" /proc/self/status
	cat /proc/self/personality /proc/self/timerslack_ns /proc/self/oom_score_adj'
# odd CMD...: CMD, of a caller with odd modes.
odd() {
	host setarch -R python3 -c '
import os, signal, sys, ctypes
os.umask(0o077)
for s in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(s, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
ctypes.CDLL(None).prctl(29, 1000000, 0, 0, 0)
open("/proc/self/oom_score_adj", "w").write("-7" if "-7" in os.environ["SCORE"] else "9")
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}
@test "prog begins with the modes of a new login, also by box-exec" {
	requires "python3" command -v python3
	local want score=-7
	# Some hosts do not let root be spared by the OOM killer.
	(echo -7 >/proc/self/oom_score_adj) 2>/dev/null || score=9
	want=$(printf '%s\n' 0022 "SigBlk:	$(printf %016d 0)" "SigIgn:	$(printf %016d 0)" 00000000 50000 "${score/-7/0}")
	SCORE=$score run -0 odd box-run --network none "$bb" sh -c "$MODES"
	is "$output" "$want"
	# A bare chain leaves the modes alone.
	SCORE=9 run -0 odd ns-spawn rootfs-enter "$bb" sh -c "$MODES"
	has "$output" "0077"
	hasnt "$output" "SigIgn:	$(printf %016d 0)"
	boxed --name web
	SCORE=$score run -0 odd box-exec web sh -c "$MODES"
	is "$output" "$want"
	over
}

@test "T69: a set-user-ID file of a box is kept from the host's users" {
	local dir
	dir=$(mktemp -d) && chmod 755 "$dir" && dir=$dir/boxes
	make_probe
	"$TOP/rootfs/busybox" "$dir/bb"
	is "$(stat -c %a "$dir")" 700
	cp "$probe" "$dir/bb/probe"
	fine -- true
	root=$dir/bb fine -- sh -c 'cp /probe /suid && chmod 4755 /suid'
	# setpriv itself still has its capabilities.
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'exec "$@"' sh)
	run -126 "${user[@]}" "$dir/bb/suid" ids
	# With the directory open it is root.
	chmod 755 "$dir"
	run -0 "${user[@]}" "$dir/bb/suid" ids
	has "$output" "0"
	# Then there is a hint, on a terminal.
	on_terminal() { host python3 "$TOP/tests/terminal.py" sh -c "box-run --network none $1 '$dir/bb' true; echo do''ne"; }
	on_terminal "" <<-'END'
		expect keep '
		expect 0700
		expect done
	END
	run -0 on_terminal --read-only <<<"expect done"
	chmod 700 "$dir"
	run -0 on_terminal "" <<<"expect done"
	hasnt "$output" hint
	rm -r "${dir%/*}"
}
