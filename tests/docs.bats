#!/usr/bin/env bats
# The pages agree with the tools.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

teardown() { lab_down; }

# Each has a page.
TOOLS=$(cd "$TOP/man" && printf '%s ' *.1 | sed 's/\.1 / /g')

# One line per option, "-m --memory SIZE": as --help has it, as man/ has it.
help_options() {
	"$1" --help | sed -nE 's/^ +((-[A-Za-z0-9]), )?(--[a-z0-9-]+)((\[=| )[^ ]+)?( +.*)?$/\2 \3 \4/p' | tr -d '[]=' | options
}
man_options() {
	sed -nE 's/^\.It (Fl .*)/\1/p' "$TOP/man/$1.1" | tr -d '"' | awk '{
		s = l = ""; arg = 0
		for (i = 1; i <= NF; i++) {
			if ($i == "Ar" || $i == "Cm" || $i == "Oo") arg = 1
			if ($(i - 1) != "Fl" || i == 1) continue
			if ($i ~ /^-/) l = "-" $i; else s = "-" $i
		}
		print s, l, arg ? "ARG" : ""
	}' | options
}
options() { sed -E 's/^ +//; s/(--[a-z0-9-]+) +[^ ].*/\1 ARG/; s/ +$//' | sort; }

@test "each option in --help is in the manual page, and the other way round" {
	for t in $TOOLS; do
		[ "$(help_options "$t" | wc -l)" -ge 2 ] || fail "no options in $t --help"
		diff <(help_options "$t") <(man_options "$t") || fail "$t: --help (<) and man/$t.1 (>) differ"
	done
}

@test "no line of --help is wider than 80 columns" {
	local tool
	for tool in "$TOP"/bin/*; do
		"$tool" --help | awk -v tool="${tool##*/}" '
		    length > 80 { print tool ": " $0; bad = 1 } END { exit bad }'
	done
}

@test "the operands in --help are those of SYNOPSIS" {
	requires "mandoc" command -v mandoc
	for t in $TOOLS; do
		usage=$("$t" --help | sed -n "s/^usage: $t \[options\]/[options]/p")
		[ "$usage" ]
		synopsis=$(mandoc -T ascii -O width=500 "$TOP/man/$t.1" | col -b |
		    sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' | tr '\n' ' ' | tr -s ' ')
		want=$(tr -d '[]|' <<<"$usage" | tr -s ' ')
		got=$(tr -d '[]|' <<<"$synopsis" | tr -s ' ' | sed 's/ $//')
		[[ $got == *"$want" ]] || fail "$t: usage '$usage', SYNOPSIS '$synopsis'"
	done
}

@test "every manual page names its tool, its statuses and an example" {
	for t in $TOOLS; do
		for s in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
			grep -qx "\.Sh $s" "$TOP/man/$t.1" || fail "$t: no $s"
		done
	done
	for t in $TOOLS; do
		grep -q "Xr $t 1" "$TOP/man/box.7" || fail "box(7) does not name $t"
	done
}

@test "every BOX_ variable is in box(7), and box(7) has no other" {
	used=$( (grep -ohE '"BOX_[A-Z_]+' "$TOP"/{cmds,lib/*}/*.[ch]; grep -ohE '\bBOX_[A-Z_]+' "$TOP"/scripts/*) |
	    tr -d '"' | grep -v '_$' | sort -u)
	[ "$used" ]
	# $BOX_PID and the like stand for values that -n does not know.
	diff <(echo "$used") <(grep -oE '^\.It Ev .*' "$TOP/man/box.7" | grep -oE 'BOX_[A-Z_]+' | sort -u) ||
	    fail "in the sources (<), in box(7) (>)"
}

@test "README has each tool in a table, and box(7) names the stages that stay" {
	for t in $TOOLS; do
		grep -q "^| \`${t}[ \`]" "$TOP/README.md" || fail "README has no row for $t"
	done
	stages=$(awk '/stages\[\] = / { on = 1; next } /^};/ { on = 0 } on { gsub(/[ ",]/, ""); print }' "$TOP/lib/stage/stages.c")
	diff <(sed -nE 's/^\| `([a-z-]+) .*\| yes.* \|$/\1/p' "$TOP/README.md" | grep -xF "$stages") \
	    <(grep -A 1 'change, and passes the status on:' "$TOP/man/box.7" |
		grep -oE '[a-z]+-[a-z]+' | grep -xF "$stages") || fail "README (<) and box(7) (>) differ"
}

@test "README has the two commands, and make has them" {
	for c in demo check; do
		grep -q "sudo make $c" "$TOP/README.md" || fail "README lacks make $c"
		make -C "$TOP" -n $c >/dev/null
	done
}

@test "README's and the manual's chains name only options that exist" {
	for t in $TOOLS; do
		for o in $(cat "$TOP"/README.md "$TOP"/man/*.[17] | grep -oE "\b$t( -[-a-zA-Z=]+)+" | grep -oE -- ' --?[a-z][-a-z]*' | sort -u); do
			"$t" --help | grep -qE -- "(^| )$o\b" || fail "$t has no $o"
		done
	done
}

@test "README's links, tables and figures are those of the tree" {
	requires "python3" command -v python3
	for link in $(grep -oE '\]\([^)]*\)' "$TOP/README.md" | tr -d '()]'); do
		[ -e "$TOP/$link" ] || fail "no $link"
	done
	diff "$TOP/README.md" <("$TOP/docs/tables" "$TOP/README.md") || fail "make readme"
	# Each host has a target, and each target that checks on another host is in the table.
	diff <(grep -v '^#' "$TOP/docs/hosts" | sed 's/.*|//' | sort) \
	    <(sed -n 's/^\(asan-part\|coverage\|check\|check-[a-z0-9-]*\):.*/\1/p' "$TOP/Makefile" |
	    grep -vxE 'check-(all|box-part|deb|vm-turn)' | sort) || fail "docs/hosts"
	# A row for each run, of eleven columns, by a target.
	is "$(awk -F '\t' '!/^#/ && (NF != 11 || $9 !~ /^[0-9]+$/)' "$TOP/docs/runs")" ""
	for target in $(sed '/^#/d; s/\t.*//' "$TOP/docs/runs"); do
		grep -q "^$target:" "$TOP/Makefile" || fail "docs/runs: no target $target"
	done
	# A row for each feature: six columns and a source.
	is "$(awk -F '|' '!/^#/ && (NF != 7 || $7 == "")' "$TOP/docs/peers")" ""
	diff "$TOP/docs/chain.svg" <("$TOP/docs/chain") || fail "make readme"
	requires "root" test "$EUID" = 0
	# The session runs, and shows the same, but for its figures.
	"$TOP/docs/session" >"$BATS_TEST_TMPDIR/session"
	# A path is cut where the figures before it are long.
	plain() { sed -E 's/<[^>]*>//g; s, [^ ]*/boxes/, boxes/,; s/[0-9.]+[KM]?/N/g; s/ +/ /g' "$1"; }
	diff <(plain "$TOP/docs/session.svg") <(plain "$BATS_TEST_TMPDIR/session") || fail "make readme"
}

@test "docs/record: the line of a run from its log; the parts of one are added, and a lost test has failed" {
	cd "$BATS_TEST_TMPDIR"
	mkdir docs
	cp "$TOP/docs/record" docs
	echo "# text" >docs/runs
	at="# host: 2026-01-02|6.12.1-amd64|x86_64|v2|Debian 13|musl|gcc 12.2.0"
	printf '%s\n' make "$at" 1..4 "ok 1 a" "ok 2 b # skip needs c" "not ok 3 d" "# why" >a
	printf '%s\r\n' "$at" 1..2 "ok 1 e" "ok 2 f" >b
	docs/record check-vm a b
	line=$'check-vm\t6.12.1-amd64\tx86_64\tv2\tDebian 13\tmusl\tgcc 12.2.0\t2026-01-02\t3\t2\t1'
	is "$(<docs/runs)" "# text"$'\n'"$line"
	# The same host later, and another one.
	sed -i 's/01-02/01-03/; s/6.12.1/6.12.7/' b
	docs/record check-vm b
	sed 's/6.12/6.1/' b >c
	docs/record check-vm c
	is "$(cut -f 2,8-11 docs/runs | tail -n +2 | tr '\t' ' ')" $'6.1.7-amd64 2026-01-03 2 0 0\n6.12.7-amd64 2026-01-03 2 0 0'
	# A root directory within that host.
	echo "# inside: 2026-01-03|6.12.7-amd64|x86_64|none|Alpine Linux 3.19|musl|gcc 12" >>b
	docs/record check-alpine b
	is "$(sed -n '2s/.*x86_64.//p' docs/runs)" $'none\tAlpine Linux 3.19\tmusl\tgcc 12\t2026-01-03\t2\t0\t0'
	before=$(<docs/runs)
	run -125 docs/record check-vm b c
	has "$output" "two hosts: "
	echo nothing >d
	run -125 docs/record check-vm d
	has "$output" "no run of tests/run"
	is "$(<docs/runs)" "$before"
	# This host, as a run here says it.
	has "$("$TOP/tests/host")" "|$(uname -r)|$(uname -m)|"
	hasnt "$("$TOP/tests/host")" unknown
}

@test "tests/vm/part: each file of the suite is in one part, of as many tests as the others" {
	cd "$TOP"
	for k in 1 2 3 4 5 6 7 8; do
		files=$(tests/vm/part $k/8)
		between "$(xargs cat <<<"$files" | grep -c '^@test')" 100 200
		all+=$files$'\n'
	done
	is "$(sort <<<"${all%?}")" "$(ls tests/*.bats | sort)"
	is "$(tests/vm/part 1/1 | sort)" "$(ls tests/*.bats | sort)"
	for bad in "" 0/8 9/8 1 a/b 1/0; do run -125 tests/vm/part $bad; done
}

@test "--version is the Makefile's, and so is that of the packages" {
	version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
	for t in $TOOLS; do
		run -0 "$t" --version
		has "$output" "$version"
	done
	is "$(dpkg-parsechangelog -l "$TOP/packaging/debian/changelog" -S Version)" "$version-1"
	grep -qE "^Version: +$version$" "$TOP/packaging/boxtools.spec"
	grep -qx "pkgver=$version" "$TOP/packaging/APKBUILD"
}

@test "make install installs all, an installed chain runs, make uninstall removes all" {
	dest=$BATS_TEST_TMPDIR/dest
	make -C "$TOP" -s install DESTDIR="$dest" PREFIX=/opt/box
	for t in $TOOLS; do
		[ -x "$dest/opt/box/bin/$t" ] && [ -s "$dest/opt/box/share/man/man1/$t.1" ] || fail "no $t"
	done
	[ -s "$dest/opt/box/share/man/man7/box.7" ]
	cmp "$TOP/rootfs/nginx-setup" "$dest/opt/box/share/boxtools/nginx-setup"
	run -0 "$dest/opt/box/bin/rootfs-busybox" "$BATS_TEST_TMPDIR/bb"
	[ -x "$BATS_TEST_TMPDIR/bb/bin/sh" ]
	[ -s "$dest/opt/box/share/man/man7/box-peers.7" ]
	[ -s "$dest/opt/box/share/man/man7/box-shared.7" ]
	cmp "$TOP/LICENSE" "$dest/opt/box/share/doc/boxtools/LICENSE"
	grep -q '^ExecStart=/opt/box/bin/box-run ' "$dest/opt/box/lib/systemd/system/box@.service"
	run -0 env PATH="$dest/opt/box/bin:$PATH" cg-limit max ns-spawn --init true
	make -C "$TOP" -s uninstall DESTDIR="$dest" PREFIX=/opt/box
	is "$(find "$dest" -type f)" ""
}

# The `code` of a page in Markdown, a span a line; blocks are left out.
spans() { grep -v '^    ' "$1" | tr '\n' ' ' | grep -oE '`[^`]+`' | tr -d '`' | sort -u; }
# in_tree SPAN: a file, a tool, a page, a make target, or a name in the sources.
# NAME stands for any stage.
in_tree() {
	set -- "${1//NAME/cap-drop}"
	local word=${1%%[ =]*}
	case $1 in
	-* | [!A-Za-z._]*) return ;; # an option, or a sign of a figure
	make\ *) grep -qE "^([a-z]+ )*${1##* }( [a-z]+)*:" "$TOP/Makefile" ;;
	*/*) [ -e "$TOP/$word" ] ;;
	*\([1-8]\)) [ -e "$TOP/man/$(tr '(' . <<<"${word%)}")" ] ;;
	*) [ -e "$TOP/$word" ] || [ -x "$TOP/bin/$word" ] ||
	    grep -rqw --include='*.[ch]' --include=Makefile --include='*.sh' \
		--include='*.bash' -e "$word" "$TOP/Makefile" "$TOP"/{lib,cmds,scripts,tests} ;;
	esac
}
@test "every name in the pages for developers is in the tree" {
	for page in docs/architecture.md CONTRIBUTING.md SECURITY.md; do
		mapfile -t names < <(spans "$TOP/$page")
		[ ${#names[@]} -ge 3 ] || fail "$page names nothing"
		for name in "${names[@]}"; do
			in_tree "$name" || fail "$page: no $name"
		done
	done
	! in_tree no_such_name && ! in_tree lib/no/file.c && ! in_tree 'no(7)'
}

@test "the architecture's figures have each wing, in its order, and each stage" {
	page=$TOP/docs/architecture.md
	is "$(sed -nE 's/^    ([a-z]+)  +[^ ].*/\1/p' "$page" | grep -v box-keep | tac | xargs)" \
	    "$(sed -n 's/^WINGS = //p' "$TOP/Makefile")" "the figure of the wings"
	for t in $("$TOP/bin/box-run" -n -d --name x -p 80:80 "$BATS_TEST_TMPDIR" sh | tr ' ' '\n' | grep -xE '[a-z]+-[a-z]+') log-keep; do
		grep -qE "^    .*$t  " "$page" || fail "the figure of a start lacks $t"
	done
}

# The examples of a page, one in each element of $examples; a display is one
# example.
examples_of() {
	mapfile -d '' examples < <(sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$TOP/man/$1" | awk '
		/^\.Dl / { sub(/^\.Dl [#$] /, ""); printf "%s%c", $0, 0 }
		/^\.Ed/ { printf "%c", 0; on = 0 }
		on { sub(/^[#$] /, ""); sub(/\\e$/, "\\"); print }
		/^\.Bd/ { on = 1 }')
}
idle() { [ -z "$(ip netns pids "$HOSTNS")" ]; }
@test "examples run as printed" {
	lab_up
	open_tun
	export OPEN=$opener
	copy_root
	mv "$root" "$BATS_TEST_TMPDIR/alpine_fs"
	cp -r "$TOP/rootfs" "$TOP/seccomp" "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	for t in $TOOLS; do
		# Those of other sources than the host's files: tests/rootfs.bats.
		[[ $t != rootfs-@(alpine|debian|image) ]] || continue
		examples_of "$t.1"
		[ ${#examples[@]} -ge 1 ] || fail "$t has no example"
		for e in "${examples[@]}"; do
			# No box can have device rules.
			[[ -z ${IN_BOX-} || $e != *cg-device* ]] || continue
			# podman's storage is no overlay over an overlay.
			[[ $e != podman* ]] || podman info >/dev/null 2>&1 || continue
			e=${e//\/usr\/local\/share\/boxtools/$PWD/rootfs}
			# A server or a sleep is ended; a wrong example would
			# give one of the tools' own statuses.
			status=0
			host timeout -k 1 $((3 * ${SLACK:-1})) bash -c "$e
				status=\$?; kill \$(jobs -p) 2>/dev/null; exit \$status" \
			    </dev/null >out 2>&1 3>&- || status=$?
			[[ $status != 12[567] ]] || fail "$t: $e" "status $status" "$(<out)"
			# The example may have left a box in the background.
			for d in "$BOX_STATE"/*/keeper; do
				d=${d%/keeper}
				[ ! -d "$d" ] || box-stop -t 1 "${d##*/}" || [ ! -d "$d" ]
			done
			eventually 10 idle || fail "$t: $e" "$(<out)"
		done
	done
}
