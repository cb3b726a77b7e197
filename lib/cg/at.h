#ifndef CG_AT_H
#define CG_AT_H

#include "cg/group.h"

/* A group by its path, which another program has chosen and ends: there is no
 * lock and no record of it.  PATH is below the mount point of each hierarchy,
 * as of parse_path().  All die with 125; "/" and a group that holds this
 * process are refused. */

/* In place of cgroup_begin() and cgroup_make(): the group is in all v1
 * hierarchies, and in v2 if that has one of CG_ALL, and has all controllers
 * that it can have.  Missing groups above are made.  An existing group is taken
 * over if it has neither processes nor groups below, and is not frozen. */
void cgroup_at_begin(struct cgroup *g, const char *path);
void cgroup_at_make(struct cgroup *g);

/* In place of both, on v2: the caller's own group, which must have no other
 * processes than stages.  It is not removed. */
void cgroup_at_here(struct cgroup *g);

/* Opens the group, to change its limits. */
void cgroup_at_open(struct cgroup *g, const char *path);

#endif
