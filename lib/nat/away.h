#ifndef NAT_AWAY_H
#define NAT_AWAY_H

#include "nat/text.h"

/* Removes the rules of N by iptables, to which it feeds TEXTS and which has
 * LOCK meanwhile, and returns as soon as the kernel has none of them.  Frees
 * TEXTS.  iptables-nft waits for the kernel's grace periods afterwards, for 7
 * to 35 ms: a process of its own waits for it. -1 if iptables has failed. */
int nat_away(const struct nat *n, struct texts texts, int lock);

#endif
