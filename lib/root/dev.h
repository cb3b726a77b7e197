#ifndef ROOT_DEV_H
#define ROOT_DEV_H

#include "term/pty.h"

#include <stdint.h>

#define DEV_SHM ((uint64_t)64 << 20) /* the default of SHM */

/* A minimal /dev on a tmpfs below ROOT (a mount, attached): the nodes that
 * every program expects, bound from the host's; pts, shm, mqueue.  SHM is the
 * size of shm in bytes, PARSE_MAX for no limit.  With PTY (else NULL) opens a
 * terminal in this pts, which is also the console.  DIR is ROOT's name for
 * say(); with -n ROOT is not used.  Dies with 125. */
void devdir_make(int root, const char *dir, uint64_t shm, struct pty *pty);

/* Opens a terminal in the devpts "pts" of DEV, a /dev, and makes it DEV's
 * console.  DIR, DEV: as before.  Dies with 125. */
void devdir_console(int dev, const char *dir, struct pty *pty);

#endif
