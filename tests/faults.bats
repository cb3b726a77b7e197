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

# A flow, for connection tracking. A packet may get lost.
FLOW='for i in 1 2 3; do ping -c 1 -W 1 192.0.2.2; done | grep -o " 0% packet loss" | head -n 1'
FLOW6=${FLOW/192.0.2.2/2001:db8::2}

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
	share=4 sweep nat net-lease net-nat -p 8080:80 ns-spawn net-veth rootfs-enter --cap-add NET_RAW "$root" sh -c "$VIEW; $FLOW"
}

@test "each call of a start with IPv6 fails once" {
	lab_down
	lab6_up
	baseline_save
	only='net-.*'
	share=4 sweep ipv6 net-lease --ipv6 net-nat -p 8080:80 ns-spawn net-veth rootfs-enter --cap-add NET_RAW "$root" sh -c "$FLOW6"
}

@test "each call of a start on a terminal fails once" {
	requires "python3" command -v python3
	export also="$BATS_TEST_TMPDIR/terminal-*"
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
	export bundle dir=$BATS_TEST_TMPDIR/oci also="$BATS_TEST_TMPDIR/oci/* /sys/fs/cgroup/bt-oci-$$* /sys/fs/cgroup/*/bt-oci-$$*"
	bundle '.process.args = ["sleep", "1000"]'
	refusal=1
	sweep oci sh -c 'oci() { box-oci --root "$dir" "$@"; }
		trap "s=\$?; oci delete --force c || s=1; exit \$s" EXIT
		oci create --bundle "$bundle" c && oci start c && oci kill c KILL || exit
		while s=$(oci state c) || exit; do
			case $s in *stopped*) break ;; esac
			sleep 0.05
		done
		oci delete c'
}

@test "each call of the verbs for a running container fails once" {
	full
	export bundle dir=$BATS_TEST_TMPDIR/oci also="$BATS_TEST_TMPDIR/oci/* /sys/fs/cgroup/bt-oci-$$* /sys/fs/cgroup/*/bt-oci-$$*"
	bundle '.process.args = ["sleep", "1000"]'
	baseline_save
	cp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/first"
	oci create --bundle "$bundle" c >"$BATS_TEST_TMPDIR/c" 2>&1 3>&- </dev/null
	oci start c
	baseline_save
	refusal=1
	# A killed pause leaves the container so.
	sweep verbs sh -c 'oci() { box-oci --root "$dir" "$@"; }
		trap "s=\$?; [ \$s = 0 ] || oci resume c 2>&-; exit \$s" EXIT
		oci pause c || exit
		state=$(oci state c) || exit
		echo "$state" | grep status
		oci resume c && oci list && oci ps --format json c >/dev/null && oci update --pids-limit 50 c &&
		    oci events --stats c >/dev/null && oci exec c sh -c "echo in; ulimit -n" && oci features >/dev/null &&
		    oci kill --all c CONT'
	oci delete --force c
	cp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/before"
}

@test "each call of hooks fails once" {
	full
	export bundle dir=$BATS_TEST_TMPDIR/oci also="$BATS_TEST_TMPDIR/oci/* /sys/fs/cgroup/bt-oci-$$* /sys/fs/cgroup/*/bt-oci-$$*"
	hook='[{path: "/bin/echo", args: ["echo"]}]'
	bundle ".process.args = [\"true\"] | .hooks = {createRuntime: $hook, createContainer: $hook, startContainer: $hook, poststart: $hook, poststop: $hook}"
	refusal=1 only=box-oci
	sweep hooks sh -c 'trap "s=\$?; box-oci --root \"\$dir\" delete --force c || s=1; exit \$s" EXIT
		box-oci --root "$dir" run --bundle "$bundle" c'
}

@test "each call of stages that no other chain has fails once" {
	full
	only='cg-device|ns-sysctl|proc-set|cap-drop|sys-filter|rootfs-fstab|cg-limit|ns-spawn'
	printf '%s\n' "proc /proc proc nosuid,nodev,noexec" "tmpfs /dev tmpfs nosuid,mode=755" >"$BATS_TEST_TMPDIR/fstab"
	echo A=b >"$BATS_TEST_TMPDIR/env"
	sweep stages proc-set --rlimit nofile=100 --oom 100 --umask 027 --nice 1 --sched batch --ionice idle \
	    ns-spawn ns-sysctl net.ipv4.ip_unprivileged_port_start=80 kernel.msgmax=9000 rootfs-fstab --fstab "$BATS_TEST_TMPDIR/fstab" \
	    --device /dev/null:c:1:3 --dir /dev/pts --link /dev/fd:/proc/self/fd --mask /proc/keys --freeze /proc/sys --read-only \
	    --user 7:8 --groups 9 --env-file "$BATS_TEST_TMPDIR/env" --workdir /bin "$root" \
	    sh -c "$VIEW; ulimit -n; umask; cat /proc/self/oom_score_adj; awk \"{ print \\\$19 }\" /proc/self/stat; echo \$A \$PWD; cat /proc/sys/kernel/msgmax; head -c 1 /proc/keys"
}

@test "each call of stages without a root directory fails once" {
	full
	only='cap-drop|sys-filter'
	sweep walls ns-spawn cap-drop --cap-drop CHOWN sys-filter --flags log sh -c "$VIEW"
}

@test "each call of a start with devices fails once" {
	full
	beyond_box devices
	only='cg-limit|cg-device'
	sweep devices cg-limit --devices max cg-device --allow 'c 1:3' --allow 'c 1:7 r' --deny 'c 1:3' sh -c ': </dev/full && echo full'
}

@test "each call of a start with the firewall of legacy iptables fails once" {
	full
	requires "iptables-legacy" command -v iptables-legacy-save
	lacks_kernel "legacy iptables" host iptables-legacy -t nat -S
	baseline_save
	only=net-nat
	sweep legacy net-lease net-nat --backend legacy -p 8080:80 ns-spawn net-veth rootfs-enter "$root" sh -c "$VIEW"
}

@test "each call of a start whose shared rules others have changed fails once" {
	full
	running
	only=net-nat
	# The rules are those of before, also where the start has made none.
	host iptables-save >"$BATS_TEST_TMPDIR/rules"
	sweep again sh -c 'iptables -F FORWARD
		net-lease net-nat -p 8080:80 ns-spawn net-veth rootfs-enter "$1" sh -c "$2"
		status=$?
		iptables-restore <"$3"
		exit $status' - "$root" "$VIEW" "$BATS_TEST_TMPDIR/rules"
	rest
}

@test "each call of a program that enters a box fails once" {
	full
	running
	only=ns-enter
	sweep enter ns-enter --rlimit nofile=100 -u 7:8 --group-add 9 -e A=b -w /bin --cap-add NET_RAW "$box" sh -c "$VIEW; ulimit -n; echo \$A \$PWD"
	rest
}

@test "each call of a start with an ordinary user's ids fails once" {
	full
	requires "newuidmap" command -v newuidmap
	only='ns-spawn'
	for file in subuid subgid; do echo nobody:300000:65536 >"$BATS_TEST_TMPDIR/$file"; done
	sweep ids unshare -m sh -c 'for file in subuid subgid; do mount --bind "$1/$file" "/etc/$file" || exit; done
		exec setpriv --reuid 65534 --regid 65534 --clear-groups env -u BOX_STATE ns-spawn --map subid sh -c "$2"' - "$BATS_TEST_TMPDIR" "$VIEW"
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
# rest: its end.
running() {
	cp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/first"
	start box-run --name "f$$" --log "$BATS_TEST_TMPDIR/log" "$root" sh -c 'echo begun; exec sleep 1000'
	runs sleep
	baseline_save
	keep=1
	export box=f$$ prog
}
rest() {
	kill "$pid"
	finish
	rm -r "$BOX_STATE/ended"
	cp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/before"
}

@test "each call of a script that starts or ends a box fails once" {
	full
	scripts=1
	only='box-(run|stop|wait)'
	sweep ends sh -c 'trap "{ box-stop -t 0 \"\$2\"; box-rm \"\$2\"; } >/dev/null 2>&1" EXIT
		box-run -d --network none --name "$2" "$1" sleep 1000 && box-stop -t 0 "$2" || exit
		said=$(box-wait "$2") && exit 125
		[ $? = "$said" ] || exit 125
		exit 0' - "$root" "f$$"
}

@test "each call of a script for a running box fails once" {
	full
	running
	scripts=1
	only='box-(exec|limit|logs|ps)'
	sweep scripts sh -c 'table=$(box-ps "$box") && echo "$table" | grep -c "$box" && box-exec "$box" echo in &&
		box-limit --pids-limit 1000 "$box" && box-logs "$box"'
	rest
}

@test "each call of a copy fails once" {
	full
	running
	sweep copy sh -c 'box-cp /etc/passwd "$box:/tmp/p" && box-cp "$box:/tmp/p" -
		status=$?
		nsenter -t "$prog" -m rm -rf /tmp/p
		exit $status'
	rest
}

@test "each call of a look at the log fails once" {
	full
	running
	sweep logs sh -c 'log-plain <"$1"' - "$BATS_TEST_TMPDIR/log/current"
	rest
}

@test "each call of a clean-up fails once" {
	full
	running
	sweep gc box-gc
	rest
}

@test "each call of a change of limits and ports fails once" {
	full
	running
	limits=$(for c in cpu cpuset memory pids; do cgroup_dir $c "$prog"; done | sort -u |
	    sed 's;$;/{cpu.max,cpu.weight,cpu.cfs_quota_us,cpu.shares,cpuset.cpus,memory.max,memory.swap.max,memory.limit_in_bytes,pids.max};')
	limits=$(eval "ls $limits" 2>/dev/null) || :
	export limits
	# A killed one may have made a port, which the box has.
	sweep limit sh -c 'back() { box-limit --unpublish 8081:81 "$box" 2>&-; }
		box-limit --cpus 0.4 --pids-limit 30 -m 64m --cpu-weight 200 --cpuset-cpus 0 -p 8081:81 "$box" || {
			status=$?
			[ $status -lt 128 ] || back
			exit $status
		}
		grep . $limits
		box-limit --cpus 0.5 --pids-limit 20 -m max --cpu-weight 100 --unpublish 8081:81 "$box" || {
			status=$?
			back
			exit $status
		}'
	rest
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
	nsenter -t "$prog" -m -n sh -c "$FLOW"
	kill -9 "$pid"
	finish
	eventually 10 gone "$prog"
	export FLOWS=1
	run ! baseline_same
	has "$output" BOX-
	has "$output" "src=10.0.0.2"
	python3 "$TOP/tests/faults/terminal.py" "$BATS_TEST_TMPDIR/terminal-left" stty raw
	[ -e "$BATS_TEST_TMPDIR/terminal-left" ]
}
