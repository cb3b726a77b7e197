# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# figures.sh - a box's use of resources, by the kernel's files, and as a table

# shellcheck source=scripts/common.sh
. "${0%/*}/common.sh"

# network: the box's $slot, $address, $address6 and $ports ("ADDR:PORT:PORT/PROTO", a
# line each), each '' if there is none.  False if a fact is damaged.
network() {
	slot='' address='' address6='' ports=''
	if fact slot; then
		slot=${fact%% *} address=${fact#* }
		case $address in *' '*) address6=${address#* } address=${address%% *} ;; esac
		number "$slot" || return 1
		case $address/$address6 in
		/* | *[!0-9.]*/* | */*[!0-9a-f:]*) return 1 ;;
		esac
	fi
	[ -f "$dir/ports" ] || return 0
	while read -r line; do
		addr=${line%:*:*} pair=${line#"$addr":} proto=${line##*/}
		pair=${pair%/*}
		case $addr/$proto in
		[0-9]*/*[!a-z]* | [0-9]*[!0-9.]*/*) return 1 ;;
		[0-9]*/*) ;;
		"["*[!0-9a-f:.]*"]"/*) return 1 ;;
		"["*"]"/tcp | "["*"]"/udp) ;;
		*) return 1 ;;
		esac
		number "${pair%:*}" && number "${pair#*:}" || return 1
		ports=$ports${ports:+$nl}$addr:$pair/$proto
	done <"$dir/ports"
}

# groups: the box's groups, by controller, from cg-limit's record; v2 has one
# group for all of them, and counts CPU time without a controller.  False if a
# line is damaged.
groups() {
	cpu_group='' cpuacct_group='' memory_group='' pids_group=''
	[ -f "$cgroups" ] || return 0
	while read -r path; do
		case $path in
		*/../* | */./* | *//*) return 1 ;;
		/*/"$name") ;;
		/*/boxtools | /*/"$name.cg-limit") continue ;;
		*) return 1 ;;
		esac
		for pair in cpu:cpu.max cpu:cpu.cfs_quota_us \
		    cpuacct:cpuacct.usage cpuacct:cgroup.controllers \
		    memory:memory.current memory:memory.usage_in_bytes \
		    pids:pids.current; do
			[ ! -e "$path/${pair#*:}" ] || eval "${pair%:*}_group=\$path"
		done
	done <"$cgroups"
}

# limit FILE...: the same for a limit, '' if there is none: v1 then writes -1, or
# the greatest number of pages.
limit() {
	value "$@"
	case $value in max* | -* | 922337203685477????) value='' ;; esac
}

# figures: the kernel's values for the box, each '' if the kernel has none: $cpu,
# CPU time in microseconds, and $cpu_max, percent of one CPU; bytes of memory and
# numbers of processes, with peaks and limits; $uptime, seconds.
figures() {
	groups || return 1
	cpu='' cpu_max='' uptime=''
	value "$cpuacct_group/cpuacct.usage"
	if number "$value"; then
		cpu=$((value / 1000))
	elif [ -r "$cpuacct_group/cpu.stat" ]; then
		while read -r key value; do
			[ "$key" != usage_usec ] || cpu=$value
		done <"$cpuacct_group/cpu.stat"
	fi
	limit "$cpu_group/cpu.max"
	quota=${value%% *} period=${value##* }
	[ "$quota" ] || {
		limit "$cpu_group/cpu.cfs_quota_us"
		quota=$value
		value "$cpu_group/cpu.cfs_period_us"
		period=$value
	}
	! number "$quota" || ! number "$period" || cpu_max=$((quota * 100 / period))

	g=$memory_group
	value "$g/memory.current" "$g/memory.usage_in_bytes"
	memory=$value
	value "$g/memory.peak" "$g/memory.max_usage_in_bytes"
	memory_peak=$value
	limit "$g/memory.max" "$g/memory.limit_in_bytes"
	memory_max=$value

	find_residents
	value "$pids_group/pids.current"
	procs=${value:+$((value - residents))}
	value "$pids_group/pids.peak"
	procs_peak=${value:+$((value - residents))}
	limit "$pids_group/pids.max"
	procs_max=${value:+$((value - residents))}

	if [ "$pid" ] && began "$pid"; then
		value /proc/uptime
		uptime=$((${value%%.*} - began / ${hz:=$(getconf CLK_TCK)}))
	fi
}

# known: network and figures; warns if a fact is damaged.
known() {
	network || damaged "$dir: slot or ports are damaged" || return
	figures || damaged "$cgroups is damaged"
}

# options_of STAGE: its options that take an argument, with blanks around each.
options_of() {
	"$1" --help | sed -nE 's/^ +(-.)?,? *(--[a-z-]+) [^ ].*/ \1 \2 /p' | tr -d '\n'
}
# find_words: the box's $root, its root directory, and $prog, its program, as words of a
# shell.  Both are in the record of the chain; without rootfs-enter $root is '', and
# $prog the chain.  False if the record is damaged.
find_words() {
	root='' prog='' _last=''
	[ -f "$dir/chain" ] || return 0
	prog=$(cat "$dir/chain")
	are_words "$prog" || return 1
	eval "set -- $prog"
	while [ $# -gt 0 ]; do
		case $_last in
		--name | --hostname) ;;
		*) [ "${1##*/}" != rootfs-enter ] || break ;;
		esac
		_last=$1
		shift
	done
	[ $# -gt 0 ] || return 0
	: "${takes:=$(options_of rootfs-enter)}"
	shift
	while [ $# -gt 0 ]; do
		_last=''
		case $1 in
		--) shift && break ;;
		--*) case $takes in *" $1 "*) _last=$1 ;; esac ;;
		-?*)
			_more=${1#-}
			while [ "$_more" ]; do
				_rest=${_more#?}
				case $takes in
				*" -${_more%"$_rest"} "*)
					[ "$_rest" ] || _last=$1
					break
					;;
				esac
				_more=$_rest
			done
			;;
		*) break ;;
		esac
		shift
		[ -z "$_last" ] || [ $# -eq 0 ] || shift
	done
	[ $# -ge 2 ] || return 1
	root=${1#./} prog=''
	case $root in /*) ;; *) root=$(readlink "/proc/$keeper/cwd")/$root ;; esac
	shift
	prog=$(for _word; do
		case $_word in
		*"'"*) put_quoted "$_word" ;;
		*) quote "$_word" && printf %s "$word" ;;
		esac
		printf ' '
	done)
	prog=${prog% }
}

# size BYTES: $size is the number with a letter, as of ls -h.
size() {
	size=$1 tenths='' letter=''
	for unit in K M G T; do
		[ "${size:-0}" -ge 1024 ] || break
		tenths=.$((size % 1024 * 10 / 1024)) size=$((size / 1024))
		letter=$unit
	done
	size=$size$tenths$letter
}

# line NAME PID ... PORTS: an empty value is printed as "-".
line() {
	for column in '%-16s' ' %7s' ' %-13s' ' %11s' ' %5s' ' %5s' ' %7s' \
	    ' %7s' ' %7s' ' %5s' ' %5s' ' %5s' ' %s\n'; do
		out "$column" "${1:--}"
		shift
	done
}

# short_ports: $short, the ports as -p takes them, with commas between.
short_ports() {
	short=''
	for _port in $ports; do
		_port=${_port#0.0.0.0:}
		short=$short${short:+,}${_port%/tcp}
	done
}

# span SECONDS: $span is [days-]hours:minutes:seconds.
span() {
	span=$(printf '%02d:%02d:%02d' $(($1 / 3600 % 24)) $(($1 / 60 % 60)) $(($1 % 60)))
	[ "$1" -lt 86400 ] || span=$(($1 / 86400))-$span
}

header() {
	"$1" NAME PID ADDRESS UP CPU% MAX% MEMORY PEAK MAX PROCS PEAK MAX PORTS ADDRESS6
}

# header CMD, row CMD: CMD, such as line, with the columns' names; with the
# box's values, after known, with $percent.
row() {
	span='' m=''
	[ -z "$uptime" ] || span "$uptime"
	for bytes in "$memory" "$memory_peak" "$memory_max"; do
		size "$bytes"
		m="$m ${size:--}"
	done
	short_ports
	# Words without blanks.
	# shellcheck disable=SC2086
	"$1" "$name" "$pid" "$address" "$span" "$percent" "$cpu_max" $m \
	    "$procs" "$procs_peak" "$procs_max" "$short" "$address6"
}
