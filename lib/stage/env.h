#ifndef STAGE_ENV_H
#define STAGE_ENV_H

#include <stddef.h>

/* The environment of PROG.  The words of a command line are open to every user
 * of the host, and an environment to its owner and root only.  So values travel
 * along the chain in variables, BOX_ENV1, BOX_ENV2 and so on (box(7)); each
 * holds one word of the option -e, and the list ends at the first that is not
 * set. */

struct env {
	char **words; /* NAME=VALUE; NULL, or with a NULL at the end */
	unsigned n, room;
};

/* Sets WORD, NAME=VALUE, which is kept, in place of an earlier value of NAME.
 */
void env_set(struct env *e, char *word);

/* WORD is an argument of -e: NAME=VALUE, or NAME for the caller's value, if
 * there is one.  Dies with 125 on a word without a name. */
void env_option(struct env *e, char *word);

/* The value of NAME, or NULL. */
const char *env_get(const struct env *e, const char *name);

/* Sets all of FROM. */
void env_add(struct env *e, const struct env *from);

/* Sets the variables in the lines of the file, as docker's --env-file: words
 * of -e, empty lines, and comments after "#".  A file with NUL bytes has words
 * with a NUL at the end of each, as env_text() writes them.  Dies with 125,
 * naming the line, but showing no part of it. */
void env_file(struct env *e, const char *path);

/* Sets the variables that the chain hands on; hands on all of E. */
void env_receive(struct env *e);
void env_hand_on(const struct env *e);

/* All words with a NUL at the end of each, malloc'ed; *len is their length. */
char *env_text(const struct env *e, size_t *len);

#endif
