# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# options.sh - options, messages and quoting, shared by all scripts
#
# Builtins only, because box-run starts with this file.  The Makefile puts the
# text into each script that reads it by ".", so an installed script stands alone.

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

# Options.  $synopsis is what follows "TOOL [options]" and $table the rows of
# --help, without the last two; the script's function option is called with each
# option's long name and its argument.
help() {
	out 'usage: %s [options]%s%s\n' "$self" "${synopsis:+ $synopsis}" "$rows"
	exit 0
}
usage() {
	printf 'usage: %s [options]%s (see %s --help)\n' \
	    "$self" "${synopsis:+ $synopsis}" "$self" >&2
	exit 125
}

# find_row OPT: its long name in $long; $takes is 1 if it has an argument.  The
# search is row by row, because a pattern over all rows costs milliseconds.
find_row() {
	long=''
	set -f
	IFS=$nl
	for row in $rows; do
		case $row in
		"      $1 "* | "  $1, "* | "  -"?", $1 "*)
			row=${row#??????}
			long=${row%% *}
			break
			;;
		esac
	done
	unset IFS
	set +f
	case $1 in *[!a-zA-Z0-9-]*) long='' ;; esac
	case $long,$1 in
	,--*) die "unrecognized option '$1'" ;;
	,*) die "invalid option -- '${1#-}'" ;;
	esac
	case $row in "$long  "*) takes='' ;; *) takes=1 ;; esac
}

# options WORD...: takes the options at the beginning; $taken words are theirs.
options() {
	rows="$table
  -h, --help                   print this and exit
  -V, --version                print the version and exit"
	taken=$#
	while [ $# -gt 0 ]; do
		form='' arg=''
		case $1 in
		--) shift && break ;;
		--*=*) word=${1%%=*} arg=${1#*=} form='=' ;;
		-[!-]?*) arg=${1#-?} form=more && word=${1%"$arg"} ;;
		-?*) word=$1 ;;
		*) break ;;
		esac
		shift
		find_row "$word"
		case $form$takes in
		'=') die "option '$word' doesn't allow an argument" ;;
		more) set -- "-$arg" "$@" && arg='' ;;
		1)
			[ $# -gt 0 ] || die "option '$word' requires an argument"
			arg=$1
			shift
			;;
		esac
		case $long in
		--help) help ;;
		--version)
			out '%s (boxtools) @VERSION@\n' "$self"
			exit
			;;
		*) option "$long" "$arg" ;;
		esac
	done
	taken=$((taken - $#))
}

# quote WORD: $word is the text that a shell reads as WORD.
quote() {
	word=$1
	case $word in
	'' | *[!A-Za-z0-9_./:,=@%+-]*) ;;
	*) return ;;
	esac
	word='' rest=$1
	while :; do
		case $rest in *"'"*) ;; *) break ;; esac
		word=$word${rest%%"'"*}"'\\''"
		rest=${rest#*"'"}
	done
	word="'$word$rest'"
}

# unspare: ends what the caller may have of protection against the OOM killer,
# as a box with a negative score would survive its own memory limit.
unspare() {
	{ read -r word </proc/self/oom_score_adj; } 2>/dev/null || return 0
	case $dry$word in -*) echo 0 >/proc/self/oom_score_adj ;; esac
}

# change CMD...: executes CMD, or with $dry prints it; with $trace does both.
dry='' trace=''
change() {
	line=''
	for each_word; do
		quote "$each_word"
		line="$line${line:+ }$word"
	done
	[ -z "$trace" ] || printf '+ %s\n' "$line" >&2
	if [ "$dry" ]; then out '%s\n' "$line"; else "$@"; fi
}
