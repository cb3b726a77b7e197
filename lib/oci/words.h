#ifndef OCI_WORDS_H
#define OCI_WORDS_H

#include <stddef.h>
#include <stdio.h>

/* The words of a chain, in the making.  A function that compiles a part of
 * config.json adds words to the stage at the end: words_stage(w, "cg-limit")
 * begins one. */

struct words {
	char **word; /* ends with NULL */
	size_t n, room;
	size_t stage[16]; /* the first word of each stage */
	size_t n_stages;
};

/* Begin a stage; end the list of stages at the payload's program, so that
 * words_print() has a line for that. */
void words_stage(struct words *w, const char *program);

/* Add one word, a copy; an option and its value; the same, formatted. */
void words_add(struct words *w, const char *word);
void words_option(struct words *w, const char *option, const char *value);
__attribute__((format(printf, 3, 4))) void words_value(
    struct words *w, const char *option, const char *fmt, ...);

/* The chain as a shell's command, a stage a line. */
void words_print(const struct words *w, FILE *out);

#endif
