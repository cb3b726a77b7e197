#ifndef SPAWN_IDVIEW_H
#define SPAWN_IDVIEW_H

#include "root/mnt.h"

/* A detached view of PATH, as of mnt_clone(), with the ids of the user
 * namespace USERNS (mount_setattr(2): id-mapped mounts); a descriptor of the
 * caller's, close-on-exec.  -1 with errno; said_why() names a mount that cannot
 * be shifted. */
int idview_open(const char *path, int userns, enum mnt_depth depth);

#endif
