#ifndef NAT_FORWARD_H
#define NAT_FORWARD_H

#include "nat/iptables.h"

#include <stdbool.h>

/* Forwarding of IPv4 and of IPv6 in this network namespace, turned on for boxes
 * and off again.  LOCK is the file of the lock under which that happens.  The
 * file holds the values before; it is empty if the suite did not turn
 * forwarding on.  With -n LOCK is -1. */

/* Whether forwarding is on for boxes alone: off before, and turned on by a
 * net-nat, or if WANTED about to be: the first net-nat writes LOCK and calls
 * forward_on() next.  Dies with 125. */
bool forward_mine(int lock, enum ip ip, bool wanted);

/* Turns forwarding on if it is off.  The host keeps its routes by router
 * advertisements.  -1 with errno and said(). */
int forward_on(int lock, enum ip ip);

/* Puts the values in LOCK back, if the suite turned forwarding on.  -1 with a
 * warning. */
int forward_off(int lock);

#endif
