#ifndef KEEP_READY_H
#define KEEP_READY_H

#include <stdbool.h>

/* A box is up when PROG of its chain has been executed; or when a TCP port of
 * the box answers after that; or when PROG sends READY=1 (sd_notify(3)).  If
 * $NOTIFY_SOCKET names a service manager, it gets READY=1 then. */

/* "exec", "port", "port:N" or "notify"; dies with 125. */
void ready_parse(const char *what, const char *word);

/* Once, before the first run of the box NAME, which is the chain's (BOX_NAME):
 * takes our own $NOTIFY_SOCKET out of the environment, and for "notify" makes
 * STATE/NAME/notify and puts its path into NOTIFY_SOCKET and BOX_NOTIFY.
 * Dies with 125. */
void ready_start(const char *name);

/* A run begins, before the fork.  Returns a descriptor to be watched, or -1.
 * Makes the descriptor that the child hands on (INHERIT_READY); resident_wait()
 * closes our copy.  Dies with 125. */
int ready_begin(void);

/* For struct resident.  False: the descriptor need not be watched. */
bool ready_serve(int fd);

/* For struct resident: milliseconds between two messages of PROG.  The chain's
 * own stages need no limit. */
int ready_pause(void);

/* A run is over: closes the descriptor.  Returns whether the box has been up,
 * in this run or an earlier one. */
bool ready_end(void);

/* Called when the box is up, for the first time. */
extern void (*ready_up)(void);

#endif
