# family.bash - boxes by hand: a state directory with keepers that only hold the
# lock.
# shellcheck shell=bash disable=SC2034
setup() {
	export BOX_STATE=$BATS_TEST_TMPDIR/state
	mkdir -p "$BOX_STATE/lock"
	keepers=()
}
teardown() {
	for k in "${keepers[@]}"; do kill -9 "$k" && wait "$k"; done 2>/dev/null
	:
}

# when PID: the start time of the process.
when() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }
# box NAME [CMD...]: a keeper that has the lock on 9, in $keeper, and becomes
# CMD; its directory is $d.  one PID: that is the box's process 1.
box() {
	d=$BOX_STATE/$1
	mkdir -m 700 "$d"
	: >"$d/exit"
	(
		exec 9>"$BOX_STATE/lock/box-$1" && flock 9
		self=$BASHPID
		echo "$self $(when "$self")" >"$d/keeper"
		[ $# -gt 1 ] || set -- "" sleep 1000
		exec "${@:2}"
	) 3>&- &
	keeper=$! && keepers+=("$!")
	eventually 5 test -s "$d/keeper"
}
one() { echo "$1 $(when "$1")" >"$d/pid"; }
