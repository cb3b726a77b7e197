// SPDX-License-Identifier: MIT
/*
 * cg-limit - run a program in a cgroup of its own, with limits
 *
 * The group and its limits are made first, then the child in it, which becomes
 * PROG.  cg-limit stays outside, so that the limits are PROG's alone.  It
 * waits, reads the group's counters, and removes the group with the processes
 * that PROG has left in it.  lib/cg/tree.c and lib/cg/v2.c find the group's
 * place, on v1, v2 or both; lib/cg/end.c removes it, also after a kill -9.
 *
 * With --leave the group is its caller's (lib/cg/at.c), and stays if the chain
 * behind has left a box in it.
 */
#include "base/die.h"
#include "base/parse.h"
#include "box/state.h"
#include "cg/at.h"
#include "cg/hits.h"
#include "cg/limit.h"
#include "cg/open.h"
#include "cg/usage.h"
#include "stage/chain.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

enum {
	O_ALL = OPT_LONG,
	O_DELEGATE,
	O_DEVICES,
	O_GROUP,
	O_HERE,
	O_LEAVE,
	O_NAME,
	O_PARENT,
	O_REPORT,
	O_WARN,
};

static const struct tool tool = {"cg-limit", "CPU prog [arg...]",
    (const struct opt[]){
	CG_LIMIT_OPTS,
	{O_ALL, "all", NULL, "have all controllers, for cg-set"},
	{O_DELEGATE, "delegate", "[=GROUPS]",
	    "have a group in all hierarchies, for ns-spawn"},
	{O_DEVICES, "devices", NULL, "have a group for cg-device"},
	{O_GROUP, "group", "PATH",
	    "this group, in all hierarchies; with --leave"},
	{O_HERE, "here", NULL, "the caller's own, of systemd-run --scope"},
	{O_LEAVE, "leave", NULL, "leave the group, if ns-spawn --leave does"},
	{O_NAME, "name", "NAME", "name of the group (the box's, or box-PID)"},
	{O_PARENT, "parent", "GROUP", "the group above the new one (our own)"},
	{O_REPORT, "report", "FD", "write usage to FD at exit, as JSON"},
	{O_WARN, "warn", "[=KEY=OPTION,...]",
	    "say at exit which limits were hit"},
	{0},
    },
    SAY_SH};

/* Less than this many bytes is hardly enough to execute a program. */
#define TINY (1 << 20)

#define GROUPS 1024 /* the default of --delegate */

static const char *parent, *name, *path;
static bool all, devices, warns, leave, here;
static struct cg_limits limits;
static int report = -1;
static unsigned delegate; /* the most groups below, or 0 */

/* Dies unless the options fit together. */
static void
check(void)
{
	if (leave != (path || here) || (path && here))
		diex("--leave needs one of --group and --here, and each of "
		     "them --leave");
	if (leave && (name || parent))
		diex("--group and --here have the name and the place");
	if (leave && (warns || report >= 0))
		diex("--leave: nobody would be there for --warn, --report");
}

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) >= 0)
		switch (c) {
		case O_ALL:
			all = true;
			break;
		case O_DELEGATE:
			delegate = optarg ? (unsigned)parse_num("--delegate",
						optarg, 1, INT_MAX)
					  : GROUPS;
			break;
		case O_DEVICES:
			devices = true;
			break;
		case O_GROUP:
			path = parse_path("--group", optarg);
			break;
		case O_HERE:
			here = true;
			break;
		case O_LEAVE:
			leave = true;
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
				cg_hits_parse(optarg);
			warns = true;
			break;
		default:
			cg_limits_option(&limits, c, optarg);
		}
	if (argc - optind < 2)
		opt_usage(&tool);
	check();
	cg_limits_cpu(&limits, argv[optind++]);
	cg_limits_fresh(&limits);
	limits.late = leave && !(say_modes() & SAY_DRY);
}

static void
need(struct cgroup *g)
{
	if (path)
		cgroup_at_begin(g, path);
	else if (here)
		cgroup_at_here(g);
	else
		cgroup_begin(g, name ? name : box_name());
	if (here)
		cgroup_has(g, cg_limits_need(&limits));
	else
		cgroup_need(g, cg_limits_need(&limits));
	if (delegate)
		cgroup_want_trees(g, delegate);
	if (all || delegate)
		cgroup_want(g, CG_ALL);
	if (devices)
		cgroup_need(g, CG_DEVICES);
	if (report >= 0)
		cg_usage_want(g);
}

/* The group stays with the box, if there is one. */
static int
end_left(struct cgroup *g, int status)
{
	if (status == 0)
		cg_limits_late(&limits, g);
	else
		cgroup_remove(g);
	return status;
}

static int
end(struct cgroup *g, int status, const char *prog)
{
	const uintmax_t memory = limits.number[CG_LIMIT_MEMORY];
	struct cg_usage usage;

	cg_usage_read(g, &usage, report >= 0);
	cg_hits_tell(&usage);
	if (report >= 0)
		cg_usage_report(&usage, status, report);
	if (memory && memory < TINY && usage.stat[OOM_KILLS] > 0 &&
	    status == 128 + SIGKILL) {
		warnx("--memory: %ju bytes are too few for %s to start", memory,
		    prog);
		hint("--memory 16m");
	} else if (warns) {
		cg_hits_warn(&usage);
	}
	cgroup_remove(g);
	return status;
}

int
main(int argc, char *argv[])
{
	const pid_t self = getpid();
	struct cgroup g;
	int status;
	pid_t pid;

	tool_start(&tool);
	title_begin(argv);
	parse(argc, argv);
	need(&g);

	resident_begin();
	if (leave)
		resident_may_leave();
	if (path)
		cgroup_at_make(&g);
	else if (!here)
		cgroup_make(&g, parent);
	cg_limits_set(&limits, &g);
	pid = cgroup_fork(&g);
	if (pid == 0) {
		cgroup_join(&g);
		say_next(argv + optind);
		resident_child();
		resident_die_with(self, SIGKILL);
		chain(argv + optind);
	}
	status = resident_wait(&(struct resident){.pid = pid});
	return leave ? end_left(&g, status) : end(&g, status, argv[optind]);
}
