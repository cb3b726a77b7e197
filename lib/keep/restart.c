// SPDX-License-Identifier: MIT
/* restart - another run of a program that has ended */
#include "keep/restart.h"
#include "base/die.h"
#include "base/parse.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define STEADY 10	/* seconds; a run this long counts as good */
#define PAUSE_MIN 100	/* ms */
#define PAUSE_MAX 60000 /* ms */

static const int ends[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};

void
restart_parse(struct restart *r, const char *what, const char *word)
{
	const char on_failure[] = "on-failure";
	const size_t len = strlen(on_failure);

	r->max = 0;
	if (strcmp(word, "no") == 0) {
		r->when = RESTART_NO;
	} else if (strcmp(word, "always") == 0) {
		r->when = RESTART_ALWAYS;
	} else if (strncmp(word, on_failure, len) == 0 &&
		   (!word[len] || word[len] == ':')) {
		r->when = RESTART_ON_FAILURE;
		if (word[len])
			r->max = (unsigned)parse_num(
			    what, word + len + 1, 1, UINT_MAX);
	} else {
		diex("%s: '%s' is not no, on-failure[:MAX] or always", what,
		    word);
	}
}

void
restart_begin(struct restart *r)
{
	clock_gettime(CLOCK_MONOTONIC, &r->began);
}

bool
restart_stopped(const struct restart *r, int status)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigismember(&r->signals, ends[i]) &&
		    (ends[i] != SIGHUP || status == 128 + SIGHUP))
			return true;
	return false;
}

/* Pauses for MS milliseconds.  False: one of the ending signals came. */
static bool
rest(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000}, now = {0};
	sigset_t set, others;
	int signo;

	sigfillset(&others);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		sigaddset(&set, ends[i]);
		sigdelset(&others, ends[i]);
	}
	do {
		signo = sigtimedwait(&set, NULL, &t);
	} while (signo < 0 && errno == EINTR);
	/* The other signals of the pause are not for the next run. */
	while (sigtimedwait(&others, NULL, &now) > 0)
		;
	return signo < 0;
}

bool
restart_again(struct restart *r, int status)
{
	struct timespec now;
	long ms = PAUSE_MIN;

	if (r->when == RESTART_NO || restart_stopped(r, status) ||
	    (r->when == RESTART_ON_FAILURE && status == 0))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - r->began.tv_sec >= STEADY)
		r->row = 0;
	if (r->max && r->row == r->max)
		return false;
	for (unsigned i = 0; i < r->row && ms < PAUSE_MAX; i++)
		ms *= 2;
	if (ms > PAUSE_MAX)
		ms = PAUSE_MAX;
	if (status != 0)
		warnx("the command ended with status %d, and starts again in "
		      "%ld.%ld s",
		    status, ms / 1000, ms % 1000 / 100);
	r->row++;
	r->count++;
	return rest(ms);
}
