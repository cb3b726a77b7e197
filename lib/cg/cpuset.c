// SPDX-License-Identifier: MIT
/*
 * cpuset - the CPUs that a group may use
 *
 * A v2 group takes any list of CPUs; a list without any of its parent's CPUs
 * has no effect.  So the list is compared with the parent's.
 */
#include "cg/cpuset.h"
#include "base/die.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CPUS 8192 /* the most that Linux can be built for */

struct cpus {
	bool has[MAX_CPUS];
};

/* A newline may end the list, as in the kernel's files. */
static bool
parse(const char *s, struct cpus *set)
{
	const char *digits = "0123456789";
	unsigned long from, to;
	char *end;

	*set = (struct cpus){0};
	while (*s && *s != '\n') {
		if (!strchr(digits, *s))
			return false;
		from = to = strtoul(s, &end, 10);
		if (*end == '-') {
			if (!end[1] || !strchr(digits, end[1]))
				return false;
			to = strtoul(end + 1, &end, 10);
		}
		if (from > to || to >= MAX_CPUS)
			return false;
		while (from <= to)
			set->has[from++] = true;
		s = end + (*end == ',' && end[1]);
		if (s == end && *end && *end != '\n')
			return false;
	}
	return true;
}

const char *
cpuset_parse(const char *what, const char *list)
{
	struct cpus set;

	if (!*list || strchr(list, '\n') || !parse(list, &set))
		diex("%s: '%s' is not a list of CPUs such as 0-3,6, or max",
		    what, list);
	return list;
}

void
cpuset_set(struct cgroup *g, const char *list)
{
	const bool v2 = cgroup_version(g, CG_CPUSET) == 2;
	char *above = cgroup_look(g, CG_CPUSET,
	    v2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus", true);
	struct cpus asked, there;

	/* -n: the group above may still have to be made. */
	if (list && above && parse(list, &asked) && parse(above, &there))
		for (unsigned i = 0; i < MAX_CPUS; i++)
			if (asked.has[i] && !there.has[i]) {
				warnx("the CPUs here are %s, without %u", above,
				    i);
				cgroup_abandon(g);
			}
	if (!list && !above) {
		warnx("there are no CPUs of the group above %s",
		    cgroup_dir(g, CG_CPUSET));
		cgroup_abandon(g);
	}
	/* The kernel refuses to empty the list of a group with processes. */
	cgroup_set(g, CG_CPUSET, "cpuset.cpus", "%s", list ? list : above);
	free(above);
}
