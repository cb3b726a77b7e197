// SPDX-License-Identifier: MIT
/* unixaddr - the address of a Unix socket, however long its path is */
#include "base/unixaddr.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

int
unix_addr(struct sockaddr_un *at, int dir, const char *name)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (snprintf(at->sun_path, sizeof(at->sun_path), "/proc/self/fd/%d/%s",
		dir, name) < (int)sizeof(at->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}
