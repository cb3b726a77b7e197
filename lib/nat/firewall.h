#ifndef NAT_FIREWALL_H
#define NAT_FIREWALL_H

#include "nat/text.h"

/* A slot's firewall in this network namespace: its chains (text.h), forwarding,
 * and a record of both in the state directory.  A record whose lock is free is
 * a dead owner's.  All only after resident_begin(). */

/* Sets the box and the back end of iptables: "nft", "legacy", or NULL for the
 * one with this network namespace's rules.  Dies with 125 on another word. */
void firewall_of(const struct nat *n, const char *name);

/* After firewall_up(): whether the shared rules let the box out (shared.h), as
 * N.pooled asked for.  Then net-veth must know. */
bool firewall_pooled(void);

/* Removes the rules of dead owners, turns forwarding on and makes the chains.
 * Dies with 125, nothing done.  The firewall lasts as long as this process, or
 * if LASTING until firewall_down(). */
void firewall_up(bool lasting);

/* Publishes these ports in place of the current ones.  -1 with the reason in
 * WHY, nothing changed. */
int firewall_ports(
    struct nat_port *ports, size_t n_ports, char *why, size_t size);

/* The texts that firewall_ports() feeds to iptables. */
struct texts firewall_ports_texts(struct nat_port *ports, size_t n_ports);

/* Undoes firewall_up(), also where others have removed a part of it.  -1 with a
 * warning, the record kept. */
int firewall_back(void);

/* Undoes a lasting firewall; does nothing if there is none.  Dies with 125 if a
 * process has the slot's. */
void firewall_down(void);

/* The cookie (SO_NETNS_COOKIE, socket(7)) of this process's network namespace,
 * which records have in their names.  Dies with 125. */
uint64_t firewall_cookie(void);

/* Removes the firewalls of dead owners in this network namespace. */
void firewall_end_dead(void);

/* Removes the records of network namespaces for which THERE returns false, as
 * the kernel has removed their rules.  The record of a lasting firewall stays,
 * with a warning: the namespace may be one that THERE cannot find. */
void firewall_forget(bool (*there)(uint64_t cookie));

#endif
