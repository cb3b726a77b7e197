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
	    (options && strcmp(options, "ro") && strcmp(options, "rw")))
		diex("--volume: '%s' is not FROM:/TO, FROM:/TO:ro or "
		     "FROM:/TO:rw",
		    word);
	add(all, (struct volume){from, to, options});
}

void
volume_add_tmpfs(struct volumes *all, const char *word)
{
	char *to = copy(word), *options = cut(to);

	if (*to != '/')
		diex("--tmpfs: '%s' is not /TO or /TO:OPTIONS", word);
	add(all, (struct volume){NULL, to, options});
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

static void
put_bind(const struct volume *v, int root, const char *dir, bool nosuid)
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
	close(mnt);
	close(at);
}

static void
put_tmpfs(const struct volume *v, int root, const char *dir)
{
	char where[PATH_MAX];
	int mnt, at;

	snprintf(where, sizeof(where), "%s%s", dir, say_word(v->to));
	mnt = mnt_new(
	    "tmpfs", v->options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, where);
	if (mnt == -2)
		return;
	if (mnt < 0)
		die_said();
	at = target(root, v, dir, false);
	if (mnt_attach(mnt, at) < 0)
		die_said();
	close(mnt);
	close(at);
}

void
volumes_put(const struct volumes *all, int root, const char *dir, bool nosuid)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->v[i].from)
			put_bind(&all->v[i], root, dir, nosuid);
		else
			put_tmpfs(&all->v[i], root, dir);
}
