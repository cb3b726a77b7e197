#ifndef CG_GROUP_H
#define CG_GROUP_H

#include "cg/v2.h"

#include <stdint.h>
#include <sys/types.h>

/* A box's control group: a directory in each hierarchy that is needed.  In this
 * order: cgroup_begin(), cgroup_need() for what is limited or counted,
 * cgroup_make(), cgroup_set() for the limits, cgroup_fork(), and at the end
 * cgroup_remove().  A failure dies with 125, and first removes what was made.
 */

struct cgroup {
	const char *name, *lock;
	int lock_fd;
	int tries; /* names that are left to try */
	int n_parts;
	struct cgroup_part {
		const struct cg_tree *tree;
		unsigned need; /* controllers */
		bool made;
		char *dir;
	} parts[CG_TREES];
	struct cgv2 v2; /* of the one part that is v2's */
};

/* NAME as parse_name() takes it, of at most 64 bytes.  NULL: one is made up,
 * box-PID, or box-PID-N if that is taken. */
void cgroup_begin(struct cgroup *g, const char *name);

/* The group shall have the CONTROLLERS; dies if this host lacks one. */
void cgroup_need(struct cgroup *g, unsigned controllers);

/* The same for those that this host has. */
void cgroup_want(struct cgroup *g, unsigned controllers);

/* Makes the group below PARENT: a path as in /proc/PID/cgroup, or one below the
 * caller's own group if it does not begin with '/'.  NULL: below the caller's
 * own group, or on v2 where cgv2_place() finds a place.  Dies if the NAME
 * is taken. */
void cgroup_make(struct cgroup *g, const char *parent);

/* 1 or 2: which version's files the CONTROLLER has; 0: the group lacks it. */
int cgroup_version(const struct cgroup *g, unsigned controller);

/* The directory of the group that has the CONTROLLER. */
const char *cgroup_dir(const struct cgroup *g, unsigned controller);

/* Writes a limit. */
__attribute__((format(printf, 4, 5))) void cgroup_set(struct cgroup *g,
    unsigned controller, const char *file, const char *fmt, ...);

/* Is fork(2); on v2 the child begins in the group.  For v1 the child calls
 * cgroup_join(), single-threaded and before it executes anything.  With -n
 * there is no child, and 0 is returned. */
pid_t cgroup_fork(struct cgroup *g);
void cgroup_join(const struct cgroup *g);

/* The number in the group's FILE: on the line that begins with KEY, or if KEY
 * is NULL the file's only one.  -1 if there is none. */
int64_t cgroup_number(const struct cgroup *g, unsigned controller,
    const char *file, const char *key);

/* Kills the processes that are left in the group and removes it, with all
 * groups in it.  A group that cannot be removed is a warning, and its record
 * stays. */
void cgroup_remove(struct cgroup *g);

/* Removes what was made, and exits with 125; the caller has said why. */
__attribute__((noreturn)) void cgroup_abandon(struct cgroup *g);

#endif
