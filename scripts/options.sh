# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# options.sh - options, messages and quoting, shared by all scripts
#
# Builtins only, because box-run starts with this file.  The Makefile puts the
# text into each script that reads it by ".", so an installed script stands alone.
# A variable whose name begins with _ is scratch of the function that sets it.

set -eu
self=${0##*/}
nl='
'

# warn LINE [HINT], die LINE [HINT]
warn() {
	printf '%s: %s\n' "$self" "$1" >&2
	[ $# -lt 2 ] || printf '%s: hint: %s\n' "$self" "$2" >&2
}
die() {
	warn "$@"
	exit 125
}

# out FORMAT [ARG]...: printf(1) on the standard output, or dies.
out() {
	# shellcheck disable=SC2059
	printf "$@" 2>/dev/null || die "cannot write to the standard output"
}

# An end that no line of the script asks for is a failure of the script's own: of the
# shell, which has 2 for that, or of a program that the script runs. Either may have
# said nothing.
trap 'case $? in [1-9] | [1-9]? | 1[01]? | 12[0-4]) die "the shell or a program failed" ;; esac' EXIT
# end_with STATUS: ends with any status.
end_with() {
	trap - EXIT
	exit "$1"
}

# Options.  $synopsis is the text after "TOOL [options]".  $table has a row for
# each option: a target, and the line of --help.
#
#	VAR|		sets VAR to 1
#	VAR=|		sets VAR to the option's argument
#	VAR FLAG|	adds FLAG to the words in VAR
#	VAR FLAG=|	adds FLAG and the argument, quoted
#	!|, !=|		calls the script's function option, with the option's
#			long name and its argument
#	|		continues the line above
help() {
	_text=''
	IFS=$nl
	for _row in $table; do _text=$_text$nl${_row#*"|"}; done
	unset IFS
	out 'usage: %s [options]%s%s\n' "$self" "${synopsis:+ $synopsis}" "$_text"
	exit 0
}
# usage [REASON]
usage() {
	_usage="usage: $self [options]${synopsis:+ $synopsis} (see $self --help)"
	[ $# = 0 ] || die "$1" "$_usage"
	printf '%s\n' "$_usage" >&2
	exit 125
}

# unknown OPT: dies with the hint of a row "OPT ...|HINT" in $hints, if there is
# one: for options that other programs have.
hints=''
unknown() {
	_hint="see $self --help"
	IFS=$nl
	set -f
	for _row in $hints; do
		case " ${_row%%"|"*} " in *" $1 "*) _hint=${_row#*"|"} ;; esac
	done
	case $1 in
	--*) die "unrecognized option '$1'" "$_hint" ;;
	*) die "invalid option -- '${1#-}'" "$_hint" ;;
	esac
}

# find_row OPT: $_target, and $_takes, 1 if OPT has an argument; $_long, its long
# name.  The search goes row by row: a pattern over all rows costs milliseconds.
find_row() {
	set -f
	IFS=$nl
	for _row in $table ''; do
		case $_row in *"|      $1 "* | *"|  $1, "* | *"|  -"?", $1 "*) break ;; esac
	done
	unset IFS
	set +f
	case $1 in *[!a-zA-Z0-9-]*) _row='' ;; esac
	[ "$_row" ] || unknown "$1"
	_target=${_row%%"|"*} _takes='' _long=${_row#*"|"??????}
	_long=${_long%% *}
	case $_target in *=) _takes=1 _target=${_target%=} ;; esac
}

# apply: does as the row says, with the argument $_arg.
apply() {
	case $_target in
	'!') option "$_long" "$_arg" ;;
	*' '*)
		quote "$_arg"
		eval "${_target%% *}=\"\$${_target%% *} ${_target#* }${_takes:+ \$word}\""
		;;
	*)
		[ "$_takes" ] || _arg=1
		eval "$_target=\$_arg"
		;;
	esac
}

# options WORD...: takes the options at the beginning; $taken words are theirs.
options() {
	table="$table
!|  -h, --help                   print this and exit
!|  -V, --version                print the version and exit"
	taken=$#
	while [ $# -gt 0 ]; do
		_form='' _arg=''
		case $1 in
		--) shift && break ;;
		--*=*) word=${1%%=*} _arg=${1#*=} _form='=' ;;
		-[!-]?*) _arg=${1#-?} _form=more && word=${1%"$_arg"} ;;
		-?*) word=$1 ;;
		*) break ;;
		esac
		shift
		find_row "$word"
		case $_form$_takes in
		'=') die "option '$word' doesn't allow an argument" "see $self --help" ;;
		more) set -- "-$_arg" "$@" && _arg='' ;;
		1)
			[ $# -gt 0 ] || die "option '$word' requires an argument" "see $self --help"
			_arg=$1
			shift
			;;
		esac
		case $_long in
		--help) help ;;
		--version)
			out '%s (boxtools) @VERSION@\n' "$self"
			exit
			;;
		*) apply ;;
		esac
	done
	taken=$((taken - $#))
}

# put_quoted WORD: prints WORD between quotes.  Splitting takes linear time; it sets
# IFS, and so a subshell calls this.
put_quoted() {
	set -f
	IFS="'"
	# shellcheck disable=SC2089 # a quote is what it is split at
	_text=$1\'
	# shellcheck disable=SC2086,SC2090
	set -- $_text
	printf "'%s'" "$1"
	shift
	[ $# = 0 ] || printf "\\\\''%s'" "$@"
}

# quote WORD: $word is the text that a shell reads as WORD.
quote() {
	word=$1
	case $word in
	*"'"*) word=$(put_quoted "$1") ;;
	'' | *[!A-Za-z0-9_./:,=@%+-]*) word="'$1'" ;;
	esac
}

# hand_env WORD: an argument of -e goes to the stages by a variable, as every
# user may read a command line.  $env_words is the text that does the same.
envs=0 env_words=''
hand_env() {
	envs=$((envs + 1))
	export "BOX_ENV$envs=$1"
	quote "$1"
	env_words="${env_words}BOX_ENV$envs=$word "
}
# end_env: after the last one, as the caller may have more.
end_env() { unset "BOX_ENV$((envs + 1))"; }

# percent CPUS: the value of --cpus in $percent, as cg-limit takes it: the point
# moves two digits to the right.
percent() {
	percent=$1
	[ "$1" != max ] || return 0
	case $1 in
	*[!0-9.]* | *.*.*) ;;
	*[1-9]*)
		_whole=${1%%.*} _part=''
		case $1 in *.*) _part=${1#*.} ;; esac
		case ${#_part} in 0) _part=00 ;; 1) _part=${_part}0 ;; esac
		_more=${_part#??}
		_whole=$_whole${_part%"$_more"}
		while [ "$_whole" != "${_whole#0?}" ]; do _whole=${_whole#0}; done
		percent=$_whole${_more:+.$_more}%
		return
		;;
	esac
	die "--cpus: '$1' is not a number such as 1.5, or max"
}

# residents COMM: $residents, the stages that count in the box's group: ns-spawn,
# and its init if the box's process 1 is of that name; pasta is one more.
residents() {
	residents=1
	[ "$1" != ns-spawn ] || residents=2
}

# pids_limit: $pids, the value of --pids-limit, as cg-limit takes it: PROG has the
# limit to itself.
pids_limit() {
	case $pids in
	max) ;;
	'' | 0* | *[!0-9]* | ????????*)
		die "--pids-limit: '$pids' is not a number of processes, or max"
		;;
	*)
		# The kernel takes no more: it is the most that pids can count.
		_most=4194304
		[ "$pids" -le $_most ] || die "--pids-limit: '$pids' is more than $_most"
		pids=$((pids + residents))
		[ "$pids" -le $_most ] || pids=$_most
		;;
	esac
}

# find_user: the effective user in $uid.  $EUID is not POSIX, and id(1) a process.
find_user() {
	while read -r _key _ uid _; do
		[ "$_key" != Uid: ] || return 0
	done </proc/self/status
	die "cannot read /proc/self/status"
}

# find_root: $root is 1 if the user is root and has the ids of boxes, unlike root of
# a container with few ids; $host is 1 if these are all ids, so root is the host's.
# $uid, too.
find_root() {
	root='' host=''
	while read -r _in _ _count; do
		[ "$_in $_count" != "0 4294967295" ] || host=1
		[ "$_in" -gt 1879048192 ] || [ $((_in + _count)) -lt 1879113728 ] ||
		    root=1
	done </proc/self/uid_map
	# With all ids root is the owner of /proc/sys; sh reads a file byte by byte.
	# shellcheck disable=SC3067 # all known shells have it
	if [ "$host" ] && [ -O /proc/sys ]; then uid=0; else find_user; fi
	[ "$uid" = 0 ] || root='' host=''
}

# find_delegated: $delegated is 1 if this user may make groups below our own, as in
# a systemd scope with Delegate=yes; $scope, if the user's manager can make such a
# scope, the words in front of a program that is to run there; $controllers, those
# that the groups get.  Groups of v1 are root's, but in a box of --delegate,
# which lacks those that cg_is_given() keeps.
find_delegated() {
	delegated='' scope='' controllers=''
	while IFS=: read -r _num _list _path; do
		case $_num:$_list in
		0:) [ -z "$delegated" ] || continue ;;
		*:name=* | *freezer* | *net_cls* | *net_prio*) continue ;;
		*)
			[ -w "/sys/fs/cgroup/$_list$_path/tasks" ] || {
				delegated='' scope='' controllers='' && return
			}
			delegated=1 controllers="$controllers $_list"
			continue
			;;
		esac
		# The group of the box's processes, below the box's own.
		_path=${_path%/processes}
		if [ -w "/sys/fs/cgroup$_path/cgroup.procs" ]; then
			delegated=1
		elif [ "$uid" != 0 ] && [ -S "${XDG_RUNTIME_DIR-}/systemd/private" ]; then
			scope='systemd-run --user --scope -q -p Delegate=yes --'
			_path=/user.slice/user-$uid.slice/user@$uid.service/
		fi
		case $_path in
		*/user@"$uid".service/*) _path=${_path%%/user@*}/user@$uid.service ;;
		esac
		[ -z "$delegated$scope" ] || {
			read -r controllers <"/sys/fs/cgroup$_path/cgroup.controllers"
		} 2>/dev/null || :
	done </proc/self/cgroup
}

# scoped WORD...: the words in $scope fit WORD....  A newer systemd-run would
# replace variables in them.
scoped() {
	case $scope$* in systemd-run*'$'*) ;; *) return 0 ;; esac
	case $(systemd-run --help 2>/dev/null) in
	*--expand-environment*) scope="${scope%--}--expand-environment=no --" ;;
	esac
}

# unspare: ends the caller's protection against the OOM killer: a box with a
# negative score would survive its own memory limit.
unspare() {
	{ read -r _score </proc/self/oom_score_adj; } 2>/dev/null || return 0
	case $dry$_score in -*) echo 0 >/proc/self/oom_score_adj ;; esac
}

# change CMD...: executes CMD, or with $dry prints it; with $trace does both.
dry='' trace=''
change() {
	_line=''
	for _word; do
		quote "$_word"
		_line="$_line${_line:+ }$word"
	done
	[ -z "$trace" ] || printf '+ %s\n' "$_line" >&2
	if [ "$dry" ]; then out '%s\n' "$_line"; else "$@"; fi
}
