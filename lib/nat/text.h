#ifndef NAT_TEXT_H
#define NAT_TEXT_H

#include "nat/rules.h"

/* An owner's firewall as text for iptables-restore --noflush: chains of our
 * own, BOX-...-ID, and a jump to each from a built-in chain. */

/* All return a malloc'ed text for the family IP, or one for each, which is ""
 * if there is nothing to do. */

/* Makes the chains and jumps of TO (FROM is NULL), removes those of FROM (TO is
 * NULL), or turns one into the other, which differ in their ports.  With TABLE
 * (else NULL) in that table alone.  iptables-restore refuses a table as a whole
 * if a chain to be made exists, or if a part to be removed is missing.  A
 * packet meets all old rules of a table, or all new ones. */
char *nat_text(const struct nat *from, const struct nat *to, const char *table,
    enum ip ip);
struct texts nat_texts(
    const struct nat *from, const struct nat *to, const char *table);

/* The number of changes that TEXTS make: each table is one. */
unsigned nat_commits(const struct texts *texts);

/* The index in nat_chains of the owner's chain called NAME, or -1. */
int nat_find(const char *name, const char *id);

/* Removes those chains and jumps of the owner ID that are in SAVED, the text of
 * iptables-save, which is cut up. */
char *nat_sweep(const char *id, char *saved);

/* For shared rules.  nat_stands(): whether SAVED has all rules of N, and no
 * other rule stands before its jumps to the top.  nat_ours(): whether each
 * chain of the owner ID in SAVED has a jump, as a foreign one has not.
 * nat_anew(): makes them in place of those that are there, whatever others have
 * done to them; a packet meets the old rules of a table, or the new ones. */
bool nat_stands(const struct nat *n, const char *saved, enum ip ip);
bool nat_ours(const char *id, const char *saved);
char *nat_anew(const struct nat *n, const char *saved, enum ip ip);

#endif
