#ifndef BOX_HOSTS_H
#define BOX_HOSTS_H

#include "box/slot.h"

#include <stdbool.h>
#include <stdint.h>

/* Names of boxes: a box in a pool has as its /etc/hosts the file
 * STATE/NAME/hosts, with a line for each box of the same pool in the same
 * network namespace (hosts(5)).  Between boxes with IPv6 that is two lines. */

/* The host name of a box that is given none: no box's in the files of others.
 */
#define HOSTS_BOX "container"

/* The lock for each change of such a file; the lock's file lists them. */
#define HOSTS_LOCK "names"

/* Whether NAME is one of a host (RFC 1123), and not localhost. */
bool hosts_name(const char *name);

/* The first lines of a box's file, malloc'ed: localhost, and the box's host
 * name and name at its addresses.  ADDR6 may be NULL, BOX empty. */
char *hosts_own(
    const char *hostname, const char *box, const char *addr, const char *addr6);

/* A box of this network namespace, with ADDR in the pool of SLOT, and ADDR6
 * unless that is NULL. */
struct hosts_box {
	const char *name;
	const struct slot *slot;
	uint32_t addr;
	const struct in6_addr *addr6;
	bool owner; /* it has the host's ids: as the owner of a file that it
		       shares it could lease that (fcntl(2)), and stop us */
};

/* Makes the box's file: the lines OWN (at most HOSTS_OWN bytes), then those of
 * the other boxes; or the file that they share, if OWN is hosts_own() with
 * HOSTS_BOX or the box's name as its host name.  Adds the box to the files of
 * the others, if its name may be a host's.  Returns the file's path, malloc'ed.
 * NULL with errno: ENODATA if the box has no state directory, or no address of
 * that pool; after another error the last command announced (said()) failed. */
#define HOSTS_OWN 4000
char *hosts_join(const struct hosts_box *b, const char *own);

/* Takes the box NAME, which has ended, out of the files of the others, and
 * removes its own. */
void hosts_leave(const char *name);

/* For box-gc, which has the LOCK: takes boxes without a file out of the list.
 * Whether others are left. */
bool hosts_prune(int lock);

#endif
