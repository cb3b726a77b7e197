// SPDX-License-Identifier: MIT
/*
 * volume - binds and tmpfs in a box's root directory
 *
 * A bind brings what is mounted below it.  Flags are only ever added to those
 * mounts, so that what the host has read-only, nosuid, nodev, noexec or noatime
 * stays so, and where the kernel has locked it no call asks to take it off.
 */
#include "root/volume.h"
#include "base/die.h"
#include "base/say.h"
#include "root/inroot.h"
#include "root/mnt.h"
#include "root/view.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static void
add(struct volumes *all, struct volume v)
{
	if (all->n == VOLUMES)
		diex("more than %d of --volume and --tmpfs", VOLUMES);
	all->v[all->n++] = v;
}

/* Splits at the next colon; NULL after the last. */
static char *
cut(char *s)
{
	char *colon = s ? strchr(s, ':') : NULL;

	if (colon)
		*colon++ = '\0';
	return colon;
}

static char *
copy(const char *s)
{
	char *c = strdup(s);

	if (!c)
		die("strdup");
	return c;
}

void
volume_add(struct volumes *all, const char *word)
{
	char *from = copy(word), *to = cut(from), *options = cut(to);

	if (!*from || !to || *to != '/' ||
	    (options && strcmp(options, "ro") != 0 &&
		strcmp(options, "rw") != 0))
		diex("--volume: '%s' is not FROM:/TO, FROM:/TO:ro or "
		     "FROM:/TO:rw",
		    word);
	add(all, (struct volume){.from = from, .to = to, .options = options});
}

/* Attributes of a mount, as mount(8) calls them.  All others are options of the
 * file system. */
static const struct {
	const char *name;
	uint64_t attr;
	bool loose; /* what a box's mounts do not allow */
} attrs[] = {
    {"rw", 0, false},
    {"ro", MOUNT_ATTR_RDONLY, false},
    {"nosuid", 0, false},
    {"nodev", 0, false},
    {"suid", 0, true},
    {"dev", 0, true},
    {"exec", 0, false},
    {"noexec", MOUNT_ATTR_NOEXEC, false},
    {"atime", 0, false},
    {"noatime", MOUNT_ATTR_NOATIME, false},
    {"relatime", 0, false},
    {"strictatime", MOUNT_ATTR_STRICTATIME, false},
    {"diratime", 0, false},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, false},
    {"defaults", 0, false},
    {"async", 0, false},
};

/* Takes the mount's attributes out of OPTIONS. */
static uint64_t
take_attrs(char *options)
{
	const size_t n = sizeof(attrs) / sizeof(*attrs);
	char *rest = options, *end = options, *word;
	uint64_t attr = 0;
	size_t i, len;

	while ((word = strsep(&rest, ","))) {
		for (i = 0; i < n && strcmp(word, attrs[i].name) != 0; i++)
			;
		if (i < n && attrs[i].loose)
			diex("--tmpfs: '%s' would loosen the box", word);
		if (i < n) {
			attr |= attrs[i].attr;
			continue;
		}
		len = strlen(word);
		if (end > options)
			*end++ = ',';
		memmove(end, word, len);
		end += len;
	}
	*end = '\0';
	return attr;
}

void
volume_add_tmpfs(struct volumes *all, const char *word)
{
	char *to = copy(word), *options = cut(to);
	uint64_t attr;

	if (*to != '/')
		diex("--tmpfs: '%s' is not /TO or /TO:OPTIONS", word);
	attr = options ? take_attrs(options) : 0;
	if (options && !*options)
		options = NULL;
	add(all, (struct volume){.to = to, .options = options, .attr = attr});
}

/* Where it goes; /proc and /sys are the kernel's. */
static int
target(int root, const struct volume *v, const char *dir, bool file)
{
	const int fd = inroot_make(root, v->to, file);
	struct statfs fs;
	struct stat st, top;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0 ||
	    fstat(root, &top) < 0)
		die("%s%s", dir, v->to);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	    (st.st_ino == top.st_ino && st.st_dev == top.st_dev))
		diex("%s%s: nothing may be mounted there", dir, v->to);
	return fd;
}

static uint64_t
mount_id(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		die("statx");
	return st.stx_mnt_id;
}

static void
put_bind(struct volume *v, int root, const char *dir, bool nosuid)
{
	const bool ro = v->options && strcmp(v->options, "ro") == 0;
	struct stat st;
	int mnt, at;

	if (!say(SAY_SH, "mount --rbind%s %s %s%s", ro ? " -o ro" : "",
		say_word(v->from), dir, say_word(v->to)))
		return;
	mnt = tree_open(DOOR_BIND, v->from, NULL);
	if (fstat(mnt, &st) < 0)
		die("stat %s", v->from);
	at = target(root, v, dir, !S_ISDIR(st.st_mode));
	if (mnt_attr(mnt,
		(ro ? MOUNT_ATTR_RDONLY : 0) |
		    (nosuid ? MOUNT_ATTR_NOSUID : 0) |
		    (S_ISDIR(st.st_mode) ? MOUNT_ATTR_NODEV : 0),
		true) < 0 ||
	    mnt_attach(mnt, at) < 0)
		die("mount %s on %s%s", v->from, dir, v->to);
	v->id = mount_id(mnt);
	close(mnt);
	close(at);
}

static void
put_tmpfs(struct volume *v, int root, const char *dir)
{
	char where[PATH_MAX];
	int mnt, at;

	snprintf(where, sizeof(where), "%s%s", dir, say_word(v->to));
	mnt = mnt_new("tmpfs", v->options,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | v->attr, where);
	if (mnt == -2)
		return;
	if (mnt < 0)
		die_said();
	at = target(root, v, dir, false);
	if (mnt_attach(mnt, at) < 0)
		die_said();
	v->id = mount_id(mnt);
	close(mnt);
	close(at);
}

/* How many directories PATH names. */
static unsigned
depth(const char *path)
{
	unsigned n = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		n++;
		path += strcspn(path, "/");
	}
	return n;
}

/* By depth; of the same depth in the order of the words. */
static int
compare(const void *a, const void *b)
{
	const struct volume *const *v = a, *const *w = b;
	const unsigned m = depth((*v)->to), n = depth((*w)->to);

	return m != n ? (m > n) - (m < n) : (*v > *w) - (*v < *w);
}

/* Dies if another one of the N covers V, or a part of the path to it. */
static void
check_seen(
    struct volume *const *sorted, unsigned n, const struct volume *v, int root)
{
	const int fd = inroot_make(root, v->to, false);
	const uint64_t id = fd < 0 ? 0 : mount_id(fd);

	if (fd >= 0)
		close(fd);
	if (id == v->id)
		return;
	while (n > 0 && sorted[n - 1]->id != id)
		n--;
	diex("%s is hidden by %s", v->to, n ? sorted[n - 1]->to : "the box");
}

/* A directory comes before the directories below it, so that none is hidden. */
void
volumes_put(struct volumes *all, int root, const char *dir, bool nosuid)
{
	struct volume *sorted[VOLUMES];

	for (unsigned i = 0; i < all->n; i++)
		sorted[i] = &all->v[i];
	qsort(sorted, all->n, sizeof(sorted) / VOLUMES, compare);
	for (unsigned i = 0; i < all->n; i++)
		if (sorted[i]->from)
			put_bind(sorted[i], root, dir, nosuid);
		else
			put_tmpfs(sorted[i], root, dir);
	for (unsigned i = 0; i < all->n && !(say_modes() & SAY_DRY); i++)
		check_seen(sorted, all->n, sorted[i], root);
}

bool
volumes_have(const struct volumes *all, const char *path)
{
	for (unsigned i = 0; i < all->n; i++)
		if (strcmp(all->v[i].to, path) == 0)
			return true;
	return false;
}
