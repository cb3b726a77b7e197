// SPDX-License-Identifier: MIT
/*
 * at - a control group by its path
 *
 * An engine chooses the path, and looks at the group in all hierarchies: it
 * counts, freezes and kills there.  So the group is in all of them, and the
 * path is followed as the engine does, from each mount point.
 */
#include "cg/at.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
add(struct cgroup *g, const struct cg_tree *t, const char *path)
{
	char *dir = text_fmt("%s%s", t->top, path);
	struct cgroup_part *p = cgroup_part(g, t);

	if (path_inside(t->own, dir))
		diex("the group %s holds this process", dir);
	p->dir = dir;
	p->need |= t->has;
}

static bool
has_limits(const struct cg_tree *t)
{
	bool has = false;

	for (unsigned c = 1; c < CG_ALL; c <<= 1)
		has = has || cg_tree_find(c) == t;
	return has;
}

void
cgroup_at_begin(struct cgroup *g, const char *path)
{
	/* That of pids is first: cgroup_begin(). */
	const struct cg_tree *t = cg_tree_find(CG_PIDS);

	*g = (struct cgroup){.name = path, .lock_fd = -1};
	if (!*path)
		diex("--group: / is the group of the whole host");
	if (t)
		add(g, t, path);
	for (size_t i = 0; (t = cg_tree_number(i)); i++)
		if (t->top && (t->version == 1 || has_limits(t)))
			add(g, t, path);
	if (g->n_parts == 0)
		cg_tree_any();
}

/* v1: each group needs CPUs and memory nodes before a process (cpuset(7)).
 * LAST has those of the group above. */
static int
inherit_cpuset(const char *dir, char *last[2])
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char *text;

	for (int i = 0; i < 2; i++) {
		if (cg_look(dir, files[i], &text) < 0)
			return -1;
		if (text)
			text[strcspn(text, "\n")] = '\0';
		if (text && *text) {
			free(last[i]);
			last[i] = text;
			continue;
		}
		free(text);
		if (last[i] && cg_write(dir, files[i], last[i]) < 0)
			return -1;
	}
	return 0;
}

/* The needed controllers, and the others if groups there can have them. */
static int
turn_on(const struct cgroup *g, const char *dir)
{
	const unsigned all = cg_controllers(dir, "cgroup.controllers");

	if (cgv2_turn_on(dir, g->v2.need) < 0)
		return -1;
	if (cgv2_turn_on(dir, all) < 0)
		for (unsigned c = 1; c < 1u << CG_N; c <<= 1)
			if (all & c)
				cgv2_turn_on(dir, c);
	return 0;
}

static int
make_one(struct cgroup *g, struct cgroup_part *p, bool last, char *cpuset[2])
{
	if (access(p->dir, F_OK) < 0) {
		if (cg_mkdir(p->dir) == 0)
			p->above = p->above ? p->above : strlen(p->dir);
		else if (errno != EEXIST)
			return -1;
	}
	if ((p->tree->has & CG_CPUSET) && inherit_cpuset(p->dir, cpuset) < 0)
		return -1;
	if (p->tree->version == 1)
		return 0;
	return last ? cgv2_limit_groups(p->dir, g->v2.groups)
		    : turn_on(g, p->dir);
}

/* Makes the groups of the part, from the mount point down. */
static int
make(struct cgroup *g, struct cgroup_part *p)
{
	char *end = p->dir + strlen(p->tree->top), *cpuset[2] = {NULL, NULL};
	int result = 0;

	p->made = true;
	for (; end && result == 0;) {
		const char next = *end;

		*end = '\0';
		result = make_one(g, p, !next, cpuset);
		*end = next;
		end = next ? strchrnul(end + 1, '/') : NULL;
	}
	for (int i = 0; i < 2; i++)
		free(cpuset[i]);
	return result;
}

/* Its processes would be killed at the end. */
static void
check_unused(const char *dir)
{
	struct stat st;
	char *procs;

	if (cg_look(dir, "cgroup.procs", &procs) < 0)
		die_said();
	if (procs && *procs)
		diex("the group %s has processes", dir);
	if (procs && stat(dir, &st) < 0)
		die("look at %s", dir);
	/* The links of a directory: two, and one of each below it. */
	if (procs && st.st_nlink > 2)
		diex("the group %s has groups", dir);
	free(procs);
}

/* A process stops as it joins such a group, for good. */
static void
check_thawed(struct cgroup *g, const struct cgroup_part *p)
{
	const bool v2 = p->tree->version == 2;
	char *text = NULL;

	if ((v2 || p->tree->has & CG_FREEZER) &&
	    cg_look(p->dir, v2 ? "cgroup.events" : "freezer.state", &text) < 0)
		cgroup_fail(g, p->tree);
	if (text && strstr(text, v2 ? "frozen 1" : "FR") != NULL) {
		warnx("the group %s, or one above, is frozen", p->dir);
		cgroup_abandon(g);
	}
	free(text);
}

void
cgroup_at_make(struct cgroup *g)
{
	for (int i = 0; i < g->n_parts; i++) {
		/* Of a hierarchy that only a file of --set needs. */
		if (!g->parts[i].dir)
			add(g, g->parts[i].tree, g->name);
		check_unused(g->parts[i].dir);
		if (g->parts[i].tree->version == 2)
			g->v2.need = g->parts[i].need & ~CG_BARE;
	}
	for (int i = 0; i < g->n_parts; i++)
		if (make(g, &g->parts[i]) < 0)
			cgroup_fail(g, g->parts[i].tree);
	for (int i = 0; i < g->n_parts; i++)
		check_thawed(g, &g->parts[i]);
}

void
cgroup_at_here(struct cgroup *g)
{
	const struct cg_tree *t = cg_tree_find(CG_PIDS);
	struct cgroup_part *p;
	char *events;

	*g = (struct cgroup){.lock_fd = -1};
	if (!t || t->version != 2)
		diex("--here: limits are not on cgroup v2 here");
	/* Only the root of the hierarchy has no such file. */
	events = cg_read(t->own, "cgroup.events");
	if (!events)
		diex("--here: / is the group of the whole host");
	free(events);
	if (!cgv2_only_stages(t->own))
		diex("--here: the group %s has other processes", t->group);
	g->name = t->group;
	p = cgroup_part(g, t);
	p->dir = text_fmt("%s", t->own);
	p->need = CG_BARE | cg_controllers(t->own, "cgroup.controllers");
}

void
cgroup_at_open(struct cgroup *g, const char *path)
{
	int n = 0;

	cgroup_at_begin(g, path);
	for (int i = 0; i < g->n_parts; i++) {
		struct cgroup_part *p = &g->parts[i];

		if (access(p->dir, F_OK) < 0)
			continue;
		if (p->tree->version == 2)
			p->need = CG_BARE |
				  cg_controllers(p->dir, "cgroup.controllers");
		g->parts[n++] = *p;
	}
	if (n == 0)
		diex("there is no group %s", path);
	g->n_parts = n;
}
