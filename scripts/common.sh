# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# common.sh - boxes and their state, shared by the scripts
#
# A box exists while its keeper holds the lock box-NAME.  A fact in STATE/NAME
# counts only if no other user can have written it, and a pid only while its
# process is the one that began at the recorded time.

# shellcheck source=scripts/options.sh
. "${0%/*}/options.sh"
export LC_ALL=C

# find_stages: the stages beside this file come before all others in PATH.
find_stages() {
	case $0 in */*) PATH=${0%/*}:$PATH ;; esac
	export PATH="$PATH:/usr/sbin:/sbin"
}

# number TEXT: whether TEXT is a decimal number that sh can calculate with.
number() {
	case $1 in
	0) ;;
	'' | 0* | *[!0-9]* | ???????????????????*) return 1 ;;
	esac
}

# are_words TEXT: whether TEXT is only plain and quoted words for a shell, without
# anything to execute.  A line break is only between quotes.
are_words() {
	case $1 in *[!A-Za-z0-9_./:,=@%+\ -]*) ;; *) return 0 ;; esac
	printf '%s\n' "$1" | tr '\n' ';' |
	    grep -qxE "([A-Za-z0-9_./:,=@%+ -]|'[^']*'|[\\]')*;"
}

# json TEXT: $word is TEXT as a string of JSON.
json() {
	word=$1
	case $1 in
	*[[:cntrl:]\"\\]*)
		# The shell would drop line breaks at the end: hence the dot.
		word=$(printf %s. "$1" | awk '{
			gsub(/["\\]/, "\\\\&")
			for (i = 1; i < 128; i += i == 31 ? 96 : 1)
				if (index($0, c = sprintf("%c", i)))
					gsub(c, sprintf("\\u%04x", i))
			printf "%s%s", (NR > 1 ? "\\u000a" : ""), $0
		}')
		word=${word%.}
		;;
	esac
	word="\"$word\""
}

# find_state: the state directory in $state, that of layers in $layers, this user
# in $uid; $hosts is 1 if the state is the host's root's.
find_state() {
	find_user
	hosts='' _hint='export BOX_STATE=DIR, a directory of your own'
	# shellcheck disable=SC3067 # all known shells have it
	[ "$uid" != 0 ] || [ "${BOX_STATE:-}" ] || [ ! -O /run ] || hosts=1
	if [ "${BOX_STATE:-}" ]; then
		state=$BOX_STATE
	elif [ "$hosts" ]; then
		state=/run/box
	else
		case ${XDG_RUNTIME_DIR:-} in
		/*) state=$XDG_RUNTIME_DIR/box ;;
		*) die "no directory for state: XDG_RUNTIME_DIR is no absolute path" \
		    "$_hint" ;;
		esac
	fi
	case $state in /*) ;; *) state=./$state ;; esac
	layers=$state/layer
	[ -z "$hosts" ] || layers=/var/lib/box
	_above=${state%/*}
	[ ! -e "${_above:=/}" ] || [ -x "$_above" ] || die "$_above: Permission denied" "$_hint"
	[ -e "$state" ] || return 0
	[ -d "$state" ] || die "$state: Not a directory" "$_hint"
	own 0 "$state" "$state/lock" "$state/ended" ||
	    die "$foreign is not this user's own" "$_hint"
}

# own DEPTH PATH...: whether this user alone can have written PATH and DEPTH
# levels below; if not, $foreign is another user's file, or a pipe, whose reader would
# wait.  A socket holds no facts.
own() {
	_status=0
	foreign=$(
		depth=$1
		shift
		find "$@" -maxdepth "$depth" ! -type s \
		    \( ! -user "$uid" -o -perm /022 -o -type l -o -type p \) 2>/dev/null
	) || _status=$?
	# 1: a path is not there. A look that failed has found nothing, either.
	[ $_status -le 1 ] || die "find: status $_status"
	foreign=${foreign%%"$nl"*}
	[ -z "$foreign" ]
}

# fact FILE: the first line in $fact; 1 if there is none; 2: it cannot be read.  The
# second look is for a file that has just been written.
fact() {
	fact=''
	for _look in 1 2; do
		{ IFS= read -r fact <"$dir/$1"; } 2>/dev/null && return
		[ -z "$fact" ] || return 0
		[ -s "$dir/$1" ] || return 1
	done
	return 2
}

# began PID: the start time of the process in $began, as in /proc/PID/stat; 1 if the
# process has ended; 2: it cannot be looked at.  The process's name, in brackets, may
# hold anything.
began() {
	began='' _stat=''
	{
		while IFS= read -r _line; do _stat=$_stat$_line; done <"/proc/$1/stat"
	} 2>/dev/null || :
	[ "$_stat" ] || [ ! -e "/proc/$1" ] || return 2
	_stat=${_stat##*") "}
	case $_stat in [ZX]*) return 1 ;; esac
	# shellcheck disable=SC2086
	set -- $_stat
	[ $# -ge 20 ] && shift 19 && began=$1
}

# process FILE: the pid in FILE in $process, if that process lives.  2: damaged, or not
# to be read.
process() {
	process=''
	fact "$1" || return
	number "${fact%% *}" && number "${fact#* }" || return 2
	began "${fact%% *}" || return
	[ "$began" = "${fact#* }" ] || return 1
	process=${fact%% *}
}

# name NAME: whether a box may have this name.
name() {
	case $1 in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]* | lock | log | ended | layer) return 1 ;;
	*) [ ${#1} -le 64 ] ;;
	esac
}

# locked: whether a process holds the lock of the box $name.  The caller knows
# that the keeper lives: so no other program finds the lock taken by us.
locked() {
	_status=0
	flock -n -s -E 9 0 2>/dev/null <"$state/lock/box-$name" || _status=$?
	case $_status in
	9) ;;
	0) return 1 ;;
	*)
		[ -e "$state/lock/box-$name" ] || return 1
		die "flock: status $_status"
		;;
	esac
}

# box NAME: the box's $name, $dir and $cgroups, cg-limit's record; $keeper, which
# runs since $since; and $pid, its process 1, or ''.  1: no such box is running.
# 2: its state is damaged; $why is the reason.
box() {
	name=$1 dir=$state/$1 cgroups=$state/lock/cg-$1 keeper='' pid='' why=''
	name "$name" || return 1
	[ -e "$dir" ] || [ -L "$dir" ] || return 1
	own 1 "$dir" "$cgroups" "$state/lock/box-$name" || why="$foreign is not this user's own"
	# A box that has just ended has none.
	[ -z "$why" ] && [ ! -d "$dir" ] && [ -e "$dir" ] && why="$dir is not a directory"
	[ -z "$why" ] || return 2
	process keeper || {
		[ $? = 1 ] || why="$dir/keeper is damaged, or cannot be read"
		[ -z "$why" ] && return 1
		return 2
	}
	keeper=$process since=$began
	locked || return 1
	process pid || {
		[ $? = 1 ] || why="$dir/pid is damaged, or cannot be read"
		[ -z "$why" ] || return 2
	}
	pid=$process
}

# need_names MOST WORD...: dies unless the operands are 1 to MOST names.
need_names() {
	_most=$1
	shift
	[ $((taken + $#)) -gt 0 ] || usage
	[ $# -gt 0 ] || usage "NAME is missing"
	for _word; do
		case $_word in -*) usage "'$_word': options stand before NAME" ;; esac
	done
	[ $# -le "$_most" ] || usage "'$2': there may be one NAME only"
}

# need_box NAME: the same, or dies.
need_box() {
	name "$1" || die "'$1' is not the name of a box"
	box "$1" && return
	[ -z "$why" ] || die "$why"
	! ended "$1" || die "$1: this box has ended, with status $status"
	[ -z "$why" ] || die "$why"
	[ "$uid" != 0 ] || die "$1: no such box is running"
	die "$1: no such box of this user's is running" "root's boxes: sudo $self $1"
}

# ended NAME: the record of the box $name, which has ended: $status, $cause, $limits
# that were hit, $restarts; $began and $ended, seconds since 1970; $log, the
# directory, or ''.  1: there is none.  2: it is damaged; $why is the reason.
ended() {
	name=$1 status='' cause='' limits='' restarts='' began='' ended='' log='' why=''
	name "$name" && [ -e "$state/ended/$name" ] || return 1
	why="$state/ended/$name is damaged"
	own 0 "$state/ended/$name" && [ -f "$state/ended/$name" ] || return 2
	while IFS= read -r _line; do
		case $_line in
		"log "*) log=${_line#* } && break ;;
		*[!a-z0-9\ -]*) return 2 ;;
		status\ * | cause\ * | limits\ * | restarts\ * | began\ * | ended\ *)
			eval "${_line%% *}=\${_line#* }"
			;;
		esac
	done <"$state/ended/$name"
	number "$status" && number "$restarts" && number "$began" && number "$ended" || return 2
	why=''
}

# each_ended CMD...: CMD for each record of a box that does not run again.
each_ended() {
	for _record in "$state"/ended/*; do
		_record=${_record##*/}
		! box "$_record" || continue
		if ended "$_record"; then
			"$@"
		elif [ "$why" ]; then
			damaged "$why" || :
		fi
	done
}

# damaged WHY: warns and goes on; $damaged is the status at the end.
damaged=0
damaged() {
	warn "$1"
	damaged=125
	return 1
}

# with_box NAME CMD...: CMD for the box, if it is running and its state is not damaged.
with_box() {
	if box "$1"; then
		shift
		"$@"
	elif [ "$why" ]; then
		damaged "$why" || :
	fi
}

# each_box CMD...: CMD for each of these boxes.
each_box() {
	for _box in "$state"/*; do
		with_box "${_box##*/}" "$@"
	done
}

# value FILE...: the first line of the first FILE that exists, in $value.
value() {
	for value; do
		{ read -r value <"$value"; } 2>/dev/null && return
	done
	value=''
}

# find_residents: $residents of the box.
find_residents() {
	value "/proc/$pid/comm"
	residents "$value"
	! process pasta || residents=$((residents + 1))
}
