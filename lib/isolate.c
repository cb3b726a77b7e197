// SPDX-License-Identifier: MIT
/*
 * isolate - a box that reaches public addresses and nobody near
 *
 * In the table mangle, before the table filter: there a box's chain accepts
 * what it begins, as ufw and docker accept what is theirs, and the first
 * verdict counts.  Here nothing is accepted, so it does not matter who stands
 * first.  A connection that others have begun is let through, whichever way
 * its packets go.
 */
#include "isolate.h"
#include "parse.h"

/* What is not globally reachable, by IANA's registry of special-purpose IPv4
 * addresses (RFC 6890), and all that is not unicast. */
static const char *const near[] = {
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", /* multicast, reserved, broadcast */
};

#define STATE "-m conntrack --ctstate "

void
isolate_host_rules(FILE *f, const char *chain, const struct nat *n)
{
	(void)n;
	fprintf(f, "-A %s " STATE "RELATED,ESTABLISHED -j RETURN\n", chain);
	fprintf(f, "-A %s -j DROP\n", chain);
}

void
isolate_rules(FILE *f, const char *chain, const struct nat *n)
{
	static const char *const protos[] = {"udp", "tcp"};

	fprintf(f, "-A %s " STATE "RELATED,ESTABLISHED -j RETURN\n", chain);
	/* A published port, to the box itself by the host's address too. */
	fprintf(f, "-A %s -o %s " STATE "DNAT -j RETURN\n", chain, n->link);
	fprintf(f, "-A %s -o %s -j DROP\n", chain, n->link);
	for (unsigned i = 0; i < n->n_dns; i++)
		for (unsigned p = 0; p < 2; p++)
			fprintf(f,
			    "-A %s -d %s/32 -p %s -m %s --dport 53 -j RETURN\n",
			    chain, addr_text(n->dns[i]), protos[p], protos[p]);
	fprintf(f, "-A %s -d %s/%u -j DROP\n", chain, addr_text(n->slot.pool),
	    n->slot.len);
	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		fprintf(f, "-A %s -d %s -j DROP\n", chain, near[i]);
}
