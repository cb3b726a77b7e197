#ifndef STAGE_CHAIN_H
#define STAGE_CHAIN_H

#include <stdbool.h>
#include <sys/types.h>

/* The end of every stage: becomes the next program.  The descriptors of
 * inherit.h and the BOX_... variables go along only if that program is one of
 * our own stages; otherwise they are closed and removed. */

/* Becomes argv.  Does not return: 127 if argv[0] is not found, 126 if it
 * cannot be executed, with one line that says why. */
__attribute__((noreturn)) void chain(char *const argv[]);

/* The same for the last stage: argv is foreign code whatever it is. */
__attribute__((noreturn)) void chain_last(char *const argv[]);

/* Opens (O_PATH) the program NAME, found by $PATH; *own: it is one of our
 * stages.  -1 with errno as of execvp(3). */
int chain_open(const char *name, bool *own);

/* chain() is to execute FD, which chain_open() has opened on the doorman's
 * side, and asks nobody for the program. */
void chain_opened(int fd, bool own);

#endif
