#ifndef ROOT_NEWROOT_H
#define ROOT_NEWROOT_H

#include "root/etc.h"
#include "root/volume.h"
#include "term/pty.h"

#include <stdbool.h>
#include <stdint.h>

/* A root directory for a box (pivot_root(2), box(7)). */

struct newroot {
	const char *dir;     /* as the caller wrote it */
	const char *prog;    /* the program to be executed there */
	const char *path;    /* the box's $PATH */
	const char *overlay; /* keep changes in this directory, or NULL */
	bool ephemeral;	     /* throw changes away */
	bool read_only;
	bool delegate;	   /* the box may make control groups */
	bool unmask;	   /* cover no part of proc and sysfs */
	uint64_t shm_size; /* of /dev/shm, as devdir_make() has it */
	bool nosuid;	   /* for the root and its volumes */
	struct pty *pty;   /* to be opened in its devpts, or NULL */
	struct etc etc;
	struct volumes volumes;
};

/* Makes the root and moves all processes of the mount namespace to it; removes
 * the old root.  With -n only says so.  Dies with 125; or with 127, nothing
 * made, if the directory has no PROG. */
void newroot_enter(struct newroot *r);

#endif
