# boxtools: see README.md.  make, make check, make lint, make install.
# For GNU make; `make V=1` shows the commands.

VERSION = 0.1
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/boxtools
DATADIR = $(PREFIX)/share/boxtools
UNITDIR = $(PREFIX)/lib/systemd/system
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
CC = cc
CFLAGS = -O2 -g
LDFLAGS = -static
LDLIBS = -lcap
JSON = -ljson-c

# With musl the tools start faster and are smaller. scripts/musl makes musl/, which
# musl-gcc needs. Another CC, or LIBC=glibc, takes the library of that compiler.
LIBC = $(if $(wildcard musl/libjson-c.a),$(if $(filter file,$(origin CC)),musl,glibc),glibc)
ifeq ($(LIBC),musl)
CC = musl-gcc -idirafter musl/include
LDLIBS = musl/libcap.a
JSON = musl/libjson-c.a
endif

# The compiler for programs of the building machine: seccomp/compile; and for those
# of tests, which may use what musl lacks.
HOSTCC = cc
TESTCC = $(if $(filter musl,$(LIBC)),$(HOSTCC),$(CC))

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wvla -Wformat=2 -Wpointer-arith -Wwrite-strings
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) \
	-Ilib -include base/musl.h $(SECTIONS) $(CPPFLAGS) $(CFLAGS) $(HARDEN)

# A tool has of lib/ the functions that it calls.
SECTIONS = -ffunction-sections -fdata-sections
SECTIONS_LD = -Wl,--gc-sections

# The flags that the compiler knows, asked once and only for a compilation.
# Not -static-pie: relocation makes each exec 5 % slower.
HARDENING = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -mbranch-protection=standard
HARDEN = $(eval HARDEN := $$(shell for flag in $$(HARDENING); do \
	$$(CC) -Werror $$(CFLAGS) $$$$flag -include stdio.h -x c -S \
		-o /dev/null /dev/null 2>/dev/null && echo $$$$flag; done))$(HARDEN)
HARDEN_LD = -Wl,-z,relro,-z,now,-z,noexecstack

TOOLS = box-cp box-keep box-rm log-keep log-plain cg-limit cg-set cg-device ns-spawn ns-sysctl ns-enter \
	net-lease net-veth net-user net-nat rootfs-enter rootfs-fstab proc-set cap-drop sys-filter \
	box-gc box-oci
SCRIPTS = box-run box-doctor box-exec box-limit box-logs box-ps \
	box-stop box-top box-wait
RECIPES = rootfs-alpine rootfs-busybox rootfs-debian rootfs-image
# The order of the wings: a file includes its own wing and the wings before.
WINGS = base term box ns stage cg net nat root payload keep spawn copy oci
LIB = $(patsubst %.c,%.o,$(sort $(wildcard $(WINGS:%=lib/%/*.c))))
OBJ = $(LIB) $(TOOLS:%=cmds/%.o)

BINS = $(TOOLS:%=bin/%) $(SCRIPTS:%=bin/%) $(RECIPES:%=bin/%)
COMPLETIONS = completions/bash completions/zsh completions/fish

all: $(BINS) $(COMPLETIONS)

# The programs alone, as for another machine: completions ask each for its options.
bins: $(BINS)

.DELETE_ON_ERROR:

# A step in one line, such as "  CC lib/cg/group.c"; none with make -s.
say = $(if $(filter-out 0,$(V)),,@$(if $(silent),,printf '  %s\n' '$1';))
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))

%.o: %.c Makefile $(wildcard musl/libcap.a)
	$(call say,CC $<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

seccomp/compile: lib/payload/seccomp.h lib/payload/bpf.h lib/payload/bpf.c
seccomp/compile seccomp/names: %: %.c seccomp/archs.h
	$(call say,HOSTCC $<)$(HOSTCC) -std=c11 -D_GNU_SOURCE $(WARN) -Ilib -Wfatal-errors -O1 -o $@ \
		$(filter %.c,$^) -lseccomp -lcap

seccomp/table.h: seccomp/compile seccomp/default.profile
	$(call say,GEN $@)seccomp/compile seccomp/default.profile >$@.new
	@mv $@.new $@

seccomp/names.h: seccomp/names seccomp/default.profile
	$(call say,GEN $@)seccomp/names seccomp/default.profile >$@.new
	@mv $@.new $@

lib/payload/seccomp.o: seccomp/table.h
lib/oci/filter.o: seccomp/names.h

lib/libbox.a: $(LIB)
	@rm -f $@
	$(call say,AR $@)$(AR) rc $@ $(LIB)

# The reader of JSON is in box-oci alone, and so is what ends that program where
# memory ends (lib/oci/memory.c).
bin/box-oci: override LDLIBS += $(JSON) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# Mode 755 with any umask: a box's root executes the stages as an ordinary user of
# the host.
$(TOOLS:%=bin/%): bin/%: cmds/%.o lib/libbox.a
	@mkdir -p bin
	$(call say,LD $@)$(CC) $(CFLAGS) $(SECTIONS_LD) $(HARDEN_LD) $(LDFLAGS) -o $@ $< \
		lib/libbox.a $(LDLIBS)
	@chmod 755 $@

# A file that a script reads by "." becomes part of the script. The shell reads all of a
# text in braces before it does any of it: a part would do other things.
PARTS = scripts/common.sh scripts/figures.sh scripts/options.sh rootfs/recipe.sh

$(SCRIPTS:%=bin/%): bin/%: scripts/% $(PARTS) Makefile
	$(join_parts)
$(RECIPES:%=bin/%): bin/rootfs-%: rootfs/% $(PARTS) Makefile
	$(join_parts)
define join_parts
	@mkdir -p bin
	$(call say,GEN $@)awk 'function put(file, line) { \
		while ((getline line < file) > 0) { \
			gsub(/@VERSION@/, "$(VERSION)", line); \
			if (line !~ /^\. ".*\.sh"$$/) { print line; continue } \
			gsub(/.*\/|"$$/, "", line); \
			put((line == "recipe.sh" ? "rootfs/" : "scripts/") line) \
		} \
	} BEGIN { getline <"$<"; print; print "{"; put("$<"); print "}" }' >$@
	@chmod 755 $@
endef

$(COMPLETIONS): scripts/completions $(BINS)
	@mkdir -p completions
	$(call say,GEN $@)scripts/completions $(@F) $(BINS) >$@.new
	@mv $@.new $@

# The programs that tests run in a box.
PROBES = tests/attack/hog tests/attack/intruder tests/attack/probe tests/golden/view
BENCH = tests/bench/floor tests/bench/traffic

# A tar of the sources.
TREE = tar c --exclude='./build-*' --exclude=./musl --exclude=./bin --exclude=./completions \
	--exclude='./*_fs*' --exclude=./.git --exclude='*.[oad]' .

tree.tar:
	@$(TREE)

check:
	scripts/deps test
	$(MAKE) all $(PROBES)
	tests/run $${TESTS:-tests}

# The tests with tools under ASan and UBSan, in a copy of the tree, build-asan/;
# tests that run make run it in the same manner. ASan needs the host's libraries,
# so programs for a box are built before. A tool frees nothing at its end: leaks
# are not checked.
#
# All tests pass there but these: in build.bats, those of make's lines and of the
# hardening; T1, and that of a root with other ids already, where a stage runs in a
# box without its libraries; that of set-user-ID stages, which ignore ASAN_OPTIONS.
ASAN = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all -static-libasan -static-libubsan
asan:
	rm -rf build-asan
	mkdir build-asan
	$(TREE) | tar x -C build-asan
	$(MAKE) -C build-asan $(PROBES)
	ASAN_OPTIONS=detect_leaks=0 SLACK=$${SLACK:-3} $(MAKE) -C build-asan \
		CC=gcc CFLAGS='$(ASAN)' LDFLAGS= HARDENING= check

# Of these, the files of tools that read a stranger's bytes.
asan-part:
	TESTS='$(ASAN_PART)' $(MAKE) asan
ASAN_PART = tests/box-cp.bats tests/cap-drop.bats tests/log-plain.bats \
	tests/net-veth.bats

# The tests with random repetitions, SOAK times as often; then BOXES boxes one after
# the other, and AT_ONCE that run at the same time; and as many CONTAINERS of podman, one
# after the other, and at the same time: docs/soak.md. SOAKS are those that run, and the
# page is written from the last table of each.
SOAKS = tests boxes podman
soak:
	scripts/deps test
	scripts/deps bench
	scripts/deps engines
	$(MAKE) all $(PROBES)
	for part in $(SOAKS); do \
		number=$${BOXES:-10000} most=$${AT_ONCE:-1000}; \
		case $$part in \
		tests) SOAK=$${SOAK:-25} tests/run --filter-tags soak $${TESTS:-tests} || exit; continue ;; \
		podman) number=$${CONTAINERS:-1000} most=$$number ;; \
		esac; \
		{ tests/bench/soak $$part $$number $$most || echo failed; } | tee docs/soak/$$part.new; \
		! grep -q failed docs/soak/$$part.new && mv docs/soak/$$part.new docs/soak/$$part.tsv || exit; \
	done
	tests/bench/soak page

# The requests of a box beside one that takes all: docs/exhaust.md.
exhaust: all
	scripts/deps bench
	tests/bench/exhaust >docs/exhaust.new
	mv docs/exhaust.new docs/exhaust.md

# Writes tests/golden anew: see tests/golden.bats and tests/counts.bats.
golden: all
	GOLDEN=update tests/run tests/golden.bats tests/counts.bats

# Installs other programs for containers, and writes their manual page beside
# ours anew.
peers: all $(PROBES)
	scripts/deps peers
	tests/peers -p box crun bwrap nspawn >man/box-peers.7.new
	mv man/box-peers.7.new man/box-peers.7

# README's tables and figures, made anew.
readme: all
	for figure in chain session; do \
		docs/$$figure >docs/$$figure.new && \
		mv docs/$$figure.new docs/$$figure.svg || exit; \
	done
	docs/tables README.md >README.md.new
	mv README.md.new README.md

# Starts, timed beside theirs.
bench: all $(BENCH)
	scripts/deps bench
	tests/bench/start
	tests/bench/oci

# All that is measured, with plots: docs/speed.md.
bench-page: all $(BENCH)
	scripts/deps bench
	tests/bench/page

$(PROBES) tests/bench/traffic: %: %.c lib/stage/door.h
	$(call say,CC $@)$(TESTCC) -std=c11 -D_GNU_SOURCE $(WARN) -Ilib $(CFLAGS) -static -o $@ $@.c

tests/faults/shim: %: %.c
	$(call say,CC $@)$(TESTCC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -static -o $@ $@.c

tests/faults/inject: %: %.c
	$(call say,CC $@)$(TESTCC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $@.c -lseccomp

tests/bench/floor: seccomp/table.h
tests/attack/knock tests/attack/receive tests/bench/floor: %: %.c lib/libbox.a
	$(call say,CC $@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $@.c lib/libbox.a $(LDLIBS)

# libseccomp is there for the building machine's own library alone.
tests/oci/model: %: %.c lib/oci/filter.c lib/oci/json.c
	$(call say,CC $@)$(TESTCC) -std=c11 -D_GNU_SOURCE $(WARN) -Ilib -include base/musl.h $(CFLAGS) -o $@ $@.c \
		lib/oci/filter.c lib/oci/json.c lib/payload/bpf.c lib/base/*.c -ljson-c -lseccomp -lcap

# Each system call of the chains fails, with each likely error, or is the last: the
# counts go to tests/faults/report. TIME=SECONDS is for each chain.
faults:
	scripts/deps test
	$(MAKE) all $(PROBES)
	FAULTS=all TEST_LIMIT=$${TEST_LIMIT:-7200} tests/run -f '^each call' tests/faults.bats

# Inputs at random, TIME seconds for each reader of what others write, from those in
# tests/fuzz/corpus; a crash stays in build-fuzz, with the sanitizer's report.
FUZZ = tar netlink fstab words lists files door config seccomp
FUZZ_WRAP = -Wl,--wrap=exit,--wrap=open,--wrap=openat,--wrap=close,--wrap=text_open,--wrap=text_close
FUZZ_FLAGS = -O1 -g -fno-sanitize-recover=all -fsanitize=address,undefined
fuzz:
	scripts/deps fuzz
	rm -rf build-fuzz
	mkdir build-fuzz
	$(TREE) | tar x -C build-fuzz
	$(MAKE) -C build-fuzz CC=clang HARDENING= CFLAGS='$(FUZZ_FLAGS),fuzzer-no-link' \
		lib/libbox.a
	cd build-fuzz && for name in $(FUZZ); do \
		clang -std=c11 -D_GNU_SOURCE $(WARN) -Ilib $(FUZZ_FLAGS),fuzzer $(FUZZ_WRAP) \
			-o fuzz-$$name tests/fuzz/$$name.c tests/fuzz/fuzz.c lib/libbox.a \
			-lcap -ljson-c -lseccomp && \
		mkdir -p found/$$name && \
		ASAN_OPTIONS=detect_leaks=0 ./fuzz-$$name -max_total_time=$${TIME:-60} -timeout=30 \
			-verbosity=0 found/$$name tests/fuzz/corpus/$$name || exit; \
	done

# The part of the code that the tests reach, in a copy of the tree, build-coverage/:
# clang's counters lie in files that all processes map, so that a kill, an exec or
# another root directory loses none. Tests of what this build does otherwise skip there
# (beyond_counters); a test that fails stops no other. The numbers and the unreached
# lines, by the reasons of tests/unreached, go to docs/coverage, the sum to README.
COVERAGE = -O1 -g -fcoverage-mapping -fprofile-update=atomic \
	-fprofile-instr-generate=$(CURDIR)/build-coverage/profile/%m%c.profraw \
	-mllvm -runtime-counter-relocation -Wno-unused-command-line-argument
coverage:
	scripts/deps coverage
	rm -rf build-coverage
	mkdir -p build-coverage/profile
	chmod 1777 build-coverage/profile
	$(TREE) | tar x -C build-coverage
	$(MAKE) -C build-coverage $(PROBES)
	$(MAKE) -C build-coverage CC=clang CFLAGS='$(COVERAGE)' HARDENING= all
	for tool in $(TOOLS); do build-coverage/bin/$$tool --version >/dev/null || exit; done
	chmod a+rw build-coverage/profile/*
	-SLACK=$${SLACK:-3} TEST_LIMIT=$${TEST_LIMIT:-120} $(MAKE) -C build-coverage CC=clang CFLAGS='$(COVERAGE)' HARDENING= check
	tests/coverage build-coverage >docs/coverage.new
	mv docs/coverage.new docs/coverage
	docs/tables README.md >README.md.new
	mv README.md.new README.md
	grep -E '^all|unreached without' docs/coverage
	awk '$$1 == "all" && $$4 < 95 { print "less than 95 %"; exit 1 }' docs/coverage

# The same tests on other hosts: KERNEL=5.10, 6.1, 6.12 or a Debian suite, in a
# virtual machine, all of them or PART=K/N; with systemd as init; and a shell in the
# former.
check-vm:
	scripts/deps test
	$(MAKE) all $(PROBES)
	rm -rf build-weak && tests/attack/weakened build-weak
	WEAKENED='$(CURDIR)/build-weak' LIMIT=$${LIMIT:-7200} tests/vm/run tests/run --here $${TESTS:-$$(tests/vm/part $${PART:-1/1})}
# The part that is TURN's, of sixteen on each of two kernels: some ten minutes without KVM.
check-vm-turn:
	turn=$${TURN:-0}; [ $$((turn % 2)) = 0 ] && kernel=6.1 || kernel=6.12; \
	KERNEL=$$kernel PART=$$((turn / 2 % 16 + 1))/16 $(MAKE) check-vm

# All tests in a box of ours, which is a host for boxes: some skip, each with a reason
# of tests/inbox.lacks. And a part of them.
check-box:
	scripts/deps test
	$(MAKE) all $(PROBES)
	tests/inbox tests/run $${TESTS:-tests}

BOX_PART = tests/cap-drop.bats tests/net-lease.bats tests/ns-sysctl.bats tests/pool.bats \
	tests/rootfs-enter.bats tests/rootfs-fstab.bats
check-box-part:
	TESTS="$(BOX_PART)" $(MAKE) check-box

# The build, and a part of the tests, by clang, with the C library glibc.
CLANG_PART = tests/cap-drop.bats tests/ns-spawn.bats tests/rootfs-enter.bats
check-clang:
	scripts/deps lint
	rm -rf build-clang && mkdir build-clang
	$(TREE) | tar x -C build-clang && rm -f build-clang/seccomp/compile
	ALPINE_TAR=$${ALPINE_TAR:-$(CURDIR)/../shared/fixtures} \
		TESTS="$${TESTS:-$(CLANG_PART)}" $(MAKE) -C build-clang CC=clang HOSTCC=clang check

# A build in Alpine's root, with musl.
check-alpine:
	scripts/deps test
	$(MAKE) all
	tests/run tests/other

# For arm64, and boxes on an emulated machine.
check-arm64:
	tests/vm/arm64

check-systemd:
	scripts/deps build
	$(MAKE) all
	tests/vm/run -s tests/run --here $${TESTS:-tests/systemd.bats}

# Features that the kernel here may lack: the tests with the tag vm, and one of
# each kind of chain.
check-vm-part:
	scripts/deps test
	$(MAKE) all $(PROBES)
	tests/vm/run env ONLY='^(cg-l.* 50%|net-l.*|ns-.* sys-filter|box-run [^ ]*)$$' \
		tests/run --here --filter-tags vm $$(grep -l '^# bats .*=vm' tests/*.bats)

# Engines that call box-oci, in namespaces of the tests.
check-engines:
	scripts/deps test
	scripts/deps engines
	$(MAKE) all
	TEST_LIMIT=$${TEST_LIMIT:-120} tests/run $${TESTS:-tests/engines}

# The same on stock kernels, with cgroup v2 alone; the latter has systemd as init.
check-engines-vm:
	scripts/deps test
	scripts/deps engines
	$(MAKE) all
	tests/vm/run tests/run --here -f '^(ctr|v2)' tests/engines/containerd.bats tests/engines/v2.bats
	WITH=podman,crun,netavark tests/vm/run -s tests/run --here tests/engines/v2.bats

# README, pasted block by block on a fresh Debian 12 and 13.
check-readme:
	scripts/deps test
	$(MAKE) all
	TEST_LIMIT=$${TEST_LIMIT:-900} tests/run tests/fresh

# All of these; with make -k, a failure does not stop the others. CI has the first
# four each time, and the others in turn, check-box in part.
check-all: check asan-part check-vm-part check-systemd \
	check-readme check-engines check-clang check-alpine check-box

vm: all
	tests/vm/run -i

# A package for Debian, in the directory DEB, by packaging/debian.
DEB = build-deb
deb:
	@scripts/deps deb
	$(call say,GEN $(DEB)/boxtools_*.deb)rm -rf $(DEB) && mkdir -p $(DEB)/boxtools && \
		$(TREE) | tar x -C $(DEB)/boxtools && \
		cp -R packaging/debian $(DEB)/boxtools/ && cd $(DEB)/boxtools && \
		if ! env -u MAKEFLAGS DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage \
			-b -us -uc -d -j >../log 2>&1; then cat ../log; exit 1; fi && \
		lintian --allow-root --fail-on error,warning ../*.changes

# Installed in fresh roots of Debian 12 and 13; make check takes this host's
# release alone.
check-deb:
	scripts/deps test
	SUITES='bookworm trixie' tests/run tests/deb.bats

demo:
	@scripts/deps build
	@$(MAKE) -s all
	@scripts/demo

lint:
	scripts/deps lint
	scripts/lint

# An index for editors; it needs ctags.
tags:
	ctags -R --languages=C,Sh cmds lib scripts seccomp tests

DOCS = README.md CHANGELOG.md LICENSE SECURITY.md

install: all
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1 \
		$(DESTDIR)$(MANDIR)/man7
	for t in $(TOOLS) $(SCRIPTS) $(RECIPES); do \
		install -m 755 bin/$$t $(DESTDIR)$(PREFIX)/bin/ && \
		install -m 644 man/$$t.1 $(DESTDIR)$(MANDIR)/man1/ || exit; \
	done
	install -m 644 man/*.7 $(DESTDIR)$(MANDIR)/man7/
	mkdir -p $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)
	install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)/
	mkdir -p $(DESTDIR)$(DOCDIR)/docs/speed
	install -m 644 docs/*.svg $(DESTDIR)$(DOCDIR)/docs/
	install -m 644 docs/speed/start.svg $(DESTDIR)$(DOCDIR)/docs/speed/
	install -m 755 rootfs/nginx-setup $(DESTDIR)$(DATADIR)/
	sed 's,@PREFIX@,$(PREFIX),' packaging/apparmor >$(DESTDIR)$(DATADIR)/apparmor
	chmod 644 $(DESTDIR)$(DATADIR)/apparmor
	mkdir -p $(DESTDIR)$(UNITDIR)
	sed 's,@PREFIX@,$(PREFIX),' systemd/box@.service \
		>$(DESTDIR)$(UNITDIR)/box@.service
	chmod 644 $(DESTDIR)$(UNITDIR)/box@.service
	mkdir -p $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	install -m 644 completions/bash $(DESTDIR)$(BASHDIR)/boxtools
	install -m 644 completions/zsh $(DESTDIR)$(ZSHDIR)/_boxtools
	install -m 644 completions/fish $(DESTDIR)$(FISHDIR)/boxtools.fish
	for t in $(TOOLS) $(SCRIPTS) $(RECIPES); do \
		ln -sf boxtools $(DESTDIR)$(BASHDIR)/$$t && \
		ln -sf boxtools.fish $(DESTDIR)$(FISHDIR)/$$t.fish || exit; \
	done

uninstall:
	for t in $(TOOLS) $(SCRIPTS) $(RECIPES); do \
		rm -f $(DESTDIR)$(PREFIX)/bin/$$t \
			$(DESTDIR)$(MANDIR)/man1/$$t.1; \
	done
	rm -f $(patsubst man/%,$(DESTDIR)$(MANDIR)/man7/%,$(wildcard man/*.7)) \
		$(DESTDIR)$(UNITDIR)/box@.service
	for t in $(TOOLS) $(SCRIPTS) $(RECIPES) boxtools; do \
		rm -f $(DESTDIR)$(BASHDIR)/$$t $(DESTDIR)$(FISHDIR)/$$t.fish; \
	done
	rm -f $(DESTDIR)$(ZSHDIR)/_boxtools
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)

clean:
	rm -rf bin completions tags build-asan build-arm64 build-clang build-coverage build-deb build-fuzz build-weak lib/libbox.a $(OBJ) $(OBJ:.o=.d) seccomp/compile seccomp/table.h seccomp/names seccomp/names.h \
		$(PROBES) $(BENCH) tests/faults/inject tests/faults/shim tests/attack/knock tests/attack/receive tests/oci/model

.PHONY: all asan asan-part bench bench-page bins check check-all check-alpine check-arm64 check-box check-box-part \
	check-clang check-deb check-engines check-engines-vm check-systemd check-vm check-vm-part check-vm-turn clean coverage deb demo exhaust faults fuzz golden \
	install lint peers readme soak tags tree.tar uninstall vm
