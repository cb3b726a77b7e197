// SPDX-License-Identifier: MIT
/* rlimit - limits of a process */
#include "base/rlimit.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names are also prlimit(1)'s. */
static const char *const names[RLIM_NLIMITS] = {
    [RLIMIT_AS] = "as",
    [RLIMIT_CORE] = "core",
    [RLIMIT_CPU] = "cpu",
    [RLIMIT_DATA] = "data",
    [RLIMIT_FSIZE] = "fsize",
    [RLIMIT_LOCKS] = "locks",
    [RLIMIT_MEMLOCK] = "memlock",
    [RLIMIT_MSGQUEUE] = "msgqueue",
    [RLIMIT_NICE] = "nice",
    [RLIMIT_NOFILE] = "nofile",
    [RLIMIT_NPROC] = "nproc",
    [RLIMIT_RSS] = "rss",
    [RLIMIT_RTPRIO] = "rtprio",
    [RLIMIT_RTTIME] = "rttime",
    [RLIMIT_SIGPENDING] = "sigpending",
    [RLIMIT_STACK] = "stack",
};

static rlim_t
number(const char *what, const char *s)
{
	static const char *const unlimited[] = {"max", "unlimited", "-1"};

	for (size_t i = 0; i < sizeof(unlimited) / sizeof(*unlimited); i++)
		if (strcmp(s, unlimited[i]) == 0)
			return RLIM_INFINITY;
	return parse_num(what, s, 0, INT64_MAX);
}

void
rlimits_add(struct rlimits *l, const char *what, const char *word)
{
	char *name = text_fmt("%s", word), *soft = strchr(name, '='), *hard;
	unsigned i = 0;

	if (!soft)
		diex("%s: '%s' is not NAME=SOFT or NAME=SOFT:HARD", what, word);
	*soft++ = '\0';
	while (i < RLIM_NLIMITS && strcmp(name, names[i]) != 0)
		i++;
	if (i == RLIM_NLIMITS)
		diex("%s: '%s' is not the name of a limit such as nofile, "
		     "nproc or memlock",
		    what, name);
	hard = strchr(soft, ':');
	if (hard)
		*hard++ = '\0';
	l->limit[i] = (struct rlimit){
	    number(what, soft), number(what, hard ? hard : soft)};
	if (l->limit[i].rlim_cur > l->limit[i].rlim_max)
		diex(
		    "%s: %s: the soft limit is above the hard one", what, word);
	l->given |= 1u << i;
	free(name);
}

/* N, or "unlimited", in one of two static buffers. */
static const char *
text(rlim_t n)
{
	static char buf[2][24];
	static unsigned next;
	char *s = buf[next++ % 2];

	if (n == RLIM_INFINITY)
		return "unlimited";
	snprintf(s, sizeof(*buf), "%ju", (uintmax_t)n);
	return s;
}

static void
set(const char *what, unsigned i, const struct rlimit *new)
{
	struct rlimit old;

	if (!say(SAY_SH, "prlimit --pid $$ --%s=%s:%s", names[i],
		text(new->rlim_cur), text(new->rlim_max)))
		return;
	if (getrlimit(i, &old) < 0)
		die("getrlimit");
	if (setrlimit(i, new) == 0)
		return;
	if (errno == EPERM && new->rlim_max > old.rlim_max)
		die_hint(text_fmt("the caller's hard limit is %s, and only "
				  "CAP_SYS_RESOURCE raises it",
			     text(old.rlim_max)),
		    "%s %s=%s", what, names[i], text(new->rlim_max));
	die_said();
}

void
rlimits_set(const struct rlimits *l, const char *what)
{
	for (unsigned i = 0; i < RLIM_NLIMITS; i++)
		if (l->given & 1u << i)
			set(what, i, &l->limit[i]);
}
