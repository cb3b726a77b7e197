#ifndef ROOT_VOLUME_H
#define ROOT_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

/* What is shown in a box's root directory beside its own files: paths of the
 * caller's, and empty tmpfs (mount_namespaces(7), tmpfs(5)). */

#define VOLUMES 64

struct volume {
	const char *from, *to, *options; /* from: NULL for a tmpfs */
	uint64_t attr;			 /* MOUNT_ATTR_..., of a tmpfs */
	uint64_t id;			 /* of the mount, once it is there */
};

struct volumes {
	struct volume v[VOLUMES];
	unsigned n;
};

/* Adds "FROM:/TO[:ro|rw]", or a tmpfs "/TO[:OPTIONS]" with options of mount(8)
 * and tmpfs(5); dies with 125 on another form. */
void volume_add(struct volumes *all, const char *word);
void volume_add_tmpfs(struct volumes *all, const char *word);

/* Mounts them below the opened directory ROOT, which the caller calls DIR:
 * parents first, whatever the order in which they were added.  What is mounted
 * below FROM comes along, keeps its flags, and is read-only with ":ro", too.
 * With -n says so.  Dies with 125, also if one would hide another. */
void volumes_put(struct volumes *all, int root, const char *dir, bool nosuid);

/* Whether one of them is PATH. */
bool volumes_have(const struct volumes *all, const char *path);

#endif
