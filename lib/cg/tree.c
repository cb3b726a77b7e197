// SPDX-License-Identifier: MIT
/*
 * tree - the cgroup hierarchies of this host
 *
 * /proc/self/cgroup lists the controllers of each v1 hierarchy and our group in
 * it; /proc/self/mountinfo has the mount points, and the part of the hierarchy
 * at each (in a container its own part).  A controller of no v1 hierarchy is
 * v2's.  One controller may be on v1 and the next on v2, so each is looked up
 * alone.
 */
#include "cg/tree.h"
#include "base/die.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/parse.h"
#include "base/say.h"
#include "ns/idmap.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* On v1 and on v2. */
static const char *const names[CG_N][2] = {
    {"cpu", "cpu"},
    {"cpuacct", "cpuacct"},
    {"memory", "memory"},
    {"pids", "pids"},
    {"cpuset", "cpuset"},
    {"blkio", "io"},
    {"devices", "devices"},
    {"hugetlb", "hugetlb"},
    {"rdma", "rdma"},
    {"misc", "misc"},
    {"net_cls", "net_cls"},
    {"net_prio", "net_prio"},
    {"perf_event", "perf_event"},
    {"freezer", "freezer"},
};

static struct cg_tree trees[CG_TREES];
static size_t n_trees;

/* Whether the first LEN bytes of WORD are one of the words in LIST, which
 * blanks or commas separate. */
static bool
has_word(const char *list, const char *word, size_t len)
{
	size_t n;

	for (; *list; list += n + strspn(list + n, ", \n")) {
		n = strcspn(list, ", \n");
		if (n == len && strncmp(list, word, len) == 0)
			return true;
	}
	return false;
}

static unsigned
parse_list(const char *list)
{
	unsigned set = 0;

	for (int i = 0; i < CG_N * 2; i++)
		if (has_word(
			list, names[i / 2][i % 2], strlen(names[i / 2][i % 2])))
			set |= 1u << i / 2;
	return set;
}

/* "ID:LIST:GROUP" */
bool
cg_next(char **text, char **list, char **group)
{
	char *line = strsep(text, "\n");

	strsep(&line, ":");
	*list = strsep(&line, ":");
	*group = line;
	return line;
}

char *
cg_dir(const struct cg_tree *t, const char *group)
{
	if (group[0] != '/')
		return text_fmt("%s/%s", t->own, group);
	/* A group outside of our cgroup namespace begins with "/..". */
	if (!path_inside(group, t->root) || strncmp(group, "/..", 3) == 0)
		return NULL;
	group += strlen(t->root);
	return text_fmt("%s%s", t->top, strcmp(group, "/") == 0 ? "" : group);
}

/* The hierarchy's mount is the first that shows our group and has no cover. */
static void
match(struct cg_tree *t, const struct mountinfo *m)
{
	struct statfs fs;

	if (t->top ||
	    strcmp(m->type, t->version == 1 ? "cgroup" : "cgroup2") != 0 ||
	    (*t->list && !has_word(m->super, t->list, strcspn(t->list, ","))))
		return;
	t->root = text_fmt("%s", strcmp(m->root, "/") == 0 ? "" : m->root);
	t->top = text_fmt("%s", m->point);
	t->own = cg_dir(t, t->group);
	fs.f_type = 0;
	if (t->own && statfs(t->own, &fs) < 0 && errno != ENOENT &&
	    errno != ENOTDIR && errno != EACCES)
		die("statfs %s", t->own);
	if (fs.f_type !=
	    (t->version == 1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		t->top = NULL;
}

static char *
slurp(const char *path)
{
	char *text = slurp_at(AT_FDCWD, path);

	if (!text)
		die("read %s", path);
	return text;
}

static void
load(void)
{
	/* The trees keep pointers into the text of /proc/self/cgroup. */
	char *text = slurp("/proc/self/cgroup"), *mounts, *list, *group;
	struct mountinfo m;

	while (n_trees < CG_TREES && cg_next(&text, &list, &group))
		trees[n_trees++] = (struct cg_tree){.version = *list ? 1 : 2,
		    .list = list,
		    .has = parse_list(list),
		    .group = group};
	mounts = text = slurp("/proc/self/mountinfo");
	while (mountinfo_next(&text, &m))
		for (size_t i = 0; i < n_trees; i++)
			match(&trees[i], &m);
	free(mounts);
}

/* The hierarchy that a controller belongs to, mounted or not. */
static const struct cg_tree *
look(unsigned controller)
{
	const struct cg_tree *v2 = NULL;

	if (n_trees == 0)
		load();
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

	return t && t->top ? t : NULL;
}

static void
hint_before(void)
{
	hint("the root of a user namespace may not change the host's groups: "
	     "put cg-limit before ns-spawn");
}

bool
cg_hint_around(const struct cg_tree *t)
{
	const bool is = geteuid() == 0 && !(ns_new() & CLONE_NEWUSER) &&
			!idmap_is_first() && (!t || access(t->own, W_OK) < 0);

	if (is)
		hint("start the box around this one with box-run --delegate");
	return is;
}

const struct cg_tree *
cg_tree_any(void)
{
	look(0);
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (t->top && (t->has || t->version == 2))
			return t;
	warnx("no mounted cgroup hierarchy shows the group of this process");
	if (ns_new() & CLONE_NEWUSER)
		hint_before();
	else if (!cg_hint_around(NULL))
		hint("mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	exit(EXIT_TOOL);
}

bool
cg_tree_has_v1(void)
{
	look(0);
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (t->top && t->has && t->version == 1)
			return true;
	return false;
}

const struct cg_tree *
cg_tree_of(unsigned controller)
{
	const struct cg_tree *t = look(controller);
	const bool v1 = t && t->version == 1;
	const char *name = names[__builtin_ctz(controller)][v1 ? 0 : 1];

	cg_tree_any();
	if (t && t->top)
		return t;
	warnx("no mounted cgroup hierarchy has the controller %s", name);
	if (v1)
		hint("mkdir -p /sys/fs/cgroup/%s && "
		     "mount -t cgroup -o %s %s /sys/fs/cgroup/%s",
		    name, name, name, name);
	else
		hint("boot without cgroup_disable=%s; /proc/cgroups lists the "
		     "kernel's controllers",
		    name);
	exit(EXIT_TOOL);
}

const struct cg_tree *
cg_tree_number(size_t i)
{
	look(0);
	return i < n_trees ? &trees[i] : NULL;
}

unsigned
cg_controller(const char *word, size_t len)
{
	for (int i = 0; i < CG_N * 2; i++)
		if (has_word(names[i / 2][i % 2], word, len))
			return 1u << i / 2;
	return 0;
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

/* The next group, in FROM, that BOX_CGROUPS has for the hierarchy LIST. */
static const char *
own_group(const char *from, const char *list)
{
	const size_t len = strlen(list);

	for (; strchr(from, ';'); from = strchr(from, ';') + 1)
		if (strncmp(from, list, len) == 0 && from[len] == ':')
			return from + len + 1;
	return NULL;
}

bool
cg_is_own(const char *list)
{
	return own_group(env_or("BOX_CGROUPS", ""), list);
}

void
cg_check_own(const struct cg_tree *t)
{
	const char *own = env_or("BOX_CGROUPS", "");
	const size_t len = strlen(t->group);

	while ((own = own_group(own, t->list)))
		if (len > 1 && strncmp(own, t->group, len) == 0 &&
		    own[len] == ';')
			return;
	diex("BOX_CGROUPS: %s, the group of this process in %s, is not the "
	     "chain's own",
	    t->group, t->top);
}

bool
cg_named(const char *name)
{
	static const char *const places[] = {"", "/boxtools", "/../boxtools"};
	const struct cg_tree *pids = cg_tree_find(CG_PIDS);
	char dir[PATH_MAX];

	/* cgroup_begin() takes the hierarchy of pids, if there is one. */
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		for (int i = 0; t->top && i < (t->version == 1 ? 1 : 3) &&
				(!pids || t == pids);
		     i++) {
			path_fmt(dir, sizeof(dir), "%s%s/%s", t->own, places[i],
			    name);
			if (access(dir, F_OK) == 0)
				return true;
		}
	return false;
}

const struct cg_tree *
cg_tree_around(const char *dir)
{
	look(0);
	if (strstr(dir, "/../"))
		return NULL;
	for (const struct cg_tree *t = trees; t < trees + n_trees; t++)
		if (t->top && path_inside(dir, t->top) &&
		    strcmp(dir, t->top) != 0)
			return t;
	return NULL;
}

char *
cg_read(const char *dir, const char *name)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/%s", dir, name);
	return slurp_at(AT_FDCWD, path);
}

int
cg_look(const char *dir, const char *name, char **text)
{
	*text = cg_read(dir, name);
	/* ENODEV: the group went meanwhile. */
	if (*text || errno == ENOENT || errno == ENODEV)
		return 0;
	said_set(text_fmt("read %s/%s", dir, name), "");
	return -1;
}

int
cg_look_above(const char *dir, const char *name, char **text)
{
	const int len = (int)(strrchr(dir, '/') - dir);
	char *above = text_fmt("%.*s", len, dir);
	const int result = cg_look(above, name, text);

	if (*text)
		(*text)[strcspn(*text, "\n")] = '\0';
	free(above);
	return result;
}

unsigned
cg_controllers(const char *dir, const char *name)
{
	char *list = cg_read(dir, name);
	const unsigned set = list ? parse_list(list) : 0;

	free(list);
	return set;
}

const char *
cg_names(unsigned set, const char *prefix)
{
	static char text[CG_N * 16];

	text[0] = '\0';
	for (size_t i = 0; i < CG_N; i++)
		if (set & 1u << i)
			snprintf(strchr(text, '\0'), 16, "%s%s%s",
			    text[0] ? " " : "", prefix, names[i][1]);
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
cg_make(const char *dir)
{
	const mode_t mask = umask(022);
	const int r = mkdir(dir, 0755);

	umask(mask);
	return r;
}

int
cg_mkdir(const char *dir)
{
	return say(SAY_SH, "mkdir %s", say_word(dir)) ? cg_make(dir) : 0;
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
			hint("more is in use than the limit: a higher one, or "
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
		if (cg_hint_around(t))
			break;
		if (root)
			hint_before();
		else if (t->version == 1)
			hint("v1 groups are root's: sudo cg-limit ...");
		else
			hint("%s --scope -p Delegate=yes cg-limit ...", scope);
	}
}
