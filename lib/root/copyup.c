// SPDX-License-Identifier: MIT
/*
 * copyup - a tmpfs begins with the files of the directory below it
 *
 * The directory is the box's, and another box may change it meanwhile: each
 * step opens one name, and no link.
 */
#include "root/copyup.h"
#include "base/die.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 128 /* each level has two open directories */

static const char *root; /* for messages */

static void copy_all(int from, int to, unsigned depth);

__attribute__((noreturn)) static void
fail(const char *name)
{
	die("tmpcopyup %s: copy %s", root, name);
}

static int
open_dir(int at, const char *name)
{
	const int fd =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fail(name);
	return fd;
}

static void
copy_file(int from, int to, const char *name)
{
	/* O_NONBLOCK: a fifo may have taken the file's place. */
	const int in = openat(from, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const int out = openat(to, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	ssize_t n;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		fail(name);
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		fail(name);
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		;
	if (n < 0)
		fail(name);
	close(in);
	close(out);
}

static void
copy_link(int from, int to, const char *name)
{
	char link[PATH_MAX];
	const ssize_t n = readlinkat(from, name, link, sizeof(link) - 1);

	if (n < 0)
		fail(name);
	link[n] = '\0';
	if (symlinkat(link, to, name) < 0)
		fail(name);
}

static void
copy_dir(int from, int to, const char *name, unsigned depth)
{
	int in, out;

	errno = ELOOP;
	if (depth == DEPTH || mkdirat(to, name, 0700) < 0)
		fail(name);
	in = open_dir(from, name);
	out = open_dir(to, name);
	copy_all(in, out, depth + 1);
	close(in);
	close(out);
}

/* False: the file is of a kind that is left out. */
static bool
copy_one(int from, int to, const char *name, mode_t mode, unsigned depth)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		copy_dir(from, to, name, depth);
		return true;
	case S_IFREG:
		copy_file(from, to, name);
		return true;
	case S_IFLNK:
		copy_link(from, to, name);
		return true;
	case S_IFIFO:
		if (mkfifoat(to, name, 0600) < 0)
			fail(name);
		return true;
	}
	return false;
}

/* TO has no other process that could put a link in NAME's place. */
static void
copy_facts(int to, const char *name, const struct stat *st)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};

	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) <
		0 ||
	    (!S_ISLNK(st->st_mode) &&
		fchmodat(to, name, st->st_mode & 07777, 0) < 0) ||
	    utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		fail(name);
}

static void
copy_all(int from, int to, unsigned depth)
{
	DIR *d = fdopendir(open_dir(from, "."));
	struct dirent *e;
	struct stat st;

	if (!d)
		fail(".");
	while ((errno = 0, e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			fail(e->d_name);
		if (copy_one(from, to, e->d_name, st.st_mode, depth))
			copy_facts(to, e->d_name, &st);
	}
	if (errno)
		fail(".");
	closedir(d);
}

void
copyup(int from, int to, const char *what)
{
	struct stat st;

	root = what;
	copy_all(from, to, 0);
	if (fstat(from, &st) < 0)
		fail(".");
	copy_facts(to, ".", &st);
}
