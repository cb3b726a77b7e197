#ifndef PAYLOAD_SEALED_H
#define PAYLOAD_SEALED_H

/* The first call of a stage that executes foreign code.  If the box could write
 * to the stage's file, starts the stage anew, with argv and the environment,
 * from a copy that nobody can write to.  Else, and in the copy, returns.  Dies
 * with 125. */
void sealed_start(char *const argv[]);

/* Executes this program again, sealed if it has to be.  Dies with 125. */
__attribute__((noreturn)) void sealed_again(char *const argv[]);

#endif
