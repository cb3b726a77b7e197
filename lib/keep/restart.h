#ifndef KEEP_RESTART_H
#define KEEP_RESTART_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* When a program that has ended is started again.  Between two runs there is a
 * pause of 0.1 s, doubled each time up to a minute; a run of 10 s begins the
 * count, and the pauses, anew. */
struct restart {
	enum { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS } when;
	unsigned max; /* at most so many in a row; 0: no limit */
	/* Signals that came for the program.  After TERM, INT or QUIT it is not
	 * started again, nor if HUP killed it (many programs reload on HUP). */
	sigset_t signals;
	unsigned row, count; /* restarts in a row, and all of them */
	struct timespec began;
};

/* "no", "on-failure", "on-failure:MAX" or "always"; dies with 125. */
void restart_parse(struct restart *r, const char *what, const char *word);

/* A run begins. */
void restart_begin(struct restart *r);

/* A run has ended with STATUS.  Waits for the pause and returns true if there
 * is another run; a signal ends the pause and the runs.  Call resident_begin()
 * before: it blocks all signals. */
bool restart_again(struct restart *r, int status);

#endif
