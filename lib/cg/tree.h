#ifndef CG_TREE_H
#define CG_TREE_H

#include <limits.h>
#include <stdbool.h>

/* Where each cgroup controller lives on this host: in a v1 hierarchy, alone or
 * with others, or in the v2 hierarchy (cgroups(7)). */

/* One or a set.  v2 accounts CPU time without a controller, so CG_CPUACCT is
 * just the hierarchy there. */
#define CG_CPU 1u
#define CG_CPUACCT 2u
#define CG_MEMORY 4u
#define CG_PIDS 8u
#define CG_CPUSET 16u
#define CG_IO 32u
#define CG_N 6 /* so many */

#define CG_TREES 16 /* so many hierarchies at most */

struct cg_tree {
	int version;	/* 1 or 2 */
	char list[256]; /* what it carries, as the kernel has it; v2: "" */
	unsigned has;	/* the controllers that a v1 hierarchy carries */
	char group[PATH_MAX]; /* the caller's group in it */
	/* Its mount, "" if our group is to be seen in none: the mount point,
	 * the group that is seen there, the directory of our own group. */
	char top[PATH_MAX], root[PATH_MAX], own[PATH_MAX];
};

/* The mounted hierarchy for ONE controller; NULL if there is none.  Whether a
 * group of v2 has the controller is another question: cg_controllers(). */
const struct cg_tree *cg_tree_find(unsigned controller);

/* The same; dies with the reason and what mends it. */
const struct cg_tree *cg_tree_of(unsigned controller);

/* A mounted hierarchy, whichever; dies if there is none. */
const struct cg_tree *cg_tree_any(void);

/* The mounted hierarchy in which DIR lies, below its top; NULL if there is
 * none, or DIR has a "..". */
const struct cg_tree *cg_tree_around(const char *dir);

/* Whether the directory DIR is BASE or lies below it. */
bool cg_inside(const char *dir, const char *base);

/* The hierarchy that carries LIST, as /proc/PID/cgroup has it ("cpu,cpuacct",
 * "name=systemd", "" for v2), mounted or not, also one without a controller of
 * ours; NULL if there is none. */
const struct cg_tree *cg_tree_with(const char *list);

/* The directory, in BUF of PATH_MAX bytes, of GROUP: one as in
 * /proc/PID/cgroup if it begins with '/', else one below the caller's own.
 * False if no mount shows it. */
bool cg_dir(const struct cg_tree *t, const char *group, char *buf);

/* Whether a group NAME lies where cg-limit would make one: below the caller's
 * own group, or on v2 in a group "boxtools" below that or beside it. */
bool cg_named(const char *name);

/* The controllers that the file NAME of the v2 group DIR lists; none if it
 * cannot be read. */
unsigned cg_controllers(const char *dir, const char *name);

/* A set's names, v2's, each with PREFIX, blanks between; in a static buffer. */
const char *cg_names(unsigned set, const char *prefix);

/* Write TEXT to the file NAME of the group DIR; make a group; remove an empty
 * one (or none).  They say so, and return -1 with errno. */
int cg_write(const char *dir, const char *name, const char *text);
int cg_mkdir(const char *dir);
int cg_rmdir(const char *dir);

/* Prints the hint, where there is one, for their failure ERR. */
void cg_hint(const struct cg_tree *t, int err);

#endif
