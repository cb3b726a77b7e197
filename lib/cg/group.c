// SPDX-License-Identifier: MIT
/*
 * group - a group of its own, with limits
 *
 * Grace periods are what costs here: the first write to a quiet cgroup.procs
 * waits for RCU, 5 to 15 ms.  So on v2 the child is cloned into its group, and
 * on v1 it writes "0" to each `tasks` itself, which needs no waiting.
 *
 * The record of the directories is written, in a lock that we hold, before the
 * first of them is made: cgend.h.  A group that is there already is never
 * taken over, as the end of ours kills what is in it.
 */
#include "cg/group.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "box/state.h"
#include "cg/end.h"
#include "cg/v1.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct cgroup_part *
add_part(struct cgroup *g, const struct cg_tree *t)
{
	struct cgroup_part *p = g->parts;

	for (; p < g->parts + g->n_parts; p++)
		if (p->tree == t)
			return p;
	g->n_parts++;
	p->tree = t;
	return p;
}

void
cgroup_begin(struct cgroup *g, const char *name)
{
	/* One hierarchy there must be, to find in it what PROG leaves.  That
	 * of pids, because v1 stops forks by it; it comes first, so that the
	 * others are empty when it is their turn. */
	const struct cg_tree *t = cg_tree_find(CG_PIDS);

	if (strcmp(name, CG_PIN) == 0)
		diex("--name: %s is the group that the boxes' are in", name);
	*g = (struct cgroup){.name = name, .lock_fd = -1};
	snprintf(g->lock, sizeof(g->lock), CG_LOCK "%s", name);
	add_part(g, t ? t : cg_tree_any());
}

void
cgroup_need(struct cgroup *g, unsigned controller)
{
	add_part(g, cg_tree_of(controller))->need |= controller;
}

void
cgroup_want(struct cgroup *g, unsigned controller)
{
	const struct cg_tree *t = cg_tree_find(controller);

	if (t && (t->version == 1 || controller == CG_CPUACCT ||
		     controller & cg_controllers(t->own, "cgroup.controllers")))
		add_part(g, t)->need |= controller;
}

void
cgroup_abandon(struct cgroup *g)
{
	cgroup_remove(g);
	exit(EXIT_TOOL);
}

__attribute__((noreturn)) static void
fail(struct cgroup *g, const struct cg_tree *t)
{
	const int saved = errno;

	warn("%s", said());
	cg_hint(t, saved);
	cgroup_abandon(g);
}

/* Where the part will be; changes nothing. */
static void
place(struct cgroup *g, struct cgroup_part *p, const char *parent)
{
	const struct cg_tree *t = p->tree;
	const char *in = t->own;
	char other[PATH_MAX];

	if (parent) {
		errno = ENOENT;
		if (strstr(parent, "..") || !cg_dir(t, parent, other) ||
		    access(other, F_OK) < 0)
			die("--parent: the group %s in %s", parent, t->top);
		in = other;
	}
	if (t->version == 2) {
		g->v2.need = p->need & ~CG_CPUACCT;
		cgv2_place(t, g->name, parent ? other : NULL, &g->v2);
		in = g->v2.parent;
	}
	path_fmt(p->dir, PATH_MAX, "%s/%s",
	    t->version == 2 && g->v2.pin[0] ? g->v2.pin : in, g->name);
	if (!(say_modes() & SAY_DRY) &&
	    faccessat(AT_FDCWD, in, W_OK, AT_EACCESS) < 0) {
		const int saved = errno;

		/* What will not be enforced is what the user asks first. */
		if (p->need & ~CG_CPUACCT)
			warn("limit %s: mkdir %s",
			    cg_names(p->need & ~CG_CPUACCT, ""), p->dir);
		else
			warn("mkdir %s", p->dir);
		cg_hint(t, saved);
		exit(EXIT_TOOL);
	}
}

static void
note(const struct cgroup *g, const char *dir)
{
	if (dir[0] && dprintf(g->lock_fd, "%s\n", dir) < 0)
		die("write %s/lock/%s", state_dir(), g->lock);
}

/* The name's lock, and in it what a run after our sudden death must remove. */
static void
record(struct cgroup *g)
{
	g->lock_fd = lock_soon(g->lock);
	if (g->lock_fd < 0)
		die_hint("--name NAME gives it another name",
		    "lock the group's name %s", g->name);
	for (int i = 0; i < g->n_parts; i++) {
		const char *dir = g->parts[i].dir;

		if (access(dir, F_OK) == 0) {
			lock_remove(g->lock, g->lock_fd);
			errno = EEXIST;
			die_hint("--name NAME gives it another name",
			    "mkdir %s", dir);
		}
		note(g, dir);
	}
	note(g, g->v2.pin);
	note(g, g->v2.leaf);
}

static int
make(struct cgroup *g, struct cgroup_part *p)
{
	if (p->tree->version == 2)
		return cgv2_make(&g->v2, p->dir, &p->made);
	if (cg_mkdir(p->dir) < 0)
		return -1;
	p->made = true;
	return p->tree->has & CG_CPUSET ? cg_v1_fill(p->dir) : 0;
}

/* Where it is, for those who look at the box from outside. */
static void
tell(const struct cgroup *g)
{
	char text[(CG_N + 1) * (PATH_MAX + 64)] = "", *line, *s;
	const struct cgroup_part *p = g->parts;
	unsigned has;

	for (; p < g->parts + g->n_parts; p++) {
		has = p->tree->version == 1
			  ? p->tree->has
			  : CG_CPUACCT |
				cg_controllers(p->dir, "cgroup.controllers");
		line = strchr(text, '\0');
		sprintf(
		    line, "%s%s", line > text ? "\n" : "", cg_names(has, ""));
		for (s = line; (s = strchr(s, ' ')); *s = ',')
			;
		sprintf(strchr(line, '\0'), " %s", p->dir);
	}
	state_put("cgroup", "%s", text);
}

void
cgroup_make(struct cgroup *g, const char *parent)
{
	for (int i = 0; i < g->n_parts; i++)
		place(g, &g->parts[i], parent);
	if (!(say_modes() & SAY_DRY)) {
		cg_end_dead();
		record(g);
	}
	for (int i = 0; i < g->n_parts; i++)
		if (make(g, &g->parts[i]) < 0)
			fail(g, g->parts[i].tree);
	tell(g);
}

static const struct cgroup_part *
part_of(const struct cgroup *g, unsigned controller)
{
	for (int i = 0; i < g->n_parts; i++)
		if (g->parts[i].need & controller)
			return &g->parts[i];
	return NULL;
}

int
cgroup_version(const struct cgroup *g, unsigned controller)
{
	const struct cgroup_part *p = part_of(g, controller);

	return p ? p->tree->version : 0;
}

const char *
cgroup_dir(const struct cgroup *g, unsigned controller)
{
	const struct cgroup_part *p = part_of(g, controller);

	return p ? p->dir : NULL;
}

void
cgroup_set(struct cgroup *g, unsigned controller, const char *file,
    const char *fmt, ...)
{
	const struct cgroup_part *p = part_of(g, controller);
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!p)
		diex("%s is not of this cgroup's controllers", file);
	if (cg_write(p->dir, file, text) < 0)
		fail(g, p->tree);
}

pid_t
cgroup_fork(struct cgroup *g)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	const struct cgroup_part *p = g->parts;
	pid_t pid;
	int fd;

	while (p < g->parts + g->n_parts && p->tree->version == 1)
		p++;
	if (p == g->parts + g->n_parts) {
		if (say_modes() & SAY_DRY)
			return 0;
		said_set("fork", "");
		pid = fork();
	} else {
		if (!say(SAY_SH, "echo 0 > %s/cgroup.procs", say_word(p->dir)))
			return 0;
		fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)fd;
		pid = fd < 0 ? -1
			     : (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	}
	if (pid < 0)
		fail(g, g->parts[0].tree);
	return pid;
}

void
cgroup_join(const struct cgroup *g)
{
	for (int i = 0; i < g->n_parts; i++)
		if (g->parts[i].tree->version == 1 &&
		    cg_write(g->parts[i].dir, "tasks", "0") < 0)
			die_said();
}

int64_t
cgroup_number(const struct cgroup *g, unsigned controller, const char *file,
    const char *key)
{
	const struct cgroup_part *p = part_of(g, controller);
	char path[PATH_MAX], text[8192], *line, *end;
	int64_t value;

	if (!p)
		return -1;
	path_fmt(path, sizeof(path), "%s/%s", p->dir, file);
	if (read_at(AT_FDCWD, path, text, sizeof(text)) < 0)
		return -1;
	for (line = text; line;
	     line = (end = strchr(line, '\n')) ? end + 1 : NULL) {
		const size_t len = key ? strlen(key) : 0;

		if (key && (strncmp(line, key, len) != 0 || line[len] != ' '))
			continue;
		value = strtoll(line + len, &end, 10);
		return end > line + len ? value : -1;
	}
	return -1;
}

void
cgroup_remove(struct cgroup *g)
{
	bool gone = true;

	for (int i = 0; i < g->n_parts; i++)
		if (g->parts[i].made && !cg_end(g->parts[i].dir))
			gone = false;
	cgv2_leave(&g->v2);
	if (gone && g->lock_fd >= 0)
		lock_remove(g->lock, g->lock_fd);
}
