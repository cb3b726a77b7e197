#ifndef BOX_LOCK_H
#define BOX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Locks below the state directory, $BOX_STATE, else /run/box, else (an
 * ordinary user's) $XDG_RUNTIME_DIR/box.  A lock is flock(2) on a descriptor:
 * whoever inherits it keeps it, and a kill -9 of the last one frees it.  The
 * file of a lock may hold a record of what its owner must undo: a record whose
 * lock is free is a dead owner's. */

/* The state directory's path. */
const char *state_dir(void);

/* Takes the lock NAME (a file name), which is made where it is missing;
 * close-on-exec.  lock_try() returns -1 with EWOULDBLOCK where somebody has
 * it; lock_wait() waits.  Both die if the directory cannot be made or is
 * another user's. */
int lock_try(const char *name);
int lock_wait(const char *name);
/* lock_try() again for a while, as who only looks at a lock, or is just
 * cleaning up after its dead owner, has it for a moment, too. */
int lock_soon(const char *name);

/* Reads the record in a lock that somebody else has, at most size - 1 bytes
 * and a NUL; -1 with errno, ENOENT if nobody has it. */
ssize_t lock_read(const char *name, char *buf, size_t size);

/* Whether somebody has the lock.  One who takes it at that moment may see it
 * taken; makes nothing.  Dies if it is not this user's file. */
bool lock_held(const char *name);

/* Removes the file of a lock that the caller has, and closes FD; with -n does
 * that alone. */
void lock_remove(const char *name, int fd);

/* Calls fn for every lock whose name begins with PREFIX and whose owner is
 * dead, with the lock taken; fn must close FD or hand it to lock_remove().  A
 * file that is empty and new is passed over: its owner may be about to take
 * it, and to write the record. */
void lock_each_dead(const char *prefix, void (*fn)(const char *name, int fd));

/* How many locks there are whose names begin with PREFIX, their owners dead or
 * alive. */
unsigned lock_count(const char *prefix);

/* Whether there is one of that name, its owner dead or alive. */
bool lock_there(const char *name);

#endif
