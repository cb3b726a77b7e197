#ifndef ROOT_INROOT_H
#define ROOT_INROOT_H

#include <stdbool.h>

/* Paths below a hostile root directory: no link leads out of it, and missing
 * files are made only inside (openat2(2)).  Each returns an O_PATH descriptor
 * of the caller's, or -1 with errno. */

/* The directory NAME right below DIR, a plain name; made if it is missing.
 * A link or another kind of file in its place is ENOTDIR. */
int inroot_subdir(int dir, const char *name);

/* The file NAME right below DIR, made empty if it is missing.  A link is opened
 * itself, for a mount to cover, and not followed. */
int inroot_subfile(int dir, const char *name);

/* The directory PATH below ROOT; missing parts are made.  A link in any part of
 * it is ENOTDIR. */
int inroot_plain(int root, const char *path);

/* PATH below ROOT, links followed as after a chroot(2). */
int inroot_open(int root, const char *path);

/* The same, with the missing parts made: directories, and with FILE an empty
 * file at the end; also behind a link whose target is missing. */
int inroot_make(int root, const char *path, bool file);

#endif
