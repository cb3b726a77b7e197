#ifndef NAT_OTHERS_H
#define NAT_OTHERS_H

#include "box/slot.h"

/* Looks at the firewalls of other programs: firewalld, and chains of nftables
 * with the policy drop.  Warns, with a hint, about each without a rule for the
 * slot's pool.  Without CAP_NET_ADMIN it sees none. */
void others_look(const struct slot *s);

#endif
