#ifndef CG_LIMIT_H
#define CG_LIMIT_H

#include "cg/io.h"
#include "stage/opt.h"

/* The limits that a group can have, as cg-limit and cg-set take them. */

enum cg_limit {
	CG_LIMIT_CPU,
	CG_LIMIT_WEIGHT,
	CG_LIMIT_CPUSET,
	CG_LIMIT_PIDS,
	CG_LIMIT_MEMORY,
	CG_LIMIT_SWAP,
	CG_LIMIT_IO,
	CG_LIMIT_SET,
	CG_LIMITS,
};

/* Rows of a tool's table of options; CPU is an operand. */
enum {
	CG_O_PIDS = OPT_LONG + 100,
	CG_O_SWAP,
	CG_O_MEMORY_SWAP,
	CG_O_WEIGHT,
	CG_O_CPUSET,
	CG_O_IO,
	CG_O_SET,
};
/* clang-format off */
#define CG_LIMIT_OPTS \
	{CG_O_PIDS, "pids", "N", "at most N processes and threads, or max"}, \
	{'m', "memory", "SIZE", "at most SIZE bytes (64m, 2g), or max"}, \
	{CG_O_SWAP, "swap", "SIZE", "the same for swap space"}, \
	{CG_O_MEMORY_SWAP, "memory-swap", "SIZE", "memory and swap together"}, \
	{CG_O_WEIGHT, "weight", "N", "share of busy CPUs, 1..10000 (100)"}, \
	{CG_O_CPUSET, "cpuset", "LIST", "these CPUs only (0-3,6), or max"}, \
	{CG_O_IO, "io", "DEV:LIMIT=RATE,...", \
	    "a disk's rbps, wbps, riops, wiops"}, \
	{CG_O_SET, "set", "FILE=VALUE", \
	    "any other file: memory.high=1g, cpu.idle=1"}
/* clang-format on */

/* A file of the group; the first word of its name is the controller. */
struct cg_set {
	unsigned controller;
	const char *file, *value;
};

#define CG_SETS 512

struct cg_limits {
	unsigned given; /* a set of 1 << enum cg_limit */
	/* As of lib/base/parse.h; PARSE_MAX is no limit. */
	uint64_t number[CG_LIMITS];
	uint64_t sum; /* memory and swap; 0: not given */
	const char *cpuset;
	struct cg_io io[16];
	unsigned n_io;
	struct cg_set set[CG_SETS];
	unsigned n_set;
	bool late; /* the limits on processes follow: cg_limits_late() */
};

/* Takes the option ID and its argument.  Dies with 125 on a bad argument. */
void cg_limits_option(struct cg_limits *l, int id, const char *arg);

/* Takes CPU, the operand. */
void cg_limits_cpu(struct cg_limits *l, const char *arg);

/* Drops limits that are "max": a fresh group has none. */
void cg_limits_fresh(struct cg_limits *l);

/* The controllers that the limits need, after the last option.  Dies with 125
 * if a limit on memory and swap together has none on memory beside it. */
unsigned cg_limits_need(const struct cg_limits *l);

/* Writes the given limits; abandons the group if the kernel refuses one.  With
 * LATE the limits on processes wait for cg_limits_late(). */
void cg_limits_set(const struct cg_limits *l, struct cgroup *g);
void cg_limits_late(const struct cg_limits *l, struct cgroup *g);

#endif
