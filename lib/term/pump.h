#ifndef TERM_PUMP_H
#define TERM_PUMP_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes on their way from one descriptor to another, in a buffer that is
 * filled only when it is empty: a slow reader slows down the writer, and costs
 * no memory. */

#define PUMP_MAX (64 * 1024)

struct pump {
	size_t at, len; /* what is still to be written */
	size_t chunk;	/* bytes a read takes and a write gets at most */
	char data[PUMP_MAX];
};

/* Reads from FD into the empty buffer.  Returns the number of bytes, 0 for
 * none now, -1 for the end of the file or an error. */
int pump_fill(struct pump *p, int fd);

/* Writes to FD as much as it takes.  False: nobody reads it any more. */
bool pump_flush(struct pump *p, int fd);

/* A description of our own of the terminal or pipe FD, close-on-exec, opened
 * with FLAGS and O_NONBLOCK, which must not be set on the caller's; or FD
 * itself where it cannot be opened again. */
int pump_open(int fd, int flags);

/* Whether SIGNALS (signalfd(2)) has one that asks us to end. */
bool pump_told_to_end(int signals);

#endif
