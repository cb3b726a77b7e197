// SPDX-License-Identifier: MIT
/* hits - the limits that a group has hit, in words for people */
#include "cg/hits.h"
#include "base/die.h"
#include "box/state.h"

#include <inttypes.h>
#include <string.h>

/* The options that raise the limits, as --warn has them. */
static const char *pids_option = "--pids", *memory_option = "--memory";

void
cg_hits_parse(char *list)
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

void
cg_hits_warn(const struct cg_usage *u)
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

void
cg_hits_tell(const struct cg_usage *u)
{
	const bool pids = u->stat[PIDS_HITS] > 0;
	const bool memory = u->oom_by && strcmp(u->oom_by, "own") == 0;

	if (pids || memory)
		state_note("hits", "%s%s%s", pids ? "pids" : "",
		    pids && memory ? " " : "", memory ? "memory" : "");
}
