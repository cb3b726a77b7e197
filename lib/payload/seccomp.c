// SPDX-License-Identifier: MIT
/*
 * seccomp - a filter of system calls, from a table
 *
 * The table is compiled with the program, so that a start costs one system
 * call.  The box's capabilities are known only at the start: they complete the
 * return instructions that depend on them.
 */
#include "payload/seccomp.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "stage/door.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../seccomp/table.h"

static void
read_file(struct seccomp *f)
{
	const int fd = door_fd() >= 0 ? door_file(f->file)
				      : open(f->file, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, f->code, sizeof(f->code));

	if (n < 0)
		die("%s", f->file);
	/* A longer filter would lose its end, the last decision. */
	if (n == 0 || (size_t)n % sizeof(*f->code) != 0 ||
	    read(fd, &(char){0}, 1) != 0) {
		errno = 0;
		die_hint("seccomp/compile -r ARCH PROFILE writes one",
		    "%s is not a compiled filter", f->file);
	}
	f->len = (unsigned short)((size_t)n / sizeof(*f->code));
	close(fd);
}

void
seccomp_read(struct seccomp *f, const char *file)
{
	f->file = file;
	if (file && strcmp(file, "namespaces") == 0) {
		f->caps = 1ULL << CAP_SYS_ADMIN;
	} else if (file) {
		read_file(f);
		return;
	}
	memcpy(f->code, table, sizeof(table));
	f->len = sizeof(table) / sizeof(*table);
}

void
seccomp_flags(struct seccomp *f, const char *what, const char *list)
{
	char *copy = text_fmt("%s", list), *rest = copy, *word;

	f->words = list;
	f->flags = 0;
	while ((word = strsep(&rest, ",")))
		if (strcmp(word, "log") == 0)
			f->flags |= SECCOMP_FILTER_FLAG_LOG;
		else if (strcmp(word, "spec-allow") == 0)
			f->flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
		else
			diex("%s: '%s' is neither log nor spec-allow", what,
			    word);
	free(copy);
}

static void
decide(struct sock_filter *i, uint64_t caps)
{
	const unsigned cap = i->k >> 8 & 63, err = i->k & 255;

	if (i->code == (BPF_RET | BPF_K) && i->k == SECCOMP_CAP(cap, err))
		i->k = caps >> cap & 1 ? SECCOMP_RET_ALLOW
				       : SECCOMP_RET_ERRNO | err;
}

void
seccomp_install(struct seccomp *f, uint64_t caps)
{
	const struct sock_fprog prog = {f->len, f->code};

	for (unsigned i = 0; i < f->len; i++)
		decide(&f->code[i], caps | f->caps);
	if (say(SAY_SH, "sys-filter%s%s%s%s", f->words ? " --flags " : "",
		f->words ? f->words : "", f->file ? " --profile " : "",
		f->file ? say_word(f->file) : "") &&
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &prog) < 0)
		die_said();
}
