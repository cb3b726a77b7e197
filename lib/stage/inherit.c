// SPDX-License-Identifier: MIT
/* inherit - the descriptors that a stage hands on */
#include "stage/inherit.h"
#include "base/die.h"
#include "base/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE "BOX_FDS"
#define MAX_HELD 16
#define MAX_PASSED 32

static const struct {
	const char *name;
	mode_t type;
} kinds[INHERIT_KINDS] = {
    [INHERIT_DOOR] = {"door", S_IFSOCK},
    [INHERIT_LEASE] = {"lease", S_IFREG},
    [INHERIT_READY] = {"ready", S_IFSOCK},
    [INHERIT_PUT] = {"put", S_IFSOCK},
    [INHERIT_GET] = {"get", S_IFSOCK},
    [INHERIT_LEAVE] = {"leave", S_IFSOCK},
    [INHERIT_PARK] = {"park", S_IFSOCK},
    [INHERIT_LOG] = {"log", S_IFREG},
};

static struct {
	enum inherit_kind kind;
	int fd;
} held[MAX_HELD];
static unsigned n_held;
static int passed[MAX_PASSED];
static unsigned n_passed;

/* WORD is "KIND:FD". */
static void
receive(char *word)
{
	char *number = strchr(word, ':'), *end;
	struct stat st;
	long fd;

	if (!number)
		return;
	*number++ = '\0';
	fd = strtol(number, &end, 10);
	if (end == number || *end || fd < 3 || fd > INT_MAX)
		return;
	if (fstat((int)fd, &st) < 0) {
		if (errno != EBADF)
			die("look at descriptor %ld", fd);
		return;
	}
	for (int k = 0; k < INHERIT_KINDS; k++)
		if (strcmp(word, kinds[k].name) == 0 &&
		    (st.st_mode & S_IFMT) == kinds[k].type) {
			/* Without it a lease would end before the box. */
			if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
				die("fcntl descriptor %ld", fd);
			inherit_add((enum inherit_kind)k, (int)fd);
			return;
		}
	close((int)fd);
}

void
inherit_receive(void)
{
	char *rest = getenv(VARIABLE), *word;

	while ((word = strsep(&rest, ",")))
		receive(word);
	unsetenv(VARIABLE);
}

void
inherit_add(enum inherit_kind kind, int fd)
{
	if (n_held == MAX_HELD)
		diex("more than %d descriptors to hand on", MAX_HELD);
	held[n_held].kind = kind;
	held[n_held++].fd = fd;
}

int
inherit_fd(enum inherit_kind kind)
{
	for (unsigned i = 0; i < n_held; i++)
		if (held[i].kind == kind)
			return held[i].fd;
	return -1;
}

void
inherit_drop(enum inherit_kind kind)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n_held; i++)
		if (held[i].kind == kind)
			close(held[i].fd);
		else
			held[kept++] = held[i];
	n_held = kept;
}

void
inherit_hand_on(void)
{
	char list[MAX_HELD * sizeof("lease:2147483647,")] = "", *end = list;

	for (unsigned i = 0; i < n_held; i++) {
		if (fcntl(held[i].fd, F_SETFD, 0) < 0)
			die("fcntl descriptor %d", held[i].fd);
		end += sprintf(end, "%s%s:%d", i ? "," : "",
		    kinds[held[i].kind].name, held[i].fd);
	}
	if (n_held && setenv(VARIABLE, list, 1) < 0)
		die("setenv");
}

void
inherit_pass(const char *what, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;
	int flags;

	if (!copy)
		die("strdup");
	while ((word = strsep(&rest, ","))) {
		const int fd = (int)parse_num(what, word, 3, INT_MAX);

		/* The suite's own descriptors are close-on-exec. */
		flags = fcntl(fd, F_GETFD);
		if (flags < 0 || (flags & FD_CLOEXEC))
			diex("%s: descriptor %d is not open", what, fd);
		if (n_passed == MAX_PASSED)
			diex("%s: more than %d", what, MAX_PASSED);
		passed[n_passed++] = fd;
	}
	free(copy);
}

static bool
is_passed(int fd)
{
	for (unsigned i = 0; i < n_passed; i++)
		if (passed[i] == fd)
			return true;
	return false;
}

void
inherit_close_others(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int flags;

	if (!d)
		die("read /proc/self/fd");
	/* The caller's descriptors are not close-on-exec; all of ours are. */
	while (errno = 0, (e = readdir(d))) {
		const int fd = atoi(e->d_name);

		if (fd <= 2 || is_passed(fd))
			continue;
		flags = fcntl(fd, F_GETFD);
		if (flags < 0)
			die("fcntl descriptor %d", fd);
		if (flags != FD_CLOEXEC)
			close(fd);
	}
	if (errno)
		die("read /proc/self/fd");
	closedir(d);
}

/* The first descriptor that is kept, from FROM on; UINT_MAX if there is none.
 */
static unsigned
kept_from(unsigned from)
{
	unsigned next = UINT_MAX;

	for (unsigned i = 0; i < n_held; i++)
		if ((unsigned)held[i].fd >= from && (unsigned)held[i].fd < next)
			next = (unsigned)held[i].fd;
	for (unsigned i = 0; i < n_passed; i++)
		if ((unsigned)passed[i] >= from && (unsigned)passed[i] < next)
			next = (unsigned)passed[i];
	return next;
}

void
inherit_close_all(void)
{
	unsigned from = 3, next;

	do {
		next = kept_from(from);
		if (next > from && close_range(from, next - 1, 0) < 0)
			die("close_range");
		from = next + 1;
	} while (next != UINT_MAX);
}
