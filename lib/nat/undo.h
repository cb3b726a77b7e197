#ifndef NAT_UNDO_H
#define NAT_UNDO_H

#include "nat/text.h"

/* Changes of the firewall under a lock, and their undoing. */

/* Feeds TEXTS to iptables and frees them.  iptables inherits LOCK: if this
 * process is killed, the lock is not free while iptables runs.  -1 with
 * iptables_why(). */
int nat_feed(struct texts texts, int lock);

/* The change of each table by itself: it fails for a table that is still
 * unchanged, which is no error. */
void nat_feed_each(const struct nat *from, const struct nat *to, int lock);

/* Removes the rules of the owner ID, with V6 those of IPv6, too, as far as they
 * are there.  -1 with a warning. */
int nat_undo(const char *id, bool v6);

/* Whether the owner ID has a jump, which an undo takes away last in each table;
 * a chain without a jump is not ours.  -1 with a warning. */
int nat_left(const char *id, bool v6);

#endif
