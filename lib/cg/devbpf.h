#ifndef CG_DEVBPF_H
#define CG_DEVBPF_H

#include "cg/devices.h"

/* Makes the kernel ask a program for the rules D, for each device that a
 * process of the v2 group DIR makes or opens.  Programs of groups above, and
 * those that the group has already, must allow it, too.  The program goes with
 * the group.  Dies with 125. */
void devbpf_attach(const struct cg_devices *d, const char *dir);

#endif
