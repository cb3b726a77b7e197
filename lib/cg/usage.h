#ifndef CG_USAGE_H
#define CG_USAGE_H

#include "cg/group.h"

#include <stdint.h>

/* What a group has used, and which limits it has hit; to be read before it is
 * removed.  -1 where this host does not count it. */

enum {
	CPU_USEC,	/* CPU time, microseconds */
	THROTTLED_USEC, /* time that it had to wait for its CPU limit */
	NR_THROTTLED,	/* in so many periods */
	MEMORY_PEAK,	/* bytes */
	MEMORY_HITS,	/* how often it was at the limit; reclaim may have
			 * helped */
	OOM_KILLS,	/* processes killed for want of memory */
	PIDS_PEAK,	/* processes and threads */
	PIDS_HITS,	/* forks that its own limit refused */
	CG_STATS,
};

struct cg_usage {
	int64_t stat[CG_STATS];
	/* Who was out of memory: "own", this group, or "outer", one above it
	 * or the host; NULL: nothing was killed. */
	const char *oom_by;
};

/* All that can be counted shall be. */
void cg_usage_want(struct cgroup *g);

void cg_usage_read(const struct cgroup *g, struct cg_usage *u);

/* Writes it and PROG's STATUS as one line of JSON. */
void cg_usage_report(const struct cg_usage *u, int status, int fd);

#endif
