// SPDX-License-Identifier: MIT
/*
 * state - the facts of a running box
 *
 * A file is written under another name and renamed, so that a reader sees all
 * of the new file or the old one.  A reader acts on the facts with root's power
 * (enters a process, signals it), so a file that others may have written is
 * refused; and a pid counts only with the start time of its process.
 */
#include "box/state.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "box/hosts.h"
#include "box/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW ".new"
#define MAX_FACT (1 << 22) /* bytes; a command line has at most 2 MiB */

#define EXIT_ROOM 16 /* bytes; the status at the end is a short line */

#define LOCK LOCK_BOX /* NAME follows */

const char *
state_lock(const char *name)
{
	static char lock[NAME_MAX + 1];

	path_fmt(lock, sizeof(lock), LOCK "%s", name);
	return lock;
}

const char *
state_name(const char *what, const char *name)
{
	parse_name(what, name, 64);
	if (strcmp(name, "lock") == 0 || strcmp(name, "log") == 0 ||
	    strcmp(name, "ended") == 0 || strcmp(name, "layer") == 0)
		diex("%s: the state directory has a '%s' itself", what, name);
	return name;
}

const char *
box_name(void)
{
	const char *name = env_or("BOX_NAME", NULL);

	return name ? state_name("BOX_NAME", name) : NULL;
}

bool
state_alive(const char *name)
{
	return lock_held(state_lock(name));
}

/* -1 with ENOENT, or with another errno for a directory that may be forged. */
static int
open_dir(const char *name)
{
	char path[PATH_MAX];
	int fd;

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_own(fd, S_IFDIR)) {
		errno = EPERM;
		return close_keep(fd);
	}
	return fd;
}

int
state_open(const char *name)
{
	const int fd = open_dir(name);

	if (fd >= 0 || errno == ENOENT)
		return fd;
	if (errno != EPERM && errno != ELOOP && errno != ENOTDIR)
		die("open %s/%s", state_dir(), name);
	diex("%s/%s is not a directory that only its owner, this user, may "
	     "write",
	    state_dir(), name);
}

char *
state_get(const char *name, const char *fact)
{
	const int dir = state_open(name);
	struct stat st;
	char *text;
	int fd;

	if (dir < 0)
		return NULL;
	/* O_NONBLOCK: do not wait for the writer of a fifo. */
	fd = openat(dir, fact, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(dir);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 && errno != ELOOP)
		die("open %s/%s/%s", state_dir(), name, fact);
	if (fd < 0 || !is_own(fd, S_IFREG) || fstat(fd, &st) < 0 ||
	    st.st_size > MAX_FACT)
		diex("%s/%s/%s is not a file that only its owner, this user, "
		     "may write",
		    state_dir(), name, fact);
	text = calloc(1, (size_t)st.st_size + 1);
	/* One read gets the whole file: it is regular, and never changes. */
	if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
		die("read %s/%s/%s", state_dir(), name, fact);
	close(fd);
	return text;
}

/* Field 22 of /proc/PID/stat. */
uint64_t
start_time(pid_t pid)
{
	char path[32], text[1024], *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* The name, in parentheses, may have blanks and parentheses. */
	if (read_at(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    !(s = strrchr(text, ')')))
		return 0;
	for (int field = 2; field < 22 && s; field++)
		s = strchr(s + 1, ' ');
	return s ? strtoull(s, NULL, 10) : 0;
}

/* "PID STARTTIME\n", as of state_put_pid(). */
static bool
parse_pid(const char *text, pid_t *pid, uint64_t *start)
{
	char again[64];
	char *end;
	const long number = strtol(text, &end, 10);

	*pid = (pid_t)number;
	*start = strtoull(end, NULL, 10);
	snprintf(again, sizeof(again), "%d %ju\n", *pid, (uintmax_t)*start);
	return *pid > 0 && *start > 0 && strcmp(text, again) == 0;
}

int
state_pidfd(const char *name, const char *fact, pid_t *pid)
{
	char *text = state_get(name, fact);
	uint64_t start;
	int fd;

	if (!text)
		return -1;
	if (!parse_pid(text, pid, &start))
		diex("%s/%s/%s: not a process and its start time", state_dir(),
		    name, fact);
	free(text);
	/* The descriptor first: if its process has not ended by then, the start
	 * time is that process's. */
	fd = process_open(*pid);
	if (fd >= 0 && start_time(*pid) == start && state_alive(name))
		return fd;
	if (fd < 0 && errno != ESRCH)
		die("pidfd_open %d", *pid);
	errno = ESRCH;
	return close_keep(fd);
}

static int
replace(int dir, const char *fact, const char *text, size_t len)
{
	char beside[NAME_MAX + 1];
	ssize_t n;
	int fd;

	/* Each fact has one writer at a time, the directory several. */
	path_fmt(beside, sizeof(beside), "%s" NEW, fact);
	fd = openat(dir, beside,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	if (close(fd) < 0 || n < 0)
		return -1;
	if (n != (ssize_t)len) {
		errno = ENOSPC;
		return -1;
	}
	return renameat(dir, beside, dir, fact);
}

/* A failure is fatal, or, unless it MUST be written, a warning. */
static void
put(bool must, const char *fact, const char *text, size_t len)
{
	const char *name = box_name();
	int dir;

	if (!name || (say_modes() & SAY_DRY) || (dir = state_open(name)) < 0)
		return;
	if (replace(dir, fact, text, len) < 0) {
		if (must)
			state_die("write %s/%s/%s", state_dir(), name, fact);
		warn("write %s/%s/%s", state_dir(), name, fact);
	}
	close(dir);
}

void
state_put_bytes(const char *fact, const char *text, size_t len)
{
	put(true, fact, text, len);
}

__attribute__((format(printf, 3, 0))) static void
put_line(bool must, const char *fact, const char *fmt, va_list ap)
{
	char *text = text_vfmt(fmt, ap), *line = text_fmt("%s\n", text);

	put(must, fact, line, strlen(line));
	free(text);
	free(line);
}

void
state_put(const char *fact, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(true, fact, fmt, ap);
	va_end(ap);
}

void
state_note(const char *fact, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(false, fact, fmt, ap);
	va_end(ap);
}

void
state_put_pid(const char *fact, pid_t pid)
{
	const uint64_t start = start_time(pid);

	if (start)
		state_put(fact, "%d %ju", pid, (uintmax_t)start);
	else if (errno != ENOENT && errno != ESRCH)
		die("read /proc/%d/stat", pid);
}

/* Removes the directory of a box's facts; -1 with errno. */
static int
remove_facts(const char *name)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), name);
	return remove_dir(path);
}

int
state_make(const char *name)
{
	char path[PATH_MAX];
	int dir, fd = -1, saved;

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), name);
	if (!say(SAY_SH, "mkdir -m 700 %s", say_word(path)))
		return -1;
	hosts_leave(name);
	if (remove_facts(name) < 0)
		die("remove %s, a dead box's", path);
	if (mkdir(path, 0700) < 0)
		state_die("%s", said());
	dir = open_dir(name);
	if (dir >= 0)
		fd = openat(
		    dir, "exit", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* An end that is not written would be waited for in vain. */
	if (fd < 0 || reserve(fd, 0, EXIT_ROOM) < 0) {
		saved = errno;
		remove_facts(name);
		errno = saved;
		state_die("make %s/exit", path);
	}
	close(dir);
	return fd;
}

int
state_end(const char *name, int exit_fd, int status)
{
	if (dprintf(exit_fd, "%d\n", status) < 0)
		warn("write %s/%s/exit", state_dir(), name);
	close(exit_fd);
	if (!say(SAY_SH, "rm -r %s/%s", say_word(state_dir()), name) ||
	    remove_facts(name) == 0)
		return 0;
	warn("%s", said());
	return -1;
}

void
state_drop(const char *name, const char *const facts[])
{
	const int dir = state_open(name);

	if (dir < 0)
		return;
	for (; *facts; facts++)
		if (unlinkat(dir, *facts, 0) < 0 && errno != ENOENT)
			warn("remove %s/%s/%s", state_dir(), name, *facts);
	close(dir);
}

int
state_bury(const char *name)
{
	hosts_leave(name);
	return say(SAY_SH, "rm -r %s/%s", say_word(state_dir()), name)
		   ? remove_facts(name)
		   : 0;
}

static int
bury(const char *name, int record)
{
	(void)record;
	return state_bury(name);
}

void
state_end_dead(bool all)
{
	lock_each_dead(LOCK, all, bury);
}
