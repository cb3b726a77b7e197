// SPDX-License-Identifier: MIT
/* sched - scheduling of CPUs and of disks, by words */
#include "base/sched.h"
#include "base/die.h"
#include "base/parse.h"
#include "base/say.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct word {
	const char *name;
	int class, least, most; /* levels; least > most: none */
};

static const struct word policies[] = {
    {"other", SCHED_OTHER, 1, 0},
    {"batch", SCHED_BATCH, 1, 0},
    {"idle", SCHED_IDLE, 1, 0},
    {"fifo", SCHED_FIFO, 1, 99},
    {"rr", SCHED_RR, 1, 99},
    {NULL, 0, 0, 0},
};
static const struct word classes[] = {
    {"realtime", IOPRIO_CLASS_RT, 0, 7},
    {"best-effort", IOPRIO_CLASS_BE, 0, 7},
    {"idle", IOPRIO_CLASS_IDLE, 1, 0},
    {NULL, 0, 0, 0},
};

static struct sched
parse(const struct word *w, const char *what, const char *word)
{
	const size_t len = strcspn(word, ":");
	struct sched s = {.word = word};

	while (w->name &&
	       (strlen(w->name) != len || strncmp(w->name, word, len) != 0))
		w++;
	if (!w->name || (word[len] == ':') != (w->least <= w->most))
		diex("%s: '%s' is not one of the words, with a level where "
		     "there are levels",
		    what, word);
	s.class = w->class;
	if (word[len])
		s.level = (int)parse_num(what, word + len + 1,
		    (uint64_t)w->least, (uint64_t)w->most);
	return s;
}

__attribute__((noreturn)) static void
refused(const char *what, const struct sched *s)
{
	if (errno == EPERM)
		die_hint("CAP_SYS_NICE allows it; a control group of v1 needs "
			 "cpu.rt_runtime_us, too",
		    "%s %s", what, s->word);
	die_said();
}

struct sched
sched_parse(const char *what, const char *word)
{
	return parse(policies, what, word);
}

void
sched_set(const struct sched *s)
{
	const struct sched_param p = {.sched_priority = s->level};

	if (s->word &&
	    say(SAY_SH, "chrt --%.*s -p %d $$", (int)strcspn(s->word, ":"),
		s->word, s->level) &&
	    /* musl has no such function. */
	    syscall(SYS_sched_setscheduler, 0, s->class, &p) < 0)
		refused("--sched", s);
}

struct sched
ionice_parse(const char *what, const char *word)
{
	return parse(classes, what, word);
}

void
ionice_set(const struct sched *s)
{
	const int value = IOPRIO_PRIO_VALUE(s->class, s->level);

	if (s->word &&
	    say(SAY_SH, "ionice -c %d -n %d -p $$", s->class, s->level) &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) < 0)
		refused("--ionice", s);
}
