#ifndef CG_OPEN_H
#define CG_OPEN_H

#include "cg/group.h"

/* Opens the group NAME of a running cg-limit, to read or change its limits;
 * cgroup_remove() leaves the group alone.  Dies with 125 if there is none. */
void cgroup_open(struct cgroup *g, const char *name);

/* The groups of the process PID that differ from ours, in all hierarchies, for
 * cgroup_fork() and cgroup_join().  Dies with 125. */
void cgroup_of(struct cgroup *g, pid_t pid);

/* Dies with 125 unless the group has the CONTROLLERS. */
void cgroup_has(const struct cgroup *g, unsigned controllers);

#endif
