// SPDX-License-Identifier: MIT
/*
 * proc-set - limits, OOM score, umask, priorities and personality
 *
 * An exec keeps them, and so does a fork, so all programs behind this stage
 * begin with them. Only the host's root may raise a hard limit or lower the OOM
 * score, so the stage stands before ns-spawn.  A user namespace has the limits
 * of its maker as a bound for all its processes together (user_namespaces(7)).
 */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/rlimit.h"
#include "base/say.h"
#include "base/sched.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	O_RLIMIT = OPT_LONG,
	O_OOM,
	O_UMASK,
	O_NICE,
	O_SCHED,
	O_IONICE,
	O_PERSONALITY
};

static const struct opt opts[] = {
    {O_RLIMIT, "rlimit", "NAME=SOFT[:HARD]", "a limit: nofile=1024:4096"},
    {O_OOM, "oom", "N", "OOM score, -1000 (never killed) to 1000"},
    {O_UMASK, "umask", "MODE", "mode bits of new files to clear: 022"},
    {O_NICE, "nice", "N", "priority, -20 (most) to 19 (least)"},
    {O_SCHED, "sched", "POLICY[:N]", "other, batch, idle, fifo:N or rr:N"},
    {O_IONICE, "ionice", "CLASS[:N]", "idle, best-effort:N or realtime:N"},
    {O_PERSONALITY, "personality", "WORD", "linux, or linux32: a 32-bit name"},
    {0},
};
static const struct tool tool = {"proc-set", "prog [arg ...]", opts, SAY_SH};

#define UNSET 10000 /* no value of the three below */

static struct rlimits limits;
static int oom = UNSET, mask = UNSET, niceness = UNSET;
static struct sched sched, ionice;
static const char *personality_word;

static int
parse_signed(const char *what, const char *s, int least, int most)
{
	const bool minus = *s == '-';
	char *end;
	long n = strtol(s + minus, &end, 10);

	if (minus)
		n = -n;
	if (s[minus] < '0' || s[minus] > '9' || *end || n < least || n > most)
		diex("%s: '%s' is not a number from %d to %d", what, s, least,
		    most);
	return (int)n;
}

static int
parse_mask(const char *s)
{
	if (!*s || strlen(s) > 4 || s[strspn(s, "01234567")] ||
	    strtol(s, NULL, 8) > 0777)
		diex("--umask: '%s' is not a mode such as 022", s);
	return (int)strtol(s, NULL, 8);
}

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_RLIMIT:
			rlimits_add(&limits, "--rlimit", optarg);
			break;
		case O_OOM:
			oom = parse_signed("--oom", optarg, -1000, 1000);
			break;
		case O_UMASK:
			mask = parse_mask(optarg);
			break;
		case O_NICE:
			niceness = parse_signed("--nice", optarg, -20, 19);
			break;
		case O_SCHED:
			sched = sched_parse("--sched", optarg);
			break;
		case O_IONICE:
			ionice = ionice_parse("--ionice", optarg);
			break;
		case O_PERSONALITY:
			personality_word = optarg;
			if (strcmp(optarg, "linux") != 0 &&
			    strcmp(optarg, "linux32") != 0)
				diex("--personality: '%s' is not linux or "
				     "linux32",
				    optarg);
			break;
		}
	if (!argv[optind])
		opt_usage(&tool);
}

static void
set_oom(void)
{
	char text[8];

	snprintf(text, sizeof(text), "%d", oom);
	if (!say(SAY_SH, "echo %d >/proc/self/oom_score_adj", oom) ||
	    write_at(AT_FDCWD, "/proc/self/oom_score_adj", text) == 0)
		return;
	if (errno == EACCES)
		die_hint("CAP_SYS_RESOURCE lowers the score", "--oom %d", oom);
	die_said();
}

static void
set_nice(void)
{
	if (!say(SAY_SH, "renice %d $$", niceness) ||
	    setpriority(PRIO_PROCESS, 0, niceness) == 0)
		return;
	if (errno == EACCES)
		die_hint("CAP_SYS_NICE or --rlimit nice raises the priority",
		    "--nice %d", niceness);
	die_said();
}

static void
set_personality(void)
{
	const bool is32 = strcmp(personality_word, "linux32") == 0;

	if (say(SAY_SH, "# setarch %s", personality_word) &&
	    personality(is32 ? PER_LINUX32 : PER_LINUX) < 0)
		die_said();
}

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	parse(argc, argv);
	/* The limits first: that of nice allows a priority. */
	rlimits_set(&limits, "--rlimit");
	if (oom != UNSET)
		set_oom();
	if (niceness != UNSET)
		set_nice();
	sched_set(&sched);
	ionice_set(&ionice);
	if (personality_word)
		set_personality();
	if (mask != UNSET && say(SAY_SH, "umask %03o", (unsigned)mask))
		umask((mode_t)mask);
	argv += optind;
	say_next(argv);
	chain(argv);
}
