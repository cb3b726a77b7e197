#ifndef OCI_LAUNCH_H
#define OCI_LAUNCH_H

#include "oci/words.h"

#include <sys/types.h>

/* Runs a chain, and leaves its box. */

/* An open empty file, and its number in *FD, for --info-fd of a chain; above
 * the descriptors that a caller hands on. */
int launch_info(unsigned preserved);

/* Runs the chain of W to its end, with the caller's 0, 1 and 2, and returns its
 * status: 0 if the box lives on.  The chain dies with this process. */
int launch(const struct words *w);

/* The pid that ns-spawn or ns-enter has written to the file of launch_info().
 * Dies with 125. */
pid_t launch_pid(int info);

/* Writes PID, and no newline, to the file PATH, whole at once.  Dies with
 * 125. */
void launch_pid_file(const char *path, pid_t pid);

/* "3,4,..." for N descriptors. */
char *launch_preserved(unsigned n);

/* Waits for the end of PID, a child of this process by adoption; returns its
 * status of the chain contract.  Signals that this process gets go to PID. */
int launch_wait(pid_t pid);

#endif
