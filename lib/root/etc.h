#ifndef ROOT_ETC_H
#define ROOT_ETC_H

#include "net/resolv.h"
#include "root/volume.h"

/* Makes the box's own resolv.conf, hosts and hostname in the tmpfs SCRATCH, and
 * binds them over those below ROOT (both mounts); covers a link there, and does
 * not follow it.  Leaves a file that is one of VOLUMES.  DIR is ROOT's name for
 * say(); with -n neither mount is used.  Dies with 125. */
void etcdir_make(int root, int scratch, const char *dir,
    const struct resolv *dns, const struct volumes *volumes);

#endif
