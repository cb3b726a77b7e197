// SPDX-License-Identifier: MIT
/*
 * inroot - paths below a hostile root directory
 *
 * Every step begins at an opened directory: a path that is swapped meanwhile
 * leads to another place inside, never outside.
 */
#include "root/inroot.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEPS 1024 /* of one path: links may lead in a circle */

static int
open2(int dir, const char *path, int flags, uint64_t resolve)
{
	const struct open_how how = {
	    .flags = (uint64_t)(flags | O_PATH | O_CLOEXEC),
	    .resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int
inroot_open(int root, const char *path)
{
	return open2(root, path, 0, RESOLVE_IN_ROOT);
}

int
inroot_subdir(int dir, const char *name)
{
	/* Again, as long as another process makes or removes it meanwhile. */
	for (;;) {
		int fd =
		    open2(dir, name, O_DIRECTORY | O_NOFOLLOW, RESOLVE_BENEATH);

		if (fd >= 0 || errno != ENOENT)
			return fd;
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			return -1;
	}
}

int
inroot_plain(int root, const char *path)
{
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 3), fd;
	char name[NAME_MAX + 1];

	for (; dir >= 0 && *(path += strspn(path, "/")); dir = fd) {
		const size_t len = strcspn(path, "/");

		errno = ENAMETOOLONG;
		fd = -1;
		if (len < sizeof(name)) {
			memcpy(name, path, len);
			name[len] = '\0';
			fd = inroot_subdir(dir, name);
		}
		close_keep(dir);
		path += len;
	}
	return dir;
}

int
inroot_subfile(int dir, const char *name)
{
	for (;;) {
		int fd = open2(dir, name, O_NOFOLLOW, RESOLVE_BENEATH);

		if (fd >= 0 || errno != ENOENT)
			return fd;
		fd = openat(dir, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST)
			return -1;
	}
}

/* The path BEFORE/NAME/REST, with the target of the link NAME in place of it.
 * malloc'ed; NULL with errno. */
static char *
follow(int dir, const char *before, const char *name, const char *rest)
{
	char link[PATH_MAX];
	const ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);

	if (n < 0)
		return NULL;
	link[n] = '\0';
	return text_fmt("%s/%s/%s", link[0] == '/' ? "" : before, link, rest);
}

/* Opens the next component of *AT below DIR, and makes it if it is missing.  A
 * dangling link replaces *PATH by the path to its target, where *AT begins
 * anew. */
static int
step(int root, int dir, char **path, char **at, bool file)
{
	char *name = *at + strspn(*at, "/"), *end = name + strcspn(name, "/");
	const char c = *end;
	char *other;
	int fd;

	*end = '\0';
	*at = end;
	fd = open2(root, *path, 0, RESOLVE_IN_ROOT);
	if (fd >= 0 || errno != ENOENT) {
		*end = c;
		return fd;
	}
	name[-1] = '\0';
	other = follow(dir, *path, name, c ? end + 1 : "");
	name[-1] = '/';
	if (other) {
		free(*path);
		*path = *at = other;
		return open2(root, "/", O_DIRECTORY, RESOLVE_IN_ROOT);
	}
	fd = file && !c ? inroot_subfile(dir, name) : inroot_subdir(dir, name);
	*end = c;
	return fd;
}

int
inroot_make(int root, const char *path, bool file)
{
	char *copy = text_fmt("/%s", path), *at;
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 3), fd;
	unsigned steps = 0;

	/* For ever longer beginnings of the path: one that exists is opened
	 * from the root, a missing one is made in the one before. */
	for (at = copy; dir >= 0 && at[strspn(at, "/")]; dir = fd) {
		fd = step(root, dir, &copy, &at, file);
		close_keep(dir);
		if (fd >= 0 && ++steps > STEPS) {
			errno = ELOOP;
			fd = close_keep(fd);
		}
	}
	free(copy);
	return dir;
}
