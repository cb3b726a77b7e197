#ifndef CG_GROUP_H
#define CG_GROUP_H

#include "cg/v2.h"

#include <stdint.h>
#include <sys/types.h>

/* A box's control group: a directory in each hierarchy that is needed.
 * cgroup_begin(), cgroup_need() what is to be limited or counted,
 * cgroup_make(), cgroup_set() the limits, cgroup_fork() into it, and at the end
 * cgroup_remove().  All that can fail die, and first remove what they made. */

struct cgroup {
	const char *name;
	char lock[80];
	int lock_fd;
	int n_parts;
	struct cgroup_part {
		const struct cg_tree *tree;
		unsigned need; /* controllers */
		bool made;
		char dir[PATH_MAX];
	} parts[CG_TREES];
	struct cgv2 v2; /* at most one of them is v2's */
};

/* NAME as parse_name() takes one, of at most 64 bytes. */
void cgroup_begin(struct cgroup *g, const char *name);

/* The group shall have CONTROLLER; dies if this host does not have it. */
void cgroup_need(struct cgroup *g, unsigned controller);

/* The same if this host has it. */
void cgroup_want(struct cgroup *g, unsigned controller);

/* Makes the group below PARENT: a path as in /proc/PID/cgroup, or one below the
 * caller's own group if it does not begin with '/'; NULL: the caller's own,
 * or on v2 what cgv2.h finds.  Dies if the name is taken. */
void cgroup_make(struct cgroup *g, const char *parent);

/* 1 or 2: whose files CONTROLLER has. */
int cgroup_version(const struct cgroup *g, unsigned controller);

/* The directory of the group that has CONTROLLER. */
const char *cgroup_dir(const struct cgroup *g, unsigned controller);

/* Writes a limit. */
__attribute__((format(printf, 4, 5))) void cgroup_set(struct cgroup *g,
    unsigned controller, const char *file, const char *fmt, ...);

/* Is fork(2); on v2 the child is in the group from its first moment.  For v1
 * it calls cgroup_join(), single-threaded and before it executes anything.
 * With -n there is no child, and 0 is returned. */
pid_t cgroup_fork(struct cgroup *g);
void cgroup_join(const struct cgroup *g);

/* The number in the group's FILE: in the line that begins with KEY, or if that
 * is NULL the file's only one.  -1 if there is none. */
int64_t cgroup_number(const struct cgroup *g, unsigned controller,
    const char *file, const char *key);

/* Kills what is left in the group and removes it, with all groups in it. */
void cgroup_remove(struct cgroup *g);

/* What failed was said: removes what was made, and exits. */
__attribute__((noreturn)) void cgroup_abandon(struct cgroup *g);

#endif
