#ifndef STAGE_CHAIN_H
#define STAGE_CHAIN_H

#include <stdbool.h>
#include <sys/types.h>

/* The end of every stage: becomes the next program.  What the suite hands on
 * (the door, the leases, BOX_... variables) goes along only if that program
 * is one of our own stages, and is closed and removed otherwise. */

/* Takes the door and the leases out of the environment, close-on-exec. */
void chain_receive(void);

/* Becomes argv.  Does not return: 127 if argv[0] is not found, 126 if it
 * cannot be executed, with one line that says why. */
__attribute__((noreturn)) void chain(char *const argv[]);

/* The same for the last stage: argv is foreign code whatever it is. */
__attribute__((noreturn)) void chain_last(char *const argv[]);

/* Another lease for the chain: DESCRIPTOR stays open in every stage from here
 * on that is ours.  The caller keeps it close-on-exec. */
void chain_lease(int fd);

/* The write end of a pipe that tells its reader when foreign code begins, in
 * every stage from here on that is ours: 'x' when that is about to be executed,
 * 'f' after it if that failed, and the end of the file.  Kept close-on-exec;
 * chain_ready_leave() is for who stays behind. */
void chain_ready(int fd);
void chain_ready_leave(void);
/* LIST is "3,5": descriptors of the caller's that PROG is to have.  WHAT names
 * the option; dies with 125. */
void chain_pass(const char *what, const char *list);

/* Closes what was inherited above 2, which is what is not close-on-exec, but
 * for those: a caller's stray descriptor of a directory is a way out of the
 * root. */
void chain_close_others(void);

/* For the doorman: opens (O_PATH) what NAME means here by $PATH; *own says
 * whether it is one of our stages.  -1 with errno as of execvp(3). */
int chain_open(const char *name, bool *own);

/* Whether FD is one of our stages' programs. */
bool chain_is_stage(int fd);

/* The program that the doorman's side opened for the first stage of the box,
 * so that chain(argv) need not ask. */
void chain_opened(int fd, bool own);

#endif
