// SPDX-License-Identifier: MIT
/*
 * volume - binds and tmpfs in a box's root directory
 *
 * A bind includes the mounts below its source.  Flags are only added to them: a
 * mount that is read-only, nosuid, nodev, noexec or noatime on the host stays
 * so, and no call clears a flag that the kernel has locked.
 */
#include "root/volume.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "root/inroot.h"
#include "root/mnt.h"
#include "root/words.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* PATH, which begins with a slash, without empty parts and ".". */
static char *
tidy(const char *path)
{
	char *tidy = text_fmt("%s", path), *end = tidy;

	while (*(path += strspn(path, "/"))) {
		const size_t len = strcspn(path, "/");

		if (len != 1 || *path != '.') {
			*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		path += len;
	}
	if (end == tidy)
		*end++ = '/';
	*end = '\0';
	return tidy;
}

static void
add(struct volumes *all, struct volume v)
{
	v.to = tidy(v.to);
	if (all->n == VOLUMES)
		diex("more than %d of --volume, --tmpfs and --device", VOLUMES);
	all->v[all->n++] = v;
}

/* Ends S at its first colon, and returns the rest; NULL if there is none. */
static char *
cut(char *s)
{
	char *colon = strchr(s, ':');

	if (colon)
		*colon++ = '\0';
	return colon;
}

/* The last ":/" in S, so FROM may have colons; NULL if there is none. */
static char *
find_to(char *s)
{
	char *to = NULL;

	while ((s = strstr(s, ":/")))
		to = s++;
	return to;
}

/* Takes the words MODES ("ro,z") for V. */
static void
take_modes(char *modes, struct volume *v)
{
	const char *word;

	while ((word = strsep(&modes, ",")))
		if (strcmp(word, "ro") == 0)
			v->attr = MOUNT_ATTR_RDONLY;
		else if (strcmp(word, "rslave") == 0)
			v->op = DOOR_SLAVE;
		else if (strcmp(word, "rprivate") == 0)
			v->op = DOOR_BIND;
		else if (strcmp(word, "rshared") == 0 ||
			 strcmp(word, "shared") == 0)
			diex(
			    "--volume: '%s' would give the box's mounts to the "
			    "host",
			    word);
		else if (strcasecmp(word, "z") == 0)
			warnx("--volume: '%s' is ignored: a box has no label "
			      "of SELinux",
			    word);
		else if (strcmp(word, "rw") != 0)
			diex(
			    "--volume: '%s' is not ro, rw, rslave, rprivate or "
			    "z",
			    word);
}

void
volume_add(struct volumes *all, const char *word)
{
	char *from = text_fmt("%s", word), *at = find_to(from);
	char *to = at ? cut(at) : NULL, *modes = to ? cut(to) : NULL;
	struct volume v = {.from = from, .to = to, .op = DOOR_BIND};

	if (!*from || !to)
		diex("--volume: '%s' is not FROM:/TO or FROM:/TO:ro", word);
	if (modes)
		take_modes(modes, &v);
	add(all, v);
}

/* Removes the mount's attributes from OPTIONS, and returns them. */
static uint64_t
take_attrs(char *options)
{
	char *rest = options, *end = options, *word;
	const struct mount_word *known;
	uint64_t attr = 0;
	size_t len;

	while ((word = strsep(&rest, ","))) {
		known = mount_word(word);
		if (known && known->loose)
			diex("--tmpfs: '%s' would loosen the box", word);
		if (known) {
			attr |= known->attr;
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
	char *to = text_fmt("%s", word), *options = cut(to);
	uint64_t attr;

	if (*to != '/')
		diex("--tmpfs: '%s' is not /TO or /TO:OPTIONS", word);
	attr = options ? take_attrs(options) : 0;
	if (options && !*options)
		options = NULL;
	add(all, (struct volume){.to = to, .options = options, .attr = attr});
}

/* Whether MODES are docker's for a device that can be read and written. */
static bool
are_rights(const char *modes)
{
	return modes[strspn(modes, "rwm")] == '\0' && strchr(modes, 'r') &&
	       strchr(modes, 'w');
}

void
volume_add_device(struct volumes *all, const char *word)
{
	char *from = text_fmt("%s", word), *rest = cut(from), *modes = NULL;
	const char *to = from;

	if (rest && *rest == '/') {
		to = rest;
		modes = cut(rest);
	} else {
		modes = rest;
	}
	if (*from != '/' || *to != '/')
		diex("--device: '%s' is not /NODE or /NODE:/TO", word);
	if (modes && !are_rights(modes))
		diex("--device: '%s': a mount takes no right away, so it is rw "
		     "or rwm; cg-device has rules",
		    modes);
	add(all, (struct volume){.from = from,
		     .to = to,
		     .op = DOOR_NODE,
		     .attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC});
}

/* Opens the place of V below ROOT; /proc and /sys are the kernel's. */
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
	if (S_ISDIR(st.st_mode) == file) {
		errno = file ? EISDIR : ENOTDIR;
		die("%s%s", dir, v->to);
	}
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

/* The mount of V, detached; -2 with -n. */
static int
make(const struct volume *v, const char *dir)
{
	const char *where = text_fmt("%s%s", dir, say_word(v->to));

	if (!v->from)
		return mnt_new("tmpfs", v->options,
		    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | v->attr, where);
	if (!say(SAY_SH, "mount %s%s%s %s %s",
		v->op == DOOR_NODE ? "--bind" : "--rbind",
		v->op == DOOR_SLAVE ? " --make-rslave" : "",
		v->attr & MOUNT_ATTR_RDONLY ? " -o ro" : "", say_word(v->from),
		where))
		return -2;
	if (v->op == DOOR_SLAVE && door_fd() < 0)
		diex("--volume: rslave needs ns-spawn in front");
	return mnt_open(v->op, v->op == DOOR_NODE ? "--device " : "--volume ",
	    v->from, NULL);
}

/* Dies unless MNT is a device that the box's root may open: if not, nobody in
 * the box may. */
static void
check_node(int mnt, const struct volume *v, const struct stat *st)
{
	if (!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode))
		diex("--device %s: not a device", v->from);
	/* EPERM: the rules of a cg-device. */
	if (faccessat(mnt, "", R_OK | W_OK, AT_EMPTY_PATH | AT_EACCESS) < 0 &&
	    errno == EACCES)
		die_hint(
		    text_fmt("chmod o+rw %s, or the host's ids: --map self",
			say_word(v->from)),
		    "--device %s, for the box's ids", v->from);
}

static void
put(struct volume *v, int root, const char *dir, bool nosuid)
{
	const char *from = v->from ? v->from : "tmpfs";
	const int mnt = make(v, dir);
	uint64_t attr = v->attr | (nosuid ? MOUNT_ATTR_NOSUID : 0);
	struct stat st;
	int at;

	if (mnt == -2)
		return;
	if (mnt < 0)
		die_said();
	if (fstat(mnt, &st) < 0)
		die("stat %s", from);
	if (v->op == DOOR_NODE)
		check_node(mnt, v, &st);
	at = target(root, v, dir, !S_ISDIR(st.st_mode));
	if (S_ISDIR(st.st_mode))
		attr |= MOUNT_ATTR_NODEV;
	if ((v->from && mnt_attr(mnt, attr, true) < 0) ||
	    mnt_attach(mnt, at) < 0)
		die("mount %s on %s%s", from, dir, v->to);
	v->id = mount_id(mnt);
	close(mnt);
}

/* The number of names in PATH. */
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

/* Dies if another volume, or a file of the box's own, covers V, or a part of
 * its path. */
static void
check_seen(const struct volumes *all, const struct volume *v, int root)
{
	const int fd = inroot_make(root, v->to, false);
	const uint64_t id = fd < 0 ? 0 : mount_id(fd);
	unsigned n = all->n;

	if (fd >= 0)
		close(fd);
	if (id == v->id)
		return;
	while (n > 0 && all->v[n - 1].id != id)
		n--;
	diex("%s is hidden by %s", v->to, n ? all->v[n - 1].to : "the box");
}

/* A directory is mounted before those below it: then it hides none of them. */
void
volumes_put(struct volumes *all, int root, const char *dir, bool nosuid)
{
	struct volume *sorted[VOLUMES];

	for (unsigned i = 0; i < all->n; i++)
		sorted[i] = &all->v[i];
	qsort(sorted, all->n, sizeof(sorted) / VOLUMES, compare);
	for (unsigned i = 0; i < all->n; i++)
		put(sorted[i], root, dir, nosuid);
}

void
volumes_check(const struct volumes *all, int root)
{
	for (unsigned i = 0; i < all->n && !(say_modes() & SAY_DRY); i++)
		check_seen(all, &all->v[i], root);
}

bool
volumes_have(const struct volumes *all, const char *path)
{
	for (unsigned i = 0; i < all->n; i++)
		if (strcmp(all->v[i].to, path) == 0)
			return true;
	return false;
}
