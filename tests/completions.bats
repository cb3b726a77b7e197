#!/usr/bin/env bats
# Completions, as each shell itself answers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers
load family

# asks WORD...: bash's completions of the last word.
asks() {
	source "$TOP/completions/bash"
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_box
	printf '%s\n' "${COMPREPLY[@]}" | sort
}
boxes() {
	for n in web db old; do box $n; done
	kill -9 "$keeper" && wait "$keeper" || :
}

@test "bash: every option that --help has, of every tool" {
	for t in "$TOP"/bin/*; do
		is "$(asks "${t##*/}" - | grep -e -- | xargs)" \
		    "$("$t" --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--.*' | sort | xargs)" "${t##*/}"
	done
	is "$(asks box-stop --ti)" --time
	is "$(asks box-stop -n --ti)" --time
	is "$(asks box-stop -t 5 --ti)" --time
	is "$(asks box-stop --time = 5 --ti)" --time
	is "$(asks box-stop web --ti)" ""
	is "$(asks box-stop -- --ti)" ""
}

@test "bash: names of running boxes, not of dead ones" {
	boxes
	# box-cp completes files, too.
	mkdir "$BATS_TEST_TMPDIR/empty" && cd "$BATS_TEST_TMPDIR/empty"
	is "$(asks box-stop "" | xargs)" "db web"
	is "$(asks box-stop w)" web
	is "$(asks box-stop -t 5 web d)" db
	is "$(asks box-logs -f "" | xargs)" "db web"
	is "$(asks box-logs -n "")" ""
	is "$(asks box-logs -n 5 w)" web
	is "$(asks /opt/bin/box-logs -n 5 w)" web
	is "$(asks box-logs web d)" ""
	is "$(asks box-exec -t w)" web
	has "$(asks box-exec web box-p)" box-ps
	# The records of those that have ended, and layers.
	mkdir -p "$BOX_STATE/ended" "$BOX_STATE/layer/"{job,old} && : >"$BOX_STATE/ended/job"
	is "$(asks box-rm "" | xargs)" "db job old web"
	is "$(asks box-wait j | xargs)" job
	is "$(asks box-stop "" | xargs)" "db web"
	is "$(asks box-cp d)" db:
	# The name of a new box is not completed.
	is "$(asks box-run --name "")" ""
	rm -r "$BOX_STATE"
	is "$(asks box-stop "")" ""
}

@test "bash: files, directories, words, users, the program and its own options" {
	mkdir -p "$BATS_TEST_TMPDIR/d/root" && cd "$BATS_TEST_TMPDIR/d" && : >afile
	is "$(asks box-run r)" root
	is "$(asks box-run --seccomp a)" afile
	is "$(asks box-run --overlay = r)" root
	is "$(asks box-run --overlay =)" root
	is "$(asks box-run -u roo)" root
	is "$(asks net-nat --backend "" | xargs)" "legacy nft"
	has "$(asks net-nat u)" up
	has "$(asks box-run root box-p)" box-ps
	is "$(asks cg-limit 50% ns-spawn --hostn)" --hostname
	is "$(asks cg-limit 50% ns-spawn --init rootfs-enter --read-only root box-ps --js)" --json
	is "$(asks box-run root cat a)" afile
}

# in_root DIR NAME...: DIR has programs of these names.
in_root() {
	mkdir -p "$1"
	for name in "${@:2}"; do : >"$1/$name"; done
}
@test "bash: programs of the box, of the root directory; no link is followed" {
	cd "$BATS_TEST_TMPDIR"
	in_root root/usr/bin server 'a b' '$(id)' -x $'e\x1b[m'
	in_root root/sbin setup
	in_root host host-program
	ln -s ../host root/bin
	ln -s "$PWD/host" root/usr/sbin
	is "$(asks box-run root s | xargs)" "server setup"
	is "$(asks box-run -p 80:80 root "" | xargs)" "server setup"
	is "$(asks rootfs-enter --read-only root h)" ""
	has "$(asks box-run host ech)" echo
	box web
	# A process whose root directory is that one.
	requires "root" test "$EUID" = 0
	bb_root
	cp "$bb/bin/busybox" root
	(exec chroot root /busybox sleep 1000 3>&-) &
	keepers+=("$!")
	one "$!"
	runs busybox "$!"
	is "$(asks box-exec -t web s | xargs)" "server setup"
	is "$(asks ns-enter web "" | xargs)" "server setup"
	has "$(asks box-exec other ech)" echo
}

@test "bash: values of options, which the tools take" {
	cd "$BATS_TEST_TMPDIR" && mkdir root
	is "$(asks box-run --network "" | xargs)" "bridge host none user veth"
	is "$(asks box-run --restart a)" always
	is "$(asks box-run --restart = a)" always
	is "$(asks box-run --cap-add NET_A)" NET_ADMIN
	is "$(asks box-run --cap-add NET_RAW,SYS_T | xargs)" "NET_RAW,SYS_TIME NET_RAW,SYS_TTY_CONFIG"
	is "$(asks ns-spawn --only user,p)" user,pid
	is "$(asks ns-spawn --net h)" host
	n=0
	while read -r option words; do
		# shellcheck disable=SC2086
		for value in $(asks ${words%% *} "$option" ""); do
			set -- $words
			run "$1" -n "$option" "$value" "${@:2}"
			[ "$status" = 0 ] || [[ $output == *"not in the bounding set"* ]] || fail "$1 $option $value: $output"
			n=$((n + 1))
		done
	done <<-'END'
		--network box-run root true
		--restart box-keep true
		--ready box-keep true
		--dns rootfs-enter root true
		--stop-signal ns-spawn --init true
		--only ns-spawn true
		--uts ns-spawn true
		--cap-add cap-drop true
		--cap-drop cap-drop true
	END
	# All capabilities of the kernel's header, and ALL.
	between $n 100 200
	diff <(asks cap-drop --cap-add "" | grep -v ALL) <(sed -nE 's/^#define CAP_([A-Z_]+)[ \t]+[0-9]+$/\1/p' \
	    /usr/include/linux/capability.h | sort) || fail "the script's capabilities (<), the kernel's (>)"
}

@test "zsh" {
	command -v zsh >/dev/null || skip "no zsh here"
	zsh -n "$TOP/completions/zsh"
	boxes
	mkdir "$BATS_TEST_TMPDIR/fpath"
	cp "$TOP/completions/zsh" "$BATS_TEST_TMPDIR/fpath/_boxtools"
	in_root "$BATS_TEST_TMPDIR/root/bin" server
	python3 "$TOP/tests/terminal.py" env PS1='%% ' zsh -f -i <<-END
		expect %
		send fpath=($BATS_TEST_TMPDIR/fpath \$fpath); autoload -U compinit; compinit -u -D; echo rea''dy\n
		expect ready
		expect %
		send box-stop -t 5 w\t
		expect box-stop -t 5 web
		send \x15echo a; box-stop --ti\t
		expect box-stop --time
		send \x15cg-limit max box-stop d\t
		expect box-stop db
		send \x15box-run --network ho\t
		expect box-run --network host
		send \x15box-run --cap-add NET_RAW,SYS_TI\t
		expect box-run --cap-add NET_RAW,SYS_TIME
		send \x15box-run --rm $BATS_TEST_TMPDIR/root ser\t
		expect root server
		send \x15exit\n
		end 0
	END
}

@test "fish" {
	command -v fish >/dev/null || skip "no fish here"
	fish --no-execute "$TOP/completions/fish"
	boxes
	told() { HOME=$BATS_TEST_TMPDIR fish -c "source $TOP/completions/fish; complete -C '$1'" | cut -f 1 | sort | xargs; }
	is "$(told 'box-stop ')" "db web"
	is "$(told 'box-stop --ti')" --time
	is "$(told 'net-nat --backend ')" "legacy nft"
	is "$(told 'box-logs -n 5 w')" web
	has "$(told 'box-run -')" "--publish"
	is "$(told 'box-run --network ')" "bridge host none user veth"
	has "$(told 'box-run --cap-add NET_RAW,SYS_TI')" NET_RAW,SYS_TIME
	in_root "$BATS_TEST_TMPDIR/root/bin" server
	is "$(told "box-run $BATS_TEST_TMPDIR/root ser")" server
}

@test "make install puts completions where the shells look, make uninstall removes them" {
	dest=$BATS_TEST_TMPDIR/dest
	make -C "$TOP" -s install DESTDIR="$dest" PREFIX=/usr
	grep -q _box_spec "$dest/usr/share/bash-completion/completions/box-stop"
	grep -q box-stop "$dest/usr/share/zsh/site-functions/_boxtools"
	grep -q box-stop "$dest/usr/share/fish/vendor_completions.d/box-stop.fish"
	make -C "$TOP" -s uninstall DESTDIR="$dest" PREFIX=/usr
	is "$(find "$dest" ! -type d)" ""
}
