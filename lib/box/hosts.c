// SPDX-License-Identifier: MIT
/*
 * hosts - boxes find each other by name
 *
 * The file of a box is mounted over the box's /etc/hosts, so it keeps its
 * inode, and changes while programs read it.  Therefore each address of the
 * pool has a place of its own, of RECORD bytes, and no line ever moves.  A
 * reader takes a power of two of bytes at a time (musl 1024, glibc 4096), so a
 * place is never cut in two.  A line appears and goes by its first byte alone:
 * a place without a box begins with '#'.
 */
#include "box/hosts.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "box/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "hosts"
#define LOCK "names" /* for each change of a file */
#define RECORD 128   /* bytes: an address, and a name of at most 64 */
#define MOST 1024    /* places in a file: a bound for the state directory */
#define MARK "\n# boxes of "

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define BIG "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool
hosts_name(const char *name)
{
	const char *label = name;
	size_t n = 0;

	if (strlen(name) > 253 || strcasecmp(name, "localhost") == 0 ||
	    name[strspn(name, "0123456789.")] == '\0')
		return false;
	for (;; label += n + 1) {
		n = strspn(label, SMALL BIG "0123456789-");
		if (n == 0 || n > 63 || label[0] == '-' || label[n - 1] == '-')
			return false;
		if (label[n] != '.')
			return label[n] == '\0';
	}
}

bool
hosts_have(const char *text, const char *name)
{
	const size_t len = strlen(name);
	const char *s = text;

	for (; (s = strcasestr(s, name)); s++)
		/* strchr() finds the end of TEXT, too. */
		if (s > text && strchr(" \t", s[-1]) && strchr(" \t\n", s[len]))
			return true;
	return false;
}

/* A box's file. */
struct file {
	const char *box; /* its name */
	int fd;
	char own[HOSTS_OWN + 2 * RECORD]; /* the lines before the places */
	off_t first;			  /* where the places begin */
	char *net;	/* in own: the pool and the network namespace */
	uint32_t place; /* the box's own in other files */
	char line[RECORD];
};

/* Reads the lines before the places.  The last one is "# boxes of POOL in
 * network namespace INODE; own place: NUMBER, ADDRESS". */
static bool
read_own(struct file *f)
{
	const ssize_t n = pread(f->fd, f->own, sizeof(f->own) - 1, 0);
	char *end, *here, addr[16];

	f->own[n > 0 ? n : 0] = '\0';
	f->net = strstr(f->own, MARK);
	here = f->net ? strchr(f->net, ';') : NULL;
	end = here ? strchr(here, '\n') : NULL;
	if (!end || sscanf(here, "; own place: %u, %15s", &f->place, addr) != 2)
		return false;
	snprintf(f->line, sizeof(f->line), "%s\t%s", addr, f->box);
	*f->net++ = *here = end[1] = '\0';
	f->first = end + 1 - f->own;
	return f->first % RECORD == 0 && f->place < MOST;
}

/* Opens the file of the box NAME.  -1 if there is none. */
static int
open_file(struct file *f, const char *name)
{
	char path[PATH_MAX];
	int dir;

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), name);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	f->box = name;
	f->fd = -1;
	if (is_own(dir, S_IFDIR))
		f->fd = openat(dir, FILE_NAME,
		    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close_keep(dir);
	if (f->fd >= 0 && is_own(f->fd, S_IFREG) && read_own(f))
		return 0;
	close_keep(f->fd);
	return -1;
}

/* Writes LINE at AT; its first byte last. */
static int
write_line(int fd, off_t at, const char *line)
{
	char record[RECORD + 1];
	ssize_t n;

	snprintf(record, sizeof(record), "%-*s\n", RECORD - 1, line);
	record[0] = '#';
	n = pwrite(fd, record, RECORD, at);
	if (n == RECORD && (n = pwrite(fd, line, 1, at)) == 1)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

/* Writes LINE into a place of TO.  The places before are there, or are made. */
static int
put(const struct file *to, uint32_t place, const char *line)
{
	const off_t at = to->first + place * RECORD;
	off_t size = lseek(to->fd, 0, SEEK_END);

	if (!say(SAY_SH,
		"printf '%%-127s\\n' '%s' | dd bs=%d seek=%jd conv=notrunc "
		"of=%s/%s/" FILE_NAME,
		line, RECORD, (intmax_t)(at / RECORD), say_word(state_dir()),
		to->box))
		return 0;
	for (; size < at; size += RECORD)
		if (write_line(to->fd, size, "#") < 0)
			return -1;
	return write_line(to->fd, at, line);
}

/* Adds the box of FROM to TO, unless TO's own lines have that name.  The place
 * may still have the line of a box that was killed. */
static int
add(const struct file *to, const struct file *from)
{
	const bool named =
	    hosts_name(from->box) && !hosts_have(to->own, from->box);

	return put(to, from->place, named ? from->line : "#");
}

static int
exchange(struct file *mine, struct file *other)
{
	if (strcmp(mine->net, other->net) != 0)
		return 0;
	return add(mine, other) < 0 || add(other, mine) < 0 ? -1 : 0;
}

/* The place may be another box's by now. */
static int
take_out(struct file *mine, struct file *other)
{
	const off_t at = other->first + mine->place * RECORD;
	const size_t len = strlen(mine->line);
	char record[RECORD];

	if (strcmp(mine->net, other->net) != 0 ||
	    pread(other->fd, record, RECORD, at) != RECORD ||
	    strncmp(record, mine->line, len) != 0 || record[len] != ' ')
		return 0;
	return put(other, mine->place, "#");
}

/* Calls FN with the file of each other box that exists, until one is -1. */
static int
each_other(struct file *mine, int (*fn)(struct file *mine, struct file *other))
{
	struct dirent **list;
	struct file other;
	char *lock;
	const int n = scandir(state_dir(), &list, NULL, NULL);
	int err = 0;

	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (err == 0 && name[0] != '.' && strlen(name) <= 64 &&
		    strcmp(name, mine->box) != 0 &&
		    (lock = lock_read(state_lock(name)))) {
			free(lock);
			if (open_file(&other, name) == 0) {
				err = fn(mine, &other);
				close_keep(other.fd);
			}
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return n < 0 ? -1 : err;
}

/* Makes the file with the lines before the places.  -1 with errno. */
static int
make_file(const char *path, uint32_t place, uint32_t addr, const struct slot *s,
    const char *own)
{
	struct stat ns;
	char *text;
	int fd, pad, n;

	if (!say(SAY_SH, "touch %s", say_word(path)))
		return -1;
	if (stat("/proc/self/ns/net", &ns) < 0)
		return -1;
	text = text_fmt("%s# boxes of %s/%u in network namespace %ju; "
			"own place: %u, %s",
	    own, addr_text(s->pool), s->len, (uintmax_t)ns.st_ino, place,
	    addr_text(addr));
	pad = RECORD - 1 - (int)(strlen(text) % RECORD);
	fd = open(
	    path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	n = fd < 0 || fchmod(fd, 0644) < 0
		? -1
		: dprintf(fd, "%s%*s\n", text, pad, "");
	free(text);
	close_keep(fd);
	return n < 0 ? -1 : 0;
}

char *
hosts_join(
    const char *name, uint32_t addr, const struct slot *s, const char *own)
{
	char *path = text_fmt("%s/%s/" FILE_NAME, state_dir(), name);
	const int dir = state_open(name);
	const uint32_t place = addr - slot_gateway(s) - 1;
	struct file mine;
	int lock, err;

	close_keep(dir);
	if (dir < 0 || place >= slot_count(s->len) || place >= MOST) {
		errno = ENODATA;
		return NULL;
	}
	lock = lock_wait(LOCK);
	err = make_file(path, place, addr, s, own);
	if (err == 0 && (err = open_file(&mine, name)) == 0) {
		err = each_other(&mine, exchange);
		close_keep(mine.fd);
	}
	lock_remove(LOCK, lock);
	return err < 0 ? NULL : path;
}

void
hosts_leave(const char *name)
{
	const bool dry = say_modes() & SAY_DRY;
	struct file mine;
	int lock;

	if (open_file(&mine, name) < 0)
		return;
	lock = dry ? -1 : lock_wait(LOCK);
	if (each_other(&mine, take_out) < 0)
		warn("%s", said());
	if (!dry) {
		/* A box that joins now would still take the name. */
		state_drop(name, FILE_NAME);
		lock_remove(LOCK, lock);
	}
	close(mine.fd);
}
