// SPDX-License-Identifier: MIT
/*
 * open - the group of another cg-limit, or of another process
 *
 * A cg-limit's lock has the record of its directories (end.h); while a process
 * holds the lock, the group exists.  A line of the record counts only if it
 * names a group of that name in a hierarchy of this host.
 */
#include "cg/open.h"
#include "base/die.h"
#include "base/file.h"
#include "box/lock.h"
#include "cg/end.h"
#include "ns/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
add_part(struct cgroup *g, const struct cg_tree *t, char *dir, unsigned has)
{
	if (g->n_parts < CG_TREES)
		g->parts[g->n_parts++] =
		    (struct cgroup_part){.tree = t, .need = has, .dir = dir};
}

void
cgroup_open(struct cgroup *g, const char *name)
{
	const struct cg_tree *t;
	char *rest, *dir;

	*g =
	    (struct cgroup){.name = name, .lock = cg_lock(name), .lock_fd = -1};
	rest = lock_read(g->lock);
	if (!rest && errno == ENOENT)
		diex("no cg-limit has a group of the name %s", name);
	if (!rest)
		die("read %s/lock/%s", state_dir(), g->lock);
	while ((dir = strsep(&rest, "\n"))) {
		t = cg_tree_around(dir);
		if (!t || strcmp(strrchr(dir, '/') + 1, name) != 0)
			continue;
		add_part(g, t, dir,
		    t->version == 1
			? t->has
			: cg_controllers(dir, "cgroup.controllers") |
			      CG_CPUACCT);
	}
	if (g->n_parts == 0)
		diex("%s/lock/%s names no group of this host's", state_dir(),
		    g->lock);
}

/* A box of an ordinary user without limits is in a group of root's, such as
 * that of a session. */
static bool
may_join(const char *dir)
{
	struct stat st;

	return idmap_is_root() ||
	       (stat(dir, &st) == 0 && st.st_uid == geteuid());
}

void
cgroup_of(struct cgroup *g, pid_t pid)
{
	char path[64], *text, *list, *group, *dir;
	const struct cg_tree *t;

	*g = (struct cgroup){.lock_fd = -1};
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	text = slurp_at(AT_FDCWD, path);
	if (!text)
		die("read %s", path);
	while (cg_next(&text, &list, &group)) {
		t = cg_tree_with(list);
		if (!t || strcmp(t->group, group) == 0)
			continue;
		dir = t->top ? cg_dir(t, group) : NULL;
		if (dir && !may_join(dir))
			continue;
		if (dir)
			add_part(g, t, dir, 0);
		else if (t->has || t->version == 2)
			diex("no mount here shows the box's group %s of the "
			     "hierarchy %s",
			    group, *t->list ? t->list : "v2");
	}
}

void
cgroup_has(const struct cgroup *g, unsigned controllers)
{
	for (int i = 0; i < g->n_parts; i++)
		controllers &= ~g->parts[i].need;
	if (!controllers)
		return;
	errno = 0;
	die_hint(
	    "cg-limit --all, or any limit of that kind, adds the controller",
	    "the group %s has no controller %s", g->name,
	    cg_names(controllers, ""));
}
