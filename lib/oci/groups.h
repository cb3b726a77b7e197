#ifndef OCI_GROUPS_H
#define OCI_GROUPS_H

#include <stdbool.h>
#include <sys/types.h>

/* A container's control groups: the path GROUP, as in /proc/PID/cgroup, in each
 * mounted hierarchy.  "" is none.  A path counts only if it is neither a
 * hierarchy's root nor a group that holds this process: the record of the path
 * decides which processes are killed. */

#define GROUPS_OURS "/box-oci" /* groups without an absolute path are below */

/* PATH, malloc'ed, without needless "/". */
char *groups_clean(const char *path);

/* Dies with 125, naming WHAT, on a GROUP that does not count, or with "..". */
void groups_check(const char *what, const char *group);

/* Whether the processes are frozen; and freezes them, or lets them go on, and
 * waits for that.  Dies with 125. */
bool groups_frozen(const char *group);
void groups_freeze(const char *group, bool frozen);

/* The processes in the groups and below, malloc'ed in *LIST, each once; *N of
 * them.  -1 with errno and said() if not all could be read: the list has the
 * others. */
int groups_pids(const char *group, pid_t **list, size_t *n);

/* Sends SIGNAL to all of these; the same result. */
int groups_signal(const char *group, int signal);

/* Kills all processes and removes the groups, with all groups below.  Dies with
 * 125 if one stays. */
void groups_end(const char *group);

#endif
