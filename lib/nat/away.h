#ifndef NAT_AWAY_H
#define NAT_AWAY_H

#include "nat/text.h"

/* Removes the rules of N by iptables, by TEXTS if at once, which it frees.
 * iptables has LOCK meanwhile.  Returns as soon as the kernel has none of the
 * rules.  iptables-nft waits for the kernel's grace periods between two tables
 * and at its end, for 7 to 35 ms: so each table has a process, and nobody waits
 * for its end.  -1 if iptables has failed. */
int nat_away(const struct nat *n, struct texts texts, int lock);

#endif
