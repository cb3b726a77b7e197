#ifndef PAYLOAD_SEALED_H
#define PAYLOAD_SEALED_H

/* First of all in a stage behind which foreign code begins: starts the program
 * anew, with argv and the environment, from a copy that nobody can write to,
 * if the box could write to its file.  Returns where that need not be or has
 * been done.  Dies with 125. */
void sealed_start(char *const argv[]);

#endif
