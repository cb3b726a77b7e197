#ifndef TERM_RELAY_H
#define TERM_RELAY_H

#include <poll.h>
#include <stdbool.h>

/* The relay between the caller's terminal and the box's own: keys typed on 0 go
 * to a pty's master, and output of the master goes to 1.  A process has one
 * relay; before relay_start() all of these do nothing. */

#define RELAY_FDS 4

/* Takes over FD, a master.  The caller's terminal, if 0 is one, goes into raw
 * mode, so that keys are the box's; atexit(3) restores the terminal.  -1 with
 * errno if FD is no master, or if there is a relay already. */
int relay_start(int fd);

/* Whether there is or was a relay: then the terminal's signals do not reach the
 * box by themselves. */
bool relay_used(void);

/* Sets the events to poll(2) for; handles them afterwards. */
void relay_poll(struct pollfd p[RELAY_FDS]);
void relay_turn(const struct pollfd p[RELAY_FDS]);

/* The caller's window has another size. */
void relay_resize(void);

/* Around a stop of the process: give the terminal back, and take it again. */
void relay_pause(void);
void relay_resume(void);

/* The box has ended: passes its last output on, until SIGNALS (signalfd(2)) has
 * a signal that ends this, and gives the terminal back. */
void relay_finish(int signals);

#endif
