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
#define PREFIX "name-"

/* -1 with a warning: it is still there, and its lock has to stay. */
static int
remove_name(const char *name)
{
	char path[PATH_MAX], to[64];
	ssize_t n;

	path_fmt(path, sizeof(path), DIR "/%s", name);
	n = readlink(path, to, sizeof(to) - 1);
	if (n >= 0) {
		to[n] = '\0';
		/* Only a link of our kind; a name of ip-netns(8)'s is a file,
		 * which is EINVAL. */
		if (strncmp(to, "/proc/", 6) != 0 ||
		    !say(SAY_SH, "rm %s", path) || unlink(path) == 0 ||
		    errno == ENOENT)
			return 0;
	} else if (errno == ENOENT || errno == EINVAL) {
		return 0;
	}
	warn("rm %s", path);
	return -1;
}

static void
remove_dead(const char *lock, int fd)
{
	if (remove_name(lock + strlen(PREFIX)) == 0)
		lock_remove(lock, fd);
	else
		close(fd);
}

void
netns_end_dead(void)
{
	lock_each_dead(PREFIX, remove_dead);
}

static const char *claimed;
static bool named; /* the link is there, and ours */
static int lock_fd;
static pid_t owner;

/* However we end; a child of ours that ends is not the owner. */
static void
give_back(void)
{
	char lock[NAME_MAX + 1];

	if (getpid() != owner)
		return;
	snprintf(lock, sizeof(lock), PREFIX "%s", claimed);
	if (!named || remove_name(claimed) == 0)
		lock_remove(lock, lock_fd);
}

void
netns_claim(const char *name)
{
	char lock[NAME_MAX + 1];

	claimed = name;
	if (say_modes() & SAY_DRY)
		return;
	netns_end_dead();
	snprintf(lock, sizeof(lock), PREFIX "%s", name);
	lock_fd = lock_soon(lock);
	if (lock_fd < 0)
		diex("a box named %s is running: it has that name in " DIR,
		    name);
	/* A record that is empty is one still to be written (lock.c). */
	if (write(lock_fd, "\n", 1) != 1)
		die("write lock %s", lock);
	owner = getpid();
	atexit(give_back);
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

void
netns_each(void (*fn)(void))
{
	glob_t names;

	/* No name, no process: there is nothing that could be missed. */
	glob(DIR "/*", 0, NULL, &names);
	glob("/proc/[0-9]*/ns/net", GLOB_APPEND, NULL, &names);
	for (size_t i = 0; i < names.gl_pathc; i++) {
		const int fd = open(names.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		/* A process that has ended, or a name of one. */
		if (fd < 0)
			continue;
		if (setns(fd, CLONE_NEWNET) < 0 && errno != EINVAL)
			die("enter %s", names.gl_pathv[i]);
		close(fd);
		fn();
	}
	globfree(&names);
}
