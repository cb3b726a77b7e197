#ifndef COPY_PLACE_H
#define COPY_PLACE_H

#include "copy/pack.h"

#include <stdbool.h>
#include <stdio.h>

struct place {
	const char
	    *path; /* where the copy goes: a name, or a directory for it */
	const char *word;    /* that in messages */
	const char *base;    /* what is copied, as names_of() has it */
	bool links;	     /* links in the path are followed */
	bool owners, set_id; /* as struct unpack has them */
};

/* Puts an archive of pack() at its place: all of it is unpacked in a new
 * directory beside that first, and then renamed.  A directory that is there
 * stays as it is, and gets what is new in it; a link that is there is replaced,
 * not followed.  Dies with 125 or as tar_get() does. */
void place(FILE *in, const struct place *what);

#endif
