// SPDX-License-Identifier: MIT
/*
 * group - a control group of its own, with limits
 *
 * Grace periods are the cost here: the first write to a quiet cgroup.procs
 * waits 5 to 15 ms for RCU.  So on v2 the child is cloned into its group, and
 * on v1 it writes "0" to each `tasks` itself, which does not wait.
 *
 * The record of the directories is written, in a lock that we hold, before the
 * first directory is made: end.h.  An existing group is never taken over,
 * because at the end of a group its processes are killed.
 */
#include "cg/group.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "box/lock.h"
#include "cg/end.h"

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

#define TRIES 1000 /* made-up names */

struct cgroup_part *
cgroup_part(struct cgroup *g, const struct cg_tree *t)
{
	struct cgroup_part *p = g->parts;

	for (; p < g->parts + g->n_parts; p++)
		if (p->tree == t)
			return p;
	g->n_parts++;
	p->tree = t;
	return p;
}

static void
set_name(struct cgroup *g, const char *name)
{
	g->name = name;
	g->lock = cg_lock(name);
}

void
cgroup_begin(struct cgroup *g, const char *name)
{
	/* At least one hierarchy is needed, to find the processes that PROG
	 * leaves.  The hierarchy of pids comes first: on v1 it can stop forks,
	 * so that the groups in the others are empty at their turn. */
	const struct cg_tree *t = cg_tree_find(CG_PIDS);

	if (name && strcmp(name, CG_PIN) == 0)
		diex("--name: %s is the group around the boxes' groups", name);
	*g = (struct cgroup){.tries = name ? 1 : TRIES, .lock_fd = -1};
	set_name(g, name ? name : text_fmt("box-%d", getpid()));
	cgroup_part(g, t ? t : cg_tree_any());
}

void
cgroup_need(struct cgroup *g, unsigned controllers)
{
	g->asked |= controllers & ~CG_BARE;
	for (unsigned c = 1; c < 1u << CG_N; c <<= 1)
		if (controllers & c)
			cgroup_part(g, cg_tree_of(c))->need |= c;
}

void
cgroup_want(struct cgroup *g, unsigned controllers)
{
	for (unsigned c = 1; c < CG_ALL; c <<= 1) {
		const struct cg_tree *t =
		    controllers & c ? cg_tree_find(c) : NULL;

		if (t && (t->version == 1 || c == CG_CPUACCT ||
			     c & cg_controllers(t->own, "cgroup.controllers")))
			cgroup_part(g, t)->need |= c;
	}
}

void
cgroup_want_trees(struct cgroup *g, unsigned groups)
{
	const struct cg_tree *t;

	g->v2.groups = groups;
	for (size_t i = 0; (t = cg_tree_number(i)); i++)
		if (t->top)
			cgroup_part(g, t);
}

void
cgroup_abandon(struct cgroup *g)
{
	cgroup_remove(g);
	exit(EXIT_TOOL);
}

void
cgroup_fail(struct cgroup *g, const struct cg_tree *t)
{
	const int saved = errno;

	warn("%s", said());
	cg_hint(t, saved);
	cgroup_abandon(g);
}

/* Finds the directory of the part. */
static void
place(struct cgroup *g, struct cgroup_part *p, const char *parent)
{
	const struct cg_tree *t = p->tree;
	const char *in = t->own;

	if (parent) {
		in = strstr(parent, "..") ? NULL : cg_dir(t, parent);
		errno = ENOENT;
		if (!in || access(in, F_OK) < 0)
			die("--parent: the group %s in %s", parent, t->top);
	}
	if (t->version == 2) {
		g->v2.need = p->need & ~CG_BARE;
		cgv2_place(t, g->name, parent ? in : NULL, &g->v2);
		in = g->v2.parent;
	}
	p->dir = text_fmt(
	    "%s/%s", t->version == 2 && g->v2.pin ? g->v2.pin : in, g->name);
	/* The message names the limits that cannot be kept first. */
	said_set(g->asked ? text_fmt("limit %s: mkdir %s",
				cg_names(g->asked, ""), p->dir)
			  : text_fmt("mkdir %s", p->dir),
	    "");
	if (!(say_modes() & SAY_DRY) &&
	    faccessat(AT_FDCWD, in, W_OK, AT_EACCESS) < 0)
		cgroup_fail(g, t);
}

static void
place_all(struct cgroup *g, const char *parent)
{
	for (int i = 0; i < g->n_parts; i++)
		place(g, &g->parts[i], parent);
}

static bool
note(const struct cgroup *g, const char *dir)
{
	return !dir || dprintf(g->lock_fd, "%s\n", dir) >= 0;
}

/* Takes the name's lock, and ends the groups of a dead owner of the name.  -1
 * with errno and said() if the name is in use. */
static int
take_name(struct cgroup *g)
{
	said_set(text_fmt("lock the group's name %s", g->name), "");
	g->lock_fd = lock_soon(g->lock);
	if (g->lock_fd < 0)
		return -1;
	if (cg_end_record(g->name, g->lock_fd, g->tries == 1) < 0) {
		said_set(
		    text_fmt("%s, of a dead group of this name", said()), "");
		return close_keep(g->lock_fd);
	}
	for (int i = 0; i < g->n_parts; i++)
		if (access(g->parts[i].dir, F_OK) == 0) {
			said_set(text_fmt("mkdir %s", g->parts[i].dir), "");
			lock_remove(g->lock, g->lock_fd);
			errno = EEXIST;
			return -1;
		}
	return 0;
}

static void
record(struct cgroup *g)
{
	bool ok = ftruncate(g->lock_fd, 0) == 0 &&
		  lseek(g->lock_fd, 0, SEEK_SET) == 0;
	int saved;

	for (int i = 0; ok && i < g->n_parts; i++)
		ok = note(g, g->parts[i].dir);
	if (ok && note(g, g->v2.pin) && note(g, g->v2.leaf))
		return;
	saved = errno;
	warn("write %s/lock/%s", state_dir(), g->lock);
	state_hint(saved);
	cgroup_abandon(g);
}

/* A new v1 group has no CPUs and no memory nodes, and takes no process before
 * it has both (cpuset(7)): the group gets those of its parent. */
static int
fill_cpuset(const char *dir)
{
	static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};
	int result = 0;

	for (int i = 0; i < 2 && result == 0; i++) {
		char *text;

		result = cg_look_above(dir, names[i], &text);
		if (result == 0)
			result = text ? cg_write(dir, names[i], text) : -1;
		free(text);
	}
	return result;
}

static int
make(struct cgroup *g, struct cgroup_part *p)
{
	if (p->tree->version == 2)
		return cgv2_make(&g->v2, p->dir, &p->made);
	if (cg_mkdir(p->dir) < 0)
		return -1;
	p->made = true;
	return p->tree->has & CG_CPUSET ? fill_cpuset(p->dir) : 0;
}

/* Pids repeat in pid namespaces, and so do made-up names. */
static void
next_name(struct cgroup *g)
{
	if (--g->tries == 0)
		die_hint("--name NAME gives it another name", "%s", said());
	set_name(g, text_fmt("box-%d-%d", getpid(), TRIES - g->tries));
}

void
cgroup_make(struct cgroup *g, const char *parent)
{
	place_all(g, parent);
	if (!(say_modes() & SAY_DRY)) {
		cg_end_dead(false);
		while (take_name(g) < 0) {
			next_name(g);
			place_all(g, parent);
		}
		record(g);
	}
	for (int i = 0; i < g->n_parts; i++)
		if (make(g, &g->parts[i]) < 0)
			cgroup_fail(g, g->parts[i].tree);
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

char *
cgroup_look(struct cgroup *g, unsigned controller, const char *file, bool above)
{
	const struct cgroup_part *p = part_of(g, controller);
	char *text;

	if (!p)
		diex("%s is not of this cgroup's controllers", file);
	if ((above ? cg_look_above : cg_look)(p->dir, file, &text) < 0)
		cgroup_fail(g, p->tree);
	return text;
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
		cgroup_fail(g, p->tree);
}

pid_t
cgroup_fork(struct cgroup *g)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	int fd = -1;
	pid_t pid;

	said_set("fork", "");
	for (struct cgroup_part *p = g->parts; p < g->parts + g->n_parts; p++)
		if (p->tree->version == 2 &&
		    say(SAY_SH, "echo 0 > %s/cgroup.procs", say_word(p->dir))) {
			fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (fd < 0)
				cgroup_fail(g, p->tree);
			args.flags = CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)fd;
		}
	if (say_modes() & SAY_DRY)
		return 0;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	/* The filter of a box around refuses clone3(2), as a filter cannot read
	 * the arguments. */
	if (pid < 0 && errno == ENOSYS) {
		g->joins = true;
		pid = fork();
	}
	if (pid < 0)
		cgroup_fail(g, g->parts[0].tree);
	if (fd >= 0)
		close(fd);
	return pid;
}

/* For cgview.c. */
static void
hand_on(const struct cgroup *g)
{
	char *text;
	FILE *f = text_open(&text);

	/* Another cg-limit in front may have made a group in others. */
	fputs(env_or("BOX_CGROUPS", ""), f);
	for (int i = 0; i < g->n_parts; i++)
		fprintf(f, "%s:%s%s;", g->parts[i].tree->list,
		    g->parts[i].tree->root,
		    g->parts[i].dir + strlen(g->parts[i].tree->top));
	text_close(f);
	if (setenv("BOX_CGROUPS", text, 1) < 0)
		die("setenv");
	free(text);
}

void
cgroup_join(const struct cgroup *g)
{
	for (int i = 0; i < g->n_parts; i++) {
		const bool v1 = g->parts[i].tree->version == 1;

		if ((v1 || g->joins) &&
		    cg_write(g->parts[i].dir, v1 ? "tasks" : "cgroup.procs",
			"0") < 0)
			die_said();
	}
	hand_on(g);
}

int64_t
cgroup_number(const struct cgroup *g, unsigned controller, const char *file,
    const char *key)
{
	const struct cgroup_part *p = part_of(g, controller);
	char *text = p ? cg_read(p->dir, file) : NULL, *rest = text, *line,
	     *end;
	const size_t len = key ? strlen(key) : 0;
	int64_t value = -1;

	while ((line = strsep(&rest, "\n"))) {
		if (key && (strncmp(line, key, len) != 0 || line[len] != ' '))
			continue;
		value = strtoll(line + len, &end, 10);
		if (end == line + len)
			value = -1;
		break;
	}
	free(text);
	return value;
}

/* The groups above that cgroup_at_make() has made, unless others use them. */
static void
remove_above(const struct cgroup_part *p)
{
	while (p->above && strlen(p->dir) > p->above) {
		*strrchr(p->dir, '/') = '\0';
		cg_rmdir(p->dir);
	}
}

void
cgroup_remove(struct cgroup *g)
{
	bool gone = true;

	for (int i = 0; i < g->n_parts; i++)
		if (g->parts[i].made && cg_end(g->parts[i].dir, gone) < 0) {
			warn("rmdir %s", g->parts[i].dir);
			gone = false;
		} else {
			remove_above(&g->parts[i]);
		}
	cgv2_leave(&g->v2);
	if (gone && g->lock_fd >= 0)
		lock_remove(g->lock, g->lock_fd);
}
