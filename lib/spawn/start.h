#ifndef SPAWN_START_H
#define SPAWN_START_H

#include "ns/idmap.h"
#include "ns/ns.h"

#include <stdbool.h>
#include <sys/types.h>

/* The start of a box: two processes, which wait for each other on the door. All
 * functions die with 125 on a failure. */
struct start {
	struct ns_set set;
	struct idmaps maps; /* for a new user namespace */
	const char *hostname, *domainname;
	bool loopback; /* of a new network namespace: up */
	bool leave;    /* the box outlives us: it never has our terminal */
};

/* Clones the first process of the box.  Returns its pid in the parent, with the
 * doorman's end in *door.  Returns 0 in the child, after the parent's
 * start_go(): the child is the root of all its namespaces and has the door. */
pid_t start_box(const struct start *s, int *door);

/* In the parent: writes the maps, and waits for the namespaces.
 * False: the child has died. */
bool start_settled(const struct start *s, pid_t pid, int door);

/* In the parent: lets the child go on.  False: the child has died. */
bool start_go(int door);

/* The user that the kernel has as the owner of the new user namespace, and the
 * group of its root, both outside. */
void start_owner(const struct start *s, uid_t *uid, gid_t *gid);

/* For -n: says every change that these functions would make. */
void start_say(const struct start *s);

#endif
