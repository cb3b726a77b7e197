#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

/* A message, and with it a descriptor, over a SOCK_SEQPACKET socket (unix(7)).
 * Both return the message's length, or -1 with errno. */

/* FD -1: none goes along.  Never raises SIGPIPE. */
ssize_t fd_send(int sock, const void *msg, size_t len, int fd);

/* *FD is the caller's, close-on-exec; -1 if none came.  A message longer than
 * LEN returns its whole length; more than one descriptor is EBADMSG. */
ssize_t fd_recv(int sock, void *msg, size_t len, int *fd);

#endif
