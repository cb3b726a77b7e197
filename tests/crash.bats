#!/usr/bin/env bats
# Any process killed at any time: the next start works, and after box-gc the host
# is as before.  SOAK=N: N times as many rounds.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup() {
	requires "curl" command -v curl
	lab_up
	bb_root
	baseline_save
	box=() id=()
	RANDOM=${SEED:=$((BASHPID % 32768))}
	echo "SEED=$SEED"
}
teardown() {
	local n
	for n in "${!box[@]}"; do kill -9 "${box[n]}" 2>/dev/null || :; done
	# bats has a process of its own in the background.
	[ ${#box[@]} = 0 ] || wait "${box[@]}" || :
	ended() {
		box-gc
		baseline_same
	}
	lab_end eventually 30 ended
}

# launch N: box N, which serves the number of the round; its pid is ${box[N]}.
launch() {
	id[$1]=$round
	start box-run --name "crash$1" -p "$((8080 + $1)):80" --tmpfs /www "$bb" \
	    sh -c "echo $round >/www/index.html; httpd -f -h /www & sleep 1000 & wait"
	box[$1]=$pid
}
serves() { is "$(outside curl -s -m 2 "http://192.0.2.1:$((8080 + $1))/")" "${id[$1]}"; }
# family PID: the process and its descendants.
family() {
	local p
	echo "$1"
	for p in $(cat "/proc/$1"/task/*/children 2>/dev/null); do family "$p"; done
}
# hit N: one process of box N, at random, or all at once.
hit() {
	local all
	mapfile -t all < <(family "${box[$1]}")
	if ((RANDOM % 8)); then
		all=("${all[RANDOM % ${#all[@]}]}")
	fi
	kill -9 "${all[@]}" 2>/dev/null || :
}
doze() { sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"; }

# bats test_tags=soak
@test "processes killed at random, during the start and later" {
	local n round
	for ((round = 1; round <= 40 * ${SOAK:-1}; round++)); do
		n=$((RANDOM % 4))
		if [ "${box[n]}" ]; then
			hit "$n"
		else
			launch "$n"
			doze
			if ((RANDOM % 2)); then
				hit "$n"
			else
				# No remains of an earlier box are in its way.
				eventually 10 serves "$n" ||
				    fail "round $round, box $n: $(cat "$err")"
				has "$(box-ps)" "crash$n "
				continue
			fi
		fi
		# The box ends by itself, unless the kill hit the program's
		# child.
		doze
		kill "${box[n]}" 2>/dev/null || :
		finish "${box[n]}"
		unset "box[n]"
		hasnt "$(box-ps)" "crash$n "
	done
}
