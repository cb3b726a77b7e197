#ifndef TERM_STREAMS_H
#define TERM_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* Descriptors 0, 1 and 2 of a program in a box.  A process there may outlive
 * the command, and must not have a descriptor of the caller's then: it could
 * read later keys from a terminal, or the bytes of others from a pipe.  So the
 * program has pipes of its own, and the resident outside passes bytes on. */

#define STREAMS_FDS 3

/* Dies with 125 unless each of 0, 1 and 2 is a file, pipe, socket, terminal, or
 * /dev/null, zero, full, random or urandom.  A directory leads out of the box's
 * root. */
void streams_check(void);

/* Makes pipes in place of each pipe, socket and terminal among 0, 1 and 2; with
 * TTY not of terminals, because the relay (relay.h) has these.  Files and
 * devices stay.  With OWNED the pipes are given to the user UID and the group
 * GID, so that /dev/stdout can be opened.  Dies with 125. */
void streams_open(bool tty, bool owned, uid_t uid, gid_t gid);

/* streams_child(), in the child: its ends of the pipes become 0, 1 and 2.
 * streams_leave(), in the parent: closes those ends. */
void streams_child(void);
void streams_leave(void);

/* Sets the events to poll(2) for; handles them afterwards. */
void streams_poll(struct pollfd p[STREAMS_FDS]);
void streams_turn(const struct pollfd p[STREAMS_FDS]);

/* The child has ended: passes on the bytes in the pipes, until SIGNALS
 * (signalfd(2)) has a signal that ends this, and closes the pipes. */
void streams_finish(int signals);

#endif
