// SPDX-License-Identifier: MIT
/*
 * rules - the rules of a box, chain by chain
 *
 * Jumps go to the top, before rules that refuse (a policy, ufw, docker).  Only
 * packets of its link enter a chain: a packet that the host forwards costs two
 * comparisons for each box.
 *
 * A published port is a port of the host (addrtype LOCAL): a box's own traffic
 * to that port elsewhere is not redirected.  PREROUTING leaves out 127.0.0.0/8:
 * packets to it from this host pass OUTPUT, and a neighbour's must not reach
 * the box.
 *
 * An isolated box reaches public addresses only.  Its chains are in the table
 * mangle, which comes before filter: in filter the first verdict counts, and
 * the box's own chain, ufw and docker accept packets there.  The chains in
 * mangle accept nothing, so their order among others does not matter.  They let
 * a connection that others began through in both directions.
 */
#include "nat/rules.h"
#include "base/addr.h"

#include <inttypes.h>

/* Addresses that are not globally reachable, by IANA's registry of
 * special-purpose IPv4 addresses (RFC 6890), and those that are not unicast. */
static const char *const near[] = {
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", /* multicast, reserved, broadcast */
};

/* The device group marks a box's link; any link may have a name like one.  The
 * mask takes both groups, which differ in the last bit. */
#define STRING(word) #word
#define TEXT(word) STRING(word)
#define BOTH TEXT(VETH_GROUP_NAT) "/0xfffffffe "
#define FROM_BOX "-m devgroup --src-group " BOTH
#define TO_BOX "-m devgroup --dst-group " BOTH
#define FROM_POOL "-m devgroup --src-group " TEXT(VETH_GROUP_NAT) " "
#define TO_POOL "-m devgroup --dst-group " TEXT(VETH_GROUP_NAT) " "

/* A packet in POSTROUTING has no link that it came from, so a bit of its mark
 * says so.  It is set behind the routing, and does not leave the host. */
#define MARK "0x8000000/0x8000000"

#define STATE "-m conntrack --ctstate "

/* The first packet of a flow.  A packet of a stream without answers is NEW,
 * too, but its flow is confirmed. */
#define FIRST STATE "NEW ! --ctstatus CONFIRMED "
/* The greatest rate a second, and the greatest burst, of the match limit. */
#define LIMIT_MAX 10000
#define CONNLIMIT \
	"-m connlimit --connlimit-upto %" PRIu32 \
	" --connlimit-mask %u --connlimit-saddr -j RETURN\n"

/* connlimit does not count closed connections, which stay in the table for two
 * minutes: the rate of new flows bounds these.  limit comes first, or flows
 * that it drops would count for a moment. */
static void
flow_rules(FILE *f, const char *chain, const struct nat *n)
{
	const uint32_t burst = n->flows < LIMIT_MAX ? n->flows : LIMIT_MAX;
	uint32_t rate = n->flows / 20;

	if (rate < 1)
		rate = 1;
	if (rate > LIMIT_MAX)
		rate = LIMIT_MAX;
	fprintf(f,
	    "-A %s " FIRST "-m limit --limit %" PRIu32
	    "/s --limit-burst %" PRIu32 " " CONNLIMIT,
	    chain, rate, burst, n->flows, 0);
	fprintf(f, "-A %s " FIRST "-j DROP\n", chain);
}

/* The same for each box of the pools, by its address, which rpfilter binds to
 * its link before an entry is made for it.  All other addresses, as of networks
 * behind boxes, share one bound: else a box with many would have many.  An
 * entry that has expired begins with a full burst, so it must be full before.
 */
static void
pool_flow_rules(FILE *f, const char *chain, const struct nat *n)
{
	const unsigned rate = NAT_FLOWS / 20;

	for (unsigned i = 0; i < n->n_pools; i++) {
		const char *pool = addr_text(n->pools[i].addr);
		const unsigned len = n->pools[i].len;

		fprintf(f,
		    "-A %s -s %s/%u -m hashlimit --hashlimit-upto %u/s "
		    "--hashlimit-burst %u --hashlimit-mode srcip "
		    "--hashlimit-htable-expire %u --hashlimit-name "
		    "BOX-%s " CONNLIMIT,
		    chain, pool, len, rate, NAT_FLOWS,
		    (NAT_FLOWS / rate + 1) * 1000, n->id, NAT_FLOWS, 32);
		fprintf(f, "-A %s -s %s/%u -j DROP\n", chain, pool, len);
	}
	fprintf(f, "-A %s -m limit --limit %u/s --limit-burst %u " CONNLIMIT,
	    chain, rate, NAT_FLOWS, NAT_FLOWS, 0);
	fprintf(f, "-A %s -j DROP\n", chain);
}

static void
isolate_rules(FILE *f, const char *chain, const struct nat *n)
{
	static const char *const protos[] = {"udp", "tcp"};

	for (unsigned i = 0; i < n->n_dns; i++)
		for (unsigned p = 0; p < 2; p++)
			fprintf(f,
			    "-A %s -d %s/32 -p %s -m %s --dport 53 -j RETURN\n",
			    chain, addr_text(n->dns[i]), protos[p], protos[p]);
	/* Other boxes, of any pool. */
	fprintf(f, "-A %s " TO_BOX "-j DROP\n", chain);
	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		fprintf(f, "-A %s -d %s -j DROP\n", chain, near[i]);
}

#define LOCAL "-m addrtype --dst-type LOCAL "

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

/* The box keeps its address to other boxes.  To itself, by a published port, it
 * gets the host's address: the answer must come back through the host. */
static void
snat_rules(FILE *f, const char *chain, const struct nat *n)
{
	const char *box = addr_text(n->addr);

	if (!n->pooled)
		fprintf(f, "-A %s -s %s/32 ! -d %s/%u -j MASQUERADE\n", chain,
		    box, addr_text(n->slot.pool), n->slot.len);
	if (!n->n_ports)
		return;
	fprintf(f, "-A %s -s %s/32 -d %s/32 -j MASQUERADE\n", chain, box, box);
	fprintf(
	    f, "-A %s -s 127.0.0.0/8 -o %s -j MASQUERADE\n", chain, n->link);
}

static void
pool_snat_rules(FILE *f, const char *chain, const struct nat *n)
{
	for (const struct nat_pool *p = n->pools; p < n->pools + n->n_pools;
	     p++) {
		const char *pool = addr_text(p->addr);

		fprintf(f, "-A %s -s %s/%u ! -d %s/%u -j MASQUERADE\n", chain,
		    pool, p->len, pool, p->len);
	}
}

#define FWD_RULES \
	{ \
		FROM_BOX "-j ACCEPT", \
		    STATE "RELATED,ESTABLISHED,DNAT -j ACCEPT", "-j DROP" \
	}

/* The rows of a table are together.  In a rule or jump @ is the link. */
const struct nat_chain nat_chains[NAT_CHAINS] = {
    /* route_localnet on the link is for answers to the host's own packets
     * alone: the box sends no packet from or to 127.0.0.0/8. */
    {"raw", "BOX-RAW", NAT_PORTS, {"-I PREROUTING -i @ "},
	{"-i @ -d 127.0.0.0/8 -j DROP", "-i @ -s 127.0.0.0/8 -j DROP"}, NULL},
    /* The table of flows (conntrack) is the host's.  A flow whose first packet
     * is dropped is not in it.  PREROUTING has flows to the host, too. */
    {"mangle", "BOX-FLOW", NAT_BOUND, {"-I PREROUTING -i @ "}, {0}, flow_rules},
    {"mangle", "BOX-FLOW", NAT_POOL, {"-I PREROUTING " FROM_POOL STATE "NEW "},
	{"-m conntrack --ctstatus CONFIRMED -j RETURN",
	    "-m rpfilter --invert -j DROP"},
	pool_flow_rules},
    {"mangle", "BOX-OUT", NAT_POOL, {"-I FORWARD " FROM_POOL STATE "NEW "},
	{"-j MARK --set-xmark " MARK}, NULL},
    {"mangle", "BOX-HOST", NAT_ISOLATED, {"-I INPUT -i @ "},
	{STATE "RELATED,ESTABLISHED -j RETURN", "-j DROP"}, NULL},
    /* The box reaches itself by its published ports at the host's address. */
    {"mangle", "BOX-ISO", NAT_ISOLATED,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "},
	{STATE "RELATED,ESTABLISHED -j RETURN", "-o @ " STATE "DNAT -j RETURN",
	    "-o @ -j DROP"},
	isolate_rules},
    {"nat", "BOX-DNAT", NAT_PORTS,
	{"-I PREROUTING ! -d 127.0.0.0/8 " LOCAL, "-I OUTPUT " LOCAL}, {0},
	dnat_rules},
    {"nat", "BOX-SNAT", NAT_SNAT, {"-I POSTROUTING "}, {0}, snat_rules},
    {"nat", "BOX-SNAT", NAT_POOL, {"-I POSTROUTING -m mark --mark " MARK " "},
	{0}, pool_snat_rules},
    /* Accepts packets from boxes, to published ports, and answers.  Drops those
     * that the host's neighbours send to the box's address. */
    {"filter", "BOX-FWD", NAT_OWN, {"-I FORWARD -i @ ", "-I FORWARD -o @ "},
	FWD_RULES, NULL},
    {"filter", "BOX-FWD", NAT_POOL,
	{"-I FORWARD " FROM_POOL, "-I FORWARD " TO_POOL}, FWD_RULES, NULL},
    /* Forwarding is on for the boxes alone: packets that no rule has accepted
     * were not forwarded before. */
    {"filter", "BOX-REST", NAT_REST, {"-A FORWARD "}, {"-j DROP"}, NULL},
};

bool
nat_wants(const struct nat_chain *c, const struct nat *n)
{
	if (n->shared != (c->when == NAT_POOL || c->when == NAT_REST))
		return false;
	switch (c->when) {
	case NAT_OWN:
		return !n->pooled;
	case NAT_SNAT:
		return !n->pooled || n->n_ports > 0;
	case NAT_PORTS:
		return n->n_ports > 0;
	case NAT_ISOLATED:
		return n->isolate;
	case NAT_BOUND:
		return !n->pooled && n->flows > 0;
	case NAT_POOL:
		return n->n_pools > 0;
	default:
		return n->rest;
	}
}
