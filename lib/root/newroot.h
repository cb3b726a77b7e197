#ifndef ROOT_NEWROOT_H
#define ROOT_NEWROOT_H

#include "net/resolv.h"
#include "root/volume.h"
#include "term/pty.h"

#include <stdbool.h>

/* A root directory for a box (pivot_root(2), box(7)). */

struct newroot {
	const char *dir;     /* as the caller wrote it */
	const char *prog;    /* the program to be executed there */
	const char *path;    /* where it is looked for, as $PATH */
	const char *overlay; /* keep changes in this directory, or NULL */
	bool ephemeral;	     /* throw changes away */
	bool read_only;
	bool nosuid;	 /* the root and what is shown in it */
	struct pty *pty; /* to be opened in its devpts, or NULL */
	struct resolv dns;
	struct volumes volumes;
};

/* Makes all of it and moves the process, and who else is in its mount
 * namespace, there; the old root is gone.  With -n says so.  Dies with 125 and
 * names what failed; with 127, and nothing made, in a directory without PROG.
 */
void newroot_enter(struct newroot *r);

#endif
