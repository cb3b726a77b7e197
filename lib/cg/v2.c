// SPDX-License-Identifier: MIT
/*
 * v2 - a group in the v2 hierarchy
 *
 * The kernel's rule: a v2 group (but the root of the hierarchy) has either
 * processes, or groups with controllers.  The caller's group has processes.
 * 1. If these are only stages of the suite, they move to a leaf below it.
 * 2. Else the new group is made in the nearest group above that can have it.
 *    But never above a group with limits for the caller: a delegated group
 *    (user.delegate: a systemd unit with Delegate=yes, or a box), or a group
 *    that is limited itself.
 * 3. Else there is an error: we may not move other processes.
 *
 * In case 2 the new group is made in "boxtools", a group that only turns the
 * controllers on.  systemd turns off, in its own groups, controllers that none
 * of its units needs; the kernel refuses that while a group below has them on,
 * and systemd accepts the refusal.  A controller turned on above "boxtools"
 * stays on, because others may need it by now.
 */
#include "cg/v2.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "cg/end.h"
#include "stage/stages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CG_DEPTH "64" /* levels of groups below a box's */

static unsigned
turned_off(const char *dir, unsigned need)
{
	return need & ~cg_controllers(dir, "cgroup.subtree_control");
}

static unsigned
missing(const char *dir, unsigned need)
{
	return need & ~cg_controllers(dir, "cgroup.controllers");
}

/* Whether the group DIR has, or can have, groups with the controllers NEED. */
static bool
can_have_groups(const char *dir, unsigned need)
{
	char *events, *procs;
	bool can;

	if (!turned_off(dir, need))
		return true;
	if (missing(dir, need))
		return false;
	/* Only the root of the hierarchy has no cgroup.events. */
	events = cg_read(dir, "cgroup.events");
	procs = cg_read(dir, "cgroup.procs");
	can = !events || (procs && !*procs);
	free(events);
	free(procs);
	return can;
}

/* A resident stage before us in the chain may share our group. */
bool
cgv2_only_stages(const char *dir)
{
	char *list = cg_read(dir, "cgroup.procs"), *rest = list, *pid;
	bool only = list;

	while (only && (pid = strsep(&rest, "\n")) && *pid)
		only = stage_runs(pid);
	free(list);
	return only;
}

static bool
unlimited(const char *dir, const char *name)
{
	char *text = cg_read(dir, name);
	const bool is =
	    !text || strchr("\n", *text) || strncmp(text, "max", 3) == 0;

	free(text);
	return is;
}

/* Whether DIR is delegated, or has limits, which are meant for all processes in
 * it.  Every systemd unit has a pids.max, so that limit says nothing. */
static bool
confines(const char *dir)
{
	static const char *const attrs[] = {
	    "user.delegate", "trusted.delegate"};
	static const char *const limits[] = {
	    "cpu.max", "memory.max", "cpuset.cpus", "io.max"};
	char c;

	for (int i = 0; i < 2; i++)
		if (getxattr(dir, attrs[i], &c, 1) == 1 && c == '1')
			return true;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (!unlimited(dir, limits[i]))
			return true;
	return false;
}

__attribute__((noreturn)) static void
no_place(const struct cg_tree *t, const char *dir, unsigned need)
{
	const unsigned no = missing(dir, need);

	if (!no) {
		warnx("%s has processes, so it cannot have groups with limits",
		    dir);
		if (!cg_hint_around(t))
			cg_hint(t, EBUSY);
	} else if (strcmp(dir, t->top) == 0) {
		warnx("%s does not have the controllers: %s", dir,
		    cg_names(no, ""));
		if (!cg_hint_around(t))
			hint(
			    "boot without cgroup_disable=%s", cg_names(no, ""));
	} else {
		warnx("%s has not been given the controllers: %s", dir,
		    cg_names(no, ""));
		if (strstr(dir, "/" CG_PIN "/"))
			hint("set limits of these kinds for the outer box, "
			     "too");
		else
			hint("systemctl edit %s  # [Service] Delegate=%s",
			    strrchr(dir, '/') + 1, cg_names(need, ""));
	}
	exit(EXIT_TOOL);
}

void
cgv2_place(const struct cg_tree *t, const char *name, const char *parent,
    struct cgv2 *v)
{
	v->parent = text_fmt("%s", parent ? parent : t->own);
	while (!can_have_groups(v->parent, v->need)) {
		if (strcmp(v->parent, t->own) == 0 &&
		    !missing(v->parent, v->need) &&
		    cgv2_only_stages(v->parent)) {
			v->leaf = text_fmt("%s/%s" CG_LEAF, v->parent, name);
			break;
		}
		if (parent || strcmp(v->parent, t->top) == 0 ||
		    confines(v->parent))
			no_place(t, v->parent, v->need);
		*strrchr(v->parent, '/') = '\0';
	}
	if (v->need && !parent)
		v->pin = text_fmt("%s/" CG_PIN, v->parent);
}

int
cgv2_turn_on(const char *dir, unsigned need)
{
	need = turned_off(dir, need);
	if (!need)
		return 0;
	return cg_write(dir, "cgroup.subtree_control", cg_names(need, "+"));
}

int
cgv2_move_all(const char *from, const char *to)
{
	char *list = cg_read(from, "cgroup.procs"), *rest = list, *pid;
	int result = list ? 0 : -1;

	while (result == 0 && (pid = strsep(&rest, "\n")) && *pid)
		/* ESRCH: a process that has ended meanwhile. */
		if (cg_write(to, "cgroup.procs", pid) < 0 && errno != ESRCH)
			result = -1;
	free(list);
	return result;
}

static int
leave_own(struct cgv2 *v)
{
	v->turned_on = turned_off(v->parent, v->need);
	return cg_mkdir(v->leaf) < 0 ? -1 : cgv2_move_all(v->parent, v->leaf);
}

/* Until our group is in the pin, another box's end may remove it. */
static int
make_pinned(const struct cgv2 *v, const char *dir)
{
	for (int tries = 0; tries < 100; tries++) {
		if (say(SAY_SH, "mkdir -p %s", say_word(v->pin)) &&
		    cg_make(v->pin) < 0 && errno != EEXIST)
			return -1;
		if (cgv2_turn_on(v->pin, v->need) == 0 && cg_mkdir(dir) == 0)
			return 0;
		if (errno != ENOENT && errno != ENODEV)
			return -1;
	}
	return -1;
}

int
cgv2_limit_groups(const char *dir, unsigned groups)
{
	char *text = text_fmt("%u", groups);
	const bool bad =
	    groups && (cg_write(dir, "cgroup.max.descendants", text) < 0 ||
			  cg_write(dir, "cgroup.max.depth", CG_DEPTH) < 0);

	free(text);
	return bad ? -1 : 0;
}

int
cgv2_make(struct cgv2 *v, const char *dir, bool *made)
{
	if ((v->leaf && leave_own(v) < 0) ||
	    cgv2_turn_on(v->parent, v->need) < 0 ||
	    (v->pin ? make_pinned(v, dir) : cg_mkdir(dir)) < 0)
		return -1;
	*made = true;
	if (cgv2_limit_groups(dir, v->groups) < 0)
		return -1;
	/* Tells a cg-limit in the group not to go above the group.  Linux
	 * before 5.7 has no such attributes of groups. */
	if (say(SAY_SH,
		"setfattr -n user.delegate -v 1 %s || :", say_word(dir)))
		setxattr(dir, "user.delegate", "1", 1, 0);
	return 0;
}

void
cgv2_leave(const struct cgv2 *v)
{
	/* EBUSY: the pin has groups of other boxes. */
	if (v->pin)
		cg_rmdir(v->pin);
	if (!v->leaf || access(v->leaf, F_OK) < 0)
		return;
	if ((v->turned_on && cg_write(v->parent, "cgroup.subtree_control",
				 cg_names(v->turned_on, "-")) < 0) ||
	    cgv2_move_all(v->leaf, v->parent) < 0 || cg_rmdir(v->leaf) < 0)
		warn("%s", said());
}
