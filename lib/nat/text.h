#ifndef NAT_TEXT_H
#define NAT_TEXT_H

#include "nat/rules.h"

/* A box's firewall as text for iptables-restore --noflush: chains of our own,
 * BOX-...-SLOT, and a jump to each from a built-in chain. */

/* Each returns a malloc'ed text. */

/* Makes the chains and the jumps; fails, as a whole table each, where a chain
 * is there already. */
char *nat_up(const struct nat *n);

/* Removes what nat_up() makes; fails where part of it is missing.  With TABLE
 * (else NULL), in that table alone. */
char *nat_down(const struct nat *n, const char *table);

/* From one to the other, which differ in their ports; a packet meets all of a
 * table's old rules, or all of the new. */
char *nat_change(
    const struct nat *from, const struct nat *to, const char *table);

/* Removes what there is of the slot's by SAVED, the text of iptables-save,
 * which is cut up: "" if there is nothing. */
char *nat_sweep(unsigned slot, char *saved);

#endif
