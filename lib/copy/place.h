#ifndef COPY_PLACE_H
#define COPY_PLACE_H

#include "copy/pack.h"

#include <stdbool.h>
#include <stdio.h>

struct place {
	const char *path;    /* of the copy, or of the directory for it */
	const char *word;    /* PATH in messages */
	const char *base;    /* the source's name, as of names_of() */
	bool links;	     /* follow links in the path */
	bool owners, set_id; /* as in struct unpack */
};

/* Puts an archive of pack() at its place: unpacks all of it in a new directory
 * beside that place, and then renames.  An existing directory stays, and gets
 * the new files; an existing link is replaced, not followed.  Dies with 125 or
 * as tar_get() does. */
void place(FILE *in, const struct place *what);

#endif
