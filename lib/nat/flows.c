// SPDX-License-Identifier: MIT
/*
 * flows - delete the flows that outlive their box, by ctnetlink
 *
 * Older kernels cannot select flows by address and port, so all IPv4 flows are
 * read.  The matching ones are deleted afterwards, because one request must not
 * begin inside another.
 */
#include "nat/flows.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "net/netlink.h"
#include "net/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT "/proc/sys/net/netfilter/nf_conntrack_count"
#define CT(message) (NFNL_SUBSYS_CTNETLINK << 8 | (message))

static const struct nfgenmsg v4 = {.nfgen_family = AF_INET};

/* A flow's identity: the tuple of its first packet (an attribute's content),
 * its number, and its zone, if any. */
struct flow {
	uint32_t dst; /* delete only if this address is the host's; 0: any */
	uint32_t id;
	uint16_t zone;
	size_t size;
	char tuple[128];
};

struct search {
	uint32_t box;
	const struct nat_port *ports;
	size_t n_ports;
	struct flow *found;
	size_t n;
};

/* Copies a value of SIZE bytes out of a tuple's part, if it is there. */
static void
get(const struct rtattr *tuple, unsigned part, unsigned type, void *value,
    size_t size)
{
	const struct rtattr *a = tuple;

	if (a)
		a = netlink_attr(RTA_DATA(a), RTA_PAYLOAD(a), part);
	if (a)
		a = netlink_attr(RTA_DATA(a), RTA_PAYLOAD(a), type);
	if (a && RTA_PAYLOAD(a) >= size)
		memcpy(value, RTA_DATA(a), size);
}

static uint32_t
get_addr(const struct rtattr *tuple, unsigned type)
{
	uint32_t addr = 0;

	get(tuple, CTA_TUPLE_IP, type, &addr, sizeof(addr));
	return ntohl(addr);
}

static bool
is_to_port(const struct rtattr *orig, const struct search *s)
{
	const uint32_t dst = get_addr(orig, CTA_IP_V4_DST);
	const struct nat_port *p = s->ports;
	uint16_t port = 0;
	uint8_t proto = 0;

	get(orig, CTA_TUPLE_PROTO, CTA_PROTO_NUM, &proto, sizeof(proto));
	get(orig, CTA_TUPLE_PROTO, CTA_PROTO_DST_PORT, &port, sizeof(port));
	for (; p < s->ports + s->n_ports && proto == IPPROTO_UDP; p++)
		if (p->udp && ntohs(port) == p->host &&
		    (!p->addr || p->addr == dst))
			return true;
	return false;
}

static void
look(const struct nlmsghdr *h, void *arg)
{
	const struct rtattr *orig, *reply, *zone;
	struct search *s = arg;
	struct flow f = {0};

	orig = netlink_attr(NETLINK_ATTRS(h, v4), CTA_TUPLE_ORIG);
	reply = netlink_attr(NETLINK_ATTRS(h, v4), CTA_TUPLE_REPLY);
	if (!orig || RTA_PAYLOAD(orig) > sizeof(f.tuple))
		return;
	if (!s->box || (get_addr(orig, CTA_IP_V4_SRC) != s->box &&
			   get_addr(reply, CTA_IP_V4_SRC) != s->box)) {
		if (!is_to_port(orig, s))
			return;
		f.dst = get_addr(orig, CTA_IP_V4_DST);
	}
	f.id = netlink_u32(NETLINK_ATTRS(h, v4), CTA_ID, 0);
	zone = netlink_attr(NETLINK_ATTRS(h, v4), CTA_ZONE);
	if (zone && RTA_PAYLOAD(zone) >= sizeof(f.zone))
		memcpy(&f.zone, RTA_DATA(zone), sizeof(f.zone));
	f.size = RTA_PAYLOAD(orig);
	memcpy(f.tuple, RTA_DATA(orig), f.size);
	s->found = reallocarray(s->found, s->n + 1, sizeof(f));
	if (!s->found)
		die("realloc");
	s->found[s->n++] = f;
}

/* -1 with errno.  ENOENT, a flow that has ended meanwhile, is no error. */
static int
end(struct netlink *ct, const struct flow *f)
{
	netlink_begin(ct, CT(IPCTNL_MSG_CT_DELETE), 0, &v4, sizeof(v4));
	netlink_put(ct, CTA_TUPLE_ORIG | NLA_F_NESTED, f->tuple, f->size);
	netlink_put_u32(ct, CTA_ID, f->id);
	if (f->zone)
		netlink_put(ct, CTA_ZONE, &f->zone, sizeof(f->zone));
	return netlink_send(ct, NULL, NULL) < 0 && errno != ENOENT ? -1 : 0;
}

static int
end_all(struct netlink *ct, struct netlink *rt, struct search *s)
{
	struct route r;

	netlink_begin(ct, CT(IPCTNL_MSG_CT_GET), NLM_F_DUMP, &v4, sizeof(v4));
	if (netlink_send(ct, look, s) < 0)
		return -1;
	for (const struct flow *f = s->found; f < s->found + s->n; f++)
		/* The same port of another host is not ours. */
		if ((!f->dst ||
			(route_get(rt, f->dst, 0, &r) == 0 && r.local)) &&
		    end(ct, f) < 0)
			return -1;
	return 0;
}

/* The box starts all the same: packets of an old flow may reach it. */
static void
complain(void)
{
	warn("end the flows of an earlier box: %s", said());
	hint("modprobe nf_conntrack_netlink");
}

void
flows_end(uint32_t box, const struct nat_port *ports, size_t n_ports)
{
	struct search s = {.box = box, .ports = ports, .n_ports = n_ports};
	struct netlink ct, rt;
	bool real = false;
	char count[4];

	if (box)
		real = say(SAY_SH, "conntrack -D -s %s; conntrack -D -r %s",
		    addr_text(box), addr_text(box));
	for (const struct nat_port *p = ports; p < ports + n_ports; p++)
		if (p->udp)
			real = say(SAY_SH, "conntrack -D -p udp --dport %u%s%s",
			    p->host, p->addr ? " -d " : "",
			    p->addr ? addr_text(p->addr) : "");
	/* Reading the flows takes some milliseconds, however few they are. */
	if (read_at(AT_FDCWD, COUNT, count, sizeof(count)) > 0 &&
	    strcmp(count, "0\n") == 0)
		real = false;
	if (!real)
		return;
	if (netlink_open(&ct, NETLINK_NETFILTER) < 0) {
		complain();
		return;
	}
	if (netlink_open(&rt, NETLINK_ROUTE) < 0) {
		warn("%s", said());
	} else {
		if (end_all(&ct, &rt, &s) < 0)
			complain();
		close(rt.fd);
	}
	close(ct.fd);
	free(s.found);
}
