#ifndef NEWROOT_H
#define NEWROOT_H

#include "resolv.h"

#include <stdbool.h>

/* A root directory for a box (pivot_root(2), box(7)). */

#define NEWROOT_BINDS 64

/* What goes onto the path TO below the root.  from: NULL for a tmpfs. */
struct bind {
	const char *from, *to, *options;
};

struct newroot {
	const char *dir;     /* as the caller wrote it */
	const char *overlay; /* keep changes in this directory, or NULL */
	bool ephemeral;	     /* throw changes away */
	bool read_only;
	bool nosuid; /* the root and what is shown in it */
	struct resolv dns;
	struct bind binds[NEWROOT_BINDS];
	unsigned n_binds;
};

/* Adds "FROM:/TO[:ro|rw]", or a tmpfs "/TO[:OPTIONS]"; dies with 125 on another
 * form. */
void newroot_bind(struct newroot *r, const char *word);
void newroot_tmpfs(struct newroot *r, const char *word);

/* Makes all of it and moves the process, and who else is in its mount
 * namespace, there; the old root is gone.  With -n says so.  Dies with 125 and
 * names what failed. */
void newroot_enter(const struct newroot *r);

#endif
