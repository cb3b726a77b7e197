#ifndef NAT_RULES_H
#define NAT_RULES_H

#include "box/slot.h"
#include "net/resolv.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A published port: HOST of the host is BOX of the box.  addr: the host's, 0
 * for all. */
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
	uint32_t flows; /* at most, begun by the box; 0: any number */
	/* The name servers that an isolated box may ask, near or not. */
	uint32_t dns[RESOLV_MAX];
	unsigned n_dns;
};

/* When a box has a chain. */
enum nat_when { NAT_ALWAYS, NAT_PORTS, NAT_ISOLATED, NAT_ROUTER, NAT_BOUND };

/* A chain NAME-SLOT of TABLE.  Each of jumps leads to it from a built-in chain.
 * rules are the same for every box; more() (or NULL) writes the others, behind
 * them. */
struct nat_chain {
	const char *table, *name;
	enum nat_when when;
	const char *jumps[3], *rules[4];
	void (*more)(FILE *f, const char *chain, const struct nat *n);
};
#define NAT_CHAINS 8
extern const struct nat_chain nat_chains[NAT_CHAINS];

/* Whether the box N has the chain C. */
bool nat_wants(const struct nat_chain *c, const struct nat *n);

#endif
