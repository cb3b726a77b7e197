#ifndef ROOT_ETC_H
#define ROOT_ETC_H

#include "net/resolv.h"
#include "root/volume.h"

/* The box's own resolv.conf, hosts and hostname, files in the tmpfs SCRATCH,
 * bound over those below ROOT (mounts, attached); a link there is covered, not
 * followed.  A file that is one of VOLUMES is left as it is.  DIR is ROOT's
 * name in what is said; with -n neither is used.  Dies with 125. */
void etcdir_make(int root, int scratch, const char *dir,
    const struct resolv *dns, const struct volumes *volumes);

#endif
