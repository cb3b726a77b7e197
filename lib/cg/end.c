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

/* Removes the tree NAME from below; -1 with errno if a group stays. */
static int
remove_tree(int at, const char *name, bool killing)
{
	struct dirent *e;
	DIR *d;
	int dir;

	/* Most groups have none below. */
	if (!killing && unlinkat(at, name, AT_REMOVEDIR) == 0)
		return 0;
	dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	if (killing)
		kill_processes(dir);
	if (!(d = fdopendir(dir)))
		return close_keep(dir);
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

int
cg_end(const char *dir, bool patient)
{
	const time_t deadline = seconds() + (patient ? DEADLINE : -1);

	if (!say(SAY_SH, "rmdir %s", say_word(dir)) ||
	    remove_tree(AT_FDCWD, dir, false) == 0)
		return 0;
	say(SAY_SH, "kill -9 $(cat %s/cgroup.procs)", say_word(dir));
	while (remove_tree(AT_FDCWD, dir, true) < 0) {
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
