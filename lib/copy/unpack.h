#ifndef COPY_UNPACK_H
#define COPY_UNPACK_H

#include <stdbool.h>
#include <stdio.h>

struct unpack {
	int dir;	  /* a new directory that nobody else knows */
	const char *only; /* the one name that may be in it; NULL: any */
	bool owners;	  /* files get the owners that the archive says */
	bool set_id;	  /* ... and the set-user-ID and set-group-ID bits */
	const char *word; /* the target's name in messages */
};

/* Unpacks a hostile archive: nothing outside of the directory is made or
 * changed whatever it says, and no link is followed.  The umask must be 0.
 * Dies with 125, or as tar_get() does; what was unpacked is the caller's to
 * remove. */
void unpack(FILE *in, const struct unpack *u);

#endif
