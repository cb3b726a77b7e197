// SPDX-License-Identifier: MIT
/* file - small files, read and written whole */
#include "base/file.h"
#include "base/die.h"
#include "base/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int
close_keep(int fd)
{
	const int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int
process_open(pid_t pid)
{
	const int fd = pidfd_open(pid, 0);

	if (fd < 0 && errno == EINVAL && pid > 0)
		errno = ESRCH;
	return fd;
}

int
write_at(int dir, const char *path, const char *text)
{
	const int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	if (n >= 0)
		errno = EIO;
	close_keep(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

ssize_t
read_at(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close_keep(fd);
	buf[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

char *
slurp_fd(int fd)
{
	size_t size = 4096, len = 0;
	char *buf = malloc(size);
	char *more = buf;
	ssize_t n = 1;

	while (more && (n = read(fd, buf + len, size - 1 - len)) > 0) {
		len += (size_t)n;
		if (len < size - 1)
			continue;
		more = realloc(buf, size *= 2);
		if (more)
			buf = more;
	}
	if (!more)
		die("realloc");
	buf[len] = '\0';
	if (n == 0)
		return buf;
	free(buf);
	return NULL;
}

char *
slurp_at(int dir, const char *path)
{
	const int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : slurp_fd(fd);

	close_keep(fd);
	return text;
}

void
close_others(int a, int b)
{
	const unsigned low = (unsigned)(a < b ? a : b);
	const unsigned high = (unsigned)(a < b ? b : a);

	/* A range without a number in it is an error, and no harm. */
	close_range(3, low - 1, 0);
	close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}

bool
is_own_stat(const struct stat *st, mode_t type)
{
	return (st->st_mode & S_IFMT) == type && st->st_uid == geteuid() &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

bool
is_own(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_own_stat(&st, type);
}

bool
path_inside(const char *path, const char *dir)
{
	const size_t len = strcmp(dir, "/") ? strlen(dir) : 0;

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]);
}

int
look_at(int dir, const char *name)
{
	int saved;

	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	saved = errno;
	said_set(text_fmt("look at %s", name), "");
	errno = saved;
	return -1;
}

int
remove_dir(const char *path)
{
	const int fd =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (!is_own(fd, S_IFDIR)) {
		errno = EPERM;
		return close_keep(fd);
	}
	if (!(d = fdopendir(fd)))
		return close_keep(fd);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			/* rmdir() finds a file that stays. */
			unlinkat(fd, e->d_name,
			    e->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	closedir(d);
	return rmdir(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Moves the directory NAME of DIR to TOP, under a name that is free there. */
static int
move_up(int top, int dir, const char *name)
{
	static unsigned number;
	char other[16];

	do {
		snprintf(other, sizeof(other), ".%u", number++);
	} while (faccessat(top, other, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	return renameat(dir, name, top, other);
}

/* Removes what is in TOP, or in the directory NAME of TOP, whose own
 * directories it moves to TOP: so no depth is too deep.  Returns the number of
 * things found, or -1 with errno. */
static int
clear(int top, const char *name)
{
	const int fd = openat(top, name ? name : ".",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int n = 0, err;

	if (!d)
		return close_keep(fd);
	while (n >= 0 && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		err = unlinkat(fd, e->d_name, 0);
		if (err < 0 && errno == EISDIR)
			err = name ? move_up(top, fd, e->d_name)
			      : clear(top, e->d_name) < 0
				  ? -1
				  : unlinkat(top, e->d_name, AT_REMOVEDIR);
		n = err < 0 ? -1 : n + 1;
	}
	err = errno;
	closedir(d);
	errno = err;
	return n;
}

int
remove_deep(const char *path)
{
	const int top =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int n = 1;

	if (top < 0)
		return -1;
	while (n > 0)
		n = clear(top, NULL);
	close_keep(top);
	return n < 0 ? -1 : rmdir(path);
}

int
make_dirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	char *p;

	path_fmt(part, sizeof(part), "%s", path);
	for (p = part + (*part == '/'); (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -1;
	}
	return mkdir(part, mode) < 0 && errno != EEXIST ? -1 : 0;
}

int
reserve(int fd, off_t from, off_t size)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, from, size) == 0 ||
	    (errno != ENOSPC && errno != EDQUOT))
		return 0;
	return -1;
}

void
path_fmt(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		die("%.60s...", buf);
	}
}

char *
text_vfmt(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		die("vasprintf");
	return text;
}

char *
text_fmt(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_vfmt(fmt, ap);
	va_end(ap);
	return text;
}

/* open_memstream(3) of musl drops text where memory ends, and reports no error.
 */
struct text {
	char **to;
	size_t len, room;
};

static ssize_t
text_write(void *cookie, const char *bytes, size_t n)
{
	struct text *t = cookie;

	/* No die() here: an exit flushes this file again. */
	if (t->len + n >= t->room) {
		const size_t room = 2 * (t->len + n) + 1;
		char *more = realloc(*t->to, room);

		if (!more)
			return -1;
		*t->to = more;
		t->room = room;
	}
	memcpy(*t->to + t->len, bytes, n);
	t->len += n;
	(*t->to)[t->len] = '\0';
	return (ssize_t)n;
}

/* For ftell(3) alone. */
static int
text_tell(void *cookie, off_t *at, int whence)
{
	const struct text *t = cookie;

	if (*at || whence == SEEK_SET) {
		errno = EINVAL;
		return -1;
	}
	*at = (off_t)t->len;
	return 0;
}

static int
text_free(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *
text_open(char **text)
{
	const cookie_io_functions_t io = {
	    .write = text_write, .seek = text_tell, .close = text_free};
	struct text *t = malloc(sizeof(*t));
	FILE *f;

	*text = calloc(1, 1);
	if (!t || !*text)
		die("malloc");
	*t = (struct text){.to = text};
	f = fopencookie(t, "w", io);
	if (!f)
		die("malloc");
	return f;
}

void
text_close(FILE *f)
{
	const bool lost = ferror(f);

	if (fclose(f) == EOF || lost) {
		errno = ENOMEM;
		die("write a text");
	}
}

void
give_pipes(uid_t uid, gid_t gid)
{
	struct statfs fs;

	/* EPERM: the pipe is from outside of this user namespace, or not ours
	 * to give; EINVAL: the id is not mapped.  Then the user can use the
	 * pipe but not open it again. */
	for (int fd = 0; fd < 3; fd++)
		if (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC &&
		    fchown(fd, uid, gid) < 0 && errno != EPERM &&
		    errno != EINVAL)
			die("fchown descriptor %d", fd);
}
