#ifndef COPY_INSIDE_H
#define COPY_INSIDE_H

#include <sys/types.h>

/* A process of ours in a running box: in its groups and namespaces, as its
 * root, and confined as its program. */

/* Finds the box; dies with 125 if none of that name is running. */
void inside_find(const char *name);

/* Is fork(2): the child is in that box.  FD is its stdin and stdout; of all
 * other descriptors the child keeps stderr alone.  Dies with 125. */
pid_t inside_fork(int fd);

#endif
