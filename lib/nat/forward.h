#ifndef NAT_FORWARD_H
#define NAT_FORWARD_H

#include <stdbool.h>

/* net.ipv4.ip_forward of this network namespace, turned on for boxes and off
 * again.  LOCK is the file of the lock under which that happens.  The file
 * holds the values before; it is empty if the suite did not turn forwarding on.
 */

/* Whether forwarding is on for boxes alone: off before, and turned on by a
 * net-nat.  The first net-nat writes LOCK and calls forward_on() next.  With -n
 * LOCK is -1.  Dies with 125. */
bool forward_mine(int lock);

/* Turns forwarding on if it is off.  -1 with errno and said(). */
int forward_on(void);

/* Puts the values in LOCK back, if the suite turned forwarding on.  -1 with a
 * warning. */
int forward_off(int lock);

#endif
