// SPDX-License-Identifier: MIT
/*
 * rules - the rules of a box, chain by chain
 *
 * Jumps go to the top, before what would refuse (a policy, ufw, docker).  A
 * chain is entered for its link's packets only: every packet that the host
 * forwards passes two comparisons for each box, not its rules.
 *
 * A published port is the host's own (addrtype LOCAL), so a box's traffic to
 * that port elsewhere goes where it is meant to.  127.0.0.0/8 is left out on
 * PREROUTING: what really comes from this host has passed OUTPUT, and a
 * neighbour's packet must not become one for the box.
 *
 * An isolated box reaches public addresses and nobody near.  Its chains stand
 * in the table mangle, before the table filter: there a box's chain accepts
 * what the box begins, as ufw and docker accept theirs, and the first verdict
 * counts.  The chains in mangle accept nothing, so their order among others
 * does not matter.  A connection that others have begun is let through in both
 * directions.
 */
#include "nat/rules.h"
#include "base/addr.h"

/* What is not globally reachable, by IANA's registry of special-purpose IPv4
 * addresses (RFC 6890), and all that is not unicast. */
static const char *const near[] = {
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", /* multicast, reserved, broadcast */
};

/* A link is a box's by its group: anybody may give a link a name like ours. */
#define STRING(word) #word
#define TEXT(word) STRING(word)
#define FROM_BOX "-m devgroup --src-group " TEXT(VETH_GROUP) " "
#define TO_BOX "-m devgroup --dst-group " TEXT(VETH_GROUP) " "

#define STATE "-m conntrack --ctstate "

static void
isolate_host_rules(FILE *f, const char *chain, const struct nat *n)
{
	(void)n;
	fprintf(f, "-A %s " STATE "RELATED,ESTABLISHED -j RETURN\n", chain);
	fprintf(f, "-A %s -j DROP\n", chain);
}

static void
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
	/* Other boxes, whatever their pool. */
	fprintf(f, "-A %s " TO_BOX "-j DROP\n", chain);
	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		fprintf(f, "-A %s -d %s -j DROP\n", chain, near[i]);
}

#define LOCAL "-m addrtype --dst-type LOCAL "

/* The link has route_localnet, but only for the answers of the box: nothing
 * that it sends may claim to be, or to be for, the host itself. */
static void
raw_rules(FILE *f, const char *chain, const struct nat *n)
{
	fprintf(f, "-A %s -i %s -d 127.0.0.0/8 -j DROP\n", chain, n->link);
	fprintf(f, "-A %s -i %s -s 127.0.0.0/8 -j DROP\n", chain, n->link);
}

static void
dnat_rules(FILE *f, const char *chain, const struct nat *n)
{
	const struct nat_port *p;

	for (p = n->ports; p < n->ports + n->n_ports; p++) {
		const char *proto = p->udp ? "udp" : "tcp";

		fprintf(f, "-A %s ", chain);
		if (p->addr)
			fprintf(f, "-d %s/32 ", addr_text(p->addr));
		fprintf(f, "-p %s -m %s --dport %u ", proto, proto, p->host);
		fprintf(f, "-j DNAT --to-destination %s:%u\n",
		    addr_text(n->addr), p->box);
	}
}

/* To other boxes with its own address; to itself, by the host's, with the
 * host's, as the answer would not pass here otherwise. */
static void
snat_rules(FILE *f, const char *chain, const struct nat *n)
{
	const char *box = addr_text(n->addr);

	fprintf(f, "-A %s -s %s/32 ! -d %s/%u -j MASQUERADE\n", chain, box,
	    addr_text(n->slot.pool), n->slot.len);
	if (!n->n_ports)
		return;
	fprintf(f, "-A %s -s %s/32 -d %s/32 -j MASQUERADE\n", chain, box, box);
	fprintf(
	    f, "-A %s -s 127.0.0.0/8 -o %s -j MASQUERADE\n", chain, n->link);
}

/* What boxes send, what is published, and answers: not what the host's
 * neighbours send to the box's address through it. */
static void
forward_rules(FILE *f, const char *chain, const struct nat *n)
{
	(void)n;
	fprintf(f, "-A %s " FROM_BOX "-j ACCEPT\n", chain);
	fprintf(
	    f, "-A %s " STATE "RELATED,ESTABLISHED,DNAT -j ACCEPT\n", chain);
	fprintf(f, "-A %s -j DROP\n", chain);
}

/* Forwarding is on for the boxes alone: what nobody has accepted up to here
 * was not forwarded before. */
static void
rest_rules(FILE *f, const char *chain, const struct nat *n)
{
	(void)n;
	fprintf(f, "-A %s -j DROP\n", chain);
}

/* Rows of one table stand together.  In a jump @ is the link. */
const struct nat_chain nat_chains[NAT_CHAINS] = {
    {"raw", "BOX-RAW", NAT_PORTS, raw_rules, {"-I PREROUTING -i @ "}},
    {"mangle", "BOX-HOST", NAT_ISOLATED, isolate_host_rules,
	{"-I INPUT -i @ "}},
    {"mangle", "BOX-ISO", NAT_ISOLATED, isolate_rules,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "}},
    {"nat", "BOX-DNAT", NAT_PORTS, dnat_rules,
	{"-I PREROUTING ! -d 127.0.0.0/8 " LOCAL, "-I OUTPUT " LOCAL}},
    {"nat", "BOX-SNAT", NAT_ALWAYS, snat_rules, {"-I POSTROUTING "}},
    {"filter", "BOX-FWD", NAT_ALWAYS, forward_rules,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "}},
    {"filter", "BOX-REST", NAT_ROUTER, rest_rules, {"-A FORWARD "}},
};

bool
nat_wants(const struct nat_chain *c, const struct nat *n)
{
	switch (c->when) {
	case NAT_PORTS:
		return n->n_ports > 0;
	case NAT_ISOLATED:
		return n->isolate;
	case NAT_ROUTER:
		return n->router;
	default:
		return true;
	}
}
