#ifndef KEEP_DETACH_H
#define KEEP_DETACH_H

#include <stdbool.h>

/* A box goes into the background; its caller returns when the box is up. */

/* Returns in a new process, which has a session of its own, stdin on /dev/null,
 * stdout and stderr in the file LOG/current, and of the caller's other
 * descriptors only the ones to hand on.  The calling process prints NAME and
 * exits with 0 after detach_up().  If the new process ends before, the calling
 * one prints the new part of the log, removes all that is kept of the box if
 * the name is to be FORGOTTEN, and exits with the same status.  Call
 * resident_begin() before; a signal to the calling process ends both.  Dies
 * with 125 if the file cannot be opened. */
void detach(const char *name, const char *log, bool forgotten);
void detach_up(void);

/* Opens LOG/current again as stdout and stderr: log-keep may have renamed the
 * old file.  -1 with errno: both stay open on that. */
int detach_output(const char *log);

#endif
