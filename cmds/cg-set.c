// SPDX-License-Identifier: MIT
/*
 * cg-set - change the limits of a group that cg-limit has made
 *
 * cg-set writes the same table of limits to the files of a group in use.  The
 * kernel checks and applies each limit alone: if it refuses one, the limits
 * before are changed.
 */
#include "base/parse.h"
#include "cg/limit.h"
#include "cg/open.h"

#include <unistd.h>

static const struct tool tool = {
    "cg-set", "NAME [CPU]", (const struct opt[]){CG_LIMIT_OPTS, {0}}, SAY_SH};

int
main(int argc, char *argv[])
{
	struct cg_limits limits = {0};
	struct cgroup g;
	const char *name;
	unsigned need;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) >= 0)
		cg_limits_option(&limits, c, optarg);
	if (argc - optind < 1 || argc - optind > 2)
		opt_usage(&tool);
	name = parse_name("NAME", argv[optind], 64);
	if (argc - optind == 2)
		cg_limits_cpu(&limits, argv[optind + 1]);
	need = cg_limits_need(&limits);
	if (!limits.given)
		opt_usage(&tool);

	cgroup_open(&g, name);
	cgroup_has(&g, need);
	cg_limits_set(&limits, &g);
	return 0;
}
