// SPDX-License-Identifier: MIT
/*
 * cg-limit - run a program in a cgroup of its own, with limits
 *
 * The group and its limits first, then the child in it, which becomes PROG.  We
 * stay outside, so that the limits are PROG's alone; wait; read the group's
 * counters before they go with it; and remove it with whatever PROG has left
 * there.  Where the group is, on v1, v2 or both, lib/cgfs.c and lib/cgplace.c
 * say; that it does not outlive us for long, even after a kill -9, lib/cgend.c.
 */
#include "cgend.h"
#include "cgusage.h"
#include "chain.h"
#include "die.h"
#include "opt.h"
#include "parse.h"
#include "resident.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	O_NAME = OPT_LONG,
	O_PARENT,
	O_PIDS,
	O_REPORT,
	O_SWAP,
	O_WARN,
	O_WEIGHT,
};

static const struct tool tool = {"cg-limit", "CPU prog [arg...]",
    (const struct opt[]){
	{O_PIDS, "pids", "N", "at most N processes and threads, or max"},
	{'m', "memory", "SIZE", "at most SIZE bytes (64m, 2g), or max"},
	{O_SWAP, "swap", "SIZE", "the same for swap space"},
	{O_WEIGHT, "weight", "N", "share of busy CPUs, 1..10000 (100)"},
	{O_NAME, "name", "NAME", "name of the group (box-PID)"},
	{O_PARENT, "parent", "GROUP", "group to make it in (our own)"},
	{O_REPORT, "report", "FD", "write usage to FD at exit, as JSON"},
	{O_WARN, "warn", "[=KEY=OPTION,...]",
	    "say at exit which limits were hit"},
	{0},
    },
    SAY_SH};

/* Less than this many bytes is hardly enough to execute a program. */
#define TINY (1 << 20)

static struct {
	uintmax_t cpu, pids, memory, swap, weight;
} limit = {PARSE_MAX, PARSE_MAX, PARSE_MAX, PARSE_MAX, 0};

/* Microseconds.  The kernel takes no quota below 1 ms: then the period, 100 ms
 * else, is longer. */
static void
limit_cpu(struct cgroup *g)
{
	uintmax_t period = 100000, quota;

	if (limit.cpu < 1000)
		period = (1000 * 100000 + limit.cpu - 1) / limit.cpu;
	quota = period * limit.cpu / 100000;
	if (cgroup_version(g, CG_CPU) == 2) {
		cgroup_set(g, CG_CPU, "cpu.max", "%ju %ju", quota, period);
	} else {
		cgroup_set(g, CG_CPU, "cpu.cfs_period_us", "%ju", period);
		cgroup_set(g, CG_CPU, "cpu.cfs_quota_us", "%ju", quota);
	}
}

/* A fresh group has no limit, so "max" is nothing to be written. */
static void
set_limits(struct cgroup *g)
{
	const bool v2 = cgroup_version(g, CG_MEMORY) == 2;

	if (limit.cpu != PARSE_MAX)
		limit_cpu(g);
	if (limit.weight && cgroup_version(g, CG_CPU) == 2)
		cgroup_set(g, CG_CPU, "cpu.weight", "%ju", limit.weight);
	else if (limit.weight) /* v1's default is 1024, v2's 100 */
		cgroup_set(
		    g, CG_CPU, "cpu.shares", "%ju", limit.weight * 1024 / 100);
	if (limit.pids != PARSE_MAX)
		cgroup_set(g, CG_PIDS, "pids.max", "%ju", limit.pids);
	if (limit.memory != PARSE_MAX)
		cgroup_set(g, CG_MEMORY,
		    v2 ? "memory.max" : "memory.limit_in_bytes", "%ju",
		    limit.memory);
	if (limit.swap != PARSE_MAX && v2)
		cgroup_set(g, CG_MEMORY, "memory.swap.max", "%ju", limit.swap);
	else if (limit.swap != PARSE_MAX) /* v1 limits the sum */
		cgroup_set(g, CG_MEMORY, "memory.memsw.limit_in_bytes", "%ju",
		    limit.memory + limit.swap);
}

/* The options that raise the limits, as --warn has them. */
static const char *pids_option = "--pids", *memory_option = "--memory";

static void
parse_warn(char *list)
{
	char *word, *rest;

	for (word = strtok_r(list, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest))
		if (strncmp(word, "pids=", 5) == 0)
			pids_option = word + 5;
		else if (strncmp(word, "memory=", 7) == 0)
			memory_option = word + 7;
		else
			diex("--warn: '%s' is not pids=OPTION or memory=OPTION",
			    word);
}

static void
warn_of(const struct cg_usage *u)
{
	const int64_t forks = u->stat[PIDS_HITS], kills = u->stat[OOM_KILLS];

	if (forks > 0)
		warnx("the limit on processes was hit, and a fork refused, "
		      "%" PRId64 " times: %s raises it",
		    forks, pids_option);
	if (kills > 0 && strcmp(u->oom_by, "own") == 0)
		warnx("the limit on memory was hit, and a process killed, "
		      "%" PRId64 " times: %s raises it",
		    kills, memory_option);
	else if (kills > 0)
		warnx("the host or a group above ran out of memory, and "
		      "%" PRId64 " of the processes were killed",
		    kills);
}

int
main(int argc, char *argv[])
{
	const pid_t self = getpid();
	const char *parent = NULL, *name = NULL;
	char own_name[32];
	unsigned needs = 0;
	bool warns = false;
	int report = -1, status, c;
	struct cg_usage usage;
	struct cgroup g;
	pid_t pid;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) >= 0)
		switch (c) {
		case O_PIDS:
			limit.pids = parse_num_max("--pids", optarg, 1);
			needs |= CG_PIDS;
			break;
		case 'm':
			limit.memory = parse_size("--memory", optarg);
			needs |= CG_MEMORY;
			break;
		case O_SWAP:
			limit.swap = parse_size("--swap", optarg);
			needs |= CG_MEMORY;
			break;
		case O_WEIGHT:
			limit.weight = parse_num("--weight", optarg, 1, 10000);
			needs |= CG_CPU;
			break;
		case O_NAME:
			name = parse_name("--name", optarg, 64);
			break;
		case O_PARENT:
			parent = optarg;
			break;
		case O_REPORT:
			report = parse_fd("--report", optarg);
			break;
		case O_WARN:
			if (optarg)
				parse_warn(optarg);
			warns = true;
			break;
		}
	if (argc - optind < 2)
		opt_usage(&tool);
	limit.cpu = parse_cpu("CPU", argv[optind++]);
	if (limit.cpu != PARSE_MAX)
		needs |= CG_CPU;

	snprintf(own_name, sizeof(own_name), "box-%d", self);
	cgroup_begin(&g, name ? name : own_name);
	for (unsigned bit = 1; bit <= needs; bit <<= 1)
		if (needs & bit)
			cgroup_need(&g, bit);
	if (report >= 0)
		cg_usage_want(&g);
	if (limit.swap != PARSE_MAX && limit.memory == PARSE_MAX &&
	    cgroup_version(&g, CG_MEMORY) == 1)
		diex("--swap needs --memory here: v1 limits the two together");

	resident_begin();
	cgroup_make(&g, parent);
	set_limits(&g);
	pid = cgroup_fork(&g);
	if (pid == 0) {
		cgroup_join(&g);
		say_next(argv + optind);
		resident_child();
		resident_die_with(self);
		chain(argv + optind);
	}
	status = resident_wait(&(struct resident){.pid = pid});
	cg_usage_read(&g, &usage);
	if (report >= 0)
		cg_usage_report(&usage, status, report);
	if (limit.memory < TINY && usage.stat[OOM_KILLS] > 0 &&
	    status == 128 + SIGKILL) {
		warnx("--memory: %ju bytes are too few for %s to start",
		    limit.memory, argv[optind]);
		hint("--memory 16m");
	} else if (warns) {
		warn_of(&usage);
	}
	cgroup_remove(&g);
	return status;
}
