#ifndef COPY_BENEATH_H
#define COPY_BENEATH_H

/* Opens the directory PATH, relative, below DIR, without a link anywhere in it
 * (openat2(2)).  Close-on-exec; -1 with errno. */
int beneath(int dir, const char *path);

/* Opens (O_PATH) the directory PATH.  LINKS 0: ELOOP if there is a link in the
 * path.  Close-on-exec; -1 with errno. */
int directory(const char *path, int links);

/* Opens the directory NAME, right below DIR, which may be this user's alone but
 * not to be read yet; -1 with errno. */
int own_directory(int dir, const char *name);

/* Removes NAME right below DIR, and all below it; -1 with errno. */
int remove_tree(int dir, const char *name);

#endif
