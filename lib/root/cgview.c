// SPDX-License-Identifier: MIT
/*
 * cgview - the limits of the box, for programs that size themselves
 *
 * Java, Go and others read the limits of their group at /sys/fs/cgroup.  In a
 * cgroup namespace of its own, the box's group is the root of each hierarchy
 * (cgroup_namespaces(7)).  Only the groups of cg-limit are shown: without one,
 * the box is in its caller's, which may have groups of others below it.
 *
 * Groups that ns-spawn --delegate has given to the box's root are there to be
 * written, for groups of the box's own boxes.
 *
 * v1 hierarchies have a directory each; where there is none, the v2 hierarchy
 * is /sys/fs/cgroup itself.
 */
#include "root/cgview.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "cg/delegate.h"
#include "cg/tree.h"
#include "root/inroot.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VIEW (MNT_SAFE | (delegated ? 0 : MOUNT_ATTR_RDONLY))

static bool delegated;

/* Whether a program looks for limits there: each costs a mount.  The CPUs of a
 * cpuset are seen by sched_getaffinity(2). */
static bool
has_limits(const char *list)
{
	if (delegated)
		return cg_is_given(list);
	return strcmp(list, "cpu") == 0 || strncmp(list, "cpu,", 4) == 0 ||
	       strcmp(list, "memory") == 0 || strcmp(list, "pids") == 0;
}

/* The directory LIST in TOP, and a link to it for each controller
 * of several. */
static int
make_dir(int top, const char *list)
{
	const char *word = list, *end;
	char name[NAME_MAX + 1];

	for (; strchr(list, ',') && *word; word = end + (*end == ',')) {
		end = strchrnul(word, ',');
		snprintf(name, sizeof(name), "%.*s", (int)(end - word), word);
		if (symlinkat(list, top, name) < 0)
			return -1;
	}
	return inroot_subdir(top, list);
}

/* Whether GROUP, of the hierarchy LIST, is the box's own.  In a cgroup
 * namespace that is not the box's, the path of the group is longer. */
static bool
is_top(const char *list, const char *group)
{
	return (say_modes() & SAY_DRY) || strcmp(group, "/") == 0 ||
	       (!*list && delegated && strcmp(group, "/" CG_OWN) == 0);
}

/* The name of the directory for the hierarchy LIST, as on hosts. */
static const char *
dir_name(const char *list)
{
	if (strncmp(list, "name=", 5) == 0)
		return list + 5;
	return *list ? list : "unified";
}

/* Adds a directory of the tmpfs TOP, at DIR, for a hierarchy. */
static void
add(int top, const char *list, const char *dir)
{
	char where[PATH_MAX];
	int mnt;

	path_fmt(where, sizeof(where), "%s/%s", dir, dir_name(list));
	mnt = *list ? mnt_new("cgroup", list, VIEW, where)
		    : mnt_new("cgroup2", NULL, VIEW, where);
	/* EPERM: the cgroup namespace is of another user namespace. */
	if (mnt == -2 || (mnt == -1 && errno == EPERM))
		return;
	if (mnt < 0 || mnt_attach(mnt, make_dir(top, dir_name(list))) < 0)
		die_said();
	close(mnt);
}

void
cgview_make(int sys, const char *dir, bool delegate)
{
	const bool dry = say_modes() & SAY_DRY;
	const char *dirs[CG_TREES + 1];
	char where[PATH_MAX], *text, *list, *group;
	bool v2 = false;
	size_t n = 0;
	int top;

	path_fmt(where, sizeof(where), "%s/sys/fs/cgroup", dir);
	delegated = delegate;
	text = slurp_at(AT_FDCWD, "/proc/self/cgroup");
	if (!text)
		die("read /proc/self/cgroup");
	while (n < CG_TREES && cg_next(&text, &list, &group)) {
		if (!cg_is_own(list) || !is_top(list, group))
			continue;
		v2 = v2 || !*list;
		if (*list && has_limits(list))
			dirs[n++] = list;
	}
	if (n && v2 && delegated)
		dirs[n++] = "";
	if (n == 0 && !v2)
		return;
	top = n ? mnt_new("tmpfs", "mode=0755,size=64k,nr_inodes=32", MNT_SAFE,
		      where)
		: mnt_new("cgroup2", NULL, VIEW, where);
	if (top == -1 && !n && errno == EPERM)
		return;
	if (top == -1)
		die_said();
	if (!dry && mnt_attach(top,
			openat(sys, "fs/cgroup",
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		die("%s", where);
	for (size_t i = 0; i < n; i++)
		add(top, dirs[i], where);
	if (n && say(SAY_SH, "mount -o remount,bind,ro %s", where) &&
	    mnt_attr(top, MOUNT_ATTR_RDONLY, false) < 0)
		die_said();
	close(top);
}
