#ifndef COPY_INSIDE_H
#define COPY_INSIDE_H

#include <sys/types.h>

/* A process of ours in a box that runs: with its groups, namespaces and walls,
 * as its root, confined as its program is. */

/* Finds the box; dies with 125 if none of that name is running. */
void inside_find(const char *name);

/* Is fork(2): the child is in that box.  FD is its stdin and stdout, and of
 * what else is open it keeps stderr alone.  Dies with 125. */
pid_t inside_fork(int fd);

#endif
