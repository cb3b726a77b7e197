#ifndef NAT_AWAY_H
#define NAT_AWAY_H

#include "nat/rules.h"

/* Removes the rules of N by iptables, which has LOCK meanwhile, and returns as
 * soon as the kernel has none of them.  iptables-nft waits for the kernel's
 * grace periods afterwards, for 7 to 35 ms: a process of its own waits for it.
 * -1 if iptables has failed. */
int nat_away(const struct nat *n, int lock);

#endif
