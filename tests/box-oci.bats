#!/usr/bin/env bats
# box-oci: the verbs, each field of config.json, errors in the words of engines, and
# hostile bundles.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load attack/weaken

setup_file() {
	requires "root" test "$EUID" = 0
	weaken
}
setup() {
	baseline_save
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
}
teardown() {
	oci delete --force c
	oci delete --force d
	is "$(ls "$BATS_TEST_TMPDIR/oci" 2>/dev/null)" ""
	is "$(oci_groups)" ""
	baseline_check
}

# pids_top: the top of the hierarchy with the controller pids.
pids_top() { if [ -d /sys/fs/cgroup/pids ]; then echo /sys/fs/cgroup/pids; else echo /sys/fs/cgroup; fi; }
# create ARG...: its output is a file's, which the container has for as long as it lives.
create() { oci create --bundle "$bundle" "$@" >"$out" 2>"$err" 3>&- </dev/null || fail "status $?" "$(cat "$err")"; }
# try CMD...: as run does, but a container that is made after all is not waited for,
# although it has the output.
try() {
	status=0
	"$@" >"$out" 2>"$err" 3>&- </dev/null || status=$?
	output=$(cat "$out" "$err") stderr=$(<"$err")
}
state() { oci state "${1:-c}" | jq -r .status; }
is_state() { is "$(state)" "$1"; }
pid_of() { oci state "${1:-c}" | jq .pid; }
printed() { is "$(cat "$out")" "$1"; }
# runs_as JQ SCRIPT: the output of the container's SCRIPT with a config that JQ changes.
runs_as() {
	bundle "$1 | .process.args = [\"sh\", \"-c\", \$ENV.script]"
	run --separate-stderr oci run --bundle "$bundle" c 3>&-
}
# refused JQ TEXT: the config is, with TEXT, and nothing is made.
refused() {
	bundle "$1"
	try oci create --bundle "$bundle" c
	[ "$status" = 1 ] || fail "status $status: $1"
	has "$stderr" "$2"
	[ ! -e "$BATS_TEST_TMPDIR/oci/c" ] || fail "left behind: $1"
}

@test "a life: create, start, kill, delete, with the state after each" {
	bundle '.process.args = ["sh", "-c", "echo runs; exec sleep 1000"] | .annotations = {"org.x": "y"}'
	create --pid-file "$BATS_TEST_TMPDIR/pid" c
	is "$(cat "$out" "$err")" ""
	is "$(cat "$BATS_TEST_TMPDIR/pid")" "$(pid_of)"
	is "$(oci state c | jq -c '[.ociVersion, .id, .status, .bundle, .annotations]')" "[\"1.0.2\",\"c\",\"created\",\"$bundle\",{\"org.x\":\"y\"}]"
	try oci create --bundle "$bundle" c
	is "$status $output" "1 box-oci: container with id \"c\" exists already ($BATS_TEST_TMPDIR/oci/c)"
	# Nothing of ours is left but the process that waits, and that has no descriptor
	# of ours but the socket.
	is "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline" | cut -d ' ' -f 1)" rootfs-fstab
	is "$(find "/proc/$(pid_of)/fd" ! -name '[012]' -lname '*' -printf '%l\n' | sed 's/:.*//')" socket
	[[ $(cat "/proc/$(ps -o ppid= -p "$(pid_of)" | tr -d ' ')/comm") != @(box-oci|ns-spawn|cg-limit) ]]
	run -0 oci start c 3>&-
	is "$output" ""
	is_state running
	eventually 10 printed runs
	run oci start c
	is "$status $output" '1 box-oci: cannot start a container in the state "running"'
	run oci delete c
	is "$status $output" '1 box-oci: cannot delete container "c" in the state "running"'
	is "$(oci list -q)" c
	is "$(oci list --format json | jq -r '.[] | .id + " " + .status')" "c running"
	is "$(oci ps --format json c | jq -c .)" "[$(pid_of)]"
	has "$(oci ps c)" "sleep 1000"
	run -0 oci kill c 0
	run oci kill c BOGUS
	is "$status $output" "1 box-oci: signal: 'BOGUS' is not a signal such as TERM, SIGQUIT or 15"
	run -0 oci kill c sigkill
	eventually 10 is_state stopped
	is "$(pid_of)" 0
	run oci kill c
	is "$status $output" "1 box-oci: container not running"
	run -0 oci kill --all c 9
	run -0 oci delete c
	run oci state c
	is "$status $output" '1 box-oci: container "c" does not exist'
	run oci delete c
	is "$status $output" '1 box-oci: container "c" does not exist'
	run -0 oci delete --force c
}

@test "an ID that begins with a dot or a dash is one as all others" {
	bundle '.process.args = ["true"] | .hooks.startContainer = [{path: "/bin/true"}]'
	for id in .x -x; do
		create -- "$id"
		is "$(oci list -q)" "$id"
		run -0 oci start -- "$id"
		is "$output" ""
		oci delete --force -- "$id"
	done
}

@test "run: status, signals, standard streams, both forms of an option" {
	bundle '.process.args = ["sh", "-c", "cat; exit 7"]'
	run -7 oci run --bundle="$bundle" c 3>&- <<<hello
	is "$output" hello
	bundle '.process.args = ["sh", "-c", "kill -9 $$"] | .linux.namespaces |= map(select(.type != "pid"))'
	run -137 oci run -b "$bundle" c 3>&-
	bundle '.process.args = ["sh", "-c", "trap \"exit 5\" TERM; echo ready; while :; do sleep 0.1; done"]'
	start box-oci --root="$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c
	eventually 10 printed ready
	kill "$pid"
	finish
	is "$status" 5
	oci run -d --bundle "$bundle" c >"$out" 3>&- </dev/null
	is_state running
	eventually 10 printed ready
	run -0 oci kill c
	eventually 10 is_state stopped
}

@test "a stage that fails: status 1, with or without a word, and no word on the program" {
	bundle '.process.args = ["sleep", "100"]'
	create c
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	cp "$TOP"/bin/{box-oci,proc-set,cg-limit,cg-device} "$bin"
	few() { PATH=/usr/bin:/bin run --separate-stderr "$bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" "$@"; }
	jq '.linux.cgroupsPath += "b"' "$bundle/config.json" >"$bundle/new" && mv "$bundle/new" "$bundle/config.json"
	few create --bundle "$bundle" d
	# Of cg-device, or in a box, which has no rules of devices, of cg-limit.
	is "$status ${stderr#cg-*: }" "1 ns-spawn: No such file or directory"
	for stage in proc-set ns-enter cg-set; do cp /bin/false "$bin/$stage"; done
	few create --bundle "$bundle" d
	is "$status $stderr" "1 "
	few update --pids-limit 5 c
	is "$status $stderr" "1 "
	few exec c true
	is "$status $stderr" "1 "
	oci delete --force c
}

@test "what cannot be read or written is an error, with a reason" {
	requires "strace" command -v strace
	bundle '.process.args = ["sleep", "1000"]'
	create c
	oci start c
	# fault PATH CALLS FAULT WORD...
	fault() {
		run -1 strace -f -qq -o /dev/null ${1:+-P "$1"} -e trace="$2" -e inject="$2:$3" "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" "${@:4}"
	}
	dir_of_pids=$(cgroup_dir pids "$(pid_of)") dir=$dir_of_pids
	for call in "ps c" "kill --all c" "create --bundle $bundle d"; do
		# shellcheck disable=SC2086
		fault "$dir" open,openat error=EPERM $call
		is "$output" "box-oci: list the processes of the group /bt-oci-$$: Operation not permitted"
	done
	dir=$(cgroup_dir freezer "$(pid_of)")
	file=$dir/freezer.state
	[ -e "$file" ] || file=$dir/cgroup.freeze
	if [ -z "${IN_BOX:-}" ]; then	# a box has no freezer
		fault "$file" open,openat error=EPERM state c
		is "$output" "box-oci: read $file: Operation not permitted"
	fi
	file=$dir_of_pids/pids.max
	fault "$file" open,openat error=EPERM events --stats c
	is "$output" "box-oci: read $file: Operation not permitted"
	fault "/proc/$(pid_of)/stat" open,openat error=EPERM state c
	is "$output" "box-oci: read /proc/$(pid_of)/stat: Operation not permitted"
	# The first pidfd_open is that of the container's process.
	fault "" pidfd_open error=EPERM:when=2 kill --all c CONT
	is "$output" "box-oci: signal the process $(pid_of): Operation not permitted"
	fault "" pidfd_send_signal error=EPERM kill --all c CONT
	is "$output" "box-oci: signal the process $(pid_of): Operation not permitted"
	run -1 strace -qq -o /dev/null -e trace=signalfd,signalfd4 -e inject=signalfd,signalfd4:error=EPERM "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" exec c true
	is "$output" "box-oci: signalfd: Operation not permitted"
	fault "" write,writev error=ENOSPC:when=1 state c
	is "$output" "box-oci: write standard output: No space left on device"
	fault bundle stat,newfstatat,fstatat64,statx error=EACCES state c
	is "$output" "box-oci: $BATS_TEST_TMPDIR/oci/c/bundle: Permission denied"
	is_state running
	# A container without a process, for which the lock tells the state.
	mkdir "$BATS_TEST_TMPDIR/oci/d"
	chmod 700 "$BATS_TEST_TMPDIR/oci/d"
	fault "" flock error=EPERM state d
	is "$output" "box-oci: lock $BATS_TEST_TMPDIR/oci/d: Operation not permitted"
	oci delete --force d
	# Also where the undoing fails.
	bundle '.process.args = ["no-such"] | .linux.cgroupsPath += "d"'
	try strace -qq -o /dev/null -e trace=rmdir,unlinkat -e inject=rmdir,unlinkat:error=EPERM \
	    "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" d
	is "$status" 1
	has "$output" 'box-oci: exec: "no-such": executable file not found'
	has "$output" "box-oci: remove $BATS_TEST_TMPDIR/oci/d: Operation not permitted"
}

@test "a chain that is killed behind a container that stands takes it along" {
	requires "strace" command -v strace
	bundle '.process.args = ["sleep", "1000"]'
	# cg-limit, when ns-spawn has left.
	try timeout -k 1 $((SLACK * 10)) strace -f -qq -o /dev/null -e trace=wait4 -e inject=wait4:signal=KILL:when=2 \
	    "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c
	is "$status $output" "1 box-oci: the chain: signal 9"
}

@test "a program that ends before its starter looks keeps its status" {
	requires "strace" command -v strace
	bundle '.process.args = ["sleep", "1000"]'
	create c
	oci start c
	run -7 strace -f -qq -o /dev/null -e trace=wait4 -e inject=wait4:delay_enter=$((SLACK * 100000)) \
	    "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" exec c sh -c 'exit 7'
	is "$output" ""
}

@test "where memory ends, a verb has done all of its work, or says so in a line" {
	requires "strace" command -v strace
	beyond_counters "they map memory"
	bundle '.process.args = ["sleep", "1000"] | .annotations = ([range(9000) | {key: "a\(.)", value: "b"}] | from_entries)'
	create c
	# The C library asks for memory in one way, then in the other.
	for verb in "state c" "create -n --bundle $bundle d"; do
		# shellcheck disable=SC2086
		want=$(oci $verb | cksum) fails=0
		for n in 1 2 3 4 8 1000; do
			# shellcheck disable=SC2086
			try strace -qq -o /dev/null -e trace=brk,mmap -e inject=brk:retval=0:when=6+ -e inject=mmap:error=ENOMEM:when=$n+ \
			    "$TOP/bin/box-oci" --root "$BATS_TEST_TMPDIR/oci" --log "$BATS_TEST_TMPDIR/log" $verb
			if [ "$status" = 0 ]; then
				is "$(cksum <"$out")" "$want" "$verb, $n"
			else
				# 125: before the options are read.
				is "${status/#125/1} $output" "1 box-oci: out of memory" "$verb, $n"
				fails=$((fails + 1))
			fi
		done
		[ "$fails" -ge 1 ] && [ "$status" = 0 ]
	done
	has "$(tail -n 1 "$BATS_TEST_TMPDIR/log")" 'level=error msg="box-oci: out of memory"'
}

@test "the errors that engines read, and the log" {
	log=$BATS_TEST_TMPDIR/log
	bundle '.process.args = ["no-such"]'
	try oci --log "$log" --log-format json create --bundle "$bundle" c
	is "$status" 1
	has "$output" 'exec: "no-such": executable file not found in $PATH'
	is "$(jq -r .level "$log")" error
	has "$(jq -r .msg "$log")" "rootfs-fstab: no-such: No such file or directory;"
	has "$(jq -r .msg "$log")" 'executable file not found in $PATH'
	bundle '.process.args = ["/etc/passwd"]'
	try oci create --bundle "$bundle" c
	is "$status" 1
	has "$output" 'exec: "/etc/passwd": permission denied'
	# A program that the kernel refuses is found by start.
	copy_root
	echo x >"$root/bad"
	chmod 755 "$root/bad"
	bundle ".root.path = \"$root\" | .process.args = [\"/bad\"]"
	create c
	run oci --log "$log" start c
	is "$status" 1
	has "$output" 'exec: "/bad"'
	is "$(grep -c 'level=error msg=' "$log")" 1
	for id in "" . .. a/b 'a b' "$(printf 'x%.0s' {1..256})"; do
		try oci create --bundle "$bundle" "$id"
		has "$status $output" "1 box-oci: invalid container ID"
	done
	try oci create --bundle "$BATS_TEST_TMPDIR/none" c
	has "$status $output" "1 box-oci: --bundle"
	run oci fly
	has "$status $output" "1 box-oci: fly: no such verb"
	run oci --log-format xml state c
	has "$status $output" "box-oci: --log-format: 'xml' is neither text nor json"
}

@test "process: user, groups, umask, environment, directory, capabilities, limits, score" {
	export script='id -u; id -g; id -G; umask; pwd; grep -E "^(Cap|NoNew)" /proc/self/status | xargs; ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; env | sort | grep -v -E "^(PWD|SHLVL|OLDPWD)" | xargs; exec 2>&1; ls /proc/self/fd | xargs'
	runs_as '.root.readonly = false | .mounts += [{destination: "/new", type: "tmpfs", source: "t"}]
	    | .process += {cwd: "/new/deep/dir", env: ["A=1", "B=x y=z", "PATH=/bin"], oomScoreAdj: 77, noNewPrivileges: true,
	    user: {uid: 5, gid: 6, additionalGids: [7, 8], umask: 39},
	    rlimits: [{type: "RLIMIT_NOFILE", soft: 99, hard: 100}],
	    capabilities: {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NEW", "CAP_CHOWN,ALL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL", "CAP_CHOWN"]}}'
	is "$output" "5
6
6 7 8
0047
/new/deep/dir
CapInh: 0000000000000020 CapPrm: 0000000000000020 CapEff: 0000000000000020 CapBnd: 0000000000000021 CapAmb: 0000000000000020 NoNewPrivs: 1
99
100
77
A=1 B=x y=z HOME=/ PATH=/bin
0 1 2 3" "$stderr"
	has "$stderr" "process.capabilities.bounding[2]: 'CAP_NEW' is not known here"
	has "$stderr" "process.capabilities.bounding[3]: 'CAP_CHOWN,ALL' is not known here"
	script='umask; grep NoNew /proc/self/status | xargs; [ "$(id -G)" = 0 ] && echo "$HOME"'
	runs_as '.process.noNewPrivileges = false | del(.process.env, .process.capabilities)'
	is "$output" "0022
NoNewPrivs: 0
/root" "$stderr"
	# Root with no_new_privs has what is permitted.
	script='grep -E "CapPrm|CapBnd" /proc/self/status | xargs'
	runs_as '.process.noNewPrivileges = true | .process.capabilities = {bounding: ["CAP_CHOWN", "CAP_SYS_ADMIN"], permitted: ["CAP_CHOWN"]}'
	is "$output" "CapPrm: 0000000000000001 CapBnd: 0000000000000001" "$stderr"
	script='ulimit -Hc; ulimit -c'
	runs_as '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1024, hard: 77777}]'
	sed -i 's/77777$/18446744073709551615/' "$bundle/config.json"
	run --separate-stderr oci run --bundle "$bundle" c 3>&-
	is "$output" "unlimited
2" "$stderr"
	# Three hundred variables.
	script='env | grep -c ^V'
	runs_as '.process.env += [range(300) | "V\(.)=x"]'
	is "$output" 300 "$stderr"
	# Ignored signals of the caller, and its umask, are not the container's.
	script='grep -E "^Sig(Ign|Blk)" /proc/self/status | xargs; umask'
	(trap "" PIPE TERM; umask 077; runs_as .; is "$output" "SigBlk: 0000000000000000 SigIgn: 0000000000000000
0022" "$stderr")
}

@test "the root: mounts, devices, masks, read-only paths, host name, sysctls" {
	mkdir "$BATS_TEST_TMPDIR/src"
	echo from-host >"$BATS_TEST_TMPDIR/src/f"
	# No node can be made in a box: there a config names one that the box has.
	my=my mode=crw-r--r--
	[ -z "${IN_BOX-}" ] || my=null mode=crw-rw-rw-
	export script='hostname; cat /proc/sys/kernel/domainname; cat /bind/f /a\ b/f; echo x >/bind/f; touch /etc/x; wc -c </proc/keys; ls /hid; touch /froz/x; ls -l /dev/'$my' | cut -c1-10; readlink /dev/fd; cat /proc/sys/kernel/msgmax; cat /proc/sys/net/ipv4/ip_default_ttl; ls /up; touch /up/y && echo up; [ -c /dev/null ] && echo ok'
	runs_as ".hostname = \"its-name\" | .domainname = \"its-domain\"
	    | .mounts += [{destination: \"bind\", type: \"none\", source: \"$BATS_TEST_TMPDIR/src\", options: [\"rbind\", \"ro\"]},
	      {destination: \"/x/../a b\", source: \"../src\", options: [\"bind\"]},
	      {destination: \"/hid\", type: \"tmpfs\", source: \"t\"}, {destination: \"/froz\", type: \"tmpfs\"},
	      {destination: \"/up\", type: \"tmpfs\", source: \"t\", options: [\"mode=700\"]}]
	    | .linux.devices = [{path: \"/dev/$my\", type: \"c\", major: 1, minor: 3, fileMode: 8612, uid: 1}]
	    | .linux.maskedPaths += [\"/hid\", \"/not/there\"] | .linux.readonlyPaths += [\"/froz\"]
	    | .linux.sysctl = {\"kernel.msgmax\": \"9001\", \"net.ipv4.ip_default_ttl\": \"99\"}"
	is "$output" "its-name
its-domain
from-host
from-host
0
$mode
/proc/self/fd
9001
99
up
ok" "$stderr"
	for text in "/bind/f: Read-only" "/etc/x: Read-only" "/froz/x: Read-only"; do has "$stderr" "$text"; done
}

@test "a mount over another has the mounts and masks of the paths below it" {
	mkdir -p "$BATS_TEST_TMPDIR/sys/firmware" "$BATS_TEST_TMPDIR/run"
	touch "$BATS_TEST_TMPDIR/sys/firmware/f"
	export script='ls /sys /sys/firmware /run /run/deep | xargs'
	runs_as ".mounts |= map(select(.type != \"cgroup\")) | .mounts += [
	    {destination: \"/sys\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/sys\", options: [\"rbind\"]},
	    {destination: \"/run/deep\", type: \"tmpfs\", source: \"t\"},
	    {destination: \"/run\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/run\", options: [\"rbind\"]},
	    {destination: \"/run/deep\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/sys\", options: [\"rbind\"]}]"
	is "$output" "/run: deep /run/deep: firmware /sys: firmware /sys/firmware:" "$stderr"
}

@test "a limit in a hierarchy that no container has otherwise" {
	lacks_kernel "a v2 hierarchy beside v1's" test -d /sys/fs/cgroup/unified
	requires "hugetlb in a hybrid v2 hierarchy" grep -q hugetlb /sys/fs/cgroup/unified/cgroup.controllers
	bundle '.process.args = ["sleep", "1000"] | .linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	create c
	is "$(cat "/sys/fs/cgroup/unified/bt-oci-$$/hugetlb.2MB.max")" 4194304
	has "$(cat "/proc/$(pid_of)/cgroup")" "0::/bt-oci-$$"
	oci delete --force c
	# By the file's own name, and a file of v1's.
	bundle '.process.args = ["sleep", "1000"] | .linux.resources.unified = {"hugetlb.2MB.max": "2097152"}'
	create c
	is "$(cat "/sys/fs/cgroup/unified/bt-oci-$$/hugetlb.2MB.max")" 2097152
	oci delete --force c
	refused '.linux.resources.unified = {"pids.max": "9"}' "linux.resources.unified.pids.max: no file of a v2 control group here"
}

@test "namespaces: new ones, the host's, joined ones, and a user namespace" {
	export script='for n in user mnt pid net uts ipc cgroup; do [ "$(readlink /proc/self/ns/$n)" = "$(readlink /host/$n)" ] && echo $n; done | xargs'
	runs_as '.mounts += [{destination: "/host", type: "tmpfs", source: "t"}]
	    | .process.args[2] = "true" | .linux.namespaces |= map(select(.type == "mount" or .type == "pid")) | del(.hostname)'
	is "$status $stderr" "0 "
	space() { readlink "/proc/$(pid_of "$1")/ns/$2"; }
	bundle '.process.args = ["sleep", "1000"]'
	create c
	for n in mnt pid net uts ipc cgroup; do [ "$(space c $n)" != "$(readlink /proc/self/ns/$n)" ] || fail "$n"; done
	is "$(space c user)" "$(readlink /proc/self/ns/user)"
	p=/proc/$(pid_of c)/ns
	bundle ".process.args = [\"sleep\", \"1000\"] | .linux.cgroupsPath += \"d\" | .linux.namespaces = [{type: \"mount\"}, {type: \"pid\", path: \"$p/pid\"},
	    {type: \"network\", path: \"$p/net\"}, {type: \"ipc\", path: \"$p/ipc\"}, {type: \"uts\", path: \"$p/uts\"}] | .hostname = \"both\""
	create d
	for n in pid net uts ipc; do is "$(space d $n)" "$(space c $n)" $n; done
	[ "$(space d mnt)" != "$(space c mnt)" ] || fail mnt
	is "$(space d cgroup)" "$(readlink /proc/self/ns/cgroup)"
	is "$(nsenter -u -t "$(pid_of c)" hostname)" both
	oci delete d
	oci delete c
	script='id -u; cat /proc/self/uid_map /proc/self/gid_map | xargs; stat -c "%n %U" /f /dev/null; touch /root/x && echo made'
	copy_root
	echo >"$root/f"
	chown -R 100000:200000 "$root"
	chmod 755 "$BATS_TEST_TMPDIR"
	runs_as ".root = {path: \"$root\"} | .linux.namespaces += [{type: \"user\"}]
	    | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 500}]"
	is "$output" "0
0 100000 1000 0 200000 500
/f root
/dev/null nobody
made" "$stderr"
	is "$(stat -c %u:%g "$root/root/x")" 100000:200000
	# A joined user namespace: the files have its ids.
	rm "$root/root/x"
	unshare -U sleep 1000 3>&- &
	holder=$!
	eventually 5 eval '[ "$(readlink /proc/$holder/ns/user)" != "$(readlink /proc/self/ns/user)" ]'
	echo "0 100000 1000" >"/proc/$holder/uid_map"
	echo "0 200000 500" >"/proc/$holder/gid_map"
	runs_as ".root = {path: \"$root\"} | .linux.namespaces += [{type: \"user\", path: \"/proc/$holder/ns/user\"}]"
	kill "$holder"
	is "$output" "0
0 100000 1000 0 200000 500
/f root
/dev/null nobody
made" "$stderr"
	is "$(stat -c %u:%g "$root/root/x")" 100000:200000
}

@test "a config that cannot be done is refused by the name of the property" {
	while IFS=@ read -r change text; do
		refused "$change" "$text"
	done <<-'END'
		.ociVersion = "2.0.0"@ociVersion: '2.0.0' is not a version 1
		del(.ociVersion)@ociVersion: missing
		del(.process)@process: missing
		.process.args = []@process.args: empty
		.process.args = "sh"@process.args: not an array
		.process.args[0] = null@process.args[0]: null
		.process.args[0] = 5@process.args[0]: not a string
		.process.args[0] = "a\u0000b"@process.args[0]: has a NUL byte
		.process.cwd = "tmp"@process.cwd: 'tmp' is not absolute
		del(.process.cwd)@process.cwd: missing
		.process.env += ["NOVALUE"]@process.env[2]: 'NOVALUE' is not NAME=VALUE
		.process.user.uid = -1@process.user.uid: -1 is not in 0 to 4294967294
		.process.user.uid = 4294967295@process.user.uid: 4294967295 is not in
		.process.user.uid = 1.5@process.user.uid: not a whole number
		.process.user.additionalGids = [99999999999999999999]@process.user.additionalGids[0]: 
		.process.rlimits += [{type: "RLIMIT_NOFILE", soft: 1, hard: 1}]@process.rlimits[1]: a second limit
		.process.rlimits[0].type = "NOFILE"@process.rlimits[0].type: 'NOFILE' is no RLIMIT_
		.process.rlimits[0].hard = -1@process.rlimits[0].hard: -1 is not in 0 to 18446744073709551615
		del(.process.rlimits[0].soft)@process.rlimits[0]: needs soft and hard
		.process.oomScoreAdj = 1001@process.oomScoreAdj: 1001 is not in
		.process.selinuxLabel = "x"@process.selinuxLabel: 
		.process.execCPUAffinity.initial = "1"@process.execCPUAffinity: 
		.process.terminal = true@process.terminal is true, but there is no --console-socket
		.process.terminal = "yes"@process.terminal: not true or false
		del(.root)@root.path: missing
		.root.path = "/no/such/root"@/no/such/root
		.hostname = "x" | .linux.namespaces |= map(select(.type != "uts"))@hostname: needs a uts namespace
		.domainname = "x" | del(.hostname) | .linux.namespaces |= map(select(.type != "uts"))@domainname: needs a uts namespace
		.linux.namespaces += [{type: "time"}]@linux.namespaces[6]: the namespace 'time' is not done
		.linux.namespaces += [{type: "pid"}]@linux.namespaces[6]: a second 'pid'
		.linux.namespaces[0].path = "x"@linux.namespaces[0].path: 'x' is not absolute
		.linux.namespaces[0].path = "/proc/self/ns/net"@/proc/self/ns/net
		.linux.namespaces[4].path = "/proc/self/ns/mnt"@linux.namespaces[4]: the root directory is made in a new mount namespace
		.linux.namespaces += [{type: "user"}]@linux.uidMappings: a new user namespace needs both maps
		.linux.uidMappings = [{containerID: 0, hostID: 1, size: 1}]@linux.uidMappings: without a user namespace
		.linux.gidMappings = [{containerID: 0, hostID: 1, size: 1}]@linux.gidMappings: without a user namespace
		.linux.sysctl["kernel.panic"] = "1"@kernel.panic
		.linux.sysctl["net.ipv4.ip_forward=1 x"] = "1"@linux.sysctl.net.ipv4.ip_forward=1 x: not a sysctl
		.linux.namespaces |= map(select(.type != "network")) | .linux.sysctl["net.ipv4.ip_forward"] = "1"@net.ipv4.ip_forward
		.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 1}]@linux.devices[0].type: 'z' is none of
		.linux.devices = [{path: "/dev/x", type: "c", major: 4096, minor: 1}]@linux.devices[0].major: 4096 is not in 0 to 4095
		.linux.maskedPaths = ["x"]@linux.maskedPaths[0]: 'x' is not absolute
		.linux.rootfsPropagation = "odd"@linux.rootfsPropagation: 'odd' is not done
		.linux.mountLabel = "x"@linux.mountLabel: 
		.linux.intelRdt.closID = "x"@linux.intelRdt: not done
		.linux.timeOffsets.boottime.secs = 1@linux.timeOffsets: not done
		.linux.netDevices.eth0 = {}@linux.netDevices: not done
		.vm.kernel.path = "/x"@vm: this is Linux
		.mounts += [{destination: "/x"}]@mounts[7]: neither a type nor a bind
		.mounts += [{source: "/x", options: ["bind"]}]@mounts[7].destination: missing
		.mounts += [{destination: "/x", type: "tmpfs", options: ["ro,rw"]}]@mounts[7].options[0]: 'ro,rw' has a comma
		.mounts += [{destination: "/x", type: "tmpfs", options: ["nonsense"]}]@nonsense
		.mounts += [{destination: "/x", source: "/no/such/source", options: ["bind"]}]@/no/such/source
		.mounts += [{destination: "/proc/sys", type: "tmpfs", source: "t"}]@nothing may be mounted there
		.linux.cgroupsPath = "/"@linux.cgroupsPath: '/' is the root
		.linux.cgroupsPath = "/a/../b"@linux.cgroupsPath: '/a/../b' has a part . or ..
		.linux.cgroupsPath = "../../x"@has a part . or ..
	END
	# What jq cannot write: JSON's numbers have no end, 64 bits have.
	bundle '.linux.resources.memory.limit = 1122'
	cp "$bundle/config.json" "$bundle/short"
	for n in 18446744073709551616 -9223372036854775809 99999999999999999999999 9223372036854775808; do
		sed "s/1122/$n/" "$bundle/short" >"$bundle/config.json"
		try oci create -n --bundle "$bundle" c
		has "$status $stderr" "1 box-oci: linux.resources.memory.limit: "
	done
	bundle '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 1122}]'
	sed 's/1122/18446744073709551616/' "$bundle/config.json" >"$bundle/long"
	mv "$bundle/long" "$bundle/config.json"
	try oci create -n --bundle "$bundle" c
	has "$status $stderr" "1 box-oci: process.rlimits[0].hard: "
	sed "s/1122/9223372036854775807/" "$bundle/short" >"$bundle/config.json"
	has "$(oci create -n --bundle "$bundle" c)" "--memory 9223372036854775807"
	# Unknown properties are ignored.
	export script='echo fine'
	runs_as '.new = {a: [1]} | .deep = reduce range(50) as $_ (1; [.]) | .process.new = 1 | .linux.new = "x"'
	is "$status $output" "0 fine" "$stderr"
}

@test "each property of the specification is done, or refused by its name" {
	local how name base change program=[] n=0 bare first
	while IFS=@ read -r name how base change; do
		[[ $how != *:* ]] || { grep -qF "@test \"${how#*: }" "$TOP/tests/${how%%:*}.bats" || fail "$name: no test '$how'"; continue; }
		program+=" + [.spec | $base | ., ($change)]"
	done < <(grep '^[^#]' "$TOP/tests/oci/schema")
	bundle
	mapfile -t configs < <(jq -c "{spec: .} | $program | .[]" "$bundle/config.json")
	while IFS=@ read -r name how base change; do
		echo "${configs[n]}" >"$bundle/config.json"
		oci create -n --bundle "$bundle" c >"$out" 2>&1 || fail "$name: $base" "$(<"$out")"
		echo "${configs[n + 1]}" >"$bundle/config.json"
		n=$((n + 2))
		first=$(<"$out") status=0
		oci create -n --bundle "$bundle" c >"$out" 2>&1 || status=$?
		bare=$(sed -n '1{s/^box-oci: //; s/\[[0-9]*\]//g; s/: .*//; s/ is .*//; p}' "$out")
		# shellcheck disable=SC2053
		case $how$status in
		done0 | either0) [ "$first" != "$(<"$out")" ] || [[ ${IN_BOX-} && $name == linux.resources.devices.* ]] ||
		    fail "$name: ignored" "$change" ;;
		refused1 | either1) [[ $name. == "$bare".* || $bare == $name ]] || fail "$name: refused as '$bare'" "$(<"$out")" ;;
		*) fail "$name: $how, but status $status" "$(<"$out")" ;;
		esac
	done < <(grep '^[^#]' "$TOP/tests/oci/schema" | grep -v '^[^@]*@[^@]*:')
	[ "$n" -gt 250 ]
}

@test "exec: status, user, environment, directory, options and --process" {
	bundle '.process.args = ["sleep", "1000"] | .process.env += ["A=config"] | .process.cwd = "/tmp" | .root.readonly = false'
	create c
	oci start c
	x() { run --separate-stderr oci exec "$@" 3>&- </dev/null; }
	x c sh -c 'pwd; echo $A; id -u; grep CapEff /proc/self/status | xargs; cat /proc/1/cmdline | xargs -0; exit 4'
	is "$status $output" "4 /tmp
config
0
CapEff: 0000000020000420
sleep 1000" "$stderr"
	x --cwd /etc -e A=own -e B=2 --user 5:6 -g 7 -c CAP_CHOWN --no-new-privs c sh -c 'pwd; echo $A $B; id -u; id -G; grep -E "Bnd|NoNew" /proc/self/status | xargs'
	is "$output" "/etc
own 2
5
6 7
CapBnd: 0000000020000421 NoNewPrivs: 1" "$stderr"
	run -137 oci exec c sh -c 'kill -9 $$' 3>&-
	# By the number and the start time: the kernel uses a number again.
	has "$(oci exec -n c true)" "--pid $(pid_of):$(cut -d ' ' -f 22 "/proc/$(pid_of)/stat") "
	run -0 oci exec c cat 3>&- <<<typed
	is "$output" typed
	echo '{"args": ["sh", "-c", "echo \"$A\"; umask; ulimit -n; exit 3"], "cwd": "/", "env": ["A=process", "PATH=/bin"], "user": {"uid": 0, "gid": 0, "umask": 63},
	    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 50}]}' >"$BATS_TEST_TMPDIR/p.json"
	x --process "$BATS_TEST_TMPDIR/p.json" c
	is "$status $output" "3 process
0077
50" "$stderr"
	# Detached: its number is that of a process of the container, and it lives on.
	oci exec -d --pid-file "$BATS_TEST_TMPDIR/pid" c sh -c 'exec sleep 999' >"$out" 2>&1 3>&- </dev/null
	has "$(oci ps c)" "sleep 999"
	has "$(oci ps --format json c)" "$(cat "$BATS_TEST_TMPDIR/pid")"
	# The engines' words.
	x c no-such
	has "$status $stderr" 'exec: "no-such": executable file not found in $PATH'
	x c /etc/passwd
	has "$stderr" 'exec: "/etc/passwd": permission denied'
	# The program's name may be an image's word: no option of a stage.
	for word in --caps=all -u7:7 -n -- --pid; do
		x c "$word" "$$" id
		is "$status" 1 "$word: $output"
		has "$stderr" "exec: \"$word\": executable file not found in \$PATH"
	done
	x c
	has "$stderr" "usage: box-oci exec"
	x --process "$BATS_TEST_TMPDIR/p.json" c true
	has "$stderr" "--process has the program"
	[ -z "${IN_BOX-}" ] || return 0
	oci pause c
	is_state paused
	x c true
	is "$status $stderr" "1 box-oci: container is paused"
	run oci pause c
	is "$status $output" "1 box-oci: container not running"
	run -0 oci resume c
	is_state running
	run oci resume c
	is "$status $output" "1 box-oci: container not paused"
	# A frozen process of v1 ends at a KILL, too.
	oci pause c
	oci kill c KILL
	eventually 10 is_state stopped
	x c true
	is "$status $stderr" "1 box-oci: container not running"
}

@test "-n prints a chain that a person can run" {
	export script='hostname; id -u; touch /x; rmdir /none'
	bundle '.process.args = ["sh", "-c", $ENV.script] | .hostname = "by-hand"
	    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_LOG"], syscalls: [{names: ["rmdir"], action: "SCMP_ACT_ERRNO", errnoRet: 71}]}'
	oci create -n --bundle "$bundle" c >"$BATS_TEST_TMPDIR/chain"
	[ ! -e "$BATS_TEST_TMPDIR/oci/c" ] || fail "made"
	has "$(cat "$BATS_TEST_TMPDIR/chain")" "--seccomp-flags log"
	sh "$BATS_TEST_TMPDIR/chain" >"$out" 2>&1 3>"$BATS_TEST_TMPDIR/info" </dev/null
	is "$(cat "$out")" ""
	run -0 python3 "$TOP/tests/park.py" start "$BATS_TEST_TMPDIR/oci/c/start"
	is "$output" x
	eventually 10 printed "by-hand
0
touch: /x: Read-only file system
rmdir: '/none': Protocol error"
	eventually 10 gone "$(jq .pid "$BATS_TEST_TMPDIR/info")"
	oci_groups | xargs rmdir
	rm -r "$BATS_TEST_TMPDIR/oci/c"
}

@test "--systemd-cgroup: a scope in a slice" {
	while IFS='|' read -r path unit group; do
		bundle ".linux.cgroupsPath = \"$path\""
		run -0 oci --systemd-cgroup create -n --bundle "$bundle" c
		has "$output" "systemd-run --scope --quiet --collect --slice=${unit%/*} --unit=${unit#*/} -p Delegate=yes -- \\
proc-set"
		has "$output" "cg-limit --leave --here"
		bundle ".linux.cgroupsPath = \"$path\" | .mounts += [{destination: \"/g\", type: \"cgroup\", source: \"cgroup\"}]
		    | .linux.namespaces |= map(select(.type != \"cgroup\"))"
		has "$(oci --systemd-cgroup create -n --bundle "$bundle" c)" "$group "
	done <<-END
		:box:n1|system.slice/box-n1.scope|/system.slice/box-n1.scope
		a-b-c.slice::n|a-b-c.slice/n.scope|/a.slice/a-b.slice/a-b-c.slice/n.scope
		-.slice:p:n|-.slice/p-n.scope|/p-n.scope
	END
	for path in "" /x a:b a:b:c x.slice:b: x.slice:b/c:d x.slice:b:c:d x/y.slice:b:c; do
		bundle ".linux.cgroupsPath = \"$path\""
		run -1 oci --systemd-cgroup create -n --bundle "$bundle" c
		has "$output" "box-oci: linux.cgroupsPath: '"
	done
}

@test "a terminal: of run and exec, and one for a console socket" {
	bundle '.process.terminal = true | .process.consoleSize = {width: 101, height: 33} | .process.args = ["sh", "-c", "stty size; tty; exec sleep 1000"]'
	cat >"$BATS_TEST_TMPDIR/reader" <<-'END'
		import os, re, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen()
		c = s.accept()[0]
		name, fds, _, _ = socket.recv_fds(c, 4096, 4)
		print(name.decode(), len(fds), os.get_blocking(fds[0]), flush=True)
		got = b""
		while not re.search(rb"/dev/pts/[0-9]", got):
		    got += os.read(fds[0], 4096)
		print(*got.decode().split())
	END
	reads() {
		rm -f "$BATS_TEST_TMPDIR/console"
		python3 "$BATS_TEST_TMPDIR/reader" "$BATS_TEST_TMPDIR/console" >"$out" 3>&- &
		reader=$!
		eventually 10 test -S "$BATS_TEST_TMPDIR/console"
	}
	reads
	oci create --bundle "$bundle" --console-socket "$BATS_TEST_TMPDIR/console" c >"$err" 2>&1 3>&- </dev/null
	oci start c
	finish "$reader"
	has "$(cat "$out")" " 1 True
33 101 /dev/pts/0"
	python3 "$TOP/tests/terminal.py" box-oci --root "$BATS_TEST_TMPDIR/oci" exec -t c sh -c 'tty; read x; echo got $x; exit 5' <<-'END'
		expect /dev/pts/
		send abc\r
		expect got abc
		end 5
	END
	# A program that is not there: the socket of the terminal goes, too.
	run ! oci exec -t c /no/such </dev/null
	is "$(find "$BATS_TEST_TMPDIR/oci/c" -name 'console*')" ""
	reads
	run -0 oci exec -d -t --console-socket "$BATS_TEST_TMPDIR/console" c sh -c 'tty; exec sleep 1000' 3>&- </dev/null
	finish "$reader"
	has "$(cat "$out")" " 1 True
/dev/pts/1"
	run oci exec -d -t c true
	has "$status $output" "1 box-oci: process.terminal is true, but there is no --console-socket"
	oci delete --force c
	bundle '.process.terminal = true | .process.args = ["sh", "-c", "tty; read x; echo got $x; exit 6"]'
	python3 "$TOP/tests/terminal.py" box-oci --root "$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c <<-'END'
		expect /dev/pts/0
		send abc\r
		expect got abc
		end 6
	END
}

@test "process priorities and personality and mounts with the container's ids" {
	export script='cut -d" " -f19,41 /proc/self/stat; ionice; cat /proc/self/personality'
	runs_as '.process.scheduler = {policy: "SCHED_BATCH", nice: 3} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}
	    | .linux.personality = {domain: "LINUX32"}'
	is "$(xargs <<<"$output")" "3 3 best-effort: prio 6 00000008" "$stderr"
	refused '.process.scheduler = {policy: "SCHED_DEADLINE"}' "process.scheduler.policy: 'SCHED_DEADLINE' is not done"
	refused '.process.scheduler = {policy: "SCHED_RR", priority: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' "process.scheduler.flags"
	refused '.process.ioPriority = {class: "IOPRIO_CLASS_XX"}' "process.ioPriority.class"
	refused '.linux.personality = {domain: "LINUX", flags: ["x"]}' "linux.personality.flags"
	refused '.mounts += [{destination: "/mnt", type: "bind", source: "/etc", options: ["rbind"], uidMappings: [{containerID: 0, hostID: 5, size: 1}]}]' \
	    "other ids than the container"
	refused '.mounts += [{destination: "/mnt", type: "bind"}]' "mounts[7].source: missing"
	refused '.linux.devices = [{path: "/dev/a:b", type: "c", major: 1, minor: 3}]' "linux.devices[0].path: '/dev/a:b' has a colon"
	refused '.linux.resources.devices = [{allow: true, access: "rx"}]' "linux.resources.devices[0].access: 'rx' has more than r, w and m"
	refused '.linux.resources.rdma = {x: {}}' "linux.resources.rdma.x: no limit"
	# A disk, a file of the config's own in the place of a usual one, no word for all accesses.
	[ -z "${IN_BOX-}" ] || return 0
	export script='stat -c "%n %F %t %T" /dev/disk /dev/null; echo x >/dev/null'
	runs_as '.linux.devices = [{path: "/dev/disk", type: "b", major: 7, minor: 9}, {path: "/dev/null", type: "c", major: 1, minor: 7}]
	    | .linux.resources.devices = [{allow: false, access: ""}, {allow: true, type: "c", major: 1, minor: 7, access: ""}]'
	has "$output" "/dev/disk block special file 7 9"
	has "$output" "/dev/null character special file 1 7"
	has "$output$stderr" "No space left on device"
}

@test "a bind on /dev has its own nodes, and none are made in its source" {
	mkdir "$BATS_TEST_TMPDIR/dev"
	export script='ls -A /dev; hostname'
	# The host name, where none is given, is that of the host.
	for kind in '{type: "bind"}' '{options: ["rbind"]}'; do
		runs_as ".mounts = [.mounts[] | select(.destination | startswith(\"/dev\") | not)] +
		    [{destination: \"/dev\", source: \"$BATS_TEST_TMPDIR/dev\"} + $kind] | del(.hostname)"
		is "$status $output $stderr" "0 $(hostname) " "$kind"
		is "$(ls -A "$BATS_TEST_TMPDIR/dev")" ""
	done
}

@test "groups that the container has made: listed, ended, thawed" {
	beyond_box freezer
	bundle '.process.args = ["sleep", "1000"] | .linux.resources.memory.limit = 33554432'
	create c
	oci start c 3>&-
	for d in $(oci_groups); do mkdir "$d/inner"; done
	where=$(cgroup_dir pids "$(pid_of)")/inner
	oci exec -d c sh -c 'exec sleep 999' >/dev/null 2>&1 3>&-
	inner=$(oci ps --format json c | jq ".[] | select(. != $(pid_of))")
	echo "$inner" >"$where/cgroup.procs"
	has "$(oci ps --format json c | jq -c .)" "$inner"
	has "$(oci ps c -o pid,args)" "$inner sleep 999"
	# The end of a process by the limit of memory is an event.
	oci events --interval 1 c >"$out" 3>&- &
	events=$!
	eventually 10 grep -q '"stats"' "$out"
	run ! oci exec c sh -c 'head -c 100000000 /dev/zero | tail | wc -c; kill -9 $$'
	eventually 10 grep -q '"oom"' "$out"
	oci pause c
	run -0 oci delete --force c
	finish "$events"
	is "$(ls -d "$where" /proc/"$inner" 2>/dev/null)" ""
	# The container has ended, its other process is frozen.
	bundle '.process.args = ["sh", "-c", "sleep 998 & exit 0"] | .linux.namespaces |= map(select(.type != "pid"))'
	create c
	where=$(cgroup_dir freezer "$(pid_of)")
	oci start c 3>&-
	eventually 10 is_state stopped
	inner=$(cat "$where/cgroup.procs")
	sleeps() { is "$(tr '\0' ' ' <"/proc/$inner/cmdline")" "sleep 998 "; }
	eventually 10 sleeps
	if [ -e "$where/freezer.state" ]; then echo FROZEN >"$where/freezer.state"; else echo 1 >"$where/cgroup.freeze"; fi
	run -0 oci delete c
	is "$(ls -d "$where" /proc/"$inner" 2>/dev/null)" ""
	# The same at the end of run: the container's process was not frozen.
	if [ "${where#*/freezer/}" != "$where" ]; then
		bundle '.process.args = ["sh", "-c", "sleep 998 & exec sleep 997"] | .linux.namespaces |= map(select(.type != "pid"))'
		start box-oci --root "$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c
		both() { [ "$(wc -l <"$where/cgroup.procs")" = 2 ] && is_state running; }
		eventually 10 both
		first=$(pid_of)
		echo "$first" >"${where%/*}/cgroup.procs"
		echo FROZEN >"$where/freezer.state"
		kill -9 "$first"
		finish
		is "$status" 137 "$(<"$err")"
		[ ! -e "$where" ]
	fi
	# No group, no container.
	top=$(findmnt -nfo TARGET -T "$(cgroup_dir pids)")
	bundle
	readonly() {
		unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$top" \
		    box-oci --root "$BATS_TEST_TMPDIR/oci" "$@"
	}
	try readonly create --bundle "$bundle" c
	is "$status" 1
	has "$stderr" "mkdir $top/bt-oci-$$: Read-only file system"
	[ ! -e "$BATS_TEST_TMPDIR/oci/c" ]
	# A container that is kept after its end, with the default group, and for a
	# user without a directory.
	bundle '.process.args = ["true"] | del(.linux.cgroupsPath)'
	run -0 oci run --keep --bundle "$bundle" c 3>&-
	is_state stopped
	oci delete c
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR box-oci list -q
	is "$output" ""
}

# family PID: the process and its descendants.
family() {
	local p
	echo "$1"
	for p in $(cat "/proc/$1"/task/*/children 2>/dev/null); do family "$p"; done
}

@test "killed at any moment, create and start leave nothing that delete --force does not take" {
	bundle '.process.args = ["sleep", "1000"]'
	for ((i = 0; i < 30; i++)); do
		start box-oci --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c
		sleep "0.0$((i / 6))$((RANDOM % 10))"
		# box-oci itself, one of the others, or all.
		mapfile -t all < <(family "$pid")
		case $((i % 3)) in
		0) all=("$pid") ;;
		1) all=("${all[RANDOM % ${#all[@]}]}") ;;
		esac
		kill -9 "${all[@]}" 2>/dev/null || :
		[ $((i % 4)) != 0 ] || oci start c 2>/dev/null || :
		# Also while the chain still ends.
		run oci delete --force c
		is "$status $output" "0 " "$(cat "$err")"
		finish
		[ ! -e "$BATS_TEST_TMPDIR/oci/c" ] || fail "left: $i"
		is "$(oci_groups)" "" "$i"
	done
	# Also by another process than create, while create hangs in a hook.
	bundle ".hooks.prestart = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"touch $BATS_TEST_TMPDIR/hangs; exec sleep 1000\"]}]"
	start box-oci --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c
	eventually 10 test -e "$BATS_TEST_TMPDIR/hangs"
	is_state creating
	kill -9 "$pid"
	run -0 oci delete --force c
	is "$output" ""
	# A stage that is killed has no last words; create has.
	echo 'up() { read -r _ _ _ p _ <"/proc/$1/stat"; }; up $PPID; up $p; kill -9 $p' >"$BATS_TEST_TMPDIR/hook"
	bundle ".hooks.prestart = [{path: \"/bin/sh\", args: [\"sh\", \"$BATS_TEST_TMPDIR/hook\"]}]"
	try oci create --bundle "$bundle" c
	is "$status" 1
	has "$output" "box-oci: the chain: signal 9"
	# A group that has processes is nobody's to kill.
	group=$(pids_top)/bt-oci-$$
	mkdir "$group"
	sleep 1000 3>&- &
	echo $! >"$group/cgroup.procs"
	try oci create --bundle "$bundle" c
	is "$status $output" "1 box-oci: linux.cgroupsPath: /bt-oci-$$ has processes"
	kill -0 $!
	kill $!
	wait $! || :
	rmdir "$group"
}

@test "a group is one container's, also when that has ended; list passes over other directories" {
	bundle '.process.args = ["true"]'
	oci create --bundle "$bundle" c 3>&-
	oci start c
	eventually 10 is_state stopped
	try oci create --bundle "$bundle" d
	is "$status $output" "1 box-oci: linux.cgroupsPath: /bt-oci-$$ is the group of the container c"
	# Of two that look at the same time, one has it: the look needs the lock.
	oci delete c
	exec 9<"$BATS_TEST_TMPDIR/oci"
	flock 9
	for id in c d; do
		oci create --bundle "$bundle" "$id" >"$out.$id" 2>&1 3>&- 9>&- </dev/null &
		made[${#made[@]}]=$!
	done
	eventually 10 test -e "$BATS_TEST_TMPDIR/oci/c/holder" -a -e "$BATS_TEST_TMPDIR/oci/d/holder"
	sleep 0.2
	is "$(cat "$BATS_TEST_TMPDIR"/oci/*/group 2>/dev/null)" ""
	exec 9>&-
	failed=0
	for pid in "${made[@]}"; do wait "$pid" || failed=$((failed + 1)); done
	is "$failed" 1
	# The other one may run already.
	[[ $(cat "$out.c" "$out.d") =~ "linux.cgroupsPath: /bt-oci-$$ "(is the group of the container|has processes) ]]
	id=$(oci list -q)
	[ "$id" = c ] || { oci delete d; oci create --bundle "$bundle" c 3>&- >"$out" </dev/null; }
	oci start c
	eventually 10 is_state stopped
	mkdir "$BATS_TEST_TMPDIR/oci/a b"
	is "$(oci list -q)" c
	is "$(oci list --format json | jq -r '.[].id')" c
	oci delete c
	rmdir "$BATS_TEST_TMPDIR/oci/a b"
	oci create --bundle "$bundle" d 3>&-
	oci delete --force d
}

@test "T20: a container's directory that another user could write to is refused" {
	mkdir -p "$BATS_TEST_TMPDIR/oci/e"
	echo /nobody >"$BATS_TEST_TMPDIR/oci/e/group"
	for change in "chown 1" "chown 0" "chmod 770"; do
		$change "$BATS_TEST_TMPDIR/oci/e"
		[ "$change" != "chown 0" ] || continue
		for verb in state kill "delete --force" start; do
			# shellcheck disable=SC2086
			run oci $verb e
			is "$status $output" "1 box-oci: $BATS_TEST_TMPDIR/oci/e: another user could have written there" "$change"
		done
		run -1 weak 20 box-oci --root "$BATS_TEST_TMPDIR/oci" kill e
		is "$output" "box-oci: container not running"
	done
	rm -r "$BATS_TEST_TMPDIR/oci/e"
}

@test "T112: no record makes delete kill the caller, nor does a config" {
	group=/bt-oci-$$
	mkdir "$(pids_top)$group" "$BATS_TEST_TMPDIR/oci"
	# in_group CMD...: CMD in the group.
	in_group() { sh -c 'echo $$ >"$0" && exec "$@"' "$(pids_top)$group/cgroup.procs" "$@"; }
	make_record() { mkdir -p "$BATS_TEST_TMPDIR/oci/c" && echo -n "$1" >"$BATS_TEST_TMPDIR/oci/c/group"; }
	for path in / // "$group" "$group//" "$group/.." "/..$group" "/.$group"; do
		make_record "$path"
		run -0 in_group box-oci --root "$BATS_TEST_TMPDIR/oci" delete --force c
	done
	make_record "$group"
	run -137 weak 112 in_group box-oci --root "$BATS_TEST_TMPDIR/oci" delete --force c
	for path in "$group" "/$group//"; do
		bundle ".linux.cgroupsPath = \"$path\""
		try in_group box-oci --root "$BATS_TEST_TMPDIR/oci" create --bundle "$bundle" c
		is "$status $output" "1 box-oci: linux.cgroupsPath: '$path' holds this process"
	done
	oci delete --force c
}

@test "T1, T2: a container has no program and no descriptor of the host's" {
	bundle '.process.args = ["sh", "-c", "echo /proc/self/fd/*; exec sleep 1000"]'
	exec 15</etc 16<"$bundle/config.json"
	create c
	is "$(readlink "/proc/$(pid_of)/exe")" "/memfd:stage (deleted)"
	run ! sh -c "echo x >>/proc/$(pid_of)/exe"
	oci start c
	eventually 10 printed "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"
	run -0 oci exec c sh -c 'echo /proc/self/fd/*' 3>&-
	is "$output" "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"
	oci delete --force c
	weak 1 create c
	is "$(readlink "/proc/$(pid_of)/exe")" "$weak/bin/rootfs-fstab"
	oci delete --force c
	# Without the one defence of row 2 the park has another.
	weak 2 create c
	oci start c
	eventually 10 printed "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"
	oci delete --force c
	# A working directory that is a descriptor's (CVE-2024-21626).
	for n in {3..20}; do
		refused ".process.cwd = \"/proc/self/fd/$n\"" "rootfs-fstab: "
	done
	exec 15<&- 16<&-
}

@test "T7: lists and sizes without end are refused" {
	for change in '.linux.uidMappings = [range(400) | {containerID: ., hostID: (100000 + .), size: 1}]' \
	    '.linux.uidMappings = [{containerID: 5, hostID: 100000, size: 4294967295}]' \
	    '.linux.uidMappings = [{containerID: 0, hostID: 4294967000, size: 1000}]'; do
		refused ".linux.namespaces += [{type: \"user\"}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 1}] | $change" "ns-spawn: "
	done
	long='("x" * 70000)'
	for change in ".hostname = $long" ".mounts += [{destination: (\"/\" + $long), type: \"tmpfs\"}]" ".linux.cgroupsPath = (\"/bt-oci-\" + $long)" \
	    ".linux.maskedPaths += [(\"/\" + $long)]" ".process.cwd = (\"/\" + $long)" ".root.path = (\"/\" + $long)" \
	    ".linux.devices = [{path: (\"/\" + $long), type: \"c\", major: 1, minor: 3}]" ".process.args = [$long * 3]" \
	    '.linux.resources.devices = [range(300) | {allow: true, type: "c", major: 9, minor: .}]' ".linux.sysctl[\"net.\" + $long] = \"1\""; do
		# The rules of devices are left out in a box.
		[[ -z ${IN_BOX-} || $change != *resources.devices* ]] || continue
		refused "$change" ": "
		[ "$(wc -l <<<"$stderr")" -le 3 ] || fail "$change" "$stderr"
	done
}

@test "T9, T10, T11, T12: an image whose /proc, /dev and links lead elsewhere" {
	beyond_box node
	copy_root
	mkdir "$BATS_TEST_TMPDIR/victim"
	echo secret >"$BATS_TEST_TMPDIR/victim/console"
	was() { (cd "$BATS_TEST_TMPDIR/victim" && find . -printf '%p %y %l %m %s\n'); }
	before=$(was)
	# A /proc that is a link: the masks would lie elsewhere.
	rmdir "$root/proc"
	mkdir "$root/false"
	ln -s false "$root/proc"
	refused ".root.path = \"$root\"" "/proc: Not a directory"
	weak 8 create c
	oci delete --force c
	rm "$root/proc"
	mkdir "$root/proc"
	# A link to proc, or onto a mask.
	ln -s /proc/sys "$root/a"
	refused ".root.path = \"$root\" | .mounts += [{destination: \"/a/kernel\", type: \"tmpfs\", source: \"t\"}]" "rootfs-fstab: "
	weak 12 create c
	oci delete --force c
	# Without a tmpfs there, /dev is the image's: its null is no mask, its console none.
	rm -rf "$root/dev"
	mkdir -p "$root/dev/pts"
	ln -s "$BATS_TEST_TMPDIR/victim/console" "$root/dev/null"
	export script='cat /proc/interrupts; ls -l /proc/interrupts | cut -c 1'
	devless=".root = {path: \"$root\"} | .mounts |= map(select(.destination | startswith(\"/dev\") | not)) | .linux.maskedPaths += [\"/proc/interrupts\"]"
	runs_as "$devless | .linux.devices = []"
	[ "$status" != 0 ] || is "$output" c "$stderr"
	is "$(was)" "$before"
	rm "$root/dev/null"
	ln -s "$BATS_TEST_TMPDIR/victim/console" "$root/dev/console"
	bundle "$devless | .mounts += [{destination: \"/dev/pts\", type: \"devpts\", source: \"devpts\", options: [\"newinstance\", \"ptmxmode=0666\"]}]
	    | .process.terminal = true | .process.args = [\"sh\", \"-c\", \"echo written >/dev/console\"]"
	python3 "$TOP/tests/terminal.py" box-oci --root "$BATS_TEST_TMPDIR/oci" run --bundle "$bundle" c <<<'end 1' || :
	oci delete --force c
	is "$(was)" "$before"
}

@test "hostile bundles: JSON without end, files that are none, links" {
	bundle
	# bad TEXT: config.json, as it is, is refused with TEXT.
	bad() {
		try oci create --bundle "$bundle" c
		[ "$status" = 1 ] && has "$output" "$1"
		[ ! -e "$BATS_TEST_TMPDIR/oci/c" ] || fail "made"
	}
	good=$(<"$bundle/config.json")
	c=$bundle/config.json
	printf '{"a":%0.s' {1..100} >"$c"; bad "config.json: byte "
	printf '%s{}' "$good" >"$c"; bad "config.json: byte "
	printf '%s' "${good::-20}" >"$c"; bad "config.json: byte "
	echo '[]' >"$c"; bad "config.json: not an object"
	: >"$c"; bad "config.json: byte 0: the text ends early"
	{ echo '{"x": "'; head -c 17m /dev/zero | tr '\0' x; echo '"}'; } >"$c"; bad "config.json: longer than 16 MiB"
	rm "$c" && mkfifo "$c"; bad "config.json: not a file"
	rm "$c" && ln -s /dev/zero "$c"; bad "config.json: not a file"
	rm "$c" && ln -s /dev/tty "$c"; bad "config.json: "
	rm "$c"; bad "config.json: No such file or directory"
	# The root is a link out of the bundle: it is the engine's word, and a link below is not.
	copy_root
	mkdir "$BATS_TEST_TMPDIR/victim"
	ln -s "$BATS_TEST_TMPDIR/victim" "$root/out"
	ln -s ../../../../../../.."$BATS_TEST_TMPDIR/victim" "$root/up"
	export script='touch /out/x /up/x 2>/dev/null; echo done'
	node='| .linux.devices = [{path: "/out/dev", type: "c", major: 1, minor: 3}]'
	[ -z "${IN_BOX-}" ] || node=
	runs_as ".root = {path: \"$root\"} | .process.cwd = \"/out/new\" | .mounts += [{destination: \"/up/mnt\", type: \"tmpfs\", source: \"t\"}]
	    $node"
	is "$(ls -A "$BATS_TEST_TMPDIR/victim")" "" "$output $stderr"
	is "$status" 0 "$stderr"
}

@test "each option of a verb is in the page" {
	for verb in create start run state kill delete pause resume exec list ps update events features spec; do
		run -0 box-oci "$verb" --help
		while read -r option; do
			grep -q -- "[, ]-\?-*${option#--}\b" "$TOP/man/box-oci.1" || fail "$verb $option"
		done < <(grep -oE -- '--[a-z-]+' <<<"$output")
		grep -q "^\.It Cm $verb\|Cm $verb Ar" "$TOP/man/box-oci.1" || fail "$verb"
	done
}

@test "what the verbs print without a container, options, and operands that are none" {
	# Each verb but list, features and spec needs an operand; these take none.
	for verb in create start run state kill delete pause resume exec ps update events; do
		run -125 oci "$verb"
		has "$output" "usage: box-oci $verb "
	done
	for verb in list features spec; do
		run -125 oci "$verb" one too many
		has "$output" "usage: box-oci $verb "
	done
	run -125 box-oci
	# What the kernel has is in the list, and so is what the program does.
	run -0 --separate-stderr oci features
	is "$(jq -c '[.ociVersionMin, .linux.cgroup.v1, .linux.cgroup.systemdUser, .linux.seccomp.enabled, .linux.selinux.enabled]' <<<"$output")" \
	    '["1.0.0",true,false,true,false]'
	is "$(jq -r '.linux.capabilities[]' <<<"$output" | sort)" "$(capsh --decode="$(printf '%x' $(((2 << $(</proc/sys/kernel/cap_last_cap)) - 1)))" |
	    sed 's/.*=//; y/abcdefghijklmnopqrstuvwxyz/ABCDEFGHIJKLMNOPQRSTUVWXYZ/' | tr , '\n' | sort)"
	is "$(jq -r '.linux.namespaces | length' <<<"$output")" 7
	run -0 oci delete --force nobody
	run -1 oci delete nobody
	has "$output" 'container "nobody" does not exist'
	bundle
	run -1 oci create --bundle "$bundle" --no-pivot c
	has "$output" "--no-pivot: such a root can be left"
	run -1 oci create --bundle "$bundle" --preserve-fds 1001 c
	is "$output" "box-oci: --preserve-fds: '1001' is not a number from 0 to 1000"
	# A relative --root: from the working directory, if there is one.
	mkdir "$BATS_TEST_TMPDIR/gone"
	cd "$BATS_TEST_TMPDIR"
	run -0 box-oci --root oci list -q
	cd gone && rmdir "$PWD"
	run ! box-oci --root oci list
	is "$output" "box-oci: --root oci: the working directory: No such file or directory"
}

@test "list as a table, options of exec, descriptors for a process, what update would do" {
	bundle '.process.args = ["sleep", "1000"]'
	create c
	run -0 oci list
	is "${lines[0]}" "ID                       PID      STATUS     BUNDLE"
	is "$(xargs <<<"${lines[1]}")" "c $(pid_of) created $bundle"
	run -0 oci start c 3>&-
	oci exec --preserve-fds 2 c sh -c 'echo "$(cat <&3)$(cat <&4)"; ls /proc/self/fd | wc -l' 3<<<a 4<<<b >"$out"
	is "$(head -n 1 "$out")" ab
	run -0 oci exec --process-label "" --ignore-paused c true
	run -1 oci exec --process-label x c true
	has "$output" "--process-label: SELinux is not done"
	run -1 oci exec --cgroup x c true
	has "$output" "--cgroup: not done"
	run -0 oci exec --apparmor "" c true
	# What they would do, and nothing more.
	run -0 oci exec -n c touch /made
	has "$output" ns-enter
	[ ! -e "$bb/made" ]
	run -0 oci update -n --pids-limit 77 c
	has "$output" "cg-set --group /bt-oci-$$"
	has "$output" 77
	hasnt "$(cat "$(pids_top)/bt-oci-$$/pids.max")" 77
	run -0 oci update c
	run -0 oci kill c KILL
	eventually 10 is_state stopped
	run -0 oci list
	is "$(xargs <<<"${lines[1]}")" "c 0 stopped $bundle"
}
