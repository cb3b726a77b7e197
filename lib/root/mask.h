#ifndef ROOT_MASK_H
#define ROOT_MASK_H

/* Covers what in /proc and /sys (mounts, attached) is the host's business, and
 * makes its knobs read-only: the OCI runtime specification's lists.  What this
 * kernel does not have is skipped, any other failure dies with 125.  DIR is the
 * root's name in what is said; with -n neither is used. */
void mask_paths(int proc, int sys, const char *dir);

#endif
