// SPDX-License-Identifier: MIT
/*
 * tree - where each cgroup controller lives
 *
 * By looking: /proc/self/cgroup says which controllers the v1 hierarchies carry
 * and what our group is in each, /proc/self/mountinfo where they are mounted
 * and which part of them is to be seen there (in a container its own).  What no
 * v1 hierarchy carries is v2's.  A host may have one controller on v1 and the
 * next on v2, so every question is asked per controller.
 */
#include "cg/tree.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* By number of version; v1's blkio is v2's io. */
static const char *const names[CG_N][3] = {
    {"", "cpu", "cpu"},
    {"", "cpuacct", "cpuacct"},
    {"", "memory", "memory"},
    {"", "pids", "pids"},
    {"", "cpuset", "cpuset"},
    {"", "blkio", "io"},
};

static struct cg_tree trees[CG_TREES];
static size_t n_trees;

/* The controllers in a list, which is cut up. */
static unsigned
parse_list(char *list)
{
	unsigned set = 0;
	char *word, *rest;

	for (word = strtok_r(list, ", \n", &rest); word;
	     word = strtok_r(NULL, ", \n", &rest))
		for (size_t i = 0; i < CG_N; i++)
			if (strcmp(word, names[i][1]) == 0 ||
			    strcmp(word, names[i][2]) == 0)
				set |= 1u << i;
	return set;
}

/* "ID:CONTROLLERS:GROUP"; v2 has no controllers there. */
static void
parse_group(char *line)
{
	char *list = strchr(line, ':');
	char *group = list ? strchr(list + 1, ':') : NULL;
	struct cg_tree t = {0};

	if (!group || n_trees == sizeof(trees) / sizeof(*trees))
		return;
	*group++ = '\0';
	t.version = list[1] ? 1 : 2;
	path_fmt(t.list, sizeof(t.list), "%s", list + 1);
	t.has = parse_list(list + 1);
	path_fmt(t.group, sizeof(t.group), "%s", group);
	trees[n_trees++] = t;
}

/* mountinfo writes a blank, and what else would confuse, as \ooo. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

bool
cg_dir(const struct cg_tree *t, const char *group, char *buf)
{
	const size_t len = strcmp(t->root, "/") == 0 ? 0 : strlen(t->root);

	if (group[0] != '/') {
		path_fmt(buf, PATH_MAX, "%s/%s", t->own, group);
		return true;
	}
	/* A group outside of our cgroup namespace begins with "/..". */
	if (strncmp(group, t->root, len) != 0 || strncmp(group, "/..", 3) == 0)
		return false;
	group += len;
	if (*group && *group != '/')
		return false;
	path_fmt(buf, PATH_MAX, "%s%s", t->top,
	    strcmp(group, "/") == 0 ? "" : group);
	return true;
}

/* Whether each word of LIST is one of OPTIONS. */
static bool
all_in(const char *list, const char *options)
{
	size_t len;

	for (; *list; list += len + (list[len] == ',')) {
		const char *o = options;

		len = strcspn(list, ",");
		while (o && (strncmp(o, list, len) != 0 ||
				(o[len] && o[len] != ',')))
			o = (o = strchr(o, ',')) ? o + 1 : NULL;
		if (!o)
			return false;
	}
	return true;
}

/* "ID PARENT DEVICE ROOT TOP ... - TYPE SOURCE OPTIONS": the first mount that
 * shows our group, and is not covered by another, is the hierarchy's. */
static void
parse_mount(char *line)
{
	char *root = NULL, *top = NULL, *options, *rest;
	char *type = strstr(line, " - cgroup");
	struct statfs fs;

	if (!type)
		return;
	*type = '\0';
	strtok_r(line, " ", &rest);
	for (int i = 0; i < 2; i++)
		strtok_r(NULL, " ", &rest);
	if (!(root = strtok_r(NULL, " ", &rest)) ||
	    !(top = strtok_r(NULL, " ", &rest)))
		return;
	type = strtok_r(type + strlen(" - "), " ", &rest);
	strtok_r(NULL, " ", &rest);
	if (!(options = strtok_r(NULL, " ", &rest)))
		return;
	const int version = strcmp(type, "cgroup2") == 0 ? 2 : 1;

	unescape(root);
	unescape(top);
	for (struct cg_tree *t = trees; t < trees + n_trees; t++) {
		if (t->version != version || t->top[0] ||
		    !all_in(t->list, options))
			continue;
		path_fmt(t->top, sizeof(t->top), "%s", top);
		path_fmt(t->root, sizeof(t->root), "%s", root);
		if (!cg_dir(t, t->group, t->own) || statfs(t->own, &fs) < 0 ||
		    fs.f_type != (version == 2 ? CGROUP2_SUPER_MAGIC
					       : CGROUP_SUPER_MAGIC))
			t->top[0] = '\0';
	}
}

static void
each_line(const char *path, void (*parse)(char *line))
{
	char *text = slurp_at(AT_FDCWD, path), *line, *rest;

	if (!text)
		die("read %s", path);
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		parse(line);
	free(text);
}

/* The hierarchy whose matter a controller is, mounted or not. */
static const struct cg_tree *
look(unsigned controller)
{
	const struct cg_tree *v2 = NULL;

	if (n_trees == 0) {
		each_line("/proc/self/cgroup", parse_group);
		each_line("/proc/self/mountinfo", parse_mount);
	}
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++) {
		if (t->has & controller)
			return t;
		if (t->version == 2)
			v2 = t;
	}
	return v2;
}

const struct cg_tree *
cg_tree_find(unsigned controller)
{
	const struct cg_tree *t = look(controller);

	return t && t->top[0] ? t : NULL;
}

const struct cg_tree *
cg_tree_any(void)
{
	look(0);
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (t->top[0] && (t->has || t->version == 2))
			return t;
	errno = 0;
	die_hint("mount -t cgroup2 cgroup2 /sys/fs/cgroup",
	    "no mounted cgroup hierarchy shows the group of this process");
}

const struct cg_tree *
cg_tree_of(unsigned controller)
{
	const struct cg_tree *t = look(controller);
	const int version = t && t->version == 1 ? 1 : 2;
	const char *name = names[__builtin_ctz(controller)][version];
	char text[256];

	cg_tree_any();
	if (t && t->top[0])
		return t;
	if (version == 1)
		snprintf(text, sizeof(text),
		    "mkdir -p /sys/fs/cgroup/%s && "
		    "mount -t cgroup -o %s %s /sys/fs/cgroup/%s",
		    name, name, name, name);
	else
		snprintf(text, sizeof(text),
		    "boot without cgroup_disable=%s; /proc/cgroups says what "
		    "the kernel has",
		    name);
	errno = 0;
	die_hint(
	    text, "no mounted cgroup hierarchy has the controller %s", name);
}

const struct cg_tree *
cg_tree_with(const char *list)
{
	look(0);
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (strcmp(t->list, list) == 0)
			return t;
	return NULL;
}

bool
cg_named(const char *name)
{
	static const char *const places[] = {"", "/boxtools", "/../boxtools"};
	char dir[PATH_MAX];

	look(0);
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		for (int i = 0; t->top[0] && i < (t->version == 1 ? 1 : 3);
		     i++) {
			path_fmt(dir, sizeof(dir), "%s%s/%s", t->own, places[i],
			    name);
			if (access(dir, F_OK) == 0)
				return true;
		}
	return false;
}

bool
cg_inside(const char *dir, const char *base)
{
	const size_t len = strlen(base);

	return strncmp(dir, base, len) == 0 && (!dir[len] || dir[len] == '/');
}

const struct cg_tree *
cg_tree_around(const char *dir)
{
	look(0);
	if (strstr(dir, "/../"))
		return NULL;
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (t->top[0] && cg_inside(dir, t->top) &&
		    strcmp(dir, t->top) != 0)
			return t;
	return NULL;
}

unsigned
cg_controllers(const char *dir, const char *name)
{
	char path[PATH_MAX], list[4096];

	path_fmt(path, sizeof(path), "%s/%s", dir, name);
	return read_at(AT_FDCWD, path, list, sizeof(list)) < 0
		   ? 0
		   : parse_list(list);
}

const char *
cg_names(unsigned set, const char *prefix)
{
	static char text[64];

	text[0] = '\0';
	for (size_t i = 0; i < CG_N; i++)
		if (set & 1u << i)
			snprintf(strchr(text, '\0'), 16, "%s%s%s",
			    text[0] ? " " : "", prefix, names[i][2]);
	return text;
}

int
cg_write(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/%s", dir, name);
	if (!say(SAY_SH, "echo %s > %s", say_word(text), say_word(path)))
		return 0;
	return write_at(AT_FDCWD, path, text);
}

int
cg_mkdir(const char *dir)
{
	return say(SAY_SH, "mkdir %s", say_word(dir)) ? mkdir(dir, 0755) : 0;
}

int
cg_rmdir(const char *dir)
{
	if (!say(SAY_SH, "rmdir %s", say_word(dir)) || rmdir(dir) == 0)
		return 0;
	return errno == ENOENT ? 0 : -1;
}

void
cg_hint(const struct cg_tree *t, int err)
{
	const bool root = geteuid() == 0;
	const char *scope = root ? "systemd-run" : "systemd-run --user";

	switch (err) {
	case EROFS:
		hint("mount -o remount,bind,rw %s", t->top);
		break;
	case EBUSY:
		if (t->version == 1)
			hint("more than that is in use: a higher limit, or "
			     "fewer processes");
		else
			hint("%s --scope -p Delegate=yes cg-limit ...", scope);
		break;
	case EAGAIN:
		hint("a limit on processes is reached: ulimit -u; "
		     "cat %s/pids.max",
		    t->own);
		break;
	case EINVAL:
		if (t->has & CG_CPU)
			hint("a group above has less CPU time: cat "
			     "%s/cpu.cfs_quota_us",
			    t->own);
		break;
	case ENODEV:
		hint("whole disks have limits, partitions do not: lsblk");
		break;
	case ENOENT:
		hint("this kernel does not have that limit; for swap, boot "
		     "with swapaccount=1");
		break;
	case EACCES:
	case EPERM:
		if (root)
			hint("the root of a user namespace may not change the "
			     "host's groups: put cg-limit before ns-spawn");
		else if (t->version == 1)
			hint("v1 groups are root's: sudo cg-limit ...");
		else
			hint("%s --scope -p Delegate=yes cg-limit ...", scope);
	}
}
