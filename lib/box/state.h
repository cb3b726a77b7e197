#ifndef BOX_STATE_H
#define BOX_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The facts of a running box: the directory STATE/NAME, with a plain file for
 * each fact (box(7) lists them).  box-keep makes and removes the directory, and
 * the stages behind box-keep write.  A box exists exactly as long as its lock
 * is taken. */

/* The name of a box's lock, in a static buffer. */
const char *state_lock(const char *name);

/* Returns NAME; dies with 125, naming WHAT, unless NAME is one of parse_name(),
 * of at most 64 bytes, and not "lock", "log", "ended" or "layer", which the
 * state directory has itself. */
const char *state_name(const char *what, const char *name);

/* The name of the box that the chain is in ($BOX_NAME), or NULL.  Dies as
 * state_name() does. */
const char *box_name(void);

/* Whether the box NAME exists. */
bool state_alive(const char *name);

/* Opens the box's directory (close-on-exec); -1 if there is none.  Dies as
 * state_get() does. */
int state_open(const char *name);

/* The text of a fact, malloc'ed, with the newline at its end; NULL with ENOENT
 * if the box or the fact does not exist.  Dies with 125 if the directory or
 * file is forged: not this user's own, writable by others, a link or a fifo. */
char *state_get(const char *name, const char *fact);

/* A pidfd (close-on-exec), and in *pid the number, of the process in the fact
 * "keeper" or "pid".  -1 with ENOENT as above, or ESRCH if the process has
 * ended: its number may be another's by now.  Dies as above, and if the fact is
 * not a pid and a start time. */
int state_pidfd(const char *name, const char *fact, pid_t *pid);

/* The start time of a process, in ticks since the boot; 0 if there is none. Pid
 * and start time name one process. */
uint64_t start_time(pid_t pid);

/* Write a fact of the chain's box, whole at once, and add a newline.  Do
 * nothing with -n, or if no box-keep made the directory.  Die on failure:
 * box-stop would not find the box, or box-exec would enter it with more rights.
 * A process that has ended leaves no fact. */
__attribute__((format(printf, 2, 3))) void state_put(
    const char *fact, const char *fmt, ...);
void state_put_pid(const char *fact, pid_t pid);
/* TEXT as it is, LEN bytes. */
void state_put_bytes(const char *fact, const char *text, size_t len);
/* The same, of a box that runs or has run: a failure is a warning. */
__attribute__((format(printf, 2, 3))) void state_note(
    const char *fact, const char *fmt, ...);

/* For the keeper, which has the lock.  Makes the directory, in place of a dead
 * box's if there is one, and in it the empty file "exit"; returns a descriptor
 * of that file (-1 with -n).  Dies with 125. */
int state_make(const char *name);

/* Writes the status into the descriptor, for processes that have the file open
 * and wait for the lock; then removes the directory.  -1, with a warning, if
 * the directory stays. */
int state_end(const char *name, int exit_fd, int status);

/* Removes those of the facts that exist; the last one is NULL. */
void state_drop(const char *name, const char *const facts[]);

/* Removes the directory of the dead box NAME, whose lock the caller has.  -1
 * with errno and said(). */
int state_bury(const char *name);

/* Removes the directories and locks of dead boxes; a forged directory stays.
 * ALL as in lock_each_dead(). */
void state_end_dead(bool all);

#endif
