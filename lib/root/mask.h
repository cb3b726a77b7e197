#ifndef ROOT_MASK_H
#define ROOT_MASK_H

/* Covers the host's own files in /proc and /sys (mounts, attached), and makes
 * the host's settings read-only: the lists of the OCI runtime specification.
 * Skips a path that this kernel does not have; dies with 125 on any other
 * failure.  DIR is the root's name for say(); with -n PROC and SYS are not
 * used. */
void mask_paths(int proc, int sys, const char *dir);

#endif
