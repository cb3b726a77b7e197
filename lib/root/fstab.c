// SPDX-License-Identifier: MIT
/*
 * fstab - the mounts of a root directory by a table
 *
 * The table is the caller's, the root directory is hostile.  A target is opened
 * below the root, where a link leads to another place inside.  The row's own
 * words say what may lie on proc and sysfs: no link of the root leads there.  A
 * path below a new file system of the table begins at that mount, not at its
 * name, which the root could have changed meanwhile.
 */
#include "root/fstab.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "root/copyup.h"
#include "root/inroot.h"
#include "root/mnt.h"
#include "root/pivot.h"
#include "root/words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *name; /* of the table, for messages */

/* The next field of *REST, with \040 and the like undone; NULL at the end. */
static char *
field(char **rest)
{
	char *start = *rest + strspn(*rest, " \t\r"), *from = start,
	     *to = start;
	unsigned c;

	if (!*start)
		return NULL;
	while (*from && !strchr(" \t\r", *from))
		if (sscanf(from, "\\%3o", &c) == 1 &&
		    strspn(from + 1, "01234567") >= 3 && c > 0 && c < 256) {
			*to++ = (char)c;
			from += 4;
		} else {
			*to++ = *from++;
		}
	*rest = *from ? from + 1 : from;
	*to = '\0';
	return start;
}

static const struct {
	const char *name;
	uint64_t how;
} propagations[] = {
    {"private", MS_PRIVATE},
    {"slave", MS_SLAVE},
    {"shared", MS_SHARED},
    {"unbindable", MS_UNBINDABLE},
};

static bool
take_propagation(struct fsrow *r, const char *word)
{
	const bool deep = *word == 'r';

	for (size_t i = 0; i < sizeof(propagations) / sizeof(*propagations);
	     i++)
		if (strcmp(word + deep, propagations[i].name) == 0) {
			r->propagation = propagations[i].how;
			r->propagation_deep = deep;
			return true;
		}
	return false;
}

/* False: the word is the file system's. */
static bool
take_word(struct fsrow *r, const char *word)
{
	const struct mount_word *w = mount_word(word);

	if (w) {
		r->attr |= w->attr;
		return true;
	}
	if (*word == 'r' && (w = mount_word(word + 1))) {
		r->attr_deep |= w->attr;
		return true;
	}
	if (strcmp(word, "bind") == 0 || strcmp(word, "rbind") == 0) {
		r->bind = true;
		r->deep = *word == 'r';
		return true;
	}
	if (strcmp(word, "idmap") == 0 || strcmp(word, "ridmap") == 0)
		return r->shift = true;
	if (strcmp(word, "tmpcopyup") == 0)
		return r->copy_up = true;
	return take_propagation(r, word);
}

static void
take_options(struct fsrow *r, char *options)
{
	char *word, *data;
	FILE *f = text_open(&data);

	while ((word = strsep(&options, ",")))
		if (*word && !take_word(r, word))
			fprintf(f, "%s%s", ftell(f) > 0 ? "," : "", word);
	text_close(f);
	r->data = *data ? data : NULL;
}

__attribute__((noreturn)) static void
refuse(const struct fsrow *r, const char *text)
{
	diex("%s:%u: %s %s: %s", name, r->line, r->type, r->target, text);
}

/* A bind that mounts of the host's reach. */
static bool
has_peers(const struct fsrow *r)
{
	return r->bind &&
	       (r->propagation == MS_SLAVE || r->propagation == MS_SHARED);
}

static void
check(const struct fsrow *r)
{
	if (!*r->target)
		refuse(r, "the root directory itself has no row");
	if (!r->bind && strcmp(r->type, "none") == 0)
		refuse(r, "neither bind nor rbind");
	if (r->copy_up && strcmp(r->type, "tmpfs") != 0)
		refuse(r, "tmpcopyup is for tmpfs");
	if (!r->bind && r->shift)
		refuse(r, "idmap is for binds");
	if (!r->bind && r->propagation == MS_SLAVE)
		refuse(r, "a new file system has nothing to be a slave of");
	if (!r->bind)
		return;
	if (r->data)
		diex("%s:%u: bind %s: unknown option %s", name, r->line,
		    r->target, r->data);
	if (has_peers(r) && !r->deep)
		refuse(r, "slave and shared are for rbind");
	if (has_peers(r) && r->shift)
		refuse(r, "idmap is for private binds");
}

static void
take_line(struct fstab *t, char *line, unsigned number)
{
	char *const what = text_fmt("%s:%u", name, number);
	struct fsrow r = {.line = number, .mnt = -1};
	char *target, *options;

	r.source = field(&line);
	if (!r.source || *r.source == '#')
		return;
	target = field(&line);
	r.type = target ? field(&line) : NULL;
	options = r.type ? field(&line) : NULL;
	if (!options)
		diex("%s: not 'SOURCE TARGET TYPE OPTIONS'", what);
	r.target = parse_path(what, target);
	r.bind = strcmp(r.type, "bind") == 0;
	take_options(&r, options);
	check(&r);
	if (t->n == FSTAB_ROWS)
		diex("%s: more than %d rows", name, FSTAB_ROWS);
	t->rows[t->n++] = r;
	free(what);
}

void
fstab_read(struct fstab *t, const char *path)
{
	const int fd =
	    door_fd() >= 0 ? door_file(path) : open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : slurp_fd(fd), *line;

	if (!text)
		die("--fstab %s", path);
	close(fd);
	name = path;
	for (unsigned number = 1; (line = strsep(&text, "\n")); number++)
		take_line(t, line, number);
}

int
fstab_place(const struct fstab *t, int root, const char **path)
{
	const char *over = NULL; /* the highest of later binds */

	for (unsigned i = t->n; i-- > 0;) {
		const struct fsrow *r = &t->rows[i];

		if (r->mnt < 0 || !path_inside(*path, r->target))
			continue;
		if (r->bind && (!over || path_inside(over, r->target)))
			over = r->target;
		if (r->bind || (over && path_inside(r->target, over)))
			continue;
		*path += strlen(r->target);
		return r->mnt;
	}
	return root;
}

static bool
is_kernels(const struct fsrow *r)
{
	return !r->bind &&
	       (strcmp(r->type, "proc") == 0 || strcmp(r->type, "sysfs") == 0);
}

/* The files of proc that engines cover: lxcfs(7). */
static bool
may_cover(const char *proc_path)
{
	static const char *const files[] = {"cpuinfo", "diskstats", "loadavg",
	    "meminfo", "slabinfo", "stat", "swaps", "uptime"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (*proc_path == '/' && strcmp(proc_path + 1, files[i]) == 0)
			return true;
	return false;
}

/* Opens the mount point of the row R of T. */
static int
target(const struct fstab *t, const struct fsrow *r, int root, bool file)
{
	const char *path = r->target;
	const int base = fstab_place(t, root, &path);
	/* A false /proc could be shown in place of the true one. */
	const int fd = is_kernels(r) ? inroot_plain(base, path)
				     : inroot_make(base, path, file);
	struct stat st, top;
	struct statfs fs, on;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0 ||
	    fstat(root, &top) < 0 || fstatfs(base, &on) < 0)
		die("%s:%u: %s", name, r->line, r->target);
	if (st.st_ino == top.st_ino && st.st_dev == top.st_dev)
		refuse(r, "it leads to the root directory itself");
	if ((fs.f_type == PROC_SUPER_MAGIC &&
		!(on.f_type == PROC_SUPER_MAGIC && may_cover(path))) ||
	    (fs.f_type == SYSFS_MAGIC && on.f_type != SYSFS_MAGIC))
		refuse(r, "nothing may be mounted there");
	return fd;
}

static enum door_op
op_of(const struct fsrow *r)
{
	if (r->propagation == MS_SLAVE)
		return DOOR_SLAVE;
	if (r->propagation == MS_SHARED)
		return DOOR_SHARED;
	if (r->shift)
		return r->deep ? DOOR_SHIFT : DOOR_SHIFT_TOP;
	return r->deep ? DOOR_BIND : DOOR_TOP;
}

/* The mount of R, detached; -2 with -n. */
static int
make(const struct fsrow *r, const char *where)
{
	const enum door_op op = op_of(r);
	const uint64_t attr = r->attr | r->attr_deep;

	if (is_kernels(r))
		return kernel_fs(r->type, r->data, attr, where);
	if (!r->bind)
		return mnt_new_of(r->source, r->type, r->data,
		    r->copy_up ? attr & ~(uint64_t)MOUNT_ATTR_RDONLY : attr,
		    where);
	if (!say(SAY_SH, "mount %s%s%s %s %s", r->deep ? "--rbind" : "--bind",
		op == DOOR_SLAVE    ? " --make-rslave"
		: op == DOOR_SHARED ? " --make-rshared"
				    : "",
		attr & MOUNT_ATTR_RDONLY ? " -o ro" : "", say_word(r->source),
		where))
		return -2;
	if ((has_peers(r) || r->shift) && door_fd() < 0)
		refuse(r, "needs ns-spawn in front");
	return mnt_open(op, "", r->source, NULL);
}

/* A new file system has its attributes from the start, but a full one. */
static int
set_attr(const struct fsrow *r, int mnt)
{
	if (!r->bind && !r->copy_up)
		return 0;
	if (r->attr && mnt_attr(mnt, r->attr, false) < 0)
		return -1;
	return r->attr_deep ? mnt_attr(mnt, r->attr_deep, true) : 0;
}

static void
put(const struct fstab *t, struct fsrow *r, int root, const char *dir)
{
	const int mnt = make(r, text_fmt("%s%s", dir, say_word(r->target)));
	struct stat st;
	int at;

	if (mnt == -2)
		return;
	if (mnt < 0)
		die_said();
	if (fstat(mnt, &st) < 0)
		die("stat %s", r->source);
	at = target(t, r, root, !S_ISDIR(st.st_mode));
	if (r->copy_up)
		copyup(at, mnt, r->target);
	if (set_attr(r, mnt) < 0 || mnt_attach(mnt, at) < 0 ||
	    (r->propagation && !has_peers(r) &&
		mnt_propagation(mnt, r->propagation, r->propagation_deep) < 0))
		die("%s:%u: mount %s on %s%s", name, r->line, r->source, dir,
		    r->target);
	r->mnt = mnt;
}

void
fstab_mount(struct fstab *t, int root, const char *dir)
{
	for (unsigned i = 0; i < t->n; i++)
		put(t, &t->rows[i], root, dir);
}
