#ifndef ROOT_PIVOT_H
#define ROOT_PIVOT_H

#include <stdbool.h>
#include <stdint.h>

/* The way into a new root directory (pivot_root(2)): root_open(), root_set(),
 * the mounts below the root, root_enter().  All die with 125. */

/* A detached mount of the directory DIR; with SLAVE the host's mounts that come
 * below DIR later are seen there.  *own: the caller has a mount
 * namespace of the box's own already. */
int root_open(const char *dir, bool slave, bool *own);

/* Attaches MNT on "/", above the mounts that are there, until root_enter(). */
void root_cover(int mnt);

/* Sets ATTR (MOUNT_ATTR_...) on ROOT and the mounts below it, and attaches it.
 * With READ_ONLY only the topmost mount stays writable, as mount points may be
 * missing.  DIR names ROOT. */
void root_set(int root, uint64_t attr, bool read_only, const char *dir);

/* With READ_ONLY makes the root so.  Then moves all processes of the mount
 * namespace to it, and removes the old root.  With -n only says so. */
void root_enter(int root, bool read_only, const char *dir);

/* A new "proc" or "sysfs" for the mount point WHERE, with OPTS (may be NULL)
 * and ATTR.  These belong to the pid and the network namespace: if that is not
 * the box's own, a bind of the caller's mount.  -2 with -n. */
int kernel_fs(
    const char *type, const char *opts, uint64_t attr, const char *where);

#endif
