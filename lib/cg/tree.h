#ifndef CG_TREE_H
#define CG_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* The cgroup hierarchies of this host: v1 hierarchies, each with one controller
 * or more, and the v2 hierarchy (cgroups(7)). */

/* One controller or a set.  What v2 has without a controller of its own, as the
 * CPU time's count and device rules, are CG_BARE: there these stand for the
 * hierarchy alone.  CG_ALL are those with limits of cg-limit. */
#define CG_CPU 1u
#define CG_CPUACCT 2u
#define CG_MEMORY 4u
#define CG_PIDS 8u
#define CG_CPUSET 16u
#define CG_IO 32u
#define CG_DEVICES 64u
#define CG_HUGETLB 128u
#define CG_RDMA 256u
#define CG_MISC 512u
#define CG_NET_CLS 1024u
#define CG_NET_PRIO 2048u
#define CG_PERF 4096u
#define CG_FREEZER 8192u
#define CG_N 14 /* the number of controllers */
#define CG_ALL (CG_DEVICES - 1)
#define CG_BARE \
	(CG_CPUACCT | CG_DEVICES | CG_NET_CLS | CG_NET_PRIO | CG_PERF | \
	    CG_FREEZER)

#define CG_TREES 16 /* the most hierarchies */

struct cg_tree {
	int version;	   /* 1 or 2 */
	const char *list;  /* its controllers, as the kernel has them; v2: "" */
	unsigned has;	   /* the controllers of a v1 hierarchy */
	const char *group; /* the caller's group */
	/* The mount point, the group at the mount point ("" for "/"), and the
	 * directory of the caller's group; NULL if no mount shows that group.
	 */
	const char *top, *root, *own;
};

/* The mounted hierarchy of ONE controller, or NULL.  A group of v2 may still
 * lack the controller: cg_controllers(). */
const struct cg_tree *cg_tree_find(unsigned controller);

/* The same; dies with the reason and a hint. */
const struct cg_tree *cg_tree_of(unsigned controller);

/* Any mounted hierarchy; dies if there is none. */
const struct cg_tree *cg_tree_any(void);

/* Whether a v1 hierarchy with a controller is mounted. */
bool cg_tree_has_v1(void);

/* The mounted hierarchy in which the directory DIR lies, below the mount point;
 * NULL if there is none, or if DIR has a "..". */
const struct cg_tree *cg_tree_around(const char *dir);

/* The hierarchy number I, mounted or not; NULL after the last. */
const struct cg_tree *cg_tree_number(size_t i);

/* The controller with the name that WORD begins with, up to LEN bytes; 0 if
 * there is none. */
unsigned cg_controller(const char *word, size_t len);

/* The hierarchy with the controllers LIST, as in /proc/PID/cgroup
 * ("cpu,cpuacct", "name=systemd", "" for v2), mounted or not; or NULL. */
const struct cg_tree *cg_tree_with(const char *list);

/* Whether a cg-limit in front has made the caller's group in the hierarchy with
 * the controllers LIST (BOX_CGROUPS). */
bool cg_is_own(const char *list);

/* Dies with 125 unless BOX_CGROUPS has the caller's group in the hierarchy T,
 * which is not the first: a value set by hand would name any group.  For stages
 * before the box's cgroup namespace. */
void cg_check_own(const struct cg_tree *t);

/* The next line of *TEXT, a /proc/PID/cgroup.  Cuts the text into pieces.
 * False at the end. */
bool cg_next(char **text, char **list, char **group);

/* The directory, malloc'ed, of GROUP: a path as in /proc/PID/cgroup if it
 * begins with '/', else a path below the caller's group.  NULL if no mount
 * shows the group. */
char *cg_dir(const struct cg_tree *t, const char *group);

/* The file NAME of the group DIR, malloc'ed; NULL with errno. */
char *cg_read(const char *dir, const char *name);

/* The same in *TEXT, NULL if the group or its file is not there.  -1 with errno
 * and said() if it is there and cannot be read.  cg_look_above() reads the file
 * of the group above DIR, without the newline at the end; DIR need not exist
 * yet. */
int cg_look(const char *dir, const char *name, char **text);
int cg_look_above(const char *dir, const char *name, char **text);

/* Whether a group NAME lies where cg-limit would make one: below the caller's
 * own group, or on v2 in a group "boxtools" below that or beside it. */
bool cg_named(const char *name);

/* The controllers that the file NAME of the v2 group DIR lists; none if it
 * cannot be read. */
unsigned cg_controllers(const char *dir, const char *name);

/* The v2 names of a set, each with PREFIX, blanks between; in a static
 * buffer. */
const char *cg_names(unsigned set, const char *prefix);

/* Write TEXT to the file NAME of the group DIR; make the group DIR; remove DIR
 * if it exists.  All are announced by say(), and return -1 with errno. */
int cg_write(const char *dir, const char *name, const char *text);
int cg_mkdir(const char *dir);
int cg_rmdir(const char *dir);

/* mkdir(2) without say(), for all to read whatever the caller's umask is: the
 * box's root, another user here, mounts the view of its group. */
int cg_make(const char *dir);

/* Whether the caller is root of a box that has not been given its group in the
 * hierarchy T, or, with NULL, sees no group.  Then prints the hint. */
bool cg_hint_around(const struct cg_tree *t);

/* Prints the hint, if there is one, for the failure ERR of these three. */
void cg_hint(const struct cg_tree *t, int err);

#endif
