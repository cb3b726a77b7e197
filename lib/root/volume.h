#ifndef ROOT_VOLUME_H
#define ROOT_VOLUME_H

#include "stage/door.h"

#include <stdbool.h>
#include <stdint.h>

/* Volumes: directories and files of the caller's, and empty tmpfs, in a box's
 * root directory (mount_namespaces(7), tmpfs(5)). */

#define VOLUMES 64

struct volume {
	const char *from, *to; /* from: NULL for a tmpfs */
	const char *options;   /* of the tmpfs, or NULL */
	uint64_t attr;	       /* MOUNT_ATTR_... */
	enum door_op op;       /* DOOR_BIND, _SLAVE or _NODE, of FROM */
	uint64_t id;	       /* of the mount, once it is there */
};

struct volumes {
	struct volume v[VOLUMES];
	unsigned n;
};

/* volume_add() adds "FROM:/TO[:MODE,...]", with docker's words for MODE;
 * volume_add_tmpfs() adds "/TO[:OPTIONS]" with options of mount(8) and
 * tmpfs(5); volume_add_device() adds a device, "NODE[:/TO][:rwm]".  Die with
 * 125 on another form. */
void volume_add(struct volumes *all, const char *word);
void volume_add_tmpfs(struct volumes *all, const char *word);
void volume_add_device(struct volumes *all, const char *word);

/* Mounts the volumes below the opened directory ROOT: parents first, in any
 * order of ALL.  The mounts below FROM come along with their flags, and are
 * read-only, too, with ":ro"; mounts that come later with ":rslave" have the
 * host's flags.  DIR names ROOT in messages; with -n ROOT is not
 * used.  Dies with 125. */
void volumes_put(struct volumes *all, int root, const char *dir, bool nosuid);

/* Dies with 125 if one of the volumes is hidden below ROOT, by another one or
 * by a later mount.  With -n does nothing. */
void volumes_check(const struct volumes *all, int root);

/* Whether a volume is to be mounted on PATH. */
bool volumes_have(const struct volumes *all, const char *path);

#endif
