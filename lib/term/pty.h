#ifndef TERM_PTY_H
#define TERM_PTY_H

#include <stdbool.h>
#include <sys/types.h>

/* A terminal of the box's own (pty(7)).  Its slave is in the box's devpts, so
 * the slave has a name there; its master goes to the relay (relay.h). */
struct pty {
	int master, slave;
	bool keep_err;		   /* descriptor 2 is left alone */
	unsigned short cols, rows; /* of the window; 0: not set */
};

/* Opens a new terminal in the devpts with the root directory DEVPTS,
 * close-on-exec.  Dies with 125 if DEVPTS is not a devpts. */
void pty_open(struct pty *p, int devpts);

/* The same in the devpts at /dev/pts of the caller's box, without a link on the
 * way. */
void pty_open_here(struct pty *p);

/* Whether FD is a pty's master. */
bool pty_is_master(int fd);

/* Makes the slave the caller's controlling terminal and descriptors 0, 1 and 2,
 * in a new session, and gives it to the user UID.  Closes the slave.  Dies with
 * 125. */
void pty_take(struct pty *p, uid_t uid);

#endif
