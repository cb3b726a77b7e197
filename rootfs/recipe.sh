# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# recipe.sh - shared by the recipes: a root directory that appears whole or
# not at all
#
# A recipe works in a directory beside the target and renames the result, so that
# an interrupted or failed recipe leaves nothing half-made.

# shellcheck source=scripts/options.sh
. "${0%/*}/../scripts/options.sh"

# apt_proxy: the proxies of apt.conf, if any, become the environment's.
apt_proxy() {
	eval "$(apt-config shell http_proxy Acquire::http::Proxy \
	    https_proxy Acquire::https::Proxy)"
	[ "${http_proxy-}" != DIRECT ] || http_proxy=
	[ "${https_proxy-}" != DIRECT ] || https_proxy=
	[ -z "${http_proxy-}" ] || export http_proxy
	[ -z "${https_proxy-}" ] || export https_proxy
}

# begin DIR: checks DIR and sets $dir, $work, to be thrown away, and in $work
# $root, to be filled.
begin() {
	dir=$1
	case $dir in -*) dir=./$dir ;; esac
	while [ "$dir" != "${dir%/}" ] && [ "$dir" != / ]; do dir=${dir%/}; done
	[ -n "$dir" ] || die "the directory's name is empty"
	case /$dir in
	*/. | */..) die "$dir: the directory is renamed at the end: give its name" ;;
	esac
	if [ -e "$dir" ] || [ -L "$dir" ]; then
		[ -d "$dir" ] || die "$dir: Not a directory"
		quote "$dir"
		[ -z "$(ls -A "$dir")" ] || die "$dir: Directory not empty" \
		    "rm -r $word, or another name"
	fi
	case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
	# A set-user-ID file that a box makes is root's on the host: a directory
	# that only root may enter keeps other users away.
	[ -d "${dir%/*}/" ] || (umask 077 && mkdir -p "${dir%/*}") || exit 125
	umask 022
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	work=
	work=$(mktemp -d "$dir.XXXXXX" 2>/dev/null) ||
	    die "cannot make a directory beside $dir"
	chmod 755 "$work"
	root=$work/root
	mkdir "$root"
}

# finish: gives the root directory its name.
finish() {
	[ ! -d "$dir" ] || rmdir "$dir" || exit 125
	mv -T "$root" "$dir" || exit 125
	[ "$(id -u)" = 0 ] || warn "all files in $dir are this user's: they are root's \
in a box of this user's only" "sudo $self ..., for boxes of root's"
}
