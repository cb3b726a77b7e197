#ifndef NAT_FORWARD_H
#define NAT_FORWARD_H

#include <stdbool.h>

/* net.ipv4.ip_forward of this network namespace, turned on for boxes and off
 * again.  LOCK is the file of the lock under which that is decided; what it
 * holds is how things were before, nothing if forwarding is not our doing. */

/* Whether forwarding is on for boxes alone: one of us has turned it on or,
 * which LOCK then says, is to.  With -n LOCK is -1.  Dies. */
bool forward_mine(int lock);

/* Turns it on where it is off.  -1 with errno and said(). */
int forward_on(void);

/* Puts all back as it was, if it was us.  -1 with a line on stderr where that
 * fails. */
int forward_off(int lock);

#endif
