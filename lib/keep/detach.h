#ifndef KEEP_DETACH_H
#define KEEP_DETACH_H

/* Into the background, and no sooner back than that is up. */

/* Returns in a new process: in a session of its own, with nothing open that the
 * caller had but what we are to hand on, stdin on /dev/null, and stdout and
 * stderr in the file LOG/current, which is made.  The calling process prints
 * NAME and exits with 0 after detach_up(); if the new one ends before, it
 * prints what has been logged meanwhile, and exits with its status.  All
 * signals are blocked (resident_begin()); a signal to the caller ends both.
 * Dies with 125 if the file cannot be opened. */
void detach(const char *name, const char *log);
void detach_up(void);

/* Opens LOG/current again as stdout and stderr, since it may have been
 * rotated.  What fails leaves them as they are. */
void detach_output(const char *log);

#endif
