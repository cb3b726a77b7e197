#ifndef KEEP_READY_H
#define KEEP_READY_H

#include <stdbool.h>

/* When a box is up: PROG of its chain has been executed; or then a TCP port of
 * the box answers, too; or PROG says so itself, by the protocol of
 * sd_notify(3).  Our own service manager is told in the same way, if
 * $NOTIFY_SOCKET names one. */

/* "exec", "port", "port:N" or "notify"; dies with 125. */
void ready_parse(const char *what, const char *word);

/* Once, before the first run of the box NAME, which is the chain's (BOX_NAME):
 * takes our own $NOTIFY_SOCKET out of the environment, and for "notify" makes
 * STATE/NAME/notify and puts its path into NOTIFY_SOCKET and BOX_NOTIFY.
 * Dies with 125. */
void ready_start(const char *name);

/* A run begins, before the fork: returns a descriptor to be watched (or -1),
 * and makes what the child hands on (INHERIT_READY); resident_wait() closes
 * our end of that.  Dies with 125. */
int ready_begin(void);

/* For struct resident; false: nothing more is to be seen there. */
bool ready_serve(int fd);

/* A run is over: closes the descriptor.  Whether the box has been up, in
 * this run or an earlier one. */
bool ready_end(void);

/* Called when the box is up, for the first time. */
extern void (*ready_up)(void);

#endif
