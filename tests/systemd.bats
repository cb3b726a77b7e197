#!/usr/bin/env bats
# systemd: limits inside the groups that systemd delegates, and the messages
# elsewhere. make check-systemd boots a machine for these tests.
# shellcheck disable=SC2016,SC2154
load helpers

setup() {
	[ -d /run/systemd/system ] || skip "needs systemd as init"
	requires "root" test "$EUID" = 0
	unit=bt-$$-$BATS_TEST_NUMBER
	baseline_save
}
teardown() {
	[ "${unit:-}" ] || return 0
	systemctl stop "$unit.service" 2>/dev/null || :	# if it was one
	# A test ends it.
	[ ! "${uid:-}" ] || loginctl enable-linger "$uid"
	baseline_check
	lab_down
}

# as_user: makes ${user[@]} the words that become an ordinary user, as far
# as their own service manager is concerned.
as_user() {
	local name uid
	name=$(find /var/lib/systemd/linger -type f -printf '%f\n' | head -n 1)
	uid=$(id -u "$name") || skip "needs an ordinary user with linger"
	user=(setpriv --reuid "$uid" --regid "$(id -g "$name")" --init-groups
	    env -u BOX_STATE XDG_RUNTIME_DIR="/run/user/$uid"
	    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus")
	eventually 10 test -S "/run/user/$uid/bus"
}
# A scope, with all controllers that systemd gives its caller.
scope=(systemd-run -q --scope -p Delegate=yes)

# below UNIT: $prog's group lies below UNIT's own, and has limits of its own.
below() {
	local dir
	dir=$(cgroup_dir pids "$prog")
	has "$dir" "/$1/"
	is "$(cat "$dir/pids.max")" 20
	is "$(cat "$dir/memory.max")" 67108864
	is "$(cat "$dir/cpu.max")" "50000 100000"
	group=${dir%"/$1/"*}/$1
}

@test "root, in a service with Delegate=yes: below the unit's group" {
	systemd-run -q --unit "$unit" -p Delegate=yes \
	    "$TOP/bin/cg-limit" --pids 20 -m 64m 50% sleep 1000
	runs sleep "$(systemctl show -P MainPID "$unit.service")"
	below "$unit.service"
	is "$(systemctl show -P ControlGroup "$unit.service")" "${group#/sys/fs/cgroup}"
	systemctl stop "$unit.service"
	[ ! -e "$group" ]
}

@test "root, in a scope with Delegate=yes: below the unit's group" {
	start "${scope[@]}" --unit "$unit" cg-limit --pids 20 -m 64m 50% sleep 1000
	runs sleep
	below "$unit.scope"
	kill "$prog"
	finish
	is "$status" 143
	eventually 10 test ! -e "$group"
}

@test "a user, in a scope without Delegate: cpu is limited, or it is named" {
	as_user
	# systemd gives such a scope the controllers that its neighbours happen
	# to need; the user may enable more. PROG never runs without its limit.
	run "${user[@]}" systemd-run --user -q --scope cg-limit 50% \
	    sh -c 'cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cpu.max"'
	if [ "$status" = 0 ]; then
		is "$output" "50000 100000"
	else
		is "$status" 125
		has "$output" cpu
		has "${lines[-1]}" "Delegate=yes"
	fi
}

@test "a user, in a scope with Delegate=yes: below the unit's group" {
	as_user
	start "${user[@]}" "${scope[@]}" --user --unit "$unit" \
	    cg-limit --pids 20 -m 64m 50% sleep 1000
	runs sleep
	below "$unit.scope"
	kill "$prog"
	finish
	is "$status" 143
	eventually 10 test ! -e "$group"
}

@test "a user, in a scope with Delegate=yes: pids is enforced" {
	as_user
	# bash is one, and each sleep another.
	run "${user[@]}" "${scope[@]}" --user cg-limit --pids 3 max \
	    bash -c 'for i in two three; do sleep 1000 & done; echo three
		sleep 1000 & echo four; kill $(jobs -p)' 3>&-
	has "$output" three
	has "$output" "Resource temporarily unavailable"
}

@test "a user, in a scope with Delegate=yes: memory is enforced" {
	as_user
	requires "python3" command -v python3
	eat='b = bytearray(200 << 20); b[::4096] = b"x" * len(b[::4096])'
	run -137 "${user[@]}" "${scope[@]}" --user cg-limit -m 48m max python3 -c "$eat"
	run -0 "${user[@]}" "${scope[@]}" --user cg-limit -m 400m max python3 -c "$eat"
}

now() { echo "${EPOCHREALTIME/./}"; }
passed() { (($(now) - begin >= $1)); }
used() { awk '$1 == "usage_usec" { print $2 }' "$(cgroup_dir cpu "$prog")/cpu.stat"; }

@test "a user, in a scope with Delegate=yes: cpu is enforced" {
	as_user
	start "${user[@]}" "${scope[@]}" --user cg-limit 20% sh -c 'while :; do :; done'
	runs sh
	begin=$(now) before=$(used)
	eventually 20 passed 2000000
	share=$((($(used) - before) * 100 / ($(now) - begin)))
	kill "$prog"
	finish
	between $share 10 30
}

@test "a user, without delegation: the limits are named, with the way to get it" {
	as_user
	while read -r name args; do
		# The words of one line.
		# shellcheck disable=SC2086
		run -125 "${user[@]}" cg-limit $args echo it-ran
		has "$output" "cg-limit: "
		has "$output" "$name"
		has "${lines[-1]}" "cg-limit: hint: "
		has "${lines[-1]}" "systemd-run --user --scope -p Delegate=yes"
		is "${#lines[@]}" 2 "lines"
		hasnt "$output" it-ran
		run "${user[@]}" box-doctor
		has "$(grep -A 1 "^note  cgroup $name " <<<"$output")" "systemd-run --user --scope -p Delegate=yes"
	done <<-END
		cpu 50%
		memory -m 64m max
		pids --pids 20 max
	END
}

# unit_of ARGS: a box@ instance by this one line, in a network namespace that
# plays the host; $unit is its name, without the suffix.
unit_of() {
	lab_up
	unit=box@bt$$
	mkdir -p /etc/box "/run/systemd/system/$unit.service.d"
	make -C "$TOP" -s install PREFIX="$BATS_TEST_TMPDIR/opt" UNITDIR=/run/systemd/system
	printf 'ARGS=%s\n' "$1" >"/etc/box/bt$$"
	cat >"/run/systemd/system/$unit.service.d/test.conf" <<-END
		[Service]
		Environment=BOX_STATE=$BOX_STATE
		NetworkNamespacePath=/run/netns/$HOSTNS
		TimeoutStopSec=5
		Restart=no
	END
	systemctl daemon-reload
	baseline_save
}
unit_gone() {
	baseline_check
	rm -r "/etc/box/bt$$" "/run/systemd/system/$unit.service.d" "/run/systemd/system/box@.service"
	systemctl daemon-reload
	lab_down
	unset unit
}
up() { systemctl start "$unit.service" || { journalctl -q -u "$unit.service" >&2; return 1; }; }
state() { systemctl show -P "$1" "$unit.service"; }

@test "box@.service: started when its port answers, below the unit's group, gone when stopped" {
	bb_root
	unit_of "-p 8080:80 -m 64m --ready port $bb sh -c 'sleep 1; echo \"it is up\" >/tmp/index.html; exec httpd -f -p 80 -h \"\$0\"' /tmp"
	up
	is "$(state SubState)" running
	is "$(host curl -sS -m 3 http://127.0.0.1:8080/)" "it is up"
	runs httpd "$(state MainPID)"
	dir=$(cgroup_dir pids "$prog")
	has "$dir" "$(state ControlGroup)/"
	is "$(<"$dir/memory.max")" 67108864
	read -r keeper _ <"$BOX_STATE/bt$$/keeper"
	is "$keeper" "$(state MainPID)"
	systemctl stop "$unit.service"
	is "$(state Result)" success
	unit_gone
}

@test "box@.service: a box that does not come up, and one that has to be killed" {
	bb_root
	unit_of "--ready port:80 $bb sh -c 'echo no; exit 7'"
	run ! systemctl start "$unit.service"
	is "$(state ExecMainStatus)" 7
	systemctl reset-failed "$unit.service"
	baseline_check
	printf 'ARGS=%s\n' "-p 8080:80 $bb sh -c 'trap : TERM; while :; do sleep 1000; done'" >"/etc/box/bt$$"
	up
	runs sleep "$(state MainPID)"
	systemctl stop "$unit.service"
	is "$(state Result)" timeout
	systemctl reset-failed "$unit.service"
	unit_gone
}

# nginx_root DIR: a root directory of busybox, with the host's nginx.
nginx_root() {
	local file
	requires "nginx" command -v nginx
	bb_root
	cp -a "$bb.new" "$1"
	for file in $(command -v nginx) $(ldd "$(command -v nginx)" | grep -o '/[^ ]*'); do
		mkdir -p "$1${file%/*}"
		cp -L "$file" "$1$file"
	done
	mkdir -p "$1"/var/log/nginx "$1"/var/lib/nginx "$1"/etc/nginx "$1"/www
	echo "hello from a user's box" >"$1/www/index.html"
	printf '%s\n' 'user root; daemon off; events {}' 'http { server { root /www; } }' >"$1/etc/nginx/nginx.conf"
}
# of_user WORD...: asks the user's manager.
of_user() { "${user[@]}" systemctl --user "$@"; }
# login WORDS: sh runs WORDS in a session of the user's, in the lab.
login() { OPEN=$opener host su -l "$(id -nu "$uid")" -c "PATH=$TOP/bin:\$PATH; export BOX_GRACE=0; $1" 3>&-; }
# Since systemd 256 the user's manager is a session, too, of another class.
in_session() {
	local session
	for session in $(loginctl show-user "$uid" -P Sessions); do
		[ "$(loginctl show-session "$session" -P Class)" != user ] || return 0
	done
	return 1
}
sessions_end() { run in_session; [ "$status" != 0 ]; }
page() { outside curl -sS -i -m 3 http://192.0.2.1:8080/ 2>&1; }
answers() { has "$(page)" "hello from a user's box"; }
silent() { run page; [ "$status" != 0 ]; }

@test "a user's nginx: its limits delegated, reached from outside, alive after the logout; then nothing is left" {
	as_user
	requires "pasta (package passt)" command -v pasta
	requires "pam_systemd" grep -q pam_systemd /etc/pam.d/common-session
	# Debian's own profile for pasta.
	requires "AppArmor" grep -q passt /sys/kernel/security/apparmor/profiles
	uid=${user[2]}
	lab_up
	open_tun
	home=$(getent passwd "$uid" | cut -d: -f6) state=/run/user/$uid/box
	nginx_root "$home/root"
	chown -R "$uid" "$home/root"
	before=$(of_user list-units --all --plain --no-legend '*.scope')
	baseline_save
	run -0 --separate-stderr login 'grep -q session /proc/self/cgroup &&
		box-run -d --name web -p 8080:80 -m 64m --cpus 1.5 --pids-limit 30 --ready port ./root nginx'
	is "$output" web
	is "$stderr" ""
	has "$(page)" "Server: nginx"
	read -r pid _ <"$state/web/pid"
	dir=$(cgroup_dir pids "$pid")
	has "$dir" "/user@$uid.service/"
	is "$(cat "$dir"/{cpu,memory,pids}.max | xargs)" "150000 100000 67108864 33"
	eventually 20 sessions_end
	answers
	# Another session enters the box, and its group.
	run -0 login 'box-exec web sh -c "id -u; cat /sys/fs/cgroup/pids.max" && box-ps --json web'
	is "${lines[*]:0:2}" "0 33"
	is "$(tail -n +3 <<<"$output" | jq -c '.[] | [.cpu_limit_percent, .memory_limit, .processes, .processes_limit]')" \
	    "[150,67108864,$(("$(wc -l <"$dir/cgroup.procs")" - 3)),30]"
	login 'box-limit -m 80m web'
	is "$(<"$dir/memory.max")" 83886080
	login 'box-stop web && box-rm web'
	silent
	has "$(login 'box-run -n ./root true')" "systemd-run --user --scope -q -p Delegate=yes -- box-keep"
	# The defaults, attached to the session.
	run -0 --separate-stderr login 'box-run --network none ./root sh -c "cat /sys/fs/cgroup/*.max; echo \$HOME"'
	has "$(xargs <<<"$output")" "50000 100000"
	has "$(xargs <<<"$output")" " 22 "
	is "$stderr" ""
	is "$(find "$state" -type f -path "$state/[!l]*")" ""
	is "$(of_user list-units --all --plain --no-legend '*.scope')" "$before"
	baseline_check
	# Without linger the box ends with the last session, and is said to.
	loginctl disable-linger "$uid"
	has "$(login 'script -qec "box-run -d --rm --name web -p 8080:80 --ready port ./root nginx" /dev/null')" \
	    "hint: the box ends with this user's last session: loginctl enable-linger"
	eventually 40 test ! -e "/run/user/$uid"
	silent
	loginctl enable-linger "$uid"
	rm -r "$home/root"
}

@test "a user whose manager has no cpu controller: the default is left out, --cpus refused" {
	as_user
	uid=${user[2]}
	lab_up
	open_tun
	home=$(getent passwd "$uid" | cut -d: -f6)
	bb_root
	cp -a "$bb.new" "$home/root" && chown -R "$uid" "$home/root"
	mkdir -p /run/systemd/system/user@.service.d
	printf '[Service]\nDelegate=\nDelegate=pids memory\n' >/run/systemd/system/user@.service.d/test.conf
	systemctl daemon-reload
	systemctl restart "user@$uid.service"
	baseline_save
	run -0 --separate-stderr login 'box-run --network none ./root sh -c "cat /sys/fs/cgroup/pids.max; ls /sys/fs/cgroup"'
	has "$output" 22
	hasnt "$output" cpu.max
	run -125 login 'box-run --network none --cpus 1 ./root touch /ran'
	has "$output" "Delegate=cpu"
	[ ! -e "$home/root/ran" ]
	rm -r /run/systemd/system/user@.service.d "$home/root"
	systemctl daemon-reload
	systemctl restart "user@$uid.service"
}

# profile NAME RULES: loads such a profile, for one who enters it.  Programs with
# profiles of their own have these.
profile() {
	apparmor_parser -rK <<-END
		abi <abi/$abi>,
		profile $1 flags=(attach_disconnected) {
		/** rwlkm, network, unix, signal, ptrace, mount, umount, pivot_root, change_profile,
		/** pix,
		$2
		}
	END
}
# A kernel of Ubuntu's moves an ordinary user who makes a namespace into such a profile
# without capabilities, where its sysctl is 1; Debian's kernel has no such sysctl, so
# that the user is in the profile before, and the sysctl's file is the test's.
@test "AppArmor refuses namespaces, or their capabilities, and the profile that make install has put there mends it" {
	as_user
	requires "AppArmor" test -r /sys/kernel/security/apparmor/profiles
	cd "$BATS_TEST_TMPDIR"
	chmod 755 . "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	bb_root
	cp -a "$bb.new" root && chown -R "${user[2]}" root
	make -s -C "$TOP" install PREFIX="$PWD/inst" >/dev/null
	PATH=$PWD/inst/bin:$PATH
	in_profile() { run "${user[@]}" env PATH="$PATH" aa-exec -p "$1" -- "${@:2}"; }
	abi=3.0 userns=''
	if grep -q userns_create /sys/kernel/security/apparmor/features/namespaces/mask && [ -e /etc/apparmor.d/abi/4.0 ]; then
		abi=4.0 userns=userns,
		profile "bt-$$" capability,
		in_profile "bt-$$" ns-spawn true
		is "$status" 125
		has "$output" "ns-spawn: unshare --user --pid --fork: Permission denied"
		has "$output" "hint: AppArmor's profile bt-$$ forbids it: add the rules userns and capability"
	fi
	profile "bt-$$" "$userns deny capability,"
	in_profile "bt-$$" ns-spawn true
	has "$output" "ns-spawn: unshare --user --pid --fork: Operation not permitted"
	has "$output" "hint: AppArmor's profile bt-$$ forbids it"
	in_profile "bt-$$" box-doctor
	has "$(grep -A 1 "^bad   namespaces" <<<"$output")" "hint: AppArmor's profile bt-$$ forbids it"

	mkdir -p sys/kernel
	echo 1 >sys/kernel/apparmor_restrict_unprivileged_userns
	cat /proc/sys/kernel/osrelease >sys/kernel/osrelease
	ubuntu=(unshare --mount sh -c "mount --bind $PWD/sys /proc/sys && "'exec "$@"' -)
	run "${ubuntu[@]}" "${user[@]}" env PATH="$PATH" aa-exec -p "bt-$$" -- box-run --network none ./root true
	hint=$(sed -n 's/^ns-spawn: hint: //p' <<<"$output")
	is "$hint" "cp $PWD/inst/share/boxtools/apparmor /etc/apparmor.d/boxtools && apparmor_parser -r /etc/apparmor.d/boxtools"
	run "${ubuntu[@]}" box-doctor
	has "$(grep -A 1 "^note  users' namespaces" <<<"$output")" "hint: $hint"
	if [ "$userns" ]; then
		bash -c "$hint"
		run "${ubuntu[@]}" box-doctor
		has "$output" "ok    users' namespaces  by the profile"
		in_profile "bt-$$" box-run --network none ./root cat /proc/self/attr/apparmor/current
		is "$status: $output" "0: boxtools (unconfined)"
		profile "bt-$$" capability,
		in_profile "bt-$$" box-run --network none ./root echo "it runs"
		is "$status: $output" "0: it runs"
		apparmor_parser -R /etc/apparmor.d/boxtools
		rm /etc/apparmor.d/boxtools
	fi
	echo "profile bt-$$ {}" | apparmor_parser -R
}

@test "box-oci --systemd-cgroup: a container in a scope" {
	its="bt-oci$$.scope"
	bundle ".process.args = [\"sleep\", \"1000\"] | .linux.cgroupsPath = \":bt:oci$$\"
	    | .linux.resources += {memory: {limit: 67108864}, pids: {limit: 9}}"
	oci --systemd-cgroup create --bundle "$bundle" c >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- </dev/null || fail "$(cat "$BATS_TEST_TMPDIR/out")"
	is "$(cat "/proc/$(oci state c | jq .pid)/cgroup")" "0::/system.slice/$its"
	is "$(systemctl is-active "$its")" active
	is "$(cat "/sys/fs/cgroup/system.slice/$its/"{memory.max,pids.max} | xargs)" "67108864 9"
	oci start c
	oci pause c
	is "$(oci state c | jq -r .status)" paused
	oci delete --force c
	ended() { [ "$(systemctl is-active "$its")" = inactive ]; }
	eventually 10 ended
}
