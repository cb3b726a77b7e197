#ifndef CG_CPUSET_H
#define CG_CPUSET_H

#include "cg/group.h"

/* The CPUs that a group may use: lists such as "0-3,6", cpuset(7). */

/* Returns LIST; dies with 125, naming WHAT, if it is not such a list. */
const char *cpuset_parse(const char *what, const char *list);

/* Limits the group to LIST; NULL: to its parent's CPUs.  Abandons the group if
 * the parent lacks one of the CPUs. */
void cpuset_set(struct cgroup *g, const char *list);

#endif
