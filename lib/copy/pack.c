// SPDX-License-Identifier: MIT
/*
 * pack - files, written as an archive
 *
 * Every step begins at an opened directory, and no link is followed: if the box
 * swaps files meanwhile, the copy fails, or has the other file of the box.
 */
#include "copy/pack.h"
#include "base/die.h"
#include "base/file.h"
#include "copy/left.h"
#include "copy/tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS 4096

static FILE *to;
static bool keep_owners;
static const char *from; /* the caller's word, and the length of that part */
static size_t top;	 /* of an entry's path for which the word stands */
static struct tar_entry e;

/* The last written files with several names. */
static struct link {
	dev_t dev;
	ino_t ino;
	char *path;
} links[LINKS];

void
names_of(struct names *n, const char *path)
{
	size_t len = strlen(path);
	const char *base;

	n->slash = len > 0 && path[len - 1] == '/';
	while (len > 0 && path[len - 1] == '/')
		len--;
	base = memrchr(path, '/', len);
	base = base ? base + 1 : path;
	len -= (size_t)(base - path);
	if (!*path || (len == 2 && memcmp(base, "..", 2) == 0))
		diex("'%s' does not end with a name", path);
	path_fmt(n->base, sizeof(n->base), "%.*s", len ? (int)len : 1,
	    len ? base : ".");
	path_fmt(n->dir, sizeof(n->dir), "%.*s%s", (int)(base - path), path,
	    base == path ? "." : "");
}

/* The current entry in the caller's words. */
static const char *
shown(void)
{
	static char text[2 * PATH_MAX];

	snprintf(text, sizeof(text), "%s%s", from,
	    strlen(e.path) > top ? e.path + top : "");
	return text;
}

__attribute__((noreturn)) static void
cannot(void)
{
	die("cannot copy %s", shown());
}

/* The name under which the file is in the archive already, or NULL. */
static const char *
linked(const struct stat *st)
{
	struct link *l = &links[st->st_ino % LINKS];

	if (l->path && l->dev == st->st_dev && l->ino == st->st_ino)
		return l->path;
	free(l->path);
	*l = (struct link){st->st_dev, st->st_ino, strdup(e.path)};
	if (!l->path)
		die("strdup");
	return NULL;
}

static void
find_parts(int fd, const struct stat *st)
{
	off_t at = 0, end = 0;

	e.size = (uint64_t)st->st_size;
	e.n_parts = e.size > 0;
	e.parts[0] = (struct tar_part){0, e.size};
	if (st->st_blocks >= st->st_size / 512)
		return;
	for (e.n_parts = 0; at < st->st_size; at = end) {
		at = lseek(fd, at, SEEK_DATA);
		/* The rest is a hole. */
		if (at < 0 && errno == ENXIO)
			break;
		end = at < 0 || e.n_parts == TAR_PARTS - 1
			  ? st->st_size
			  : lseek(fd, at, SEEK_HOLE);
		if (at < 0 || end < 0)
			cannot();
		if (end > st->st_size)
			end = st->st_size;
		if (at < end)
			e.parts[e.n_parts++] = (struct tar_part){
			    (uint64_t)at, (uint64_t)(end - at)};
	}
	/* For GNU tar, the file ends with its last part. */
	if (end < st->st_size || at < 0)
		e.parts[e.n_parts++] = (struct tar_part){e.size, 0};
}

static void
put_data(int fd)
{
	static char buf[64 * 1024];

	for (unsigned i = 0; i < e.n_parts; i++) {
		struct tar_part p = e.parts[i];

		while (p.len > 0) {
			const ssize_t n = pread(fd, buf,
			    p.len < sizeof(buf) ? (size_t)p.len : sizeof(buf),
			    (off_t)p.at);

			if (n < 0)
				cannot();
			if (n == 0)
				diex("%s became shorter while it was copied",
				    shown());
			tar_data(to, buf, (size_t)n);
			p.at += (uint64_t)n;
			p.len -= (uint64_t)n;
		}
	}
	tar_pad(to, &e);
}

static void
put_file(int dir, const char *name)
{
	const char *first;
	struct stat st;
	int fd;

	/* O_NONBLOCK: do not wait for the writer of a fifo in its place. */
	fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		cannot();
	if (!S_ISREG(st.st_mode))
		diex("%s became another file while it was copied", shown());
	first = st.st_nlink > 1 ? linked(&st) : NULL;
	if (first) {
		e.type = '1';
		strcpy(e.link, first);
	} else {
		find_parts(fd, &st);
	}
	tar_put(to, &e);
	if (!first)
		put_data(fd);
	close(fd);
}

static void
put_link(int dir, const char *name)
{
	const ssize_t n = readlinkat(dir, name, e.link, sizeof(e.link) - 1);

	if (n < 0)
		cannot();
	e.link[n] = '\0';
	tar_put(to, &e);
}

static void walk(int dir, const char *name, dev_t dev, size_t len);

/* Whether FD is on proc or sysfs. */
static bool
is_made_up(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

static void
put_dir(int dir, const char *name, dev_t dev, size_t len)
{
	const int fd =
	    openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *d;
	struct stat st;
	DIR *list;

	if (fd < 0 || fstat(fd, &st) < 0 || !(list = fdopendir(fd)))
		cannot();
	tar_put(to, &e);
	if (dev != st.st_dev && dev != 0 && is_made_up(fd)) {
		closedir(list);
		return;
	}
	while (errno = 0, (d = readdir(list))) {
		const char *n = d->d_name;

		if (strcmp(n, ".") == 0 || strcmp(n, "..") == 0 ||
		    (strncmp(n, COPY_TEMP, strlen(COPY_TEMP)) == 0 &&
			strlen(n) == strlen(COPY_TEMP) + 6))
			continue;
		walk(fd, n, st.st_dev, len);
	}
	e.path[len] = '\0';
	if (errno)
		cannot();
	closedir(list);
}

/* Writes NAME in DIR, and all files below NAME.  DIR is on the device DEV (0:
 * any); its path is the first LEN bytes of the entry's. */
static void
walk(int dir, const char *name, dev_t dev, size_t len)
{
	const size_t name_len = strlen(name);
	struct stat st;

	if (len + 1 + name_len >= sizeof(e.path)) {
		errno = ENAMETOOLONG;
		cannot();
	}
	e.path[len] = '/';
	strcpy(e.path + len + 1, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		/* The file has gone since the directory was read. */
		if (errno == ENOENT && dev)
			return;
		cannot();
	}
	e.mode = st.st_mode & 07777;
	e.uid = keep_owners ? st.st_uid : 0;
	e.gid = keep_owners ? st.st_gid : 0;
	e.mtime = st.st_mtim;
	e.size = 0;
	e.n_parts = 0;
	e.link[0] = '\0';
	e.type = S_ISREG(st.st_mode)	? '0'
		 : S_ISLNK(st.st_mode)	? '2'
		 : S_ISDIR(st.st_mode)	? '5'
		 : S_ISFIFO(st.st_mode) ? '6'
					: '\0';
	if (e.type == '0')
		put_file(dir, name);
	else if (e.type == '2')
		put_link(dir, name);
	else if (e.type == '5')
		put_dir(dir, name, dev,
		    strcmp(name, ".") == 0 ? len : len + 1 + name_len);
	else if (e.type == '6')
		tar_put(to, &e);
	else if (dev)
		left_out(shown());
	else
		diex("cannot copy %s: it is a device or a socket", from);
}

void
pack(FILE *out, const struct names *n, bool owners, const char *word)
{
	const int dir = open(n->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	to = out;
	keep_owners = owners;
	from = word;
	strcpy(e.path, ".");
	top = strcmp(n->base, ".") == 0 ? 1 : 2 + strlen(n->base);
	if (dir < 0)
		cannot();
	walk(dir, n->base, 0, 1);
	tar_end(out);
	left_say();
}
