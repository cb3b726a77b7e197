#ifndef NAT_SHARED_H
#define NAT_SHARED_H

#include "nat/rules.h"

/* The rules that all boxes of this state directory share in a network
 * namespace: those of their pools, and, while forwarding is on for boxes alone,
 * the one that drops all other packets.  All need the network namespace's LOCK,
 * which is also that of forwarding (forward.h). */

/* Whether the shared rules can let out a box of the slot: there is room for its
 * pools, and they overlap no others. */
bool shared_takes(const struct slot *s);

/* Makes the rules for a box in the slot S, and if it is POOLED those for its
 * pools, and turns forwarding on, of IPv6 if the slot has6.  Does nothing if
 * they stand.  BACKEND is the one in use (iptables.h).  -1 with a warning; what
 * could not be undone is in the record. */
int shared_up(int lock, const struct slot *s, bool pooled, const char *backend);

/* Whether there are rules for a pool. */
bool shared_pools(void);

/* The generation (iptables.h) at the last look at the rules; 0: none. */
uint32_t shared_seen(void);

/* An owner's own rules have changed, in N steps, since shared_seen() was SEEN.
 * If no other look and no other step has been since, the rules need none: the
 * record has the new generation. */
void shared_beside(uint32_t seen, unsigned n);

/* Removes the rules for pools alone.  -1 with a warning, the record kept. */
int shared_shrink(int lock);

/* Turns forwarding off, if net-nat turned it on, and then removes the rules.
 * -1 with a warning, the record kept. */
int shared_down(int lock);

#endif
