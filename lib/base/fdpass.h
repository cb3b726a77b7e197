#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Messages between two processes, with a descriptor or of one byte, over a
 * SOCK_SEQPACKET socket (unix(7)).  None of these raises SIGPIPE. */

/* Makes both ends, close-on-exec.  Dies with 125. */
void fd_pair(int ends[2]);

/* Sends one byte.  False with errno: EPIPE or ECONNRESET if the other end is
 * closed. */
bool fd_tell(int sock, char byte);

/* Waits for a byte and returns it.  -1 with errno: 0 if the other end is
 * closed. */
int fd_hear(int sock);

/* Both return the message's length, or -1 with errno. */

/* Sends FD along; -1: none. */
ssize_t fd_send(int sock, const void *msg, size_t len, int fd);

/* *FD becomes the caller's, close-on-exec; -1 if none came.  A message longer
 * than LEN returns its whole length; more than one descriptor is EBADMSG. */
ssize_t fd_recv(int sock, void *msg, size_t len, int *fd);

#endif
