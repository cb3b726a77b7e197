#ifndef BOX_STATE_H
#define BOX_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What is known of a box that runs: the directory STATE/NAME, in it a plain
 * file for each fact (box(7) lists them).  box-keep makes and removes it, the
 * stages behind it write, and whoever has the name reads.  A box is there
 * exactly as long as somebody has its lock. */

/* The name of that lock, in a static buffer. */
const char *state_lock(const char *name);

/* NAME if it may be a box's: as of parse_name(), at most 64 bytes, and not
 * "lock" or "log", which the state directory has itself.  Dies with 125, naming
 * WHAT. */
const char *state_name(const char *what, const char *name);

/* The name of the box that the chain is in ($BOX_NAME), or NULL.  Dies as
 * state_name() does. */
const char *box_name(void);

/* Whether there is such a box. */
bool state_alive(const char *name);

/* Its directory, opened (close-on-exec); -1 if there is none.  Dies as
 * state_get() does. */
int state_open(const char *name);

/* The text of a fact, malloc'ed, with the newline at its end; NULL with ENOENT
 * if the box or its fact is not there.  Dies with 125 if directory or file is
 * not this user's own, may be written by others, or is not what it should be
 * (a link, a fifo): it is forged. */
char *state_get(const char *name, const char *fact);

/* A pidfd (close-on-exec), and in *pid the number, of the process in the fact
 * "keeper" or "pid".  -1 with ENOENT as above, or ESRCH if it has ended: its
 * number may be another's by now.  Dies as above, and if it does not parse. */
int state_pidfd(const char *name, const char *fact, pid_t *pid);

/* Write a fact of the box that the chain is in, at once and whole;
 * the newline at its end is added.  Nothing with -n, or if no box-keep made its
 * directory.  A failure is a warning: the box works without. */
__attribute__((format(printf, 2, 3))) void state_put(
    const char *fact, const char *fmt, ...);
void state_put_pid(const char *fact, pid_t pid);
/* TEXT as it is, LEN bytes. */
void state_put_bytes(const char *fact, const char *text, size_t len);

/* When a process started, in ticks since the boot: field 22 of
 * /proc/PID/stat.  With the pid it names one process; 0 if there is none. */
uint64_t start_time(pid_t pid);

/* For the keeper, who has the lock.  Makes the directory, in place of a dead
 * one's if need be, and in it the file "exit", empty; returns a descriptor of
 * that (-1 with -n).  Dies with 125. */
int state_make(const char *name);

/* Writes the status into the descriptor, for those who have the file open and
 * wait for the lock; then removes the directory, or warns and returns -1. */
int state_end(const char *name, int exit_fd, int status);

/* Removes one fact, or nothing if there is none. */
void state_drop(const char *name, const char *fact);

/* Removes the directories and locks of boxes whose keeper and chain are dead;
 * what is forged stays.  ALL as in lock_each_dead(). */
void state_end_dead(bool all);

#endif
