#ifndef CG_OPEN_H
#define CG_OPEN_H

#include "cg/group.h"

/* The group NAME that a cg-limit has made and is waiting for, to read it and to
 * change its limits; it is not removed by us.  Dies with 125 if there is none.
 */
void cgroup_open(struct cgroup *g, const char *name);

/* The groups of the process PID that are not ours, in every hierarchy, for
 * cgroup_fork() and cgroup_join().  Dies with 125. */
void cgroup_of(struct cgroup *g, pid_t pid);

/* Dies unless the group has CONTROLLER. */
void cgroup_has(const struct cgroup *g, unsigned controller);

#endif
