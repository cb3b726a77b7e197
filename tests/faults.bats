#!/usr/bin/env bats
# T48: system calls that fail, and processes killed, at any point of a box's life.
# The program runs as confined as ever or not at all, nothing hangs, and after
# box-gc the host is as before.  SOAK=N: N times as many random points; SEED repeats.
# FAULTS=all ("make faults"): each call, with each likely error, and SIGKILL.
# shellcheck disable=SC2016,SC2030,SC2034,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken
load faults/sweep
load faults/programs

setup_file() {
	requires "strace" command -v strace
	make_probe
	make -s -C "$TOP" tests/faults/inject tests/faults/shim >&2
	weaken
}
setup() {
	lab_up
	copy_root
	baseline_save
	RANDOM=${SEED:=$((BASHPID % 32768))}
	echo "SEED=$SEED"
}
teardown() {
	lab_end eventually 20 ended
}
ended() {
	host box-gc
	baseline_same
}

# The chains for which the suite has no time.
full() { [ "${FAULTS:-}" ] || skip "it is for make faults"; }

# The defences of a box; missing lines mean that the program has ended.
VIEW='grep -E "^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):" /proc/self/status; cat /proc/self/uid_map
	awk "\$5 ~ /^.(proc|sys|$)/ { print \$5, \$6 }" /proc/self/mountinfo; for fd in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo fd $fd; done'

# A flow, for connection tracking.
FLOW='ping -c 1 -W 1 192.0.2.2 | grep transmitted'
FLOW6='ping -c 1 -W 1 2001:db8::2 | grep transmitted'

# points CMD...: each call in its life and each of its times, as "CALL N", one a
# line.  Calls for memory are left out, which are mostly libc's, and calls that
# cannot fail, such as close, which always closes.
points() {
	host strace -f -qq -o "$BATS_TEST_TMPDIR/trace" "$@" >&2
	sed -nE 's/^([0-9]+) +([a-z_0-9]+)\(.*/\1 \2/p' "$BATS_TEST_TMPDIR/trace" |
	    grep -vE ' (brk|close|get[a-z]*[gpu]id|umask|mmap|munmap|mprotect|exit_group|set_robust_list|set_tid_address|rseq|arch_prctl)$' |
	    awk '{ print $2, ++n[$0] }' | sort -u
}
# hit POINT WHAT CMD...: CMD, with WHAT at POINT, in any process that gets so far;
# its lines are in $output.
hit() {
	local call=${1% *} n=${1#* } status=0
	host timeout -k 5 $((30 * ${SLACK:-1})) strace -f -qq -o /dev/null -e trace="$call" \
	    -e inject="$call:$2:when=$n" "${@:3}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
	[ $status != 124 ] || fail "$1, $2: hangs"
	output=$(<"$BATS_TEST_TMPDIR/out")
}
# confined: $output has no line that a box without faults does not have.
confined() { is "$(sort <<<"$output" | comm -23 - <(sort <<<"$want"))" "" "$1"; }
sample() { for ((i = 0; i < $1; i++)); do echo "${all[RANDOM % ${#all[@]}]}"; done; }
# killed CMD...: the command, killed at points at random of its life.
killed() {
	local point
	want=$(host "$@")
	has "$want" "Seccomp:"
	# Not where each iptables, that of the undoing, too, has done a part.
	mapfile -t all < <(points "$@" | grep -vE '^(sendto|sendmsg|recvmsg) ')
	[ ${#all[@]} -ge 200 ]
	while read -r point; do
		hit "$point" signal=KILL "$@"
		confined "$point"
		eventually 20 ended || fail "$point: left on the host"
	done < <(sample $((12 * ${SOAK:-1})))
}
# bats test_tags=soak
@test "processes that are killed, at points at random" {
	killed box-run --name "f$$" -p 8080:80 "$root" sh -c "$VIEW"
}

@test "each call of a start in a root directory fails once" {
	sweep spawn ns-spawn --init rootfs-enter "$root" sh -c "$VIEW"
}

@test "each call of a start with limits and a link fails once" {
	sweep link net-lease cg-limit --pids 30 50% ns-spawn --netns "f$$" net-veth rootfs-enter "$root" sh -c "$VIEW"
}

@test "each call of a start with a published port fails once" {
	share=4 sweep nat net-lease net-nat -p 8080:80 ns-spawn net-veth rootfs-enter "$root" sh -c "$VIEW; $FLOW"
}

@test "each call of a start with IPv6 fails once" {
	lab_down
	lab6_up
	baseline_save
	only='net-.*'
	share=4 sweep ipv6 net-lease --ipv6 net-nat -p 8080:80 ns-spawn net-veth rootfs-enter "$root" sh -c "$FLOW6"
}

@test "each call of a start on a terminal fails once" {
	requires "python3" command -v python3
	export also=$BATS_TEST_TMPDIR/terminal-*
	only='ns-spawn|rootfs-enter'
	sweep tty python3 "$TOP/tests/faults/terminal.py" "$BATS_TEST_TMPDIR/terminal-left" sh -c '
		ns-spawn --init rootfs-enter "$1" stty raw -echo && ns-spawn --init rootfs-enter -t "$1" sh -c "stty size; tty"' - "$root"
}

@test "each call of a default start fails once" {
	full
	sweep run box-run -p 8080:80 --ephemeral --memory 64m --name "f$$" "$root" sh -c "$VIEW"
}

@test "each call of a detached box, of a program in it, and of its end fails once" {
	full
	sweep life sh -c 'box-run -d --restart on-failure:1 --name "$2" "$1" sleep 1000 || {
			status=$?
			box-stop -t 0 "$2" 2>/dev/null
			exit $status
		}
		box-exec "$2" echo in
		status=$?
		box-stop -t 0 "$2" || [ $status != 0 ] || status=125
		# What the box said in the background, and its status.
		[ $status != 0 ] || {
			cat "$BOX_STATE/log/$2/current" >&2
			[ ! -e "$BOX_STATE/ended/$2" ] || status=$(sed -n "s/^status //p" "$BOX_STATE/ended/$2")
			[ "$status" != 143 ] && [ "$status" != 137 ] || status=0
		}
		box-rm "$2" || [ $status != 0 ] || status=125
		exit $status' - "$root" "f$$"
}

@test "each call of a container's life fails once" {
	full
	export bundle dir=$BATS_TEST_TMPDIR/oci also="$BATS_TEST_TMPDIR/oci/* /sys/fs/cgroup/*/bt-oci-$$*"
	bundle '.process.args = ["sleep", "1000"]'
	refusal=1
	sweep oci sh -c 'oci() { box-oci --root "$dir" "$@"; }
		trap "oci delete --force c" EXIT
		oci create --bundle "$bundle" c && oci start c && oci kill c KILL || exit
		while s=$(oci state c) || exit; do
			case $s in *stopped*) break ;; esac
			sleep 0.05
		done
		oci delete c'
}

@test "each call of a start by an ordinary user fails once" {
	full
	requires "pasta" command -v pasta
	open_tun
	only=net-user
	OPEN=$opener sweep user setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE \
	    ns-spawn net-user ip -br addr show scope global
}

# running: a box, $box, with the program $prog; the chains keep the state directory.
running() {
	start box-run --name "f$$" --log "$BATS_TEST_TMPDIR/log" "$root" sh -c 'echo begun; exec sleep 1000'
	runs sleep
	baseline_save
	keep=1
	export box=f$$ prog
}

@test "each call of a copy fails once" {
	full
	running
	sweep copy sh -c 'box-cp /etc/passwd "$box:/tmp/p" && box-cp "$box:/tmp/p" -
		status=$?
		nsenter -t "$prog" -m rm -rf /tmp/p
		exit $status'
	kill "$pid"
	finish
}

@test "each call of a change, a clean-up and a look at the log fails once" {
	full
	running
	limits=$(for c in cpu cpuset memory pids; do cgroup_dir $c "$prog"; done | sort -u |
	    sed 's;$;/{cpu.max,cpu.weight,cpu.cfs_quota_us,cpu.shares,cpuset.cpus,memory.max,memory.swap.max,memory.limit_in_bytes,pids.max};')
	limits=$(eval "ls $limits" 2>/dev/null) || :
	export limits
	sweep limit sh -c 'box-limit --cpus 0.4 --pids-limit 30 -m 64m --cpu-weight 200 --cpuset-cpus 0 -p 8081:81 "$box" &&
		grep . $limits && box-limit --cpus 0.5 --pids-limit 20 -m max --cpu-weight 100 --unpublish 8081:81 "$box"
		status=$?
		# A killed one may have made a port, which the box has.
		[ $status -lt 128 ] || box-limit --unpublish 8081:81 "$box" 2>&-
		exit $status'
	sweep logs sh -c 'log-plain <"$1"' - "$BATS_TEST_TMPDIR/log/current"
	sweep gc box-gc
	kill "$pid"
	finish
}

@test "each program of the firewall fails as a whole, at each of its runs" {
	share=20 programs nat net-lease net-nat -p 8080:80 ns-spawn net-veth rootfs-enter "$root" sh -c "$VIEW"
}

@test "the tests see a missing filter and a leftover" {
	# A start that goes on without its filter.
	want=$(ns-spawn rootfs-enter "$root" sh -c "$VIEW")
	hit "seccomp 1" error=EPERM ns-spawn rootfs-enter "$root" sh -c "$VIEW"
	is "$output" ""
	weak 48 hit "seccomp 1" error=EPERM ns-spawn rootfs-enter "$root" sh -c "$VIEW"
	run ! confined "no filter"
	has "$output" $'Seccomp:\t0'
	# The remains of a killed resident.
	start box-run -p 8080:80 "$root" sleep 1000
	runs sleep
	kill -9 "$pid"
	finish
	eventually 10 gone "$prog"
	run ! baseline_same
	has "$output" BOX-
}
