#!/usr/bin/env bats
# ns-sysctl: values of the box's namespaces, and never of the host's.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() { lab_up; }
teardown_file() { lab_down; }
setup() {
	baseline_save
	values >"$BATS_TEST_TMPDIR/values"
}
teardown() {
	diff "$BATS_TEST_TMPDIR/values" <(values) >&2
	baseline_check
}

keys=(net/ipv4/ip_unprivileged_port_start net/ipv4/tcp_keepalive_time kernel/msgmax kernel/msgmnb kernel/msgmni kernel/sem
	kernel/shm_rmid_forced kernel/shmall kernel/shmmax kernel/shmmni fs/mqueue/msg_max)
# The values of the lab's network, and of our ipc namespace.
values() { host sh -c 'cd /proc/sys && head -n 1 "$@"' sh "${keys[@]}"; }
# refused STAGE... -- KEY=VALUE...
refused() {
	local pre=()
	while [ "$1" != -- ]; do pre+=("$1") && shift; done
	shift
	# Should it not be refused, another ipc namespace than ours changes.
	run --separate-stderr host unshare -i "${pre[@]}" ns-sysctl "$@" true
	[ "$status" = 125 ] || fail "status $status: ${pre[*]} $*" "$stderr"
	[[ $stderr == "ns-sysctl: "* ]] && [ "$(wc -l <<<"$stderr")" -le 2 ] || fail "not a line and a hint: $stderr"
}

@test "values of the box's own namespaces, by dots or slashes" {
	run -0 host ns-spawn ns-sysctl net.ipv4.ip_unprivileged_port_start=80 net/ipv4/tcp_keepalive_time=99 kernel.msgmax=9001 \
	    kernel.msgmnb=9002 kernel/msgmni=903 "kernel.sem=251 32001 101 129" kernel.shm_rmid_forced=1 kernel.shmall=9005 \
	    kernel.shmmax=9006 kernel.shmmni=907 fs.mqueue.msg_max=8 sh -c 'cd /proc/sys && cat "$@"' sh "${keys[@]}"
	is "$(tr '\t' ' ' <<<"$output" | xargs)" "80 99 9001 9002 903 251 32001 101 129 1 9005 9006 907 8"
	# The last of one name counts.
	run -0 host ns-spawn ns-sysctl kernel.msgmax=9001 kernel.msgmax=9002 cat /proc/sys/kernel/msgmax
	is "$output" 9002
	run -0 host ns-spawn net-veth ns-sysctl net.ipv4.conf.veth1.arp_ignore=2 cat /proc/sys/net/ipv4/conf/veth1/arp_ignore
	is "$output" 2
	# A link's name may have a dot.
	refused ns-spawn -- net.ipv4.conf.veth1/7.arp_ignore=2
	has "$stderr" "sysctl -w net.ipv4.conf.veth1/7.arp_ignore=2: No such file"
	# Without a user namespace, too.
	run -0 host ns-spawn --only net ns-sysctl net.ipv4.tcp_keepalive_time=99 cat /proc/sys/net/ipv4/tcp_keepalive_time
	is "$output" 99
}

@test "T95: a namespace that the box shares is refused, and what is no namespace's" {
	for pre in "" "ns-spawn --net host" "ns-spawn --only ipc" "ns-spawn env" "ns-spawn --user host --net /run/netns/$HOSTNS"; do
		# shellcheck disable=SC2086
		refused $pre -- net.ipv4.tcp_keepalive_time=99
		has "$stderr" "net.ipv4.tcp_keepalive_time=99: the net namespace is not the box's own"
	done
	# An inner box does not have the outer one's.
	refused ns-spawn --only net ns-spawn --only uts -- net.ipv4.tcp_keepalive_time=99
	for pre in "" "ns-spawn --ipc host" "ns-spawn --only net"; do
		# shellcheck disable=SC2086
		refused $pre -- kernel.msgmax=9001
		has "$stderr" "the ipc namespace is not the box's own"
	done
	for bad in vm.swappiness=1 kernel.hostname=x kernel.msgmaxx=1 kernel.sem.x=1 fs.mqueue=1 net=1 .net.ipv4.tcp_keepalive_time=1 =1 \
	    net..core=1 net.=1 net/../vm/swappiness=1 net.//.vm.swappiness=1 net/./ipv4/tcp_keepalive_time=1 net/=1 /net/ipv4/tcp_keepalive_time=1 \
	    ../net=1 fs/mqueue/../../vm/swappiness=1; do
		refused ns-spawn -- "$bad"
		has "$stderr" "$bad: only net.*"
	done
	weaken
	weak 95 run -0 host unshare -i ns-spawn --only uts ns-sysctl kernel.msgmax=9001 cat /proc/sys/kernel/msgmax
	is "$output" 9001
	# None is set if one is wrong.
	refused ns-spawn -- -x kernel.msgmax=9001 vm.swappiness=1
	hasnt "$stderr" msgmax
}

@test "a value that the kernel refuses" {
	refused ns-spawn -- net.ipv4.tcp_keepalive_time=many
	is "$stderr" "ns-sysctl: sysctl -w net.ipv4.tcp_keepalive_time=many: Invalid argument"
	refused ns-spawn -- net.ipv4.tcp_keepalive_time=
	is "$stderr" "ns-sysctl: sysctl -w net.ipv4.tcp_keepalive_time=: Invalid argument"
	refused ns-spawn -- net.core.nothing=1
	refused ns-spawn -- net.ipv4=1
	if [ "$(host ns-spawn stat -c %A /proc/sys/net/core/wmem_max 2>/dev/null)" = -r--r--r-- ]; then
		refused ns-spawn -- net.core.wmem_max=9999
		has "$stderr" "hint: this value is the whole host's"
	fi
	run -125 ns-sysctl true
	run -125 ns-sysctl net.ipv4.tcp_keepalive_time=9
	run -0 ns-sysctl -n net.ipv4.tcp_keepalive_time=9 "kernel.sem=1 2 3 4" true
	is "$output" "sysctl -w net.ipv4.tcp_keepalive_time=9
sysctl -w 'kernel.sem=1 2 3 4'
# next: true"
}
