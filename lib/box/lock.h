#ifndef BOX_LOCK_H
#define BOX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Locks below the state directory, $BOX_STATE, else /run/box, else (an
 * ordinary user's) $XDG_RUNTIME_DIR/box.  A lock is flock(2) on a descriptor:
 * every process that inherits the descriptor keeps the lock, and a kill -9 of
 * the last one frees it.  The file of a lock may hold a record of what its
 * owner must undo: a record whose lock is free is a dead owner's.
 *
 * All die with 125 if another user could have written the state directory, its
 * directory of locks, or a lock that is asked for. */

/* The state directory's path. */
const char *state_dir(void);

/* Takes the lock NAME (a file name), which is made if it is missing;
 * close-on-exec.  lock_try() returns -1 with EWOULDBLOCK if somebody has it,
 * lock_wait() waits. */
int lock_try(const char *name);
int lock_wait(const char *name);
/* Like lock_try(), but retries for half a second: a reader, or whoever cleans
 * up after the lock's dead owner, has a lock for a moment. */
int lock_soon(const char *name);

/* The record in a lock that somebody else has, malloc'ed; NULL with errno:
 * ENOENT if nobody has it, EPERM if the file is not this user's alone. */
char *lock_read(const char *name);

/* Whether somebody has the lock.  A start that tries it at this moment may see
 * it taken.  Makes nothing. */
bool lock_held(const char *name);

/* Removes the file of a lock that the caller has, and closes FD.  With -n only
 * closes FD. */
void lock_remove(const char *name, int fd);

/* Undoes what the dead owner of a lock has left: NAME is the lock's without the
 * prefix, FD its record.  Returns 0 if the record can go, 1 if it must stay, or
 * -1 with errno if the last command announced (said()) failed. */
typedef int lock_bury(const char *name, int fd);

/* Calls FN for the locks whose names begin with PREFIX and whose owners are
 * dead, with the lock taken; makes nothing.  ALL is for box-gc: all of them,
 * and a failure is a warning.  A start looks at a few, and is silent: they are
 * not its own.  A file that is empty and new is passed over, because its owner
 * may be about to write the record. */
void lock_each_dead(const char *prefix, bool all, lock_bury *fn);

/* How many locks there are whose names begin with PREFIX, their owners dead or
 * alive. */
unsigned lock_count(const char *prefix);

/* Whether there is a lock of that name, its owner dead or alive. */
bool lock_there(const char *name);

#endif
