#ifndef SPAWN_IDVIEW_H
#define SPAWN_IDVIEW_H

/* A detached view of PATH, and of what is mounted below it, with the ids of the
 * user namespace USERNS (mount_setattr(2): id-mapped mounts); a descriptor of
 * the caller's, close-on-exec.  -1 with errno; where a mount cannot be shown
 * so, said_why() names it. */
int idview_open(const char *path, int userns);

#endif
