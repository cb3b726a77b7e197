# weaken.bash - a copy of the suite in which one defence at a time can be taken off
# shellcheck shell=bash disable=SC2154

# The copy that can be weakened, in $weak.  WEAKENED=DIR is one made before, where a
# compiler is faster.
weaken() {
	export weak=${WEAKENED:-$BATS_RUN_TMPDIR/weak}
	[ -d "$weak/bin" ] || "$TOP/tests/attack/weakened" "$weak" >&2
}
# weak ROW CMD...: CMD with that row's defence off.
weak() {
	local -x WEAK=$1 PATH=$weak/bin:$PATH
	"${@:2}"
}
