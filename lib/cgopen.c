// SPDX-License-Identifier: MIT
/*
 * cgopen - the group of another cg-limit
 *
 * Its lock has the record of its directories (cgend.h).  Somebody has the lock:
 * the group lives.  As everywhere, a line counts only if it names a group of
 * that name in a hierarchy of this host.
 */
#include "cgopen.h"
#include "cgend.h"
#include "die.h"
#include "file.h"
#include "lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
open_part(struct cgroup *g, const char *dir)
{
	const struct cg_tree *t = cg_tree_around(dir);
	struct cgroup_part *p = &g->parts[g->n_parts];

	if (!t || strcmp(strrchr(dir, '/') + 1, g->name) != 0 ||
	    g->n_parts == sizeof(g->parts) / sizeof(*g->parts))
		return;
	p->tree = t;
	p->need = t->version == 1
		      ? t->has
		      : cg_controllers(dir, "cgroup.controllers") | CG_CPUACCT;
	path_fmt(p->dir, PATH_MAX, "%s", dir);
	g->n_parts++;
}

void
cgroup_open(struct cgroup *g, const char *name)
{
	char list[(CG_N + 3) * PATH_MAX], *dir, *rest;

	*g = (struct cgroup){.name = name, .lock_fd = -1};
	snprintf(g->lock, sizeof(g->lock), CG_LOCK "%s", name);
	if (lock_read(g->lock, list, sizeof(list)) < 0) {
		if (errno == ENOENT)
			diex("no cg-limit has a group of the name %s", name);
		die("read %s/lock/%s", state_dir(), g->lock);
	}
	for (dir = strtok_r(list, "\n", &rest); dir;
	     dir = strtok_r(NULL, "\n", &rest))
		open_part(g, dir);
	if (g->n_parts == 0)
		diex("%s/lock/%s names no group of this host's", state_dir(),
		    g->lock);
}

void
cgroup_has(const struct cgroup *g, unsigned controller)
{
	if (cgroup_version(g, controller))
		return;
	errno = 0;
	die_hint("cg-limit --all, or any limit of that kind, gives it one",
	    "the group %s has no controller %s", g->name,
	    cg_names(controller, ""));
}
