#ifndef BOX_LOCK_H
#define BOX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Locks below the state directory, $BOX_STATE, else /run/box, else (an
 * ordinary user's) $XDG_RUNTIME_DIR/box.  A lock is flock(2) on a descriptor:
 * every process that inherits the descriptor keeps the lock, and a kill -9 of
 * the last process frees it.  The file of a lock may hold a record of the
 * changes that its owner must undo: if the lock is free, the owner is dead.
 *
 * All functions die with 125 if another user could have written the state
 * directory, its directory of locks, or the named lock. */

/* The state directory's path. */
const char *state_dir(void);

/* The hint for the failure ERR of a change below the state directory, if there
 * is no room or no right; and die() with the hint. */
void state_hint(int err);
__attribute__((noreturn, format(printf, 1, 2))) void state_die(
    const char *fmt, ...);

/* Whether this is root with a /run of its own: not the root of a user namespace
 * on the host's files. */
bool state_owns_run(void);

/* Whether the state is in /run/box: then what is to outlive the host's run has
 * its places below /var. */
bool state_is_hosts(void);

/* Takes the lock NAME (a file name), which is made if missing; close-on-exec.
 * If the lock is taken, lock_try() returns -1 with EWOULDBLOCK, and lock_wait()
 * waits. */
int lock_try(const char *name);
int lock_wait(const char *name);
/* Like lock_try(), but retries for half a second: a process that reads the
 * record, or cleans up after a dead owner, has the lock for a moment. */
int lock_soon(const char *name);

/* Identifies the time since the machine's start ("-" if /proc does not say),
 * for records in a directory that outlives the machine's restart; or dies. */
const char *boot_id(void);

/* Opens the file of the lock NAME, made if missing and CREATE, without taking
 * the lock: for a record that another lock guards.  -1 if there is none. */
int lock_open(const char *name, bool create);

/* Closes all descriptors above 2 but FD, and the one on which the functions
 * here rely. */
void lock_keep_only(int fd);

/* The record in a lock that another process has, malloc'ed; NULL with errno:
 * ENOENT if the lock is free, EPERM if the file is not this user's alone. */
char *lock_read(const char *name);

/* Whether the lock is taken.  Takes it for a moment, which a start may see.
 * Makes no file. */
bool lock_held(const char *name);

/* Removes the file of the caller's lock, and closes FD.  With -n only closes
 * FD.  Keeps errno. */
void lock_remove(const char *name, int fd);

/* Undoes the changes of a lock's dead owner: NAME is the lock's name without
 * the prefix, FD its record.  Returns 0 if the record can go, 1 if it must
 * stay, or -1 with errno if the last command announced (said()) failed. */
typedef int lock_bury(const char *name, int fd);

/* The kinds of locks whose owner's things stay after a kill -9, by the
 * beginning of their names. */
#define LOCK_BOX "box-"
#define LOCK_CG "cg-"
#define LOCK_NAT "nat-"
#define LOCK_NETNS "name-"

/* Looks at some locks of all kinds, for the whole chain: sets BOX_SWEPT, or if
 * an owner is dead, removes it. */
void lock_sweep(void);

/* Calls FN for the locks of dead owners with a name that begins with PREFIX,
 * and has the lock meanwhile; makes no file.  With ALL, for box-gc, it looks at
 * all locks, and a failure is a warning.  A start looks at a few, or with
 * BOX_SWEPT at none, and is silent, because they are not its own.  An empty new
 * file is passed over: its owner may be about to write the record. */
void lock_each_dead(const char *prefix, bool all, lock_bury *fn);

/* The number of locks with a name that begins with PREFIX, their owners dead or
 * alive. */
unsigned lock_count(const char *prefix);

/* Whether there is a lock NAME, its owner dead or alive; one that cannot be
 * looked at is there. */
bool lock_there(const char *name);

#endif
