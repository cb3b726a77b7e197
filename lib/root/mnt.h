#ifndef ROOT_MNT_H
#define ROOT_MNT_H

#include "stage/door.h"

#include <stdbool.h>
#include <stdint.h>

/* Mounts as descriptors (fsopen(2), open_tree(2), mount_setattr(2),
 * move_mount(2)): a mount goes onto an opened directory, never onto a path,
 * which could lead elsewhere by then.  Descriptors returned are the caller's,
 * close-on-exec. */

/* The attributes of a mount without devices and programs. */
#define MNT_SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A new file system of TYPE with OPTS ("a=1,b", may be NULL) and ATTR
 * (MOUNT_ATTR_...), detached.  say() names WHERE.  -1: errno; -2 with -n. */
int mnt_new(
    const char *type, const char *opts, uint64_t attr, const char *where);

/* The same, with another SOURCE than TYPE. */
int mnt_new_of(const char *source, const char *type, const char *opts,
    uint64_t attr, const char *where);

enum mnt_depth {
	MNT_TOP,    /* without the mounts below it, private */
	MNT_DEEP,   /* with them, private */
	MNT_SLAVE,  /* with them, and with those that come later */
	MNT_SHARED, /* the same, and mounts below the copy come there, too */
};

/* A detached copy of the mount at PATH below AT (NULL: of AT itself, attached).
 * -1 with errno. */
int mnt_clone(int at, const char *path, enum mnt_depth depth);

/* Whether mounts that come later below PATH reach a copy of MNT_SLAVE, or those
 * below a copy of MNT_SHARED reach PATH: mount_namespaces(7), shared and slave
 * mounts. */
bool mnt_has_peers(const char *path, enum mnt_depth depth);

/* A detached mount of PATH, a name of the caller's, with the mounts below it:
 * the doorman's, shown with the box's ids, or without a doorman this process's
 * own.  OP, NEWNS: see door_tree().  Dies with 125, and WHAT before the path.
 */
int mnt_open(enum door_op op, const char *what, const char *path, bool *newns);

/* A detached copy of the host's device PATH, for the bind that say() has just
 * announced.  Dies with 125, also if PATH is not the character device
 * MAJOR:MINOR. */
int mnt_device(const char *path, unsigned major, unsigned minor);

/* The flags (MOUNT_ATTR_...) of the mount on which FD is, fstatvfs(3), with the
 * mode of access times.  Dies with 125. */
uint64_t mnt_flags(int fd);

/* Sets ATTR on a mount and, if DEEP, on those below it.  -1 with errno. */
int mnt_attr(int mnt, uint64_t attr, bool deep);

/* Sets the propagation (MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE).
 * -1 with errno. */
int mnt_propagation(int mnt, uint64_t how, bool deep);

/* Clears MOUNT_ATTR_RDONLY of a mount.  -1 with errno. */
int mnt_writable(int mnt);

/* Shows a detached mount, and those below it, with the ids of the user
 * namespace USERNS.  -1 with errno. */
int mnt_idmap(int mnt, int userns);

/* Attaches a detached mount onto the opened file or directory TARGET, which it
 * closes; -1 passes on the errno of its open.  -1 with errno. */
int mnt_attach(int mnt, int target);

#endif
