// SPDX-License-Identifier: MIT
/* beneath - directories, opened and removed without following a link */
#include "copy/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
open2(int dir, const char *path, int flags, uint64_t resolve)
{
	const struct open_how how = {
	    .flags = (uint64_t)(flags | O_DIRECTORY | O_CLOEXEC),
	    .resolve = resolve,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int
beneath(int dir, const char *path)
{
	return open2(
	    dir, path, O_RDONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int
directory(const char *path, int links)
{
	return open2(AT_FDCWD, path, O_PATH, links ? 0 : RESOLVE_NO_SYMLINKS);
}

int
own_directory(int dir, const char *name)
{
	/* An ordinary user may have copied a directory with a mode that forbids
	 * its owner to read. */
	if (fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return beneath(dir, name);
}

int
remove_tree(int dir, const char *name)
{
	int fd, result = 0;
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0);
	fd = own_directory(dir, name);
	if (fd < 0 || !(d = fdopendir(fd)))
		return -1;
	while (result == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			result = remove_tree(fd, e->d_name);
	closedir(d);
	return result < 0 ? -1 : unlinkat(dir, name, AT_REMOVEDIR);
}
