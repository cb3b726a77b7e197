#ifndef ROOT_MASK_H
#define ROOT_MASK_H

enum mask { MASK_HIDE, MASK_FREEZE };

/* Covers the opened file or directory AT, which it closes: by nothing, or by
 * itself, read-only with the mounts below.  say() names WHERE; with -n AT may
 * be -1 for a directory.  Dies with 125. */
void mask_at(int at, enum mask how, const char *where);

/* Covers the host's own files in /proc and /sys (mounts, attached), and makes
 * the host's settings read-only: the lists of the OCI runtime specification.
 * Skips a path that this kernel does not have; dies with 125 on any other
 * failure.  DIR is the root's name for say(); with -n PROC and SYS are not
 * used. */
void mask_paths(int proc, int sys, const char *dir);

#endif
