#ifndef CG_USAGE_H
#define CG_USAGE_H

#include "cg/group.h"

#include <stdint.h>

/* The use of resources by a group, and the limits that it has hit; to be read
 * before the group is removed.  -1: this host does not count the member. */

enum {
	CPU_USEC,	/* CPU time, microseconds */
	THROTTLED_USEC, /* time waited at the CPU limit */
	NR_THROTTLED,	/* number of periods with such a wait */
	MEMORY_PEAK,	/* bytes */
	MEMORY_HITS,	/* times at the limit; reclaim may have helped */
	OOM_KILLS,	/* processes killed for want of memory */
	PIDS_PEAK,	/* processes and threads */
	PIDS_HITS,	/* forks that the group's own limit refused */
	CG_STATS,
};

struct cg_usage {
	int64_t stat[CG_STATS];
	/* The limit that killed a process: "own", this group's, or "outer",
	 * that of a group above or of the host; NULL: none was killed. */
	const char *oom_by;
};

/* Asks for the controllers that count, as far as this host has them. */
void cg_usage_want(struct cgroup *g);

/* Without ALL, only the counts of hits and kills are read; the others are -1.
 */
void cg_usage_read(const struct cgroup *g, struct cg_usage *u, bool all);

/* Writes the usage and PROG's STATUS as one line of JSON. */
void cg_usage_report(const struct cg_usage *u, int status, int fd);

#endif
