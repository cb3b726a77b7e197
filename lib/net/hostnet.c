// SPDX-License-Identifier: MIT
/*
 * hostnet - the host's routes, checked before a box gets its addresses
 *
 * A box on a range that the host reaches by another route would silently take
 * a part of it away.  So the routes of the main table to more than one address
 * must not overlap with the box's network; the two single addresses, the box's
 * and the gateway's, are looked up.  The routes of other boxes, each to one
 * address, cannot collide.
 */
#include "net/hostnet.h"
#include "base/addr.h"
#include "base/file.h"
#include "base/say.h"
#include "box/slot.h"
#include "net/rtnl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* Any public address; this one is a box's name server by default. */
#define OUTSIDE 0x08080808u /* 8.8.8.8 */
#define OUTSIDE6 "2001:4860:4860::8888"

#define DISABLED6 "/proc/sys/net/ipv6/conf/all/disable_ipv6"

uint32_t
hostnet_mtu(struct netlink *nl)
{
	struct route r;
	struct link l;

	if (route_get(nl, OUTSIDE, 0, &r) < 0)
		return 1500;
	if (r.mtu)
		return r.mtu;
	return link_get(nl, r.link, NULL, &l) < 0 ? 1500 : l.mtu;
}

static bool
overlap(const struct route *r, uint32_t addr, unsigned len)
{
	const uint32_t mask = addr_mask(r->len < len ? r->len : len);

	return (r->dst & mask) == (addr & mask);
}

struct collision {
	const struct veth *v;
	struct route found; /* len 0: none */
};

static void
check_route(const struct nlmsghdr *h, void *arg)
{
	struct collision *c = arg;
	struct route r;

	route_read(h, &r);
	/* Neither a default route nor a single address. */
	if (r.len > 0 && r.len < 32 && c->found.len == 0 &&
	    (overlap(&r, c->v->addr, c->v->len) ||
		overlap(&r, c->v->gateway, 32)))
		c->found = r;
}

/* Whether ADDR is an address of the host, or has a route of its own that leads
 * to another link than a box's. */
static bool
taken(struct netlink *nl, uint32_t addr, struct route *r)
{
	struct link l;

	/* Not taken: an address without a route, or behind a link that has just
	 * gone.  A route over several links has link 0. */
	return route_get(nl, addr, RTM_F_FIB_MATCH, r) == 0 && r->len == 32 &&
	       (!r->link || (link_get(nl, r->link, NULL, &l) == 0 &&
				!VETH_IS_BOX(l.group)));
}

static void
set_reason(struct netlink *nl, const struct veth *v, const struct route *r)
{
	struct link l;
	char text[128];
	int n;

	snprintf(text, sizeof(text), "addresses %s/%u and %s",
	    addr_text(v->addr), v->len, addr_text(v->gateway));
	said_set(text, "");
	n = snprintf(text, sizeof(text), "the host has the %s %s/%u",
	    r->local ? "address" : "route", addr_text(r->dst), r->len);
	if (r->link && link_get(nl, r->link, NULL, &l) == 0)
		snprintf(text + n, sizeof(text) - (size_t)n, " dev %s", l.name);
	say_why(text);
	errno = EADDRINUSE;
}

int
hostnet_check(struct netlink *nl, const struct veth *v)
{
	struct collision c = {.v = v};

	if (!taken(nl, v->addr, &c.found) && !taken(nl, v->gateway, &c.found)) {
		c.found.len = 0;
		said_set("ip route show table main", "");
		if (route_each(nl, check_route, &c) < 0)
			return -1;
		if (c.found.len == 0)
			return 0;
	}
	set_reason(nl, v, &c.found);
	return -1;
}

/* A network of hosts, not behind lo, which has those that nobody reaches. */
static void
note_network6(const struct nlmsghdr *h, void *arg)
{
	bool *found = arg;
	struct route6 r;

	route6_read(h, &r);
	if (r.len > 0 && r.len < 128 && r.link > 1 &&
	    !IN6_IS_ADDR_LINKLOCAL(&r.dst) && !IN6_IS_ADDR_MULTICAST(&r.dst))
		*found = true;
}

/* A host without a default route may have neighbours, as clients of published
 * ports.  Boxes have routes to single addresses. */
bool
hostnet_out6(struct netlink *nl)
{
	struct in6_addr outside;
	struct route6 r;
	bool found = false;

	if (addr6_read(OUTSIDE6, &outside) &&
	    route6_get(nl, &outside, 0, &r) == 0 && r.link && !r.local)
		return true;
	return route6_each(nl, note_network6, &found) == 0 && found;
}

struct collision6 {
	const struct veth *v;
	struct route6 found; /* len 0: none */
};

static void
check_route6(const struct nlmsghdr *h, void *arg)
{
	struct collision6 *c = arg;
	struct route6 r;

	route6_read(h, &r);
	if (r.len > 0 && r.len < 128 && c->found.len == 0 &&
	    addr6_same(
		&r.dst, &c->v->addr6, r.len < c->v->len6 ? r.len : c->v->len6))
		c->found = r;
}

static bool
taken6(struct netlink *nl, const struct in6_addr *addr, struct route6 *r)
{
	struct link l;

	return route6_get(nl, addr, RTM_F_FIB_MATCH, r) == 0 && r->len == 128 &&
	       (!r->link || (link_get(nl, r->link, NULL, &l) == 0 &&
				!VETH_IS_BOX(l.group)));
}

int
hostnet_has6(void)
{
	char now[4];
	const ssize_t n = read_at(AT_FDCWD, DISABLED6, now, sizeof(now));

	if (n > 0 && now[0] == '0')
		return 0;
	said_set("IPv6", "");
	if (n > 0)
		say_why("this host has it disabled");
	errno = EAFNOSUPPORT;
	return -1;
}

const char *
hostnet_hint6(void)
{
	return *said_why()
		   ? "sysctl -w net.ipv6.conf.all.disable_ipv6=0"
		   : "boot without ipv6.disable=1 on the kernel's command line";
}

int
hostnet_check6(struct netlink *nl, const struct veth *v)
{
	struct collision6 c = {.v = v};
	struct link l;
	char text[128];
	int n;

	if (hostnet_has6() < 0)
		return -1;
	if (!taken6(nl, &v->addr6, &c.found) &&
	    !taken6(nl, &v->gateway6, &c.found)) {
		c.found.len = 0;
		said_set("ip -6 route show table main", "");
		if (route6_each(nl, check_route6, &c) < 0)
			return -1;
		if (c.found.len == 0)
			return 0;
	}
	snprintf(text, sizeof(text), "IPv6 addresses %s/%u and %s",
	    addr6_text(&v->addr6), v->len6, addr6_text(&v->gateway6));
	said_set(text, "");
	n = snprintf(text, sizeof(text), "the host has the %s %s/%u",
	    c.found.local ? "address" : "route", addr6_text(&c.found.dst),
	    c.found.len);
	if (c.found.link && link_get(nl, c.found.link, NULL, &l) == 0)
		snprintf(text + n, sizeof(text) - (size_t)n, " dev %s", l.name);
	say_why(text);
	errno = EADDRINUSE;
	return -1;
}
