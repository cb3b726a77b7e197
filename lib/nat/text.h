#ifndef NAT_TEXT_H
#define NAT_TEXT_H

#include "nat/rules.h"

/* A box's firewall as text for iptables-restore --noflush: chains of our own,
 * BOX-...-SLOT, and a jump to each from a built-in chain. */

/* Both return a malloc'ed text, which is "" if there is nothing to do. */

/* Makes the chains and jumps of TO (FROM is NULL), removes those of FROM (TO is
 * NULL), or turns one into the other, which differ in their ports.  With TABLE
 * (else NULL) in that table alone.  iptables-restore refuses a table as a whole
 * if a chain to be made exists, or if a part to be removed is missing.  A
 * packet meets all old rules of a table, or all new ones. */
char *nat_text(const struct nat *from, const struct nat *to, const char *table);

/* Removes those chains and jumps of the slot that are in SAVED, the text of
 * iptables-save, which is cut up. */
char *nat_sweep(unsigned slot, char *saved);

#endif
