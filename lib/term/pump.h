#ifndef TERM_PUMP_H
#define TERM_PUMP_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes on their way from one descriptor to another.  The buffer is filled only
 * when empty: a slow reader slows down the writer, and costs no memory. */

#define PUMP_MAX (64 * 1024)

struct pump {
	size_t at, len; /* the bytes that are still to be written */
	size_t chunk;	/* the most bytes of one read or write */
	char *data;	/* PUMP_MAX bytes */
};

/* Reads from FD into the empty buffer.  Returns the number of bytes, 0 for
 * none now, -1 for the end of the file or an error. */
int pump_fill(struct pump *p, int fd);

/* Writes as many bytes as FD takes.  False: FD has no reader any more, or has
 * no room, of which a line warns. */
bool pump_flush(struct pump *p, int fd);

/* Opens the terminal or pipe FD again, with FLAGS, O_NONBLOCK and
 * close-on-exec: the caller's own description must stay blocking.  Returns FD
 * itself if it cannot be opened again. */
int pump_open(int fd, int flags);

/* Whether SIGNALS (signalfd(2)) has a signal that asks us to end. */
bool pump_told_to_end(int signals);

#endif
