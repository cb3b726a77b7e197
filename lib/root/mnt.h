#ifndef ROOT_MNT_H
#define ROOT_MNT_H

#include <stdbool.h>
#include <stdint.h>

/* Mounts as descriptors (fsopen(2), open_tree(2), mount_setattr(2),
 * move_mount(2)): a mount goes onto an opened directory, never onto a name
 * that could have become another.  WHERE and FROM are for the text that is
 * said.  Descriptors returned are the caller's, close-on-exec. */

/* A new file system of TYPE with OPTS ("a=1,b", may be NULL) and ATTR
 * (MOUNT_ATTR_...), detached.  -1 with errno; -2 with -n. */
int mnt_new(
    const char *type, const char *opts, uint64_t attr, const char *where);

/* A detached, private copy of the mount at PATH below AT (NULL: of AT itself,
 * attached), with all that is mounted below it if DEEP.  -1 with errno. */
int mnt_clone(int at, const char *path, bool deep);

/* The flags (MOUNT_ATTR_...) of the mount that FD lies on, fstatvfs(3), its
 * rule for access times included.  Dies with 125. */
uint64_t mnt_flags(int fd);

/* Sets ATTR on a mount and, if DEEP, on those below it.  -1 with errno. */
int mnt_attr(int mnt, uint64_t attr, bool deep);

/* Takes MOUNT_ATTR_RDONLY off a mount.  -1 with errno. */
int mnt_writable(int mnt);

/* Shows a detached mount, and those below it, with the ids of the user
 * namespace USERNS.  -1 with errno. */
int mnt_idmap(int mnt, int userns);

/* Attaches a detached mount onto the opened file or directory TARGET.
 * -1 with errno. */
int mnt_attach(int mnt, int target);

#endif
