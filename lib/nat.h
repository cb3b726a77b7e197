#ifndef NAT_H
#define NAT_H

#include "resolv.h"
#include "slot.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* A box's firewall as text for iptables-restore --noflush: chains of our own,
 * BOX-...-SLOT, and a jump to each from a built-in chain. */

/* A port of the host's that is the box's.  addr 0: by all its addresses. */
struct nat_port {
	uint32_t addr;
	uint16_t host, box;
	bool udp;
	int fd; /* the socket that holds it, or -1 */
};

struct nat {
	struct slot slot;
	uint32_t addr;	     /* the box's */
	char link[IFNAMSIZ]; /* the host's end of its link */
	struct nat_port *ports;
	size_t n_ports;
	bool router; /* forwarding is on for boxes alone */
	bool isolate;
	/* The name servers that an isolated box may ask, wherever they are. */
	uint32_t dns[RESOLV_MAX];
	unsigned n_dns;
};

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
