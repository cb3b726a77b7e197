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
	# The records of those that have ended.
	mkdir "$BOX_STATE/ended" && : >"$BOX_STATE/ended/job"
	is "$(asks box-rm "" | xargs)" job
	is "$(asks box-wait "" | xargs)" "db job web"
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

@test "zsh" {
	command -v zsh >/dev/null || skip "no zsh here"
	zsh -n "$TOP/completions/zsh"
	boxes
	mkdir "$BATS_TEST_TMPDIR/fpath"
	cp "$TOP/completions/zsh" "$BATS_TEST_TMPDIR/fpath/_boxtools"
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
