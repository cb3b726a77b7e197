// SPDX-License-Identifier: MIT
/*
 * open - the group of another cg-limit, or of another process
 *
 * Its lock has the record of its directories (cgend.h).  Somebody has the lock:
 * the group lives.  As everywhere, a line counts only if it names a group of
 * that name in a hierarchy of this host.
 */
#include "cg/open.h"
#include "base/die.h"
#include "base/file.h"
#include "box/lock.h"
#include "cg/end.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A line of /proc/PID/cgroup, "ID:LIST:GROUP". */
static void
add_line(struct cgroup *g, char *line)
{
	char *list = strchr(line, ':');
	char *group = list ? strchr(list + 1, ':') : NULL;
	struct cgroup_part *p = &g->parts[g->n_parts];
	const struct cg_tree *t;

	if (!group)
		return;
	*group++ = '\0';
	t = cg_tree_with(list + 1);
	if (!t || strcmp(t->group, group) == 0)
		return;
	if (t->top[0] && cg_dir(t, group, p->dir)) {
		p->tree = t;
		g->n_parts++;
	} else if (t->has || t->version == 2) {
		diex("the box's group %s of the hierarchy %s is not to be seen "
		     "here",
		    group, t->list[0] ? t->list : "v2");
	}
}

void
cgroup_of(struct cgroup *g, pid_t pid)
{
	char path[64], *text, *line, *rest;

	*g = (struct cgroup){.lock_fd = -1};
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	text = slurp_at(AT_FDCWD, path);
	if (!text)
		die("read %s", path);
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		add_line(g, line);
	free(text);
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
