#ifndef ROOT_INROOT_H
#define ROOT_INROOT_H

#include <stdbool.h>

/* Paths below a root directory that is hostile: no link leads out of it, and
 * what is missing is made only inside (openat2(2)).  Return an O_PATH
 * descriptor of the caller's, or -1 with errno. */

/* The directory NAME right below DIR, a plain name; made if it is missing.
 * A link or another kind of file in its place is ENOTDIR. */
int inroot_subdir(int dir, const char *name);

/* The file NAME right below DIR, made empty if it is missing; a link is not
 * followed but opened itself, to be covered by a mount. */
int inroot_subfile(int dir, const char *name);

/* PATH below ROOT, links followed as after a chroot(2). */
int inroot_open(int root, const char *path);

/* The same, through a link whose
 * target is missing.  What is missing of the path is made: directories, and
 * with FILE an empty file at its end. */
int inroot_make(int root, const char *path, bool file);

#endif
