#ifndef ROOT_FSTAB_H
#define ROOT_FSTAB_H

#include <stdbool.h>
#include <stdint.h>

/* The mounts of a root directory, as a table in the form of fstab(5). */

#define FSTAB_ROWS 512

struct fsrow {
	unsigned line;
	char *source, *target, *type;
	char *data;	 /* the file system's own options, or NULL */
	bool bind, deep; /* bind, rbind */
	bool shift;	 /* a bind with the box's ids, also if --plain */
	bool copy_up;	 /* tmpfs: begin with the files of the target */
	uint64_t attr,
	    attr_deep;	      /* MOUNT_ATTR_..., of the mount; of all below */
	uint64_t propagation; /* MS_..., or 0 */
	bool propagation_deep;
	int mnt; /* once it is there; else -1 */
};

struct fstab {
	struct fsrow rows[FSTAB_ROWS];
	unsigned n;
};

/* Reads the table in the file PATH, a name of the caller's.  Dies with 125,
 * naming the line. */
void fstab_read(struct fstab *t, const char *path);

/* Mounts the rows below ROOT, in their order.  No link leads out of ROOT, and
 * missing mount points are made.  DIR names ROOT in messages; with -n ROOT is
 * not used.  Dies with 125. */
void fstab_mount(struct fstab *t, int root, const char *dir);

/* A place for PATH: if PATH is below a new file system of the table, that, else
 * ROOT; *PATH becomes the path below it. */
int fstab_place(const struct fstab *t, int root, const char **path);

#endif
