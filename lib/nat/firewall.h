#ifndef NAT_FIREWALL_H
#define NAT_FIREWALL_H

#include "nat/text.h"

/* A slot's firewall in this network namespace: its chains (nat.h), forwarding,
 * and a record of both in the state directory, so that what a dead owner left
 * can be told from what is in use.  Only after resident_begin(). */

/* Whose firewall it is, and the back end of iptables: "nft", "legacy", or NULL
 * for the one that has this namespace's rules.  Dies on another word. */
void firewall_of(const struct nat *n, const char *name);

/* Clears away what dead owners left, turns forwarding on and makes the chains;
 * dies with nothing done.  The record is this process's, or, if LASTING, of no
 * process: until firewall_down(). */
void firewall_up(bool lasting);

/* Publishes these ports in place of those before.  -1 with the reason in WHY,
 * and nothing changed. */
int firewall_ports(
    struct nat_port *ports, size_t n_ports, char *why, size_t size);

/* What that feeds to iptables, malloc'ed. */
char *firewall_ports_text(struct nat_port *ports, size_t n_ports);

/* Takes back what firewall_up() did, whatever of it is still there; -1 where
 * that failed, with a line that says why, and the record kept. */
int firewall_back(void);

/* The same for a lasting firewall, or for none; dies if the slot's is some
 * process's. */
void firewall_down(void);

/* The cookie (SO_NETNS_COOKIE, socket(7)) of the network namespace that the
 * process is in, by which records name it.  Dies with 125. */
uint64_t firewall_cookie(void);

/* Takes back what dead owners left in this network namespace. */
void firewall_end_dead(void);

/* Removes the records of network namespaces that are no more, and their rules
 * with them: those for which THERE is false. */
void firewall_forget(bool (*there)(uint64_t cookie));

#endif
