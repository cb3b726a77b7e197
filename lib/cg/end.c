// SPDX-License-Identifier: MIT
/*
 * end - the end of control groups
 *
 * A group can be removed once it has neither processes nor groups below it.
 * v2 kills a whole tree at one write.  v1 has to be told each process, and
 * meanwhile they fork: where it can, pids.max 0 puts an end to that, and the
 * rest is repeated.  A killed process needs a moment to go, so all of this has
 * a deadline.
 *
 * After a kill -9 nobody is left to do so.  The next run does, from the record
 * in the dead owner's lock; and as that decides what is killed, a line of it
 * counts only if it names a group of that very name in a hierarchy of this
 * host, and not one that holds ourselves.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE 10 /* seconds */

/* What has gone meanwhile is no error, here and below. */
static void
kill_processes(int dir)
{
	char *list, *s, *end;
	long pid;

	if (write_at(dir, "cgroup.kill", "1") == 0)
		return;
	write_at(dir, "pids.max", "0");
	if (!(list = slurp_at(dir, "cgroup.procs")))
		return;
	for (s = list; (pid = strtol(s, &end, 10)) || end > s; s = end)
		/* One outside of our pid namespace reads as 0. */
		if (pid > 0)
			kill((pid_t)pid, SIGKILL);
	free(list);
}

/* Removes the tree NAME, from below; -1 with errno if something stays. */
static int
remove_tree(int at, const char *name, bool killing)
{
	const int dir =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *d;

	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	if (killing)
		kill_processes(dir);
	if (!(d = fdopendir(dir))) {
		close(dir);
		return -1;
	}
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			remove_tree(dir, e->d_name, killing);
	closedir(d);
	return unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

static time_t
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

bool
cg_end(const char *dir)
{
	const time_t deadline = seconds() + DEADLINE;

	if (!say(SAY_SH, "rmdir %s", say_word(dir)))
		return true;
	if (remove_tree(AT_FDCWD, dir, false) == 0)
		return true;
	say(SAY_SH, "kill -9 $(cat %s/cgroup.procs)", say_word(dir));
	while (remove_tree(AT_FDCWD, dir, true) < 0) {
		if (errno != EBUSY || seconds() > deadline) {
			warn("rmdir %s", dir);
			return false;
		}
		poll(NULL, 0, 1);
	}
	return true;
}

/* Ends or removes DIR as a line of the record of the group NAME. */
static bool
end_recorded(const char *dir, const char *name)
{
	const struct cg_tree *t = cg_tree_around(dir);
	const size_t len = strlen(name);
	const char *base;

	if (!t || cg_inside(t->own, dir))
		return false;
	base = strrchr(dir, '/') + 1;
	/* Other boxes may be in the pin, and keep it. */
	if (strcmp(base, CG_PIN) == 0)
		return cg_rmdir(dir) == 0 || errno == EBUSY;
	if (strcmp(base, name) == 0)
		return cg_end(dir);
	/* In the leaf, stages that have outlived the dead one. */
	return strncmp(base, name, len) == 0 &&
	       strcmp(base + len, CG_LEAF) == 0 && cg_rmdir(dir) == 0;
}

static void
end_dead(const char *lock, int fd)
{
	static char list[(CG_N + 3) * PATH_MAX];
	const ssize_t n = read(fd, list, sizeof(list) - 1);
	char *dir, *rest;
	bool all = n >= 0;

	list[all ? n : 0] = '\0';
	for (dir = strtok_r(list, "\n", &rest); dir;
	     dir = strtok_r(NULL, "\n", &rest))
		if (!end_recorded(dir, lock + strlen(CG_LOCK)))
			all = false;
	if (all)
		lock_remove(lock, fd);
	else
		close(fd);
}

void
cg_end_dead(void)
{
	lock_each_dead(CG_LOCK, end_dead);
}
