#ifndef COPY_BENEATH_H
#define COPY_BENEATH_H

/* Opens the directory with the relative PATH below DIR, without a link anywhere
 * in PATH (openat2(2)).  Close-on-exec; -1 with errno. */
int beneath(int dir, const char *path);

/* Opens (O_PATH) the directory PATH.  LINKS 0: ELOOP if there is a link in the
 * path.  Close-on-exec; -1 with errno. */
int directory(const char *path, int links);

/* Opens this user's directory NAME, right below DIR, and makes its mode 0700;
 * -1 with errno. */
int own_directory(int dir, const char *name);

/* Removes NAME right below DIR, and all files below NAME; -1 with errno. */
int remove_tree(int dir, const char *name);

#endif
