#ifndef BASE_MOUNTINFO_H
#define BASE_MOUNTINFO_H

#include <stdbool.h>

/* A mount in /proc/PID/mountinfo (proc(5)). */
struct mountinfo {
	char *id;   /* its number, as of statx(2) */
	bool peers; /* shared or a slave */
	bool shared;
	char *root;    /* the directory of the file system that is shown... */
	char *point;   /* ...at this mount point */
	char *options; /* of the mount */
	char *type;    /* of the file system */
	char *super;   /* options of the file system */
};

/* The next mount in *TEXT, a mountinfo as slurp_at() reads it.  Cuts the text
 * into pieces, which *M points to.  False at the end. */
bool mountinfo_next(char **text, struct mountinfo *m);

#endif
