// SPDX-License-Identifier: MIT
/*
 * v2 - a group in the v2 hierarchy
 *
 * v2's rule: a group has processes, or groups with controllers, not both (but
 * for the root).  Our own group has at least us in it.  So:
 * 1. If all in it are stages of this suite, they move to a leaf below it.
 * 2. Else ours is made in the nearest group above that can have it, as sudo's
 *    user expects.  But never above one whose limits are meant for us: one that
 *    is delegated (user.delegate: a systemd unit with Delegate=yes, or a box),
 *    or that is limited itself.
 * 3. Else it is an error: other processes are not ours to move.
 *
 * There it is made in "boxtools", a group whose one purpose is to turn the
 * controllers on: systemd turns those that none of its units needs off again
 * in its own groups, and our limits would go with them.  With a group below
 * that has them on the kernel refuses that, and systemd takes it well.  What we
 * turn on above it stays on, as others may have come to need it.
 */
#include "cg/v2.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "cg/end.h"
#include "stage/stages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char *
slurp_in(const char *dir, const char *name)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/%s", dir, name);
	return slurp_at(AT_FDCWD, path);
}

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

/* Whether DIR has or can have groups with the controllers NEED. */
static bool
may_have_groups(const char *dir, unsigned need)
{
	char *events, *procs;
	bool may;

	if (!turned_off(dir, need))
		return true;
	if (missing(dir, need))
		return false;
	/* Only the root of the hierarchy has no cgroup.events. */
	events = slurp_in(dir, "cgroup.events");
	procs = slurp_in(dir, "cgroup.procs");
	may = !events || (procs && !*procs);
	free(events);
	free(procs);
	return may;
}

/* Whether PID is a stage; not if that is not to be seen. */
static bool
is_stage(const char *pid)
{
	char path[64];
	bool is;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	is = stage_is(fd);
	close(fd);
	return is;
}

/* A resident stage before us in the chain may share our group. */
static bool
only_stages(const char *dir)
{
	char *list = slurp_in(dir, "cgroup.procs"), *pid, *rest;
	bool only = list;

	for (pid = list ? strtok_r(list, "\n", &rest) : NULL; pid;
	     pid = strtok_r(NULL, "\n", &rest))
		if (!is_stage(pid))
			only = false;
	free(list);
	return only;
}

static bool
unlimited(const char *dir, const char *name)
{
	char *text = slurp_in(dir, name);
	const bool is =
	    !text || strchr("\n", *text) || strncmp(text, "max", 3) == 0;

	free(text);
	return is;
}

/* Every systemd unit has a pids.max, so that says nothing. */
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
		cg_hint(t, EBUSY);
	} else if (strcmp(dir, t->top) == 0) {
		warnx("%s does not have the controllers: %s", dir,
		    cg_names(no, ""));
		hint("boot without cgroup_disable=%s", cg_names(no, ""));
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
	path_fmt(v->parent, PATH_MAX, "%s", parent ? parent : t->own);
	while (!may_have_groups(v->parent, v->need)) {
		if (strcmp(v->parent, t->own) == 0 &&
		    !missing(v->parent, v->need) && only_stages(v->parent)) {
			path_fmt(v->leaf, PATH_MAX, "%s/%s" CG_LEAF, v->parent,
			    name);
			break;
		}
		if (parent || strcmp(v->parent, t->top) == 0 ||
		    confines(v->parent))
			no_place(t, v->parent, v->need);
		*strrchr(v->parent, '/') = '\0';
	}
	if (v->need && !parent)
		path_fmt(v->pin, PATH_MAX, "%s/" CG_PIN, v->parent);
}

static int
turn_on(const char *dir, unsigned need)
{
	need = turned_off(dir, need);
	if (!need)
		return 0;
	return cg_write(dir, "cgroup.subtree_control", cg_names(need, "+"));
}

/* All processes of one group to another. */
static int
move_all(const char *from, const char *to)
{
	char *list = slurp_in(from, "cgroup.procs"), *pid, *rest;
	int result = list ? 0 : -1;

	for (pid = list ? strtok_r(list, "\n", &rest) : NULL;
	     pid && result == 0; pid = strtok_r(NULL, "\n", &rest))
		result = cg_write(to, "cgroup.procs", pid);
	free(list);
	return result;
}

static int
leave_own(struct cgv2 *v)
{
	v->turned_on = turned_off(v->parent, v->need);
	return cg_mkdir(v->leaf) < 0 ? -1 : move_all(v->parent, v->leaf);
}

/* Another box's end may remove the pin at any moment until ours is in it. */
static int
make_pinned(const struct cgv2 *v, const char *dir)
{
	for (int tries = 0; tries < 100; tries++) {
		if (say(SAY_SH, "mkdir -p %s", say_word(v->pin)) &&
		    mkdir(v->pin, 0755) < 0 && errno != EEXIST)
			return -1;
		if (turn_on(v->pin, v->need) == 0 && cg_mkdir(dir) == 0)
			return 0;
		if (errno != ENOENT && errno != ENODEV)
			return -1;
	}
	return -1;
}

int
cgv2_make(struct cgv2 *v, const char *dir, bool *made)
{
	if ((v->leaf[0] && leave_own(v) < 0) ||
	    turn_on(v->parent, v->need) < 0 ||
	    (v->pin[0] ? make_pinned(v, dir) : cg_mkdir(dir)) < 0)
		return -1;
	*made = true;
	/* For a cg-limit in it.  Linux before 5.7 has no such attributes of
	 * groups, nothing else hangs on it. */
	if (say(SAY_SH,
		"setfattr -n user.delegate -v 1 %s || :", say_word(dir)))
		setxattr(dir, "user.delegate", "1", 1, 0);
	return 0;
}

void
cgv2_leave(const struct cgv2 *v)
{
	/* Other boxes may have theirs in it: EBUSY. */
	if (v->pin[0])
		cg_rmdir(v->pin);
	if (!v->leaf[0] || access(v->leaf, F_OK) < 0)
		return;
	if ((v->turned_on && cg_write(v->parent, "cgroup.subtree_control",
				 cg_names(v->turned_on, "-")) < 0) ||
	    move_all(v->leaf, v->parent) < 0 || cg_rmdir(v->leaf) < 0)
		warn("%s", said());
}
