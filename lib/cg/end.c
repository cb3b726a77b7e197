// SPDX-License-Identifier: MIT
/*
 * end - the end of control groups
 *
 * A group can be removed once it has neither processes nor groups below it.
 * v2 kills a whole tree at one write.  On v1 each process is killed, and others
 * fork meanwhile: pids.max 0 stops forks if the hierarchy has that file, and
 * the kills are repeated.  A killed process needs a moment to end, so there is
 * a deadline.
 *
 * After a kill -9 of the owner, the next run ends the groups in the record of
 * its lock.  The record decides which processes are killed.  So a line counts
 * only if it names a group of that very name in a hierarchy of this host, and
 * not a group that holds ourselves.
 */
#include "cg/end.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "cg/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOCK LOCK_CG
#define DEADLINE 10 /* seconds */
#define AT_ONCE 256 /* processes */

char *
cg_lock(const char *name)
{
	return text_fmt(LOCK "%s", name);
}

static bool
lists(const char *list, long pid)
{
	char *end;

	for (; *list; list = *end ? end + 1 : end)
		if (strtol(list, &end, 10) == pid)
			return true;
	return false;
}

/* Kills the first processes in cgroup.procs.  A listed pid may be another
 * process's by the time of the kill.  So each process is opened first, and
 * killed only if its pid is still listed then. */
static void
kill_listed(int dir)
{
	char *list = slurp_at(dir, "cgroup.procs"), *rest = list, *line;
	int fds[AT_ONCE], n = 0;
	long pids[AT_ONCE];

	while (n < AT_ONCE && (line = strsep(&rest, "\n")) && *line) {
		/* 0 is a process outside of our pid namespace: EINVAL. */
		pids[n] = strtol(line, NULL, 10);
		fds[n] = pidfd_open((pid_t)pids[n], 0);
		if (fds[n] >= 0)
			n++;
	}
	free(list);
	list = n ? slurp_at(dir, "cgroup.procs") : NULL;
	while (n-- > 0) {
		if (list && lists(list, pids[n]))
			pidfd_send_signal(fds[n], SIGKILL, NULL, 0);
		close(fds[n]);
	}
	free(list);
}

/* A process or group that has gone meanwhile is no error, here and below. */
static void
kill_processes(int dir)
{
	if (write_at(dir, "cgroup.kill", "1") == 0)
		return;
	write_at(dir, "pids.max", "0");
	kill_listed(dir);
}

/* A group on the way down from the top of a tree. */
struct level {
	struct level *above;
	long next; /* the place of the next name in the group above */
	char name[];
};

/* The first group in D that stays, killed if KILLING, or NULL.  Most groups
 * have none below, and are removed here. */
static struct level *
next_group(DIR *d, struct level *above, bool killing)
{
	struct level *l;
	struct dirent *e;

	while ((e = readdir(d))) {
		if (e->d_type != DT_DIR || strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    (!killing &&
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) == 0))
			continue;
		if (!(l = malloc(sizeof(*l) + strlen(e->d_name) + 1)))
			die("malloc");
		*l = (struct level){.above = above, .next = telldir(d)};
		strcpy(l->name, e->d_name);
		return l;
	}
	return NULL;
}

/* Replaces D by the group NAME of it; NULL if that has gone meanwhile, or ".."
 * cannot be opened. */
static DIR *
enter(DIR *d, const char *name)
{
	const int fd = openat(
	    dirfd(d), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *next = fd < 0 ? NULL : fdopendir(fd);

	if (!next)
		close_keep(fd);
	else
		closedir(d);
	return next;
}

/* Removes the groups below D, and closes D.  One directory is open at a time,
 * however deep they are.  No group of cgroupfs can be moved to another, so ".."
 * is the group that we came from; and a place in a directory is a hash of the
 * name there, which stays. */
static void
remove_below(DIR *d, bool killing)
{
	struct level *at = NULL, *l;
	DIR *next;

	for (;;) {
		if ((l = next_group(d, at, killing))) {
			if (!(next = enter(d, l->name))) {
				free(l);
				continue;
			}
			d = next;
			at = l;
			if (killing)
				kill_processes(dirfd(d));
			continue;
		}
		if (!at || !(next = enter(d, "..")))
			break;
		d = next;
		unlinkat(dirfd(d), at->name, AT_REMOVEDIR);
		seekdir(d, at->next);
		l = at->above;
		free(at);
		at = l;
	}
	closedir(d);
	for (; at; at = l) {
		l = at->above;
		free(at);
	}
}

/* Removes the tree DIR from below; -1 with errno if a group stays. */
static int
remove_tree(const char *dir, bool killing)
{
	DIR *d;

	/* Most groups have none below. */
	if (!killing && rmdir(dir) == 0)
		return 0;
	if (!(d = opendir(dir)))
		return errno == ENOENT ? 0 : -1;
	if (killing)
		kill_processes(dirfd(d));
	remove_below(d, killing);
	return rmdir(dir) < 0 && errno != ENOENT ? -1 : 0;
}

static time_t
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int
cg_end(const char *dir, bool patient)
{
	const time_t deadline = seconds() + (patient ? DEADLINE : -1);

	if (!say(SAY_SH, "rmdir %s", say_word(dir)) ||
	    remove_tree(dir, false) == 0)
		return 0;
	say(SAY_SH, "kill -9 $(cat %s/cgroup.procs)", say_word(dir));
	while (remove_tree(dir, true) < 0) {
		if (errno != EBUSY || seconds() > deadline)
			return -1;
		poll(NULL, 0, 1);
	}
	return 0;
}

/* Ends or removes DIR, a line in the record of the group NAME. */
static int
end_recorded(const char *dir, const char *name, bool patient)
{
	const struct cg_tree *t = cg_tree_around(dir);
	const size_t len = strlen(name);
	const char *base;

	errno = EPERM;
	if (!t || path_inside(t->own, dir))
		return -1;
	base = strrchr(dir, '/') + 1;
	/* Other boxes may be in the pin, and keep it. */
	if (strcmp(base, CG_PIN) == 0)
		return cg_rmdir(dir) < 0 && errno != EBUSY ? -1 : 0;
	if (strcmp(base, name) == 0)
		return cg_end(dir, patient);
	/* The leaf has stages that have outlived the dead owner. */
	return strncmp(base, name, len) == 0 && strcmp(base + len, CG_LEAF) == 0
		   ? cg_rmdir(dir)
		   : -1;
}

int
cg_end_record(const char *name, int fd, bool patient)
{
	char *list = slurp_fd(fd), *rest = list, *dir;
	int err = list ? 0 : errno;

	while ((dir = strsep(&rest, "\n")))
		if (*dir && end_recorded(dir, name, patient && !err) < 0) {
			err = errno;
			said_set(text_fmt("rmdir %s", dir), "");
		}
	free(list);
	errno = err;
	return err ? -1 : 0;
}

static bool for_all;

static int
bury(const char *name, int fd)
{
	return cg_end_record(name, fd, for_all);
}

void
cg_end_dead(bool all)
{
	for_all = all;
	lock_each_dead(LOCK, all, bury);
}
