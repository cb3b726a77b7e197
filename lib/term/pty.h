#ifndef TERM_PTY_H
#define TERM_PTY_H

#include <stdbool.h>
#include <sys/types.h>

/* A terminal of the box's own (pty(7)).  Its slave is in the box's devpts, so
 * that it has a name there; its master goes to who relays it (relay.h). */
struct pty {
	int master, slave;
	bool keep_err; /* 2 stays what it is */
};

/* Opens a new one in the devpts whose root directory is DEVPTS, close-on-exec.
 * Dies with 125 if that is none. */
void pty_open(struct pty *p, int devpts);

/* The same in the devpts at /dev/pts of the box that we are in: nothing there
 * leads to another place. */
void pty_open_here(struct pty *p);

/* Whether FD is a pty's master. */
bool pty_is_master(int fd);

/* Makes it the caller's terminal, and the user UID's: 0, 1 and 2, controlling
 * a new session.  Closes the slave.  Dies with 125. */
void pty_take(struct pty *p, uid_t uid);

#endif
