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
#include "base/say.h"
#include "box/slot.h"
#include "net/rtnl.h"

#include <errno.h>
#include <stdio.h>

/* Any public address; this one is a box's name server by default. */
#define OUTSIDE 0x08080808u /* 8.8.8.8 */

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
