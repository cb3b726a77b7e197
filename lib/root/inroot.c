// SPDX-License-Identifier: MIT
/*
 * inroot - paths below a hostile root directory
 *
 * Every step is taken from an opened directory, so that what is swapped
 * meanwhile can lead to another place inside, and never outside.
 */
#include "root/inroot.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
inroot_subdir(int dir, const char *name)
{
	/* One at a time, until one is there: somebody may make it too. */
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

int
inroot_make(int root, const char *path, bool file)
{
	char *copy = strdup(path), *end = copy, c;
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 3), fd, saved;

	if (!copy)
		die("strdup");
	/* Of ever longer beginnings of the path: what is there is opened from
	 * the root, what is missing is made in the one before. */
	while (dir >= 0) {
		char *name = end + strspn(end, "/");

		end = name + strcspn(name, "/");
		if (name == end)
			break;
		c = *end;
		*end = '\0';
		fd = open2(root, copy, 0, RESOLVE_IN_ROOT);
		if (fd < 0 && errno == ENOENT)
			fd = file && !c ? inroot_subfile(dir, name)
					: inroot_subdir(dir, name);
		saved = errno;
		*end = c;
		close(dir);
		errno = saved;
		dir = fd;
	}
	saved = errno;
	free(copy);
	errno = saved;
	return dir;
}
