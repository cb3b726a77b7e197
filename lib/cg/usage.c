// SPDX-License-Identifier: MIT
/* usage - the use of resources by a group, and the limits that it has hit */
#include "cg/usage.h"
#include "base/die.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* v1 has its files in nanoseconds. */
static const struct {
	const char *name;
	unsigned controller;
	struct {
		const char *file, *key;
		int divisor;
	} v1, v2;
} stats[CG_STATS] = {
    [CPU_USEC] = {"cpu_usec", CG_CPUACCT, {"cpuacct.usage", NULL, 1000},
	{"cpu.stat", "usage_usec", 1}},
    [THROTTLED_USEC] = {"throttled_usec", CG_CPU,
	{"cpu.stat", "throttled_time", 1000},
	{"cpu.stat", "throttled_usec", 1}},
    [NR_THROTTLED] = {"nr_throttled", CG_CPU, {"cpu.stat", "nr_throttled", 1},
	{"cpu.stat", "nr_throttled", 1}},
    [MEMORY_PEAK] = {"memory_peak", CG_MEMORY,
	{"memory.max_usage_in_bytes", NULL, 1}, {"memory.peak", NULL, 1}},
    [MEMORY_HITS] = {"memory_hits", CG_MEMORY, {"memory.failcnt", NULL, 1},
	{"memory.events", "max", 1}},
    [OOM_KILLS] = {"oom_kills", CG_MEMORY,
	{"memory.oom_control", "oom_kill", 1},
	{"memory.events", "oom_kill", 1}},
    [PIDS_PEAK] = {"pids_peak", CG_PIDS, {"pids.peak", NULL, 1},
	{"pids.peak", NULL, 1}},
    [PIDS_HITS] = {"pids_hits", CG_PIDS, {"pids.events", "max", 1},
	{"pids.events", "max", 1}},
};

void
cg_usage_want(struct cgroup *g)
{
	cgroup_want(g, CG_CPUACCT | CG_MEMORY | CG_PIDS);
}

static int64_t
read_stat(const struct cgroup *g, int i)
{
	const bool v1 = cgroup_version(g, stats[i].controller) == 1;
	const int64_t n = cgroup_number(g, stats[i].controller,
	    v1 ? stats[i].v1.file : stats[i].v2.file,
	    v1 ? stats[i].v1.key : stats[i].v2.key);

	return n > 0 ? n / (v1 ? stats[i].v1.divisor : stats[i].v2.divisor) : n;
}

/* v1, and v2 before Linux 6.11, count a refused fork in the group of the
 * process, although a group above may have refused it. */
static bool
pids_hit(const struct cgroup *g)
{
	const int64_t peak = read_stat(g, PIDS_PEAK);
	const int64_t limit = cgroup_number(g, CG_PIDS, "pids.max", NULL);

	return peak < 0 || (limit >= 0 && peak >= limit);
}

/* If the sum of memory and swap is limited, v1 charges the sum first, and not
 * every kernel counts a refusal of the sum. */
static bool
sum_hit(const struct cgroup *g)
{
	const int64_t limit =
	    cgroup_number(g, CG_MEMORY, "memory.memsw.limit_in_bytes", NULL);

	return limit >= 0 &&
	       cgroup_number(g, CG_MEMORY, "memory.memsw.max_usage_in_bytes",
		   NULL) >= limit;
}

void
cg_usage_read(const struct cgroup *g, struct cg_usage *u, bool all)
{
	int64_t own;

	for (int i = 0; i < CG_STATS; i++)
		u->stat[i] =
		    all || i == MEMORY_HITS || i == OOM_KILLS || i == PIDS_HITS
			? read_stat(g, i)
			: -1;
	if (u->stat[PIDS_HITS] > 0 && !pids_hit(g))
		u->stat[PIDS_HITS] = 0;
	if (u->stat[MEMORY_HITS] == 0 && (all || u->stat[OOM_KILLS] > 0) &&
	    sum_hit(g))
		u->stat[MEMORY_HITS] = 1;
	/* v2 counts "oom" in the group of the limit, "oom_kill" in the group of
	 * the victim.  v1 has no such pair: a limit never hit is no cause. */
	own = cgroup_version(g, CG_MEMORY) == 2
		  ? cgroup_number(g, CG_MEMORY, "memory.events", "oom")
		  : u->stat[MEMORY_HITS];
	u->oom_by = u->stat[OOM_KILLS] <= 0 ? NULL : own > 0 ? "own" : "outer";
}

void
cg_usage_report(const struct cg_usage *u, int status, int fd)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "{\"status\":%d", status);

	for (int i = 0; i < CG_STATS; i++) {
		n += snprintf(
		    text + n, sizeof(text) - n, ",\"%s\":", stats[i].name);
		n += snprintf(text + n, sizeof(text) - n,
		    u->stat[i] < 0 ? "null" : "%" PRId64, u->stat[i]);
	}
	n += snprintf(text + n, sizeof(text) - n,
	    u->oom_by ? ",\"oom_by\":\"%s\"}\n" : ",\"oom_by\":null}\n",
	    u->oom_by);
	if (write(fd, text, (size_t)n) != n)
		warn("--report: write descriptor %d", fd);
}
