// SPDX-License-Identifier: MIT
/*
 * unpack - files, from a hostile archive
 *
 * Each name is taken apart and opened from the directory's descriptor, so that
 * no entry leads anywhere else.  A directory gets its mode and its time after
 * its last entry.
 */
#include "copy/unpack.h"
#include "base/die.h"
#include "copy/beneath.h"
#include "copy/left.h"
#include "copy/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct unpack *to;
static struct tar_entry e;

/* The current directories: each lies in the one before, and its path is the
 * first LEN bytes of INNERMOST. */
static struct inside {
	size_t len;
	mode_t mode;
	uint32_t uid, gid;
	struct timespec mtime;
} inside[PATH_MAX / 2 + 1];
static unsigned depth;
static char innermost[PATH_MAX];

__attribute__((noreturn)) static void
cannot(void)
{
	die("cannot copy to %s: %s", to->word, e.path);
}

/* Removes parts without meaning from a PATH: "", "." and slashes.  Dies if PATH
 * leads elsewhere. */
static void
clean(char *path)
{
	char *end = path, *rest = path, *part;

	if (*path == '/')
		diex("the archive has an absolute name: %s", path);
	while ((part = strsep(&rest, "/"))) {
		const size_t len = strlen(part);

		if (strcmp(part, "..") == 0)
			diex("the archive has a name with '..'");
		if (len == 0 || strcmp(part, ".") == 0)
			continue;
		if (end != path)
			*end++ = '/';
		memmove(end, part, len);
		end += len;
	}
	*end = '\0';
}

static int parent_of(char *path, const char **name);

/* Opens the directory PATH, and makes missing parts. */
static int
open_made(char *path)
{
	int fd =
	    *path ? beneath(to->dir, path) : fcntl(to->dir, F_DUPFD_CLOEXEC, 3);
	const char *name;
	int up;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	up = parent_of(path, &name);
	if (up < 0)
		return -1;
	fd = mkdirat(up, name, 0755);
	close(up);
	return fd < 0 ? -1 : beneath(to->dir, path);
}

/* Opens the directory of PATH; *name is the last part of PATH. */
static int
parent_of(char *path, const char **name)
{
	char *slash = strrchr(path, '/');
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return open_made((char[]){""});
	*slash = '\0';
	fd = open_made(path);
	*slash = '/';
	return fd;
}

/* Sets owner, mode and time of an open file or directory. */
static int
dress(int fd, const struct inside *i)
{
	const struct timespec times[2] = {i->mtime, i->mtime};

	if (to->owners && fchown(fd, i->uid, i->gid) < 0)
		return -1;
	/* The owner first: a change of the owner takes set-id bits away. */
	if (fchmod(fd, to->set_id ? i->mode : i->mode & 01777) < 0)
		return -1;
	return futimens(fd, times);
}

/* Leaves the current directories that PATH is not in; NULL: all. */
static void
leave(const char *path)
{
	for (; depth > 0; depth--) {
		const struct inside *i = &inside[depth - 1];
		int fd;

		if (path && strncmp(path, innermost, i->len) == 0 &&
		    path[i->len] == (i->len ? '/' : *path) && *path)
			return;
		innermost[i->len] = '\0';
		fd = open_made(innermost);
		if (fd < 0 || dress(fd, i) < 0)
			cannot();
		close(fd);
	}
}

static struct inside
entry_dress(void)
{
	return (struct inside){strlen(e.path), e.mode, e.uid, e.gid, e.mtime};
}

static int
make_file(FILE *in, int dir, const char *name)
{
	const struct inside i = entry_dress();
	static char buf[64 * 1024];
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	for (unsigned n = 0; n < e.n_parts; n++) {
		struct tar_part p = e.parts[n];

		while (p.len > 0) {
			const size_t len =
			    p.len < sizeof(buf) ? (size_t)p.len : sizeof(buf);

			tar_read(in, buf, len);
			for (size_t done = 0; done < len;) {
				const ssize_t w = pwrite(fd, buf + done,
				    len - done, (off_t)(p.at + done));

				if (w < 0)
					cannot();
				done += (size_t)w;
			}
			p.at += len;
			p.len -= len;
		}
	}
	if (ftruncate(fd, (off_t)e.size) < 0 || dress(fd, &i) < 0)
		cannot();
	return close(fd);
}

static int
make_hard_link(int dir, const char *name)
{
	const char *old;
	int from, made;

	clean(e.link);
	from = parent_of(e.link, &old);
	if (from < 0)
		return -1;
	made = linkat(from, old, dir, name, 0);
	close(from);
	return made;
}

static int
make_special(int dir, const char *name)
{
	const struct timespec times[2] = {e.mtime, e.mtime};
	const int made = e.type == '2' ? symlinkat(e.link, dir, name)
				       : mkfifoat(dir, name, e.mode & 0777);

	if (made < 0)
		return -1;
	if (to->owners &&
	    fchownat(dir, name, e.uid, e.gid, AT_SYMLINK_NOFOLLOW) < 0)
		cannot();
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int
make(FILE *in, int dir, const char *name)
{
	if (e.type == '1')
		return make_hard_link(dir, name);
	if (e.type == '0')
		return make_file(in, dir, name);
	return make_special(dir, name);
}

static void
make_dir(void)
{
	const int fd = open_made(e.path);

	if (fd < 0)
		cannot();
	close(fd);
	/* Each directory takes at least two bytes of a path. */
	inside[depth++] = entry_dress();
	strcpy(innermost, e.path);
}

static void
take(FILE *in)
{
	const size_t len = to->only ? strlen(to->only) : 0;
	const char *name;
	int dir;

	clean(e.path);
	if (to->only && (strncmp(e.path, to->only, len) != 0 ||
			    (e.path[len] && e.path[len] != '/')))
		diex("the archive has a name not asked for: %s", e.path);
	leave(e.path);
	if (e.type == '5') {
		make_dir();
		return;
	}
	if (!strchr("0126", e.type)) {
		left_out(e.path);
		return;
	}
	dir = parent_of(e.path, &name);
	if (dir < 0)
		cannot();
	/* The later entry of the same name counts. */
	if (make(in, dir, name) < 0 &&
	    (errno != EEXIST || unlinkat(dir, name, 0) < 0 ||
		make(in, dir, name) < 0))
		cannot();
	close(dir);
}

void
unpack(FILE *in, const struct unpack *u)
{
	to = u;
	while (tar_get(in, &e))
		take(in);
	leave(NULL);
	left_say();
}
