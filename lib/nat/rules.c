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
 * IPv6 has no rp_filter, so a chain in raw does what that does: a box sends
 * from its own address alone.  So the box has no link-local address for the
 * host: it cannot advertise a router or redirect, which the kernel takes from
 * these alone, and reaches no service of the host's for the link.  The chain
 * lets the box be a neighbour.
 *
 * An isolated box reaches public addresses only.  Its chains are in the table
 * mangle, which comes before filter: in filter the first verdict counts, and
 * the box's own chain, ufw and docker accept packets there.  The chains in
 * mangle accept nothing, so their order among others does not matter.  They let
 * a connection that others began through in both directions.
 */
#include "nat/rules.h"
#include "base/addr.h"

#include <arpa/inet.h>
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
flow_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	const uint32_t burst = n->flows < LIMIT_MAX ? n->flows : LIMIT_MAX;
	uint32_t rate = n->flows / 20;

	(void)ip;
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

unsigned
nat_pools(const struct slot *s, struct nat_pool pools[IPS])
{
	pools[0] = (struct nat_pool){.ip = IP4, .addr = s->pool, .len = s->len};
	pools[1] =
	    (struct nat_pool){.ip = IP6, .addr6 = s->pool6, .len = s->len6};
	return s->has6 ? 2 : 1;
}

const char *
nat_pool_text(const struct nat_pool *p)
{
	static char text[INET6_ADDRSTRLEN + 4];

	snprintf(text, sizeof(text), "%s/%u",
	    p->ip == IP6 ? addr6_text(&p->addr6) : addr_text(p->addr), p->len);
	return text;
}

/* The same for each box of the pools, by its address, which rpfilter binds to
 * its link before an entry is made for it.  All other addresses, as of networks
 * behind boxes, share one bound: else a box with many would have many.  An
 * entry that has expired begins with a full burst, so it must be full before.
 */
static void
pool_flow_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	const unsigned rate = NAT_FLOWS / 20;

	for (unsigned i = 0; i < n->n_pools; i++) {
		const char *pool = nat_pool_text(&n->pools[i]);

		if (n->pools[i].ip != ip)
			continue;
		fprintf(f,
		    "-A %s -s %s -m hashlimit --hashlimit-upto %u/s "
		    "--hashlimit-burst %u --hashlimit-mode srcip "
		    "--hashlimit-htable-expire %u --hashlimit-name "
		    "BOX-%s " CONNLIMIT,
		    chain, pool, rate, NAT_FLOWS, (NAT_FLOWS / rate + 1) * 1000,
		    n->id, NAT_FLOWS, ip == IP6 ? 128 : 32);
		fprintf(f, "-A %s -s %s -j DROP\n", chain, pool);
	}
	fprintf(f, "-A %s -m limit --limit %u/s --limit-burst %u " CONNLIMIT,
	    chain, rate, NAT_FLOWS, NAT_FLOWS, 0);
	fprintf(f, "-A %s -j DROP\n", chain);
}

static void
isolate_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	static const char *const protos[] = {"udp", "tcp"};

	(void)ip;
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

/* The box's address, as a destination and alone. */
static const char *
box_text(const struct nat *n, enum ip ip)
{
	return ip == IP6 ? addr6_text(&n->addr6) : addr_text(n->addr);
}

static void
dnat_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	const int other = ip == IP6 ? AF_INET : AF_INET6;
	const struct nat_port *p;

	for (p = n->ports; p < n->ports + n->n_ports; p++) {
		const char *proto = p->udp ? "udp" : "tcp";

		if (p->family == other)
			continue;
		fprintf(f, "-A %s ", chain);
		if (ip == IP4 && p->addr)
			fprintf(f, "-d %s/32 ", addr_text(p->addr));
		if (ip == IP6 && !IN6_IS_ADDR_UNSPECIFIED(&p->addr6))
			fprintf(f, "-d %s/128 ", addr6_text(&p->addr6));
		fprintf(f, "-p %s -m %s --dport %u ", proto, proto, p->host);
		fprintf(f, "-j DNAT --to-destination %s%s%s:%u\n",
		    ip == IP6 ? "[" : "", box_text(n, ip), ip == IP6 ? "]" : "",
		    p->box);
	}
}

/* The box keeps its address to other boxes.  To itself, by a published port, it
 * gets the host's address: the answer must come back through the host. */
static void
snat_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	const char *box = box_text(n, ip);
	const unsigned all = ip == IP6 ? 128 : 32;
	struct nat_pool pools[IPS];

	nat_pools(&n->slot, pools);
	if (!n->pooled)
		fprintf(f, "-A %s -s %s/%u ! -d %s -j MASQUERADE\n", chain, box,
		    all, nat_pool_text(&pools[ip]));
	if (!n->n_ports)
		return;
	fprintf(f, "-A %s -s %s/%u -d %s/%u -j MASQUERADE\n", chain, box, all,
	    box, all);
	fprintf(f, "-A %s -s %s -o %s -j MASQUERADE\n", chain,
	    ip == IP6 ? "::1/128" : "127.0.0.0/8", n->link);
}

static void
pool_snat_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	for (const struct nat_pool *p = n->pools; p < n->pools + n->n_pools;
	     p++) {
		const char *pool = nat_pool_text(p);

		if (p->ip == ip)
			fprintf(f, "-A %s -s %s ! -d %s -j MASQUERADE\n", chain,
			    pool, pool);
	}
}

/* A box sends questions and answers of neighbours to its link alone, and
 * nothing to the host's services for that link. */
static const char *const link_rules[] = {
    "-p icmpv6 -m icmp6 --icmpv6-type 135 -j RETURN",
    "-p icmpv6 -m icmp6 --icmpv6-type 136 -j RETURN", "-d fe80::/10 -j DROP",
    "-d ff00::/8 -j DROP"};

static void
source_rules(FILE *f, const char *chain, const struct nat *n, enum ip ip)
{
	if (!n->shared)
		fprintf(
		    f, "-A %s ! -s %s/128 -j DROP\n", chain, box_text(n, ip));
	for (size_t i = 0; i < sizeof(link_rules) / sizeof(*link_rules); i++)
		fprintf(f, "-A %s %s\n", chain, link_rules[i]);
}

/* Each comparison by a module costs a request through a published port half a
 * percent, so the first rule is the one that decides about most packets. */
#define FWD_RULES \
	{ \
		STATE "RELATED,ESTABLISHED,DNAT -j ACCEPT", \
		    FROM_BOX "-j ACCEPT", "-j DROP" \
	}

const char *const nat_tables[NAT_TABLES] = {"raw", "mangle", "nat", "filter"};

/* The rows of a table are together.  In a rule or jump @ is the link. */
const struct nat_chain nat_chains[NAT_CHAINS] = {
    {NAT_V6, "raw", "BOX-RAW", NAT_OWN, {"-I PREROUTING -i @ "}, {0},
	source_rules},
    /* For all boxes, also one without net-nat.  The route to a box's address is
     * over its link.  rpfilter lets link-local addresses through, and ::, that
     * of a host without an address yet. */
    {NAT_V6, "raw", "BOX-RAW", NAT_POOL, {"-I PREROUTING " FROM_BOX},
	{"-m rpfilter --invert -j DROP", "-s fe80::/10 -j DROP",
	    "-s ::/128 -j DROP"},
	source_rules},
    /* The table of flows (conntrack) is the host's.  A flow whose first packet
     * is dropped is not in it.  PREROUTING has flows to the host, too. */
    {NAT_BOTH, "mangle", "BOX-FLOW", NAT_BOUND, {"-I PREROUTING -i @ "}, {0},
	flow_rules},
    {NAT_V4, "mangle", "BOX-FLOW", NAT_POOL,
	{"-I PREROUTING " STATE "NEW " FROM_POOL},
	{"-m conntrack --ctstatus CONFIRMED -j RETURN",
	    "-m rpfilter --invert -j DROP"},
	pool_flow_rules},
    {NAT_V6, "mangle", "BOX-FLOW", NAT_POOL,
	{"-I PREROUTING " STATE "NEW " FROM_POOL},
	{"-m conntrack --ctstatus CONFIRMED -j RETURN"}, pool_flow_rules},
    /* route_localnet on the link is for answers to the host's own packets
     * alone: the box sends no packet from or to 127.0.0.0/8.  The kernel drops
     * one from or to ::1 on a link.  The chain is not in raw, where nothing
     * else is for IPv4: a packet would pass a table more.  A forged packet may
     * belong to a flow of the host's, so the state does not count. */
    {NAT_V4, "mangle", "BOX-LO", NAT_PORTS, {"-I PREROUTING -i @ "},
	{"-d 127.0.0.0/8 -j DROP", "-s 127.0.0.0/8 -j DROP"}, NULL},
    {NAT_BOTH, "mangle", "BOX-OUT", NAT_POOL,
	{"-I FORWARD " STATE "NEW " FROM_POOL}, {"-j MARK --set-xmark " MARK},
	NULL},
    {NAT_V4, "mangle", "BOX-HOST", NAT_ISOLATED, {"-I INPUT -i @ "},
	{STATE "RELATED,ESTABLISHED -j RETURN", "-j DROP"}, NULL},
    /* The box reaches itself by its published ports at the host's address. */
    {NAT_V4, "mangle", "BOX-ISO", NAT_ISOLATED,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "},
	{STATE "RELATED,ESTABLISHED -j RETURN", "-o @ " STATE "DNAT -j RETURN",
	    "-o @ -j DROP"},
	isolate_rules},
    {NAT_V4, "nat", "BOX-DNAT", NAT_PORTS,
	{"-I PREROUTING ! -d 127.0.0.0/8 " LOCAL, "-I OUTPUT " LOCAL}, {0},
	dnat_rules},
    /* A packet from a link-local address cannot be forwarded. */
    {NAT_V6, "nat", "BOX-DNAT", NAT_PORTS,
	{"-I PREROUTING ! -d ::1/128 " LOCAL, "-I OUTPUT " LOCAL},
	{"-d fe80::/10 -j RETURN"}, dnat_rules},
    {NAT_BOTH, "nat", "BOX-SNAT", NAT_SNAT, {"-I POSTROUTING "}, {0},
	snat_rules},
    {NAT_BOTH, "nat", "BOX-SNAT", NAT_POOL,
	{"-I POSTROUTING -m mark --mark " MARK " "}, {0}, pool_snat_rules},
    /* Accepts packets from boxes, to published ports, and answers.  Drops those
     * that the host's neighbours send to the box's address. */
    {NAT_BOTH, "filter", "BOX-FWD", NAT_OWN,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "}, FWD_RULES, NULL},
    {NAT_BOTH, "filter", "BOX-FWD", NAT_POOL,
	{"-I FORWARD " FROM_POOL, "-I FORWARD " TO_POOL}, FWD_RULES, NULL},
    /* Forwarding is on for the boxes alone: packets that no rule has accepted
     * were not forwarded before. */
    {NAT_BOTH, "filter", "BOX-REST", NAT_REST, {"-A FORWARD "}, {"-j DROP"},
	NULL},
};

static bool
has_pool(const struct nat *n, enum ip ip)
{
	for (unsigned i = 0; i < n->n_pools; i++)
		if (n->pools[i].ip == ip)
			return true;
	return false;
}

bool
nat_has(const struct nat *n, enum ip ip)
{
	return ip == IP4 || n->slot.has6 || n->rest[IP6] || has_pool(n, IP6);
}

bool
nat_wants(const struct nat_chain *c, const struct nat *n, enum ip ip)
{
	if (n->shared != (c->when == NAT_POOL || c->when == NAT_REST) ||
	    !(c->ips & 1u << ip) || !nat_has(n, ip))
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
		return has_pool(n, ip);
	default:
		return n->rest[ip];
	}
}
