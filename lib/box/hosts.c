// SPDX-License-Identifier: MIT
/*
 * hosts - boxes find each other by name
 *
 * Boxes of a network share one file by hard links, and those with IPv6 another,
 * so that a start costs the same beside many boxes as beside few; the file ends
 * with the last box that has it.  A box with lines of its own, of a name that
 * is not listed, or with the host's ids, has a file of its own.
 *
 * The file is mounted over the box's /etc/hosts, so it keeps its inode, and
 * changes while programs read it.  Therefore each address of the pool has a
 * place of its own, of RECORD bytes, and no line ever moves; in the file of a
 * box with IPv6 that is two places, for an address of each family.  A reader
 * takes a power of two of bytes at a time (musl 1024, glibc 4096), so a place
 * is never cut in two.  A line appears and goes by its first byte alone: a
 * place without a box begins with '#'.
 *
 * The lock's own file lists the boxes with their files.  A box is in the list
 * before it is in a file, and as long, so that none is left in a file.
 */
#include "box/hosts.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "box/state.h"

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
#define RECORD 128 /* bytes: an address, and a name of at most 64 */
#define MOST 1024  /* places in a file: a bound for the state directory */

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

char *
hosts_own(
    const char *hostname, const char *box, const char *addr, const char *addr6)
{
	const bool both = hosts_name(box) && strcmp(box, hostname) != 0;
	char *names =
		 text_fmt("%s%s%s", hostname, both ? " " : "", both ? box : ""),
	     *six = addr6 ? text_fmt("%s\t%s\n", addr6, names) : NULL,
	     *text = text_fmt("127.0.0.1\tlocalhost\n"
			      "::1\tlocalhost ip6-localhost ip6-loopback\n"
			      "%s\t%s\n%s",
		 addr, names, six ? six : "");

	free(names);
	free(six);
	return text;
}

/* Whether the list NAMES, with commas between, has NAME. */
static bool
has_name(const char *names, const char *name)
{
	const size_t len = strlen(name);

	for (;; names += strcspn(names, ",") + 1) {
		if (strncasecmp(names, name, len) == 0 &&
		    (names[len] == ',' || !names[len]))
			return true;
		if (!strchr(names, ','))
			return false;
	}
}

/* The names in the lines OWN of a hosts file, as such a list; malloc'ed. */
static char *
names_in(const char *own)
{
	char *copy = text_fmt("%s", own), *rest = copy, *line, *names;
	FILE *f = text_open(&names);

	while ((line = strsep(&rest, "\n"))) {
		char *word, *at = line;

		strsep(&at, " \t"); /* the address */
		while ((word = strsep(&at, " \t")))
			if (*word)
				fprintf(f, "%s,", word);
	}
	fputc('-', f);
	text_close(f);
	free(copy);
	return names;
}

/* A file, as the list has it: a line of these, the network last. */
struct entry {
	const char *box;   /* its name */
	const char *addr;  /* its address, and its place in other files */
	const char *addr6; /* "-": none */
	const char *own;   /* names of its own lines, as of names_in(); "-":
			      it shares the file of its network */
	uint32_t place;
	uint32_t first;	 /* where the places begin, in bytes */
	uint32_t listed; /* 0: the box has no line in other files */
	const char *net; /* the pool and the network namespace */
};

/* The list, in TEXT; MINE is the entry of a box that comes or goes. */
struct list {
	char *text;
	struct entry *entries;
	unsigned n;
};

static bool
parse(struct entry *e, char *line)
{
	char *numbers, *end;

	e->box = strsep(&line, " ");
	e->addr = strsep(&line, " ");
	e->addr6 = strsep(&line, " ");
	e->own = strsep(&line, " ");
	numbers = line;
	if (!numbers)
		return false;
	e->place = (uint32_t)strtoul(numbers, &end, 10);
	e->first = (uint32_t)strtoul(end, &end, 10);
	e->listed = (uint32_t)strtoul(end, &end, 10);
	e->net = *end == ' ' ? end + 1 : end;
	return e->place < MOST && *e->net;
}

/* Reads the list of FD, the lock; an empty one from -1.  There is one list at a
 * time. */
static void
list_read(struct list *l, int fd)
{
	static struct entry entries[MOST + 1];
	char *rest, *line;

	l->text = fd < 0 ? NULL : slurp_fd(fd);
	/* An empty list in its place would lose the other boxes. */
	if (fd >= 0 && !l->text)
		die("read %s/lock/" HOSTS_LOCK, state_dir());
	l->entries = entries;
	l->n = 0;
	for (rest = l->text; l->n < MOST && (line = strsep(&rest, "\n"));)
		l->n += *line && parse(&entries[l->n], line);
}

/* Opens the file of the box NAME, of *SIZE bytes.  -1 if it is not there. */
static int
open_file(const char *name, off_t *size)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	path_fmt(path, sizeof(path), "%s/%s/" FILE_NAME, state_dir(), name);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return close_keep(fd);
	if (!is_own_stat(&st, S_IFREG)) {
		errno = EPERM;
		return close_keep(fd);
	}
	*size = st.st_size;
	return fd;
}

/* Writes the list into FD, the lock. */
static void
list_write(const struct list *l, int fd)
{
	char *text;
	FILE *f;

	f = text_open(&text);
	for (const struct entry *e = l->entries; e < l->entries + l->n; e++)
		fprintf(f, "%s %s %s %s %u %u %u %s\n", e->box, e->addr,
		    e->addr6, e->own, e->place, e->first, e->listed, e->net);
	text_close(f);
	if (pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text) ||
	    ftruncate(fd, (off_t)strlen(text)) < 0)
		warn("write %s/lock/" HOSTS_LOCK, state_dir());
	free(text);
}

/* Lets go of the lock FD, whose file goes with the last box. */
static void
list_close(const struct list *l, int fd)
{
	free(l->text);
	if (l->n == 0)
		lock_remove(HOSTS_LOCK, fd);
	else
		close_keep(fd);
}

/* Takes the entry E out; the last one comes in its place. */
static void
list_drop(struct list *l, struct entry *e)
{
	*e = l->entries[--l->n];
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
	if (n == RECORD && (*line == '#' || (n = pwrite(fd, line, 1, at)) == 1))
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

static bool
say_line(const struct entry *to, off_t at, const char *line)
{
	return say(SAY_SH,
	    "printf '%%-127s\\n' '%s' | dd bs=%d seek=%jd conv=notrunc "
	    "of=%s/%s/" FILE_NAME,
	    line, RECORD, (intmax_t)(at / RECORD), say_word(state_dir()),
	    to->box);
}

static bool
has6(const struct entry *e)
{
	return *e->addr6 != '-';
}

static bool
is_shared(const struct entry *e)
{
	return strcmp(e->own, "-") == 0;
}

/* Where the file of TO has the line of E, that of IPv6 if SIX. */
static off_t
place_of(const struct entry *to, const struct entry *e, bool six)
{
	const uint32_t place = has6(to) ? 2 * e->place + six : e->place;

	return (off_t)to->first + (off_t)place * RECORD;
}

/* Writes LINE at a place of TO, whose file is FD, of SIZE bytes.  The places
 * before are there, or are made. */
static int
put(const struct entry *to, int fd, off_t size, off_t at, const char *line)
{
	int err = 0, saved;

	/* A pool may have hundreds of boxes: text that nobody reads costs. */
	if (say_modes() && !say_line(to, at, line))
		return 0;
	for (; size < at && err == 0; size += RECORD)
		err = write_line(fd, size, "#");
	if (err == 0)
		err = write_line(fd, at, line);
	if (err < 0 && !say_modes()) {
		saved = errno;
		say_line(to, at, line);
		errno = saved;
	}
	return err;
}

/* The line of E in a file with lines of its own for OWN: "#" if it has that
 * name there, or E no such address, as the place may still have the line of a
 * box that was killed. */
static const char *
line_of(const struct entry *e, bool six, const char *own, char line[RECORD])
{
	if ((six && !has6(e)) || !e->listed || has_name(own, e->box))
		return "#";
	snprintf(line, RECORD, "%s\t%s", six ? e->addr6 : e->addr, e->box);
	return line;
}

/* Adds MINE to the file of TO. */
static int
add(const struct entry *mine, const struct entry *to, int fd, off_t size)
{
	char line[RECORD];

	for (int six = 0; six <= has6(to); six++) {
		const off_t at = place_of(to, mine, six);

		if (put(to, fd, size, at, line_of(mine, six, to->own, line)) <
		    0)
			return -1;
		size = size > at ? size : at + RECORD;
	}
	return 0;
}

/* While MINE is in the list, its place is no other box's. */
static int
take_out(const struct entry *mine, const struct entry *from, int fd, off_t size)
{
	for (int six = 0; six <= (has6(mine) && has6(from)); six++) {
		const off_t at = place_of(from, mine, six);

		if (size > at && put(from, fd, size, at, "#") < 0)
			return -1;
	}
	return 0;
}

static int
cannot_open(const char *name)
{
	const int saved = errno;

	said_set(text_fmt("open %s/%s/" FILE_NAME, state_dir(), name), "");
	errno = saved;
	return -1;
}

/* Calls FN with each file of MINE's network.  A file that is gone leaves the
 * list; one that others may have written is passed over. */
static int
each_file(struct list *l, const struct entry *mine,
    int (*fn)(const struct entry *, const struct entry *, int, off_t))
{
	bool shared[2] = {false, false};
	int err = 0, fd;
	off_t size = 0;

	for (unsigned i = 0; i < l->n && err == 0; i++) {
		struct entry *e = &l->entries[i];

		if (strcmp(e->net, mine->net) != 0 ||
		    (is_shared(e) && shared[has6(e)]))
			continue;
		fd = open_file(e->box, &size);
		if (fd < 0 && errno == ENOENT)
			list_drop(l, &l->entries[i--]);
		else if (fd < 0 && errno != EPERM && errno != ELOOP)
			err = cannot_open(e->box);
		if (fd < 0)
			continue;
		shared[has6(e)] |= is_shared(e);
		err = fn(mine, e, fd, size);
		close_keep(fd);
	}
	return err;
}

/* Takes out the entry NAME, and writes it into MINE.  Its words stay in L. */
static bool
list_take(struct list *l, const char *name, struct entry *mine)
{
	for (struct entry *e = l->entries; e < l->entries + l->n; e++)
		if (strcmp(e->box, name) == 0) {
			*mine = *e;
			list_drop(l, e);
			return true;
		}
	return false;
}

/* Takes out what boxes that were killed have left of MINE's name and place. */
static void
list_clear(struct list *l, const struct entry *mine)
{
	struct entry *e = l->entries;

	while (e < l->entries + l->n)
		if (strcmp(e->box, mine->box) == 0 ||
		    (e->place == mine->place && strcmp(e->net, mine->net) == 0))
			list_drop(l, e);
		else
			e++;
}

/* Programs do not tell big letters from small ones in the name of a host. */
static bool
is_alike(const struct list *l, const struct entry *mine)
{
	for (const struct entry *e = l->entries; e < l->entries + l->n; e++)
		if (e->listed && strcasecmp(e->box, mine->box) == 0 &&
		    strcmp(e->net, mine->net) == 0)
			return true;
	return false;
}

/* The places of the other boxes, malloc'ed, of *LEN bytes. */
static char *
places(const struct list *l, const struct entry *mine, size_t *len)
{
	char line[RECORD], *text;
	FILE *f = text_open(&text);
	const struct entry *at[MOST] = {NULL};
	uint32_t n = 0;

	for (const struct entry *e = l->entries; e < l->entries + l->n; e++) {
		if (strcmp(e->net, mine->net) != 0 || e->place == mine->place)
			continue;
		at[e->place] = e;
		n = e->place >= n ? e->place + 1 : n;
	}
	for (uint32_t i = 0; i < n; i++)
		for (int six = 0; six <= has6(mine); six++)
			fprintf(f, "%-*s\n", RECORD - 1,
			    at[i] ? line_of(at[i], six, mine->own, line) : "#");
	text_close(f);
	*len = n * RECORD * (1 + has6(mine));
	return text;
}

/* Whether OWN has no more names than the shared file, which has MINE's line. */
static bool
is_usual(const struct entry *mine, const char *own)
{
	const char *six = has6(mine) ? mine->addr6 : NULL;
	char *named = hosts_own(mine->box, mine->box, mine->addr, six),
	     *other = hosts_own(HOSTS_BOX, mine->box, mine->addr, six);
	const bool usual = strcmp(own, named) == 0 || strcmp(own, other) == 0;

	free(named);
	free(other);
	return usual;
}

/* Makes PATH another name of the file that boxes as MINE share.  1: there is
 * none; -1 with errno. */
static int
link_file(const char *path, const struct list *l, struct entry *mine)
{
	char from[PATH_MAX];

	for (const struct entry *e = l->entries; e < l->entries + l->n; e++) {
		if (!is_shared(e) || has6(e) != has6(mine) ||
		    strcmp(e->net, mine->net) != 0)
			continue;
		path_fmt(from, sizeof(from), "%s/%s/" FILE_NAME, state_dir(),
		    e->box);
		say(SAY_SH, "ln %s %s", say_word(from), say_word(path));
		mine->first = e->first;
		if (link(from, path) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	return 1;
}

/* Makes the file of MINE at PATH, with OWN before the places.  -1 with errno.
 */
static int
make_file(
    const char *path, const struct list *l, struct entry *mine, const char *own)
{
	char *before = text_fmt("%s# boxes of %s", own, mine->net), *after;
	const int pad = RECORD - 1 - (int)(strlen(before) % RECORD);
	size_t len;
	ssize_t n = -1;
	int fd;

	say(SAY_SH, "touch %s", say_word(path));
	mine->first = (uint32_t)(strlen(before) + (size_t)pad + 1);
	after = places(l, mine, &len);
	fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0 && fchmod(fd, 0644) == 0 &&
	    dprintf(fd, "%s%*s\n", before, pad, "") >= 0)
		n = write(fd, after, len);
	if (n >= 0 && n != (ssize_t)len)
		errno = ENOSPC;
	free(before);
	free(after);
	close_keep(fd);
	return n == (ssize_t)len ? 0 : -1;
}

/* Gives MINE its file at PATH: the one that is shared, or one with OWN.  -1
 * with errno. */
static int
get_file(
    const char *path, const struct list *l, struct entry *mine, const char *own)
{
	char *all;
	int err;

	if (!is_shared(mine))
		return make_file(path, l, mine, own);
	err = link_file(path, l, mine);
	if (err <= 0)
		return err;
	all = hosts_own(HOSTS_BOX, "", "127.0.1.1", NULL);
	err = make_file(path, l, mine, all);
	free(all);
	return err;
}

/* "POOL in network namespace INODE", malloc'ed; NULL with errno. */
static char *
this_net(const struct slot *s)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns) < 0) {
		said_set("look at /proc/self/ns/net", "");
		return NULL;
	}
	return text_fmt("%s/%u in network namespace %ju", addr_text(s->pool),
	    s->len, (uintmax_t)ns.st_ino);
}

char *
hosts_join(const struct hosts_box *b, const char *own)
{
	char *path = text_fmt("%s/%s/" FILE_NAME, state_dir(), b->name);
	const int dir = state_open(b->name);
	struct entry mine = {.box = b->name,
	    .addr = text_fmt("%s", addr_text(b->addr)),
	    .addr6 = text_fmt("%s", b->addr6 ? addr6_text(b->addr6) : "-"),
	    .place = b->addr - slot_gateway(b->slot) - 1,
	    .net = this_net(b->slot)};
	struct list l;
	int lock, err;

	close_keep(dir);
	if (!mine.net)
		return NULL;
	if (dir < 0 || say_modes() & SAY_DRY ||
	    mine.place >= slot_count(b->slot->len) || mine.place >= MOST) {
		errno = ENODATA;
		return NULL;
	}
	lock = lock_wait(HOSTS_LOCK);
	list_read(&l, lock);
	list_clear(&l, &mine);
	mine.listed = hosts_name(b->name) &&
		      strcasecmp(b->name, HOSTS_BOX) != 0 &&
		      !is_alike(&l, &mine);
	mine.own = !b->owner && mine.listed && is_usual(&mine, own)
		       ? "-"
		       : names_in(own);
	err = get_file(path, &l, &mine, own);
	if (err == 0) {
		l.entries[l.n++] = mine;
		list_write(&l, lock);
		err = each_file(&l, &mine, add);
	}
	list_close(&l, lock);
	return err < 0 ? NULL : path;
}

void
hosts_leave(const char *name)
{
	const bool dry = say_modes() & SAY_DRY;
	off_t size;
	const int fd = open_file(name, &size);
	struct entry mine;
	struct list l;
	int lock;

	/* One that cannot be opened now is there, too. */
	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
	    errno != EACCES && errno != EIO)
		return;
	close_keep(fd);
	lock = dry ? lock_open(HOSTS_LOCK, false) : lock_wait(HOSTS_LOCK);
	list_read(&l, lock);
	if (list_take(&l, name, &mine) && each_file(&l, &mine, take_out) < 0)
		warn("%s", said());
	if (!dry) {
		list_write(&l, lock);
		state_drop(name, (const char *[]){FILE_NAME, NULL});
	}
	list_close(&l, lock);
}

bool
hosts_prune(int lock)
{
	struct list l;
	off_t size;
	int fd;

	list_read(&l, lock);
	for (unsigned i = 0; i < l.n; i++) {
		fd = open_file(l.entries[i].box, &size);
		if (fd < 0 && errno == ENOENT)
			list_drop(&l, &l.entries[i--]);
		close_keep(fd);
	}
	if (l.n && !(say_modes() & SAY_DRY))
		list_write(&l, lock);
	free(l.text);
	return l.n > 0;
}
