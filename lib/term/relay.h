#ifndef TERM_RELAY_H
#define TERM_RELAY_H

#include <poll.h>
#include <stdbool.h>

/* Between the caller's terminal and the box's own: what is typed on 0 goes to a
 * pty's master, what comes from that to 1.  One in a process; without one all
 * of these do nothing. */

#define RELAY_FDS 4

/* Takes over FD, a master.  The caller's terminal, if 0 is one, goes into raw
 * mode, so that keys are the box's; atexit(3) gives it back.  -1 with errno if
 * FD is no master, or there was one already. */
int relay_start(int fd);

/* Whether there is or was one: then the terminal's signals do not reach the
 * box by themselves. */
bool relay_used(void);

/* What to poll(2) for; and what to do afterwards. */
void relay_poll(struct pollfd p[RELAY_FDS]);
void relay_turn(const struct pollfd p[RELAY_FDS]);

/* The caller's window has another size. */
void relay_resize(void);

/* Around a stop of the process: the terminal given back, and taken again. */
void relay_pause(void);
void relay_resume(void);

/* The box has ended: passes on what it wrote last, until SIGNALS (signalfd(2))
 * has one that ends it, and gives the terminal back. */
void relay_finish(int signals);

#endif
