#ifndef STAGE_STAGES_H
#define STAGE_STAGES_H

#include <limits.h>
#include <stdbool.h>

/* The stages: the programs of our own directory that may have the descriptors
 * of a chain (inherit.h). */

/* The path of our own directory with a "/" at its end.  -1 with errno if /proc
 * does not show it. */
int stage_dir(char buf[PATH_MAX]);

/* Whether the program opened as FD is one of the stages.  NAME, or NULL, is the
 * word by which it was found: a hint where to look first.  False without /proc;
 * dies if a file cannot be looked at. */
bool stage_is(int fd, const char *name);

/* Whether NAME is that of a stage. */
bool stage_named(const char *name);

/* Whether the process PID, a number, runs a stage.  False if its program cannot
 * be read. */
bool stage_runs(const char *pid);

#endif
