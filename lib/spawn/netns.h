#ifndef SPAWN_NETNS_H
#define SPAWN_NETNS_H

#include <stdbool.h>
#include <sys/types.h>

/* A name in /run/netns for a box's network namespace, as ip-netns(8) has them:
 * a link to /proc/PID/ns/net and no bind mount, which would keep the namespace
 * of a killed box, and its veth, alive. */

/* Reserves NAME until we exit, and removes the names of boxes that were killed.
 * Dies with 125 if a box has it.  With -n only keeps it for netns_name(). */
void netns_claim(const char *name);

/* Whether /run/netns has NAME, whoever made it. */
bool netns_named(const char *name);

/* Makes the reserved name (PID 0 with -n: $BOX_PID); it is removed at exit.
 * Dies with 125, with EEXIST if it is another's. */
void netns_name(pid_t pid);

/* Removes the names of boxes that were killed; ALL as in lock_each_dead(). */
void netns_end_dead(bool all);

/* Enters (setns(2)) each network namespace that a thread lives in, that a
 * descriptor of a process refers to, or that is mounted anywhere in our mount
 * namespace, and calls FN there, for some more than once.  Dies with 125. */
void netns_each(void (*fn)(void));

#endif
