#ifndef COPY_UNPACK_H
#define COPY_UNPACK_H

#include <stdbool.h>
#include <stdio.h>

struct unpack {
	int dir;	  /* a new directory, unknown to other processes */
	const char *only; /* the one name that DIR may get; NULL: any */
	bool owners;	  /* files get the owners in the archive */
	bool set_id;	  /* ... and the set-user-ID and set-group-ID bits */
	const char *word; /* the target's name in messages */
};

/* Unpacks a hostile archive: no entry can make or change a file outside of the
 * directory, and no link is followed.  The umask must be 0.  Dies with 125, or
 * as tar_get() does; the caller removes the unpacked files then. */
void unpack(FILE *in, const struct unpack *u);

#endif
