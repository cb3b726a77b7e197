// SPDX-License-Identifier: MIT
/*
 * flows - delete the flows that outlive their box, by ctnetlink
 *
 * Since Linux 6.8 one request deletes all flows of an address.  It passes over
 * the empty buckets of the kernel's table, where reading takes each one's lock:
 * some milliseconds, however few flows there are.  Older kernels refuse that
 * request, and no kernel selects flows by one port for it: then all flows of a
 * family are read.  The matching ones are deleted afterwards, because one
 * request must not begin inside another.
 */
#include "nat/flows.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "nat/nfnl.h"
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
#define ATTRS(h) NETLINK_ATTRS(h, struct nfgenmsg)
#define CT(message) (NFNL_SUBSYS_CTNETLINK << 8 | (message))
#define FILTER_SRC 1u /* in a filter's flags: the source address counts */

/* In network byte order; an IPv4 address has four bytes. */
struct addr {
	unsigned char bytes[16];
};

/* A flow's identity: the tuple of its first packet (an attribute's content),
 * its number, and its zone, if any. */
struct flow {
	struct addr dst; /* delete only if this address is the host's */
	bool any;	 /* or in any case */
	uint32_t id;
	uint16_t zone;
	size_t size;
	char tuple[128];
};

struct search {
	enum ip ip;
	struct addr box;
	const struct nat_port *ports;
	size_t n_ports;
	struct flow *found;
	size_t n;
};

static struct nfgenmsg
family(enum ip ip)
{
	return (struct nfgenmsg){
	    .nfgen_family = ip == IP6 ? AF_INET6 : AF_INET};
}

static struct addr
of4(uint32_t addr)
{
	const uint32_t order = htonl(addr);
	struct addr a = {0};

	memcpy(a.bytes, &order, sizeof(order));
	return a;
}

static struct addr
of6(const struct in6_addr *addr)
{
	struct addr a;

	memcpy(a.bytes, addr, sizeof(a.bytes));
	return a;
}

static bool
same(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
is_none(const struct addr *a)
{
	static const struct addr none;

	return same(a, &none);
}

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

static struct addr
get_addr(const struct rtattr *tuple, enum ip ip, bool dst)
{
	static const unsigned types[IPS][2] = {
	    {CTA_IP_V4_SRC, CTA_IP_V4_DST}, {CTA_IP_V6_SRC, CTA_IP_V6_DST}};
	struct addr a = {0};

	get(tuple, CTA_TUPLE_IP, types[ip][dst], a.bytes, ip == IP6 ? 16 : 4);
	return a;
}

static bool
is_to_port(const struct rtattr *orig, const struct search *s)
{
	const struct addr dst = get_addr(orig, s->ip, true);
	const int other = s->ip == IP6 ? AF_INET : AF_INET6;
	const struct nat_port *p = s->ports;
	uint16_t port = 0;
	uint8_t proto = 0;

	get(orig, CTA_TUPLE_PROTO, CTA_PROTO_NUM, &proto, sizeof(proto));
	get(orig, CTA_TUPLE_PROTO, CTA_PROTO_DST_PORT, &port, sizeof(port));
	for (; p < s->ports + s->n_ports && proto == IPPROTO_UDP; p++) {
		const struct addr host =
		    s->ip == IP6 ? of6(&p->addr6) : of4(p->addr);

		if (p->udp && p->family != other && ntohs(port) == p->host &&
		    (is_none(&host) || same(&host, &dst)))
			return true;
	}
	return false;
}

static void
look(const struct nlmsghdr *h, void *arg)
{
	const struct rtattr *orig, *reply, *zone;
	struct search *s = arg;
	struct flow f = {.any = true};
	struct addr from, to;

	orig = netlink_attr(ATTRS(h), CTA_TUPLE_ORIG);
	reply = netlink_attr(ATTRS(h), CTA_TUPLE_REPLY);
	if (!orig || RTA_PAYLOAD(orig) > sizeof(f.tuple))
		return;
	from = get_addr(orig, s->ip, false);
	to = get_addr(reply, s->ip, false);
	if (is_none(&s->box) ||
	    (!same(&from, &s->box) && !same(&to, &s->box))) {
		if (!is_to_port(orig, s))
			return;
		f.any = false;
		f.dst = get_addr(orig, s->ip, true);
	}
	f.id = netlink_u32(ATTRS(h), CTA_ID, 0);
	zone = netlink_attr(ATTRS(h), CTA_ZONE);
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
end(struct netlink *ct, enum ip ip, const struct flow *f)
{
	const struct nfgenmsg of = family(ip);

	netlink_begin(ct, CT(IPCTNL_MSG_CT_DELETE), 0, &of, sizeof(of));
	netlink_put(ct, CTA_TUPLE_ORIG | NLA_F_NESTED, f->tuple, f->size);
	netlink_put_u32(ct, CTA_ID, f->id);
	if (f->zone)
		netlink_put(ct, CTA_ZONE, &f->zone, sizeof(f->zone));
	return netlink_send(ct, NULL, NULL) < 0 && errno != ENOENT ? -1 : 0;
}

/* Deletes the flows whose tuple WHICH begins at the box: CTA_TUPLE_ORIG or
 * CTA_TUPLE_REPLY.  A kernel that does not know the filter takes the tuple for
 * a whole one, and refuses it.  -1 with errno. */
static int
end_of_box(struct netlink *ct, const struct search *s, unsigned which)
{
	static const uint16_t types[IPS] = {CTA_IP_V4_SRC, CTA_IP_V6_SRC};
	struct nfgenmsg of = family(s->ip);
	size_t nest, inner;

	/* In version 0 the family does not count. */
	of.version = 1;
	netlink_begin(ct, CT(IPCTNL_MSG_CT_DELETE), 0, &of, sizeof(of));
	nest = netlink_put(ct, which | NLA_F_NESTED, NULL, 0);
	inner = netlink_put(ct, CTA_TUPLE_IP | NLA_F_NESTED, NULL, 0);
	netlink_put(ct, types[s->ip], s->box.bytes, s->ip == IP6 ? 16 : 4);
	netlink_end(ct, inner);
	netlink_end(ct, nest);
	nest = netlink_put(ct, CTA_FILTER | NLA_F_NESTED, NULL, 0);
	netlink_put_u32(ct,
	    which == CTA_TUPLE_ORIG ? CTA_FILTER_ORIG_FLAGS
				    : CTA_FILTER_REPLY_FLAGS,
	    FILTER_SRC);
	netlink_end(ct, nest);
	return netlink_send(ct, NULL, NULL);
}

/* Whether the address is one of this host's. */
static bool
is_local(struct netlink *rt, enum ip ip, const struct addr *a)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
	uint32_t addr;
	struct route r;
	bool local;
	int fd;

	memcpy(&addr, a->bytes, sizeof(addr));
	if (ip == IP4)
		return route_get(rt, ntohl(addr), 0, &r) == 0 && r.local;
	memcpy(&sin6.sin6_addr, a->bytes, sizeof(a->bytes));
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	local = bind(fd, (const void *)&sin6, sizeof(sin6)) == 0;
	close(fd);
	return local;
}

static int
end_all(struct netlink *ct, struct netlink *rt, struct search *s)
{
	const struct nfgenmsg of = family(s->ip);

	if (!is_none(&s->box) && !s->n_ports &&
	    end_of_box(ct, s, CTA_TUPLE_ORIG) == 0 &&
	    end_of_box(ct, s, CTA_TUPLE_REPLY) == 0)
		return 0;
	s->n = 0;
	netlink_begin(ct, CT(IPCTNL_MSG_CT_GET), NLM_F_DUMP, &of, sizeof(of));
	if (netlink_send(ct, look, s) < 0)
		return -1;
	for (const struct flow *f = s->found; f < s->found + s->n; f++)
		/* The same port of another host is not ours. */
		if ((f->any || is_local(rt, s->ip, &f->dst)) &&
		    end(ct, s->ip, f) < 0)
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

/* Returns whether there is something to do. */
static bool
announce(const struct flow_box *box, const struct nat_port *ports, size_t n)
{
	bool real = false;

	if (box->addr)
		real = say(SAY_SH, "conntrack -D -s %s; conntrack -D -r %s",
		    addr_text(box->addr), addr_text(box->addr));
	if (box->addr && box->has6)
		real = say(SAY_SH, "conntrack -D -s %s; conntrack -D -r %s",
		    addr6_text(&box->addr6), addr6_text(&box->addr6));
	for (const struct nat_port *p = ports; p < ports + n; p++) {
		const char *dst = p->addr ? addr_text(p->addr) : "";

		if (!IN6_IS_ADDR_UNSPECIFIED(&p->addr6))
			dst = addr6_text(&p->addr6);
		if (p->udp)
			real =
			    say(SAY_SH, "conntrack -D%s -p udp --dport %u%s%s",
				p->family == AF_INET6 ? " -f ipv6" : "",
				p->host, *dst ? " -d " : "", dst);
	}
	return real;
}

void
flows_end(
    const struct flow_box *box, const struct nat_port *ports, size_t n_ports)
{
	struct search s = {.ports = ports, .n_ports = n_ports};
	bool real = announce(box, ports, n_ports);
	struct netlink *ct, rt;
	char count[4];

	if (read_at(AT_FDCWD, COUNT, count, sizeof(count)) > 0 &&
	    strcmp(count, "0\n") == 0)
		real = false;
	if (!real)
		return;
	if (!(ct = nfnl())) {
		complain();
		return;
	}
	if (netlink_open(&rt, NETLINK_ROUTE) < 0) {
		warn("%s", said());
		return;
	}
	for (s.ip = IP4; s.ip < (box->has6 ? IPS : IP6); s.ip++) {
		s.box = s.ip == IP6 ? of6(&box->addr6) : of4(box->addr);
		if (end_all(ct, &rt, &s) < 0) {
			complain();
			break;
		}
	}
	close(rt.fd);
	free(s.found);
}
