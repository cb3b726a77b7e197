#ifndef COPY_PACK_H
#define COPY_PACK_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* A path in two parts: the directory, and the last name in it. */
struct names {
	char dir[PATH_MAX], base[NAME_MAX + 1];
	bool slash; /* the path ends with one */
};

/* The parts of PATH; BASE is "." if PATH is "/" or ends with "/.".  Dies with
 * 125 if PATH ends with ".." or is empty. */
void names_of(struct names *n, const char *path);

/* The name of the directory in which a copy is made: this and six letters. */
#define COPY_TEMP ".box-cp."

/* Writes an archive of the file or directory N: names begin with "./BASE".
 * Links are followed only in the path of the directory.  Hard links within the
 * archive stay hard links, except some of very many.  Mounts of proc and sysfs
 * in a directory become empty directories.  OWNERS: write the owners, else 0.
 * WORD is the name of N in messages.  Dies with 125. */
void pack(FILE *out, const struct names *n, bool owners, const char *word);

#endif
