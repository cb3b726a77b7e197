// SPDX-License-Identifier: MIT
/*
 * limit - the limits that a group can have, and their files
 *
 * A plain number goes to one file, by the table.  The code below is for more
 * than a difference of names: v1 has quota and period in two files, and one
 * limit for the sum of memory and swap.
 */
#include "cg/limit.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "cg/cpuset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CG_VALUE 4000 /* bytes of a value of --set */

static const struct {
	unsigned controller;
	const char *v2, *v1, *v1_max; /* v2 has "max" for no limit */
} files[CG_LIMITS] = {
    [CG_LIMIT_CPU] = {CG_CPU, NULL, NULL, NULL},
    [CG_LIMIT_WEIGHT] = {CG_CPU, "cpu.weight", "cpu.shares", NULL},
    [CG_LIMIT_CPUSET] = {CG_CPUSET, NULL, NULL, NULL},
    [CG_LIMIT_PIDS] = {CG_PIDS, "pids.max", "pids.max", "max"},
    [CG_LIMIT_MEMORY] = {CG_MEMORY, "memory.max", "memory.limit_in_bytes",
	"-1"},
    [CG_LIMIT_SWAP] = {CG_MEMORY, "memory.swap.max",
	"memory.memsw.limit_in_bytes", "-1"},
    [CG_LIMIT_IO] = {CG_IO, NULL, NULL, NULL},
    [CG_LIMIT_SET] = {0, NULL, NULL, NULL},
};

static void
give(struct cg_limits *l, enum cg_limit i, uint64_t number)
{
	l->given |= 1u << i;
	l->number[i] = number;
}

static bool
has(const struct cg_limits *l, enum cg_limit i)
{
	return l->given & 1u << i;
}

static void
add_io(struct cg_limits *l, const char *arg)
{
	if (l->n_io == sizeof(l->io) / sizeof(*l->io))
		diex("--io: %u devices are the most", l->n_io);
	l->io[l->n_io++] = cg_io_parse("--io", arg);
	give(l, CG_LIMIT_IO, 0);
}

/* A frozen group would stop the chain, too. */
static void
add_set(struct cg_limits *l, const char *arg)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-";
	char *file = text_fmt("%s", arg), *value = strchr(file, '=');
	unsigned controller;

	if (value)
		*value++ = '\0';
	if (!value || !*value || strlen(value) > CG_VALUE)
		diex("--set: '%s' is not FILE=VALUE", arg);
	controller = cg_controller(file, strcspn(file, "."));
	if (!controller || controller == CG_FREEZER || !strchr(file, '.') ||
	    file[strspn(file, letters)])
		diex("--set: '%s' is no file with a limit, such as memory.high",
		    file);
	if (l->n_set == CG_SETS)
		diex("--set: more than %d files", CG_SETS);
	l->set[l->n_set++] = (struct cg_set){controller, file, value};
	give(l, CG_LIMIT_SET, 0);
}

/* The order of the options is of no matter. */
static void
split_sum(struct cg_limits *l)
{
	const uint64_t memory = l->number[CG_LIMIT_MEMORY];

	if (l->sum == PARSE_MAX) {
		give(l, CG_LIMIT_SWAP, PARSE_MAX);
	} else if (l->sum && has(l, CG_LIMIT_MEMORY) && memory != PARSE_MAX) {
		if (l->sum < memory)
			diex("--memory-swap: less than --memory alone");
		give(l, CG_LIMIT_SWAP, l->sum - memory);
	}
}

void
cg_limits_option(struct cg_limits *l, int id, const char *arg)
{
	const bool max = arg && strcmp(arg, "max") == 0;

	switch (id) {
	case CG_O_PIDS:
		give(l, CG_LIMIT_PIDS, parse_num_max("--pids", arg, 1));
		break;
	case 'm':
		if (parse_size("--memory", arg) == 0)
			diex("--memory: no program runs without memory; max is "
			     "no limit");
		give(l, CG_LIMIT_MEMORY, parse_size("--memory", arg));
		split_sum(l);
		break;
	case CG_O_SWAP:
		give(l, CG_LIMIT_SWAP, parse_size("--swap", arg));
		break;
	case CG_O_MEMORY_SWAP:
		l->sum = parse_size("--memory-swap", arg);
		if (l->sum == 0)
			diex("--memory-swap: 0 is less than --memory alone");
		split_sum(l);
		break;
	case CG_O_WEIGHT:
		give(l, CG_LIMIT_WEIGHT, parse_num("--weight", arg, 1, 10000));
		break;
	case CG_O_CPUSET:
		l->cpuset = max ? NULL : cpuset_parse("--cpuset", arg);
		give(l, CG_LIMIT_CPUSET, max ? PARSE_MAX : 0);
		break;
	case CG_O_IO:
		add_io(l, arg);
		break;
	case CG_O_SET:
		add_set(l, arg);
		break;
	}
}

void
cg_limits_cpu(struct cg_limits *l, const char *arg)
{
	give(l, CG_LIMIT_CPU, parse_cpu("CPU", arg));
}

void
cg_limits_fresh(struct cg_limits *l)
{
	for (unsigned i = 0; i < CG_LIMITS; i++)
		if (l->number[i] == PARSE_MAX)
			l->given &= ~(1u << i);
}

unsigned
cg_limits_need(const struct cg_limits *l)
{
	unsigned need = 0;

	if (l->sum && l->sum != PARSE_MAX && !has(l, CG_LIMIT_SWAP))
		diex("--memory-swap needs --memory, of which it is the sum");
	for (unsigned i = 0; i < CG_LIMITS; i++)
		if (has(l, i))
			need |= files[i].controller;
	for (unsigned i = 0; i < l->n_set; i++)
		need |= l->set[i].controller;
	return need;
}

/* The kernel takes no quota below 1 ms: for such a quota the period, 100 ms by
 * default, is longer. */
static void
set_cpu(struct cgroup *g, uint64_t cpu)
{
	uint64_t period = 100000;
	char quota[24];

	if (cpu < 1000)
		period = (1000 * 100000 + cpu - 1) / cpu;
	snprintf(quota, sizeof(quota), "%" PRIu64, period * cpu / 100000);
	if (cgroup_version(g, CG_CPU) == 2) {
		cgroup_set(g, CG_CPU, "cpu.max", "%s %" PRIu64,
		    cpu == PARSE_MAX ? "max" : quota, period);
	} else {
		cgroup_set(g, CG_CPU, "cpu.cfs_period_us", "%" PRIu64, period);
		cgroup_set(g, CG_CPU, "cpu.cfs_quota_us", "%s",
		    cpu == PARSE_MAX ? "-1" : quota);
	}
}

static void
set_number(struct cgroup *g, enum cg_limit i, uint64_t number)
{
	const bool v2 = cgroup_version(g, files[i].controller) == 2;
	const char *file = v2 ? files[i].v2 : files[i].v1;

	if (number == PARSE_MAX)
		cgroup_set(g, files[i].controller, file, "%s",
		    v2 ? "max" : files[i].v1_max);
	else
		cgroup_set(g, files[i].controller, file, "%" PRIu64, number);
}

/* The present v1 limit I: no limit is the greatest whole number of pages. */
static uint64_t
number_v1(struct cgroup *g, enum cg_limit i)
{
	char *text = cgroup_look(g, CG_MEMORY, files[i].v1, false);
	const long long n = text ? atoll(text) : -1;

	free(text);
	return n < 0 || n > INT64_MAX - (1 << 16) ? PARSE_MAX : (uint64_t)n;
}

/* v1 charges the buffers of TCP apart, and only under a limit of their own.  A
 * kernel may lack that limit. */
static void
set_tcp_v1(struct cgroup *g, uint64_t memory)
{
	static const char file[] = "memory.kmem.tcp.limit_in_bytes";
	char *there = cgroup_look(g, CG_MEMORY, file, true);

	if (there && memory == PARSE_MAX)
		cgroup_set(g, CG_MEMORY, file, "-1");
	else if (there)
		cgroup_set(g, CG_MEMORY, file, "%" PRIu64, memory);
	free(there);
}

/* v1's second limit is on the sum of memory and swap, and may never be the
 * smaller one. */
static void
set_memory_v1(const struct cg_limits *l, struct cgroup *g)
{
	const uint64_t old_sum = number_v1(g, CG_LIMIT_SWAP);
	uint64_t memory = number_v1(g, CG_LIMIT_MEMORY), swap = PARSE_MAX, sum;

	if (old_sum != PARSE_MAX && memory != PARSE_MAX)
		swap = old_sum - memory;
	if (has(l, CG_LIMIT_MEMORY))
		memory = l->number[CG_LIMIT_MEMORY];
	if (has(l, CG_LIMIT_SWAP))
		swap = l->number[CG_LIMIT_SWAP];
	if (swap != PARSE_MAX && memory == PARSE_MAX && has(l, CG_LIMIT_SWAP)) {
		warnx("--swap needs --memory here: v1 limits the two together");
		cgroup_abandon(g);
	}
	sum = memory == PARSE_MAX || swap == PARSE_MAX ? PARSE_MAX
						       : memory + swap;
	if (sum != old_sum && sum > old_sum)
		set_number(g, CG_LIMIT_SWAP, sum);
	if (has(l, CG_LIMIT_MEMORY))
		set_number(g, CG_LIMIT_MEMORY, memory);
	if (sum < old_sum)
		set_number(g, CG_LIMIT_SWAP, sum);
	if (has(l, CG_LIMIT_MEMORY))
		set_tcp_v1(g, memory);
}

static void
set_memory(const struct cg_limits *l, struct cgroup *g)
{
	if (cgroup_version(g, CG_MEMORY) == 1) {
		set_memory_v1(l, g);
		return;
	}
	for (enum cg_limit i = CG_LIMIT_MEMORY; i <= CG_LIMIT_SWAP; i++)
		if (has(l, i))
			set_number(g, i, l->number[i]);
}

static void
set_files(const struct cg_limits *l, struct cgroup *g, bool of_pids)
{
	for (const struct cg_set *s = l->set; s < l->set + l->n_set; s++)
		if ((s->controller == CG_PIDS) == of_pids)
			cgroup_set(g, s->controller, s->file, "%s", s->value);
}

void
cg_limits_late(const struct cg_limits *l, struct cgroup *g)
{
	if (has(l, CG_LIMIT_PIDS))
		set_number(g, CG_LIMIT_PIDS, l->number[CG_LIMIT_PIDS]);
	set_files(l, g, true);
}

void
cg_limits_set(const struct cg_limits *l, struct cgroup *g)
{
	uint64_t weight = l->number[CG_LIMIT_WEIGHT];

	if (has(l, CG_LIMIT_CPU))
		set_cpu(g, l->number[CG_LIMIT_CPU]);
	/* v1's default is 1024, v2's 100. */
	if (cgroup_version(g, CG_CPU) == 1)
		weight = weight * 1024 / 100;
	if (has(l, CG_LIMIT_WEIGHT))
		set_number(g, CG_LIMIT_WEIGHT, weight);
	if (has(l, CG_LIMIT_CPUSET))
		cpuset_set(g, l->cpuset);
	if (l->given & (1u << CG_LIMIT_MEMORY | 1u << CG_LIMIT_SWAP))
		set_memory(l, g);
	for (unsigned i = 0; i < l->n_io; i++)
		cg_io_set(g, &l->io[i]);
	set_files(l, g, false);
	if (!l->late)
		cg_limits_late(l, g);
}
