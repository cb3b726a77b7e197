#ifndef NS_IDMAP_H
#define NS_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The id map of a user namespace (user_namespaces(7)). */

#define IDMAP_RANGES 340 /* the kernel's limit */

struct idrange {
	uint32_t in, out, count;
};

struct idmap {
	unsigned n;
	struct idrange r[IDMAP_RANGES];
};

/* The maps of a box, and the way to write them. */
struct idmaps {
	struct idmap u, g;
	bool helper;	/* newuidmap(1) and newgidmap(1) write them */
	bool no_groups; /* setgroups(2) must be denied first */
};

/* Whether this process is root and has the ids of boxes (SLOT_IDS_BASE): so on
 * a host, but not in a container with few ids, whose root is an ordinary user
 * with another name.  Looked at once, and so of the namespace at that time: a
 * process asks before it enters another. */
bool idmap_is_root(void);

/* Whether this is the kernel's first user namespace, as its map says: all
 * users, each as itself.  Root of another one is not the host's. */
bool idmap_is_first(void);

/* The maps of a --map WORD: "self" (0 is the caller), "subid" (the caller's
 * range of /etc/subuid and /etc/subgid), "auto", or "IN:OUT:COUNT,...".  NULL:
 * IDS to IDS + 65535 for root (idmap_is_root()), else "self".  "auto" is the
 * same, but "subid" if the caller has a range, newuidmap(1) is there, and
 * no_new_privs is not set.  GROUPS, unless NULL, is the list of --gid-map, and
 * WORD a list then, too.  Dies with 125 on a bad word, an overlap or an end
 * beyond 2^32. */
void idmaps_get(
    struct idmaps *m, const char *word, const char *groups, uint32_t ids);

/* Writes the maps of PID, which waits in its new user namespace.  With -n, PID
 * is 0 and shows as $BOX_PID.  Dies with 125. */
void idmaps_write(const struct idmaps *m, pid_t pid);

/* *OUT becomes the id outside for IN inside; false if IN is not mapped. */
bool idmap_out(const struct idmap *m, uint32_t in, uint32_t *out);

/* The ids here of the root of PID's user namespace; false if 0 is not mapped
 * there.  Dies with 125. */
bool idmap_root(pid_t pid, uint32_t *uid, uint32_t *gid);

/* Whether the map maps each of its ids to itself. */
bool idmap_identity(const struct idmap *m);

/* setgroups(2) of those groups that this user namespace maps.  Where setgroups
 * is denied, the caller's groups stay and show as nogroup.  Dies with 125. */
void idmap_setgroups(size_t n, const gid_t *list);

/* Becomes the root of this user namespace, without the caller's groups.  Dies
 * with 125. */
void idmap_become_root(void);

/* Whether the group ID is mapped in this user namespace. */
bool idmap_own_gid(uint32_t id);

/* The lowest and the highest group that this user namespace maps. */
void idmap_gid_range(uint32_t *first, uint32_t *last);

#endif
