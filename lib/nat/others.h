#ifndef NAT_OTHERS_H
#define NAT_OTHERS_H

#include "box/slot.h"

#include <stdbool.h>

/* Looks at the firewalls of other programs: firewalld, and the first eight
 * chains of nftables with the policy drop, other than iptables' if the back end
 * of the slot's rules is OURS.  Warns, with a hint, of each that has no rule
 * for the addresses of the slot's pools.  A name that is no plain word is left
 * out.  Without CAP_NET_ADMIN nothing can be seen. */
void others_look(const struct slot *s, bool ours);

#endif
