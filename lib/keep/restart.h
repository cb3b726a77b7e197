#ifndef KEEP_RESTART_H
#define KEEP_RESTART_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* Restarts of a program that has ended.  Between two runs there is a pause of
 * 0.1 s, doubled each time up to a minute; after a run of 10 s the count and
 * the pauses begin anew. */
struct restart {
	enum { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS } when;
	unsigned max; /* at most so many in a row; 0: no limit */
	/* Signals for the program.  After TERM, INT or QUIT there is no
	 * restart, nor after a HUP that killed the program. */
	sigset_t signals;
	unsigned row, count; /* restarts in a row, and all of them */
	struct timespec began;
};

/* "no", "on-failure", "on-failure:MAX" or "always"; dies with 125. */
void restart_parse(struct restart *r, const char *what, const char *word);

/* Whether a signal to this process, not the program itself, has ended the run
 * with STATUS. */
bool restart_stopped(const struct restart *r, int status);

/* A run begins. */
void restart_begin(struct restart *r);

/* A run has ended with STATUS.  If there is another run, waits for the pause
 * and returns true; a signal ends the pause and the runs.  Call
 * resident_begin() before, which blocks all signals. */
bool restart_again(struct restart *r, int status);

#endif
