// SPDX-License-Identifier: MIT
/*
 * netns - a name for a box's network namespace
 *
 * The name's owner is a lock: after a kill -9 the pid in the link may already
 * be another process's.
 */
#include "spawn/netns.h"
#include "base/die.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/say.h"
#include "box/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR "/run/netns"
#define PREFIX LOCK_NETNS

/* -1 with errno and said(): the name is still there, and its lock must stay. */
static int
remove_name(const char *name)
{
	char path[PATH_MAX], to[64];
	ssize_t n;

	path_fmt(path, sizeof(path), DIR "/%s", name);
	n = readlink(path, to, sizeof(to) - 1);
	if (n >= 0) {
		to[n] = '\0';
		/* Only a link to /proc is ours; a name of ip-netns(8) is a
		 * file: EINVAL. */
		if (strncmp(to, "/proc/", 6) != 0 ||
		    !say(SAY_SH, "rm %s", path) || unlink(path) == 0 ||
		    errno == ENOENT)
			return 0;
	} else if (errno == ENOENT || errno == EINVAL) {
		return 0;
	}
	return -1;
}

static int
bury(const char *name, int record)
{
	(void)record;
	return remove_name(name);
}

void
netns_end_dead(bool all)
{
	lock_each_dead(PREFIX, all, bury);
}

static const char *claimed;
static bool named; /* the link is there, and ours */
static int lock_fd;

static void
give_back(void)
{
	char lock[NAME_MAX + 1];

	snprintf(lock, sizeof(lock), PREFIX "%s", claimed);
	if (!named || remove_name(claimed) == 0)
		lock_remove(lock, lock_fd);
	else
		warn("%s", said());
}

void
netns_claim(const char *name)
{
	char lock[NAME_MAX + 1];

	claimed = name;
	if (say_modes() & SAY_DRY)
		return;
	netns_end_dead(false);
	snprintf(lock, sizeof(lock), PREFIX "%s", name);
	lock_fd = lock_soon(lock);
	if (lock_fd < 0)
		diex("a box named %s is running: it has that name in " DIR,
		    name);
	/* The link of a dead box with the same name. */
	if (lseek(lock_fd, 0, SEEK_END) > 0 && remove_name(name) < 0)
		die_said();
	at_end(give_back);
	/* An empty record counts as not written yet (lock.c). */
	if (write(lock_fd, "\n", 1) != 1)
		die("write lock %s", lock);
}

bool
netns_named(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	path_fmt(path, sizeof(path), DIR "/%s", name);
	return lstat(path, &st) == 0;
}

void
netns_name(pid_t pid)
{
	char to[64] = "/proc/$BOX_PID/ns/net", path[PATH_MAX];

	if (pid)
		snprintf(to, sizeof(to), "/proc/%d/ns/net", pid);
	path_fmt(path, sizeof(path), DIR "/%s", claimed);
	if (!say(SAY_SH, "ln -s %s %s", to, path))
		return;
	if (mkdir(DIR, 0755) < 0 && errno != EEXIST)
		die("mkdir " DIR);
	if (symlink(to, path) < 0)
		die_said();
	named = true;
}

/* Enters the network namespace PATH, and calls FN there.  Returns without a
 * call if PATH has gone, or is of another kind. */
static void
visit(const char *path, void (*fn)(void))
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return;
	if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0)
		fn();
	else if (fd < 0 || errno != EINVAL)
		die("enter %s", path);
	close(fd);
}

/* The file system of PATH; -1 if PATH has gone.  Asks no file server. */
static int
fs_of(const char *path, struct statx *st)
{
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, 0, st);
}

/* For glob(3): a process that has just ended, or that may not be looked at, is
 * no error. */
static int
list_failed(const char *path, int err)
{
	if (err == ENOENT || err == ESRCH || err == EACCES || err == EPERM)
		return 0;
	errno = err;
	die("read %s", path);
}

void
netns_each(void (*fn)(void))
{
	char *mounts = slurp_at(AT_FDCWD, "/proc/self/mountinfo");
	char *rest = mounts;
	struct mountinfo m;
	struct statx own, st;
	glob_t links;
	int r;

	if (!mounts || fs_of("/proc/self/ns/net", &own) < 0)
		die("read /proc/self");
	while (mountinfo_next(&rest, &m))
		if (strcmp(m.type, "nsfs") == 0)
			visit(m.point, fn);
	free(mounts);
	r = glob("/proc/[0-9]*/task/[0-9]*/ns/net", 0, list_failed, &links);
	if (r == 0)
		r = glob("/proc/[0-9]*/fd/*", GLOB_APPEND, list_failed, &links);
	if (r != 0 && r != GLOB_NOMATCH)
		die("list /proc");
	for (size_t i = 0; i < links.gl_pathc; i++)
		/* Opening another kind of file may wait, or act on a device. */
		if (fs_of(links.gl_pathv[i], &st) == 0 &&
		    st.stx_dev_minor == own.stx_dev_minor &&
		    st.stx_dev_major == own.stx_dev_major)
			visit(links.gl_pathv[i], fn);
	globfree(&links);
}
