#ifndef ROOT_ETC_H
#define ROOT_ETC_H

#include "net/resolv.h"
#include "root/volume.h"

/* The options about these files. */
struct etc {
	struct resolv dns;
	char *hosts; /* lines of --add-host, malloc'ed, or NULL */
};

/* Adds a line to the box's hosts: NAME:ADDRESS, or NAME:host-gateway for the
 * host's end of the box's link.  Dies with 125 on another word. */
void etc_add_host(struct etc *e, const char *word);

/* Makes the box's own resolv.conf, hosts and hostname in the tmpfs SCRATCH, and
 * binds them over those below ROOT (both mounts); covers a link there, and does
 * not follow it.  Leaves a file that is one of VOLUMES.  A box with a name and
 * a link has the hosts file of door_hosts() instead.  DIR is ROOT's name for
 * say(); with -n neither mount is used.  Dies with 125. */
void etcdir_make(int root, int scratch, const char *dir, const struct etc *e,
    const struct volumes *volumes);

#endif
