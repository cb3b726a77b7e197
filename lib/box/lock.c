// SPDX-License-Identifier: MIT
/*
 * lock - owners that the kernel forgets when they die
 *
 * What a box leaves outside itself (a cgroup, a firewall rule, a slot) is
 * named after a lock.  The lock, not a pid, says whether the owner lives.
 */
#include "box/lock.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 500 /* ms */
#define POLL 5	     /* ms */

const char *
state_dir(void)
{
	static char dir[PATH_MAX];
	const char *set = env_or("BOX_STATE", NULL), *run;

	if (set)
		return set;
	if (geteuid() == 0)
		return "/run/box";
	run = env_or("XDG_RUNTIME_DIR", NULL);
	if (!run) {
		errno = 0;
		die_hint("export BOX_STATE=DIR, a directory of your own",
		    "no directory for state: XDG_RUNTIME_DIR is not set");
	}
	path_fmt(dir, sizeof(dir), "%s/box", run);
	return dir;
}

/* STATE/lock, made if it is missing. */
static int
lock_dir(void)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char path[PATH_MAX];
	int fd;

	path_fmt(path, sizeof(path), "%s/lock", state_dir());
	/* It is there already, but for the first time. */
	while ((fd = open(path, how)) < 0)
		if (errno != ENOENT || make_dirs(path, 0755) < 0)
			die("open %s", path);
	if (!is_own(fd, S_IFDIR))
		diex("%s is not a directory that only its owner, this user, "
		     "may write",
		    path);
	return fd;
}

/* A lock that is removed while we waited for it is nobody's: once more. */
static int
take(int dir, const char *name, int how)
{
	struct stat at, st;
	int fd;

	for (;; close(fd)) {
		fd = openat(
		    dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			die("open lock %s/lock/%s", state_dir(), name);
		while (flock(fd, LOCK_EX | how) < 0) {
			if (errno == EWOULDBLOCK) {
				close(fd);
				errno = EWOULDBLOCK;
				return -1;
			}
			if (errno != EINTR)
				die("flock %s/lock/%s", state_dir(), name);
		}
		if (fstatat(dir, name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
		    at.st_ino == st.st_ino && at.st_dev == st.st_dev)
			return fd;
	}
}

static int
lock(const char *name, int how)
{
	const int dir = lock_dir(), fd = take(dir, name, how);
	const int saved = errno;

	close(dir);
	errno = saved;
	return fd;
}

int
lock_try(const char *name)
{
	return lock(name, LOCK_NB);
}

int
lock_soon(const char *name)
{
	int fd, ms = 0;

	while ((fd = lock_try(name)) < 0 && ms < PATIENCE)
		ms += POLL + poll(NULL, 0, POLL);
	return fd;
}

int
lock_wait(const char *name)
{
	return lock(name, 0);
}

ssize_t
lock_read(const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	struct stat st;
	ssize_t n = -1;
	int fd;

	path_fmt(path, sizeof(path), "%s/lock/%s", state_dir(), name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid())
		errno = EPERM;
	else if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		errno = ENOENT;
	else if (errno == EWOULDBLOCK)
		n = read(fd, buf, size - 1);
	buf[n < 0 ? 0 : n] = '\0';
	close(fd);
	return n;
}

bool
lock_held(const char *name)
{
	char nothing[1];

	if (lock_read(name, nothing, sizeof(nothing)) >= 0)
		return true;
	if (errno != ENOENT)
		die("look at the lock %s/lock/%s", state_dir(), name);
	return false;
}

void
lock_remove(const char *name, int fd)
{
	const int dir = lock_dir();

	if (!(say_modes() & SAY_DRY) && unlinkat(dir, name, 0) < 0)
		warn("remove %s/lock/%s", state_dir(), name);
	close(dir);
	close(fd);
}

/* The open lock directory as a stream of names. */
static DIR *
list_locks(int dir)
{
	/* readdir(3) takes a descriptor over; take() needs one, too. */
	const int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		die("read %s/lock", state_dir());
	return d;
}

/* Whether its owner may be about to lock it and write the record. */
static bool
is_fresh(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_size == 0 && time(NULL) - st.st_ctime < 2;
}

void
lock_each_dead(const char *prefix, void (*fn)(const char *name, int fd))
{
	const int dir = lock_dir();
	DIR *d = list_locks(dir);
	struct dirent *e;
	int fd;

	while ((e = readdir(d)))
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
		    !is_fresh(dir, e->d_name) &&
		    (fd = take(dir, e->d_name, LOCK_NB)) >= 0)
			fn(e->d_name, fd);
	closedir(d);
	close(dir);
}

unsigned
lock_count(const char *prefix)
{
	const int dir = lock_dir();
	DIR *d = list_locks(dir);
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)))
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(d);
	close(dir);
	return n;
}

bool
lock_there(const char *name)
{
	const int dir = lock_dir();
	const bool there = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	close(dir);
	return there;
}
