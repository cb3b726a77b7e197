#ifndef STAGE_CHAIN_H
#define STAGE_CHAIN_H

#include <stdbool.h>
#include <sys/types.h>

/* The end of every stage: becomes the next program.  What the suite hands on
 * (the door, the leases, BOX_... variables) goes along only if that program
 * is one of our own stages, and is closed and removed otherwise. */

/* Becomes argv.  Does not return: 127 if argv[0] is not found, 126 if it
 * cannot be executed, with one line that says why. */
__attribute__((noreturn)) void chain(char *const argv[]);

/* The same for the last stage: argv is foreign code whatever it is. */
__attribute__((noreturn)) void chain_last(char *const argv[]);

/* For the doorman: opens (O_PATH) what NAME means here by $PATH; *own says
 * whether it is one of our stages.  -1 with errno as of execvp(3). */
int chain_open(const char *name, bool *own);

/* The program that the doorman's side opened for the first stage of the box,
 * so that chain(argv) need not ask. */
void chain_opened(int fd, bool own);

#endif
