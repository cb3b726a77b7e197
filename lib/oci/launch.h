#ifndef OCI_LAUNCH_H
#define OCI_LAUNCH_H

#include "oci/words.h"

#include <sys/types.h>

/* Runs a chain, and leaves its box. */

/* An open empty file for --info-fd of a chain, above the PRESERVED descriptors
 * that a caller hands on.  Dies with 125. */
int launch_info(unsigned preserved);

/* Runs the chain of W to its end, with the caller's 0, 1 and 2, and returns its
 * status: 0 if the box lives on.  The chain dies with this process.  LOCK is a
 * descriptor that the processes of the chain have, too, until they end; -1:
 * none. */
int launch(const struct words *w, int lock);

/* The pid that ns-spawn or ns-enter has written to the file of launch_info().
 * Dies with 125. */
pid_t launch_pid(int info);

/* Writes PID, and no newline, to the file PATH, whole at once.  Dies with
 * 125. */
void launch_pid_file(const char *path, pid_t pid);

/* A terminal for a verb that waits.  launch_console() makes the socket NAME in
 * the directory DIR, for --console of a chain; launch_terminal() takes the
 * terminal from it, removes it, and relays the terminal to ours.  Die with
 * 125. */
int launch_console(int dir, const char *name);
void launch_terminal(int sock, int dir, const char *name);

/* launch_adopt() before launch(), launch_wait() behind it: this process adopts
 * the box's process PID, waits for its end as a resident, and returns its
 * status of the chain contract, or 1, with a line, if the wait fails. */
void launch_adopt(void);
int launch_wait(pid_t pid);

#endif
