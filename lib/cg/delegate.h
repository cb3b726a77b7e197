#ifndef CG_DELEGATE_H
#define CG_DELEGATE_H

#include <stdbool.h>
#include <sys/types.h>

/* A box's root makes groups of its own below the box's (cgroups(7),
 * delegation).
 */

/* On v2 the processes of the box are in this group below the box's own, because
 * a group with processes has no limited groups below it. */
#define CG_OWN "processes"

/* And ns-spawn, with all stages between cg-limit and ns-spawn, in this one. */
#define CG_STAGES "stages"

/* Whether the hierarchy with the controllers LIST (as in /proc/PID/cgroup) is
 * given.  The files in a group of v1 are its maker's.  No signal ends a process
 * that v1's freezer has frozen, so a box could keep itself for ever (v2's
 * freezer lets SIGKILL through); and net_cls and net_prio have marks and
 * priorities of packets, which the host's own rules go by. */
bool cg_is_given(const char *list);

/* Gives the groups that cg-limit has made for the caller to UID and GID, the
 * box's root: the directories, and the files that move processes and turn on
 * controllers.  The files of the limits stay the caller's.  On v2 the
 * caller's child PID moves to CG_OWN, and all others in the group to CG_STAGES.
 * With -n, PID is 0 and shows as $BOX_PID.  Dies with 125, also if there is no
 * such group. */
void cg_delegate(pid_t pid, uid_t uid, gid_t gid);

#endif
