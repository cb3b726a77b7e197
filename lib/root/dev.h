#ifndef ROOT_DEV_H
#define ROOT_DEV_H

#include "term/pty.h"

/* A minimal /dev on a tmpfs below ROOT (a mount, attached): the nodes that
 * every program expects, bound from the host's; pts, shm, mqueue.  With PTY
 * (else NULL) opens a terminal in this pts, which is also the console.  DIR is
 * ROOT's name for say(); with -n ROOT is not used.  Dies with 125. */
void devdir_make(int root, const char *dir, struct pty *pty);

#endif
