#ifndef SPAWN_NETNS_H
#define SPAWN_NETNS_H

#include <stdbool.h>
#include <sys/types.h>

/* A name in /run/netns for a box's network namespace, as of ip-netns(8), but a
 * link to /proc/PID/ns/net: a bind mount would keep the namespace of a killed
 * box, and its veth, alive. */

/* Reserves NAME until we exit, and removes the names of killed boxes.  Dies
 * with 125 if a box has NAME.  With -n only keeps NAME for netns_name(). */
void netns_claim(const char *name);

/* Whether /run/netns has NAME, of any owner. */
bool netns_named(const char *name);

/* Makes the reserved name (PID 0 with -n: $BOX_PID), which is removed at exit.
 * Dies with 125, with EEXIST if the name is another's. */
void netns_name(pid_t pid);

/* Removes the names of killed boxes; ALL as in lock_each_dead(). */
void netns_end_dead(bool all);

/* Enters (setns(2)) each network namespace of a thread, of a descriptor of a
 * process, or of a mount in our mount namespace, and calls FN there, for some
 * namespaces more than once.  Dies with 125. */
void netns_each(void (*fn)(void));

#endif
