// SPDX-License-Identifier: MIT
/*
 * cg-set - change the limits of a group that cg-limit has made
 *
 * cg-set writes the same table of limits to the files of a group in use.  The
 * kernel checks and applies each limit alone: if it refuses one, the limits
 * before are changed.
 */
#include "base/parse.h"
#include "cg/at.h"
#include "cg/limit.h"
#include "cg/open.h"

#include <unistd.h>

enum { O_GROUP = OPT_LONG };

static const struct tool tool = {"cg-set", "[NAME] [CPU]",
    (const struct opt[]){
	CG_LIMIT_OPTS,
	{O_GROUP, "group", "PATH",
	    "that of cg-limit --group, in place of NAME"},
	{0},
    },
    SAY_SH};

int
main(int argc, char *argv[])
{
	static struct cg_limits limits;
	const char *name = NULL, *path = NULL;
	struct cgroup g;
	unsigned need;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) >= 0)
		if (c == O_GROUP)
			path = parse_path("--group", optarg);
		else
			cg_limits_option(&limits, c, optarg);
	argv += optind;
	if (!path && *argv)
		name = parse_name("NAME", *argv++, 64);
	if ((!path && !name) || (*argv && argv[1]))
		opt_usage(&tool);
	if (*argv)
		cg_limits_cpu(&limits, *argv);
	need = cg_limits_need(&limits);
	if (!limits.given)
		opt_usage(&tool);

	if (path)
		cgroup_at_open(&g, path);
	else
		cgroup_open(&g, name);
	cgroup_has(&g, need);
	cg_limits_set(&limits, &g);
	return 0;
}
