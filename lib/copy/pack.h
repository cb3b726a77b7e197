#ifndef COPY_PACK_H
#define COPY_PACK_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* A path in two parts: the directory, and the last name in it. */
struct names {
	char dir[PATH_MAX], base[NAME_MAX + 1];
	bool slash; /* it ends with one */
};

/* The parts of PATH; BASE is "." if PATH is "/" or ends with "/.".  Dies with
 * 125 if it ends with ".." or is empty. */
void names_of(struct names *n, const char *path);

/* Names of directories in which a copy is being made: this and six letters. */
#define COPY_TEMP ".box-cp."

/* Writes an archive of the file or directory N: names begin with "./BASE".
 * Links are not followed, but in the path of its directory.  Hard links within
 * it stay such, but for some of those of very many.  Of proc and sysfs no more
 * than the directory where they are mounted.  OWNERS: as they are, else 0.
 * WORD is its name in messages.  Dies with 125. */
void pack(FILE *out, const struct names *n, bool owners, const char *word);

#endif
