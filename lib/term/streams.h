#ifndef TERM_STREAMS_H
#define TERM_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* Descriptors 0, 1 and 2 of a program in a box.  A process there may outlive
 * the command, and a descriptor of the caller's must not be in its hands then:
 * a terminal would give it what is typed later, a pipe what others write.  So
 * it has pipes of its own, and the resident outside passes the bytes on. */

#define STREAMS_FDS 3

/* Dies with 125 if one of 0, 1 and 2 is what no program of a box may have: only
 * files, pipes, sockets, terminals, and of devices /dev/null, zero, full,
 * random and urandom are (a directory leads out of the box's root). */
void streams_check(void);

/* Makes pipes in place of each pipe, socket and terminal among 0, 1 and 2; with
 * TTY not of terminals, which the relay (relay.h) takes care of.  Files and
 * devices stay.  With OWNED the pipes are given to the user UID and the group
 * GID, so that /dev/stdout can be opened.  Dies with 125. */
void streams_open(bool tty, bool owned, uid_t uid, gid_t gid);

/* In the child: its ends become 0, 1 and 2.  In the parent: closes them. */
void streams_child(void);
void streams_leave(void);

/* What to poll(2) for; and what to do afterwards. */
void streams_poll(struct pollfd p[STREAMS_FDS]);
void streams_turn(const struct pollfd p[STREAMS_FDS]);

/* The child has ended: passes on what is in the pipes, until SIGNALS
 * (signalfd(2)) has one that ends it, and closes them. */
void streams_finish(int signals);

#endif
