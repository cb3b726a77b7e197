#ifndef CG_GROUP_H
#define CG_GROUP_H

#include "cg/v2.h"

#include <stdint.h>
#include <sys/types.h>

/* A box's control group: a directory in each hierarchy that is needed.  In this
 * order: cgroup_begin(), cgroup_need() for the controllers of limits and
 * counters, cgroup_make(), cgroup_set() for the limits, cgroup_fork(), and at
 * the end cgroup_remove().  A failure removes the directories and dies with
 * 125. */

struct cgroup {
	const char *name, *lock;
	int lock_fd;
	int tries;	/* made-up names left to try */
	bool joins;	/* the child of cgroup_fork() joins v2 itself, too */
	unsigned asked; /* controllers that must be there */
	int n_parts;
	struct cgroup_part {
		const struct cg_tree *tree;
		unsigned need; /* controllers */
		bool made;
		char *dir;
		size_t above; /* of at.h: the length of the first made */
	} parts[CG_TREES];
	struct cgv2 v2; /* of the one part that is v2's */
};

/* NAME is one of parse_name(), of at most 64 bytes.  NULL: the name is made up,
 * box-PID, or box-PID-N if that is in use. */
void cgroup_begin(struct cgroup *g, const char *name);

/* The group shall have the CONTROLLERS; dies if this host lacks one. */
void cgroup_need(struct cgroup *g, unsigned controllers);

/* The same, without the controllers that this host lacks. */
void cgroup_want(struct cgroup *g, unsigned controllers);

/* The group shall be in each mounted hierarchy, and have at most GROUPS groups
 * below it on v2. */
void cgroup_want_trees(struct cgroup *g, unsigned groups);

/* Makes the group below PARENT: a path as in /proc/PID/cgroup, or, if it does
 * not begin with '/', a path below the caller's own group.  NULL: below the
 * caller's own group, or on v2 where cgv2_place() finds a place.  Dies if the
 * NAME is in use. */
void cgroup_make(struct cgroup *g, const char *parent);

/* The cgroup version of the CONTROLLER's files: 1 or 2; 0: the group lacks the
 * controller. */
int cgroup_version(const struct cgroup *g, unsigned controller);

/* The directory of the group that has the CONTROLLER. */
const char *cgroup_dir(const struct cgroup *g, unsigned controller);

/* The FILE of the group, which has the CONTROLLER, malloc'ed, or, ABOVE, that
 * of the group above without its newline; NULL if it is not there.  Abandons
 * the group if it cannot be read. */
char *cgroup_look(
    struct cgroup *g, unsigned controller, const char *file, bool above);

/* Writes a limit. */
__attribute__((format(printf, 4, 5))) void cgroup_set(struct cgroup *g,
    unsigned controller, const char *file, const char *fmt, ...);

/* Is fork(2); on v2 the child begins in the group.  For v1 the child calls
 * cgroup_join(), single-threaded and before its first exec, which also hands on
 * which hierarchies these are.  With -n there is no child, and 0 is
 * returned. */
pid_t cgroup_fork(struct cgroup *g);
void cgroup_join(const struct cgroup *g);

/* The number in the group's FILE: on the line that begins with KEY, or, with
 * KEY NULL, the only number.  -1 if there is none. */
int64_t cgroup_number(const struct cgroup *g, unsigned controller,
    const char *file, const char *key);

/* Kills the processes that are left in the group and removes it, with all
 * groups in it.  A group that cannot be removed is a warning, and its record
 * stays. */
void cgroup_remove(struct cgroup *g);

/* The part of the group in the hierarchy T, added if there is none. */
struct cgroup_part *cgroup_part(struct cgroup *g, const struct cg_tree *t);

/* Prints said() with errno, and a hint, and abandons the group. */
__attribute__((noreturn)) void cgroup_fail(
    struct cgroup *g, const struct cg_tree *t);

/* Removes the group, and exits with 125; the caller has printed the error. */
__attribute__((noreturn)) void cgroup_abandon(struct cgroup *g);

#endif
