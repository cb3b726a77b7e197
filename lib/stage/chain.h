#ifndef STAGE_CHAIN_H
#define STAGE_CHAIN_H

#include <stdbool.h>
#include <sys/types.h>

/* The end of every stage: it becomes the next program.  The descriptors of
 * inherit.h and the BOX_... variables go along only if the program is one of
 * our own stages; otherwise they are closed and removed. */

/* Becomes argv.  Does not return: 127 if argv[0] is not found, 126 if it
 * cannot be executed, with one line about the reason. */
__attribute__((noreturn)) void chain(char *const argv[]);

/* The same for the last stage: any argv is foreign code. */
__attribute__((noreturn)) void chain_last(char *const argv[]);

/* For the last stage, before the confinement: stand(), if ARGV[0] is a program
 * that could be executed; else 126 or 127.  chain_last() does the same at its
 * beginning. */
void chain_stand(char *const argv[]);

/* Opens (O_PATH) the program NAME, found by $PATH; *own: it is one of our
 * stages.  -1 with errno as of execvp(3). */
int chain_open(const char *name, bool *own);

/* The end of a stage that cannot open PATH, or execute it: 127 or 126 by errno,
 * with one line. */
__attribute__((noreturn)) void chain_failed(const char *path);

/* Makes chain() execute FD, which chain_open() has opened on the doorman's
 * side. */
void chain_opened(int fd, bool own);

#endif
