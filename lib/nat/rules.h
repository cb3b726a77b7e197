#ifndef NAT_RULES_H
#define NAT_RULES_H

#include "box/slot.h"
#include "nat/iptables.h"
#include "net/resolv.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A published port: HOST of the host is BOX of the box.  The family is AF_INET
 * or AF_INET6, with the host's address, 0 for all; or 0, with all addresses of
 * each family that the box has. */
struct nat_port {
	int family;
	uint32_t addr;
	struct in6_addr addr6;
	uint16_t host, box;
	bool udp;
	int fd; /* the socket that holds it, or -1 */
};

/* What the names of an owner's chains end in: a slot's number, or "p" and seven
 * hexadecimal digits. */
#define NAT_ID 16
#define NAT_POOLS 16

/* Addresses of boxes, and nothing of the other family. */
struct nat_pool {
	enum ip ip;
	uint32_t addr; /* network address, host byte order */
	struct in6_addr addr6;
	unsigned len;
};

struct nat {
	char id[NAT_ID];
	struct slot slot;
	uint32_t addr;	       /* the box's */
	struct in6_addr addr6; /* if the slot has6 */
	char link[IFNAMSIZ];   /* the host's end of its link */
	struct nat_port *ports;
	size_t n_ports;
	bool pooled; /* the shared rules let the box out */
	bool isolate;
	uint32_t flows; /* at most, begun by the box; 0: any number */
	/* The name servers that an isolated box may ask, near or not. */
	uint32_t dns[RESOLV_MAX];
	unsigned n_dns;
	/* If shared, this is no box, but the rules for all boxes: of the pools,
	 * and of a host that forwards for boxes alone (rest). */
	bool shared, rest[IPS];
	struct nat_pool pools[NAT_POOLS];
	unsigned n_pools;
};

/* Who has a chain: a box, a box that is not pooled, has ports...; NAT_POOL and
 * NAT_REST: the shared rules. */
enum nat_when {
	NAT_OWN,
	NAT_PORTS,
	NAT_SNAT,
	NAT_ISOLATED,
	NAT_BOUND,
	NAT_POOL,
	NAT_REST
};

/* A chain NAME-ID of TABLE, of the families ips.  Each of jumps leads
 * to it from a built-in chain.  rules are the same for every owner; more() (or
 * NULL) writes the others, behind them. */
struct nat_chain {
	unsigned ips; /* NAT_V4, NAT_V6 or NAT_BOTH */
	const char *table, *name;
	enum nat_when when;
	const char *jumps[3], *rules[6];
	void (*more)(
	    FILE *f, const char *chain, const struct nat *n, enum ip ip);
};
#define NAT_V4 (1u << IP4)
#define NAT_V6 (1u << IP6)
#define NAT_BOTH (NAT_V4 | NAT_V6)
#define NAT_CHAINS 16
extern const struct nat_chain nat_chains[NAT_CHAINS];

#define NAT_TABLES 4
extern const char *const nat_tables[NAT_TABLES];

/* The flows that a box begins, at most, unless an option says otherwise. */
#define NAT_FLOWS 2048

/* Whether N has the chain C in the family IP, or any chain there. */
bool nat_wants(const struct nat_chain *c, const struct nat *n, enum ip ip);
bool nat_has(const struct nat *n, enum ip ip);

/* The pools of a slot: one, or two. */
unsigned nat_pools(const struct slot *s, struct nat_pool pools[IPS]);

/* "10.0.0.0/24", in a static buffer. */
const char *nat_pool_text(const struct nat_pool *p);

#endif
