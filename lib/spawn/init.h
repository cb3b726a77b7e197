#ifndef SPAWN_INIT_H
#define SPAWN_INIT_H

#include <stdbool.h>

/* For PID 1 of a pid namespace: forks, and returns in the child, which is to
 * become PROG.  PID 1 stays as a minimal init: it reaps, forwards signals to
 * PROG, cannot be traced, keeps no capability but KILL and no descriptor but 0,
 * 1 and 2.  It exits with PROG's status when PROG ends; with LINGER when the
 * last process has ended, and signals go to all processes once PROG has ended.
 * PROG gets STOP_SIGNAL in place of SIGTERM.  LEASH is -1, or a socket of
 * fdpass.h: after a byte there the init no longer dies with its parent, answers
 * with a byte, and closes LEASH.  USER: the caller is an ordinary user. */
void init_here(bool linger, int stop_signal, int leash, bool user);

/* An ordinary user's init executes its own program again: only so does its
 * memory belong to the box's user namespace, which lets that user, not the box,
 * look at it for ns-enter(1).  At the start of main(): goes on as the init if
 * ARGV is of that exec. */
void init_again(char *argv[]);

#endif
