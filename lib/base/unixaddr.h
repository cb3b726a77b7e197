#ifndef BASE_UNIXADDR_H
#define BASE_UNIXADDR_H

#include <sys/un.h>

/* *AT becomes the address of the socket NAME in the directory DIR (a
 * descriptor).  sun_path is short, so the path goes by way of /proc and that
 * descriptor.  -1 with errno ENAMETOOLONG. */
int unix_addr(struct sockaddr_un *at, int dir, const char *name);

#endif
