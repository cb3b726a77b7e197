#ifndef SPAWN_LEAVE_H
#define SPAWN_LEAVE_H

#include <stdbool.h>

/* ns-spawn --leave: the command ends with 0 when the box stands, and the box
 * lives on as a child of the caller's subreaper (stand.h is the box's side).
 * All functions die with 125 on a failure. */

/* The lock for the replacement of a socket. */
#define LEAVE_LOCK "park"

/* Before the start.  PATH (NULL: none) is that of --park: a listening
 * socket for root or the caller alone, removed at our exit unless the box
 * stands.  A file of a socket that nobody has any more is replaced.  With INIT
 * the box has an init.  Refuses where another stage in front would end
 * the box.  With -n only says its change. */
void leave_begin(const char *path, bool init);

/* After the start: in the child, which returns the init's end of its leash
 * (init.h; -1: none), and in the parent. */
int leave_child(void);
void leave_parent(void);

/* For struct resident, with doorman_serve() in it. */
bool leave_serve(int fd);
extern bool leave_done;

#endif
