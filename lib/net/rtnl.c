// SPDX-License-Identifier: MIT
/*
 * rtnl - links, addresses and routes, a request each
 *
 * Requests go by index, name or address, so a host with a thousand boxes
 * answers as fast as one with none.  The one dump, of the main table's routes,
 * is filtered by the kernel.
 */
#include "net/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_namespace.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

void
link_read(const struct nlmsghdr *h, void *link)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const struct rtattr *name =
	    netlink_attr(NETLINK_ATTRS(h, *i), IFLA_IFNAME);
	struct link *l = link;

	l->index = i->ifi_index;
	l->group = netlink_u32(NETLINK_ATTRS(h, *i), IFLA_GROUP, 0);
	l->mtu = netlink_u32(NETLINK_ATTRS(h, *i), IFLA_MTU, 0);
	l->far = netlink_attr(NETLINK_ATTRS(h, *i), IFLA_LINK_NETNSID);
	l->far_nsid =
	    (int32_t)netlink_u32(NETLINK_ATTRS(h, *i), IFLA_LINK_NETNSID, 0);
	snprintf(l->name, sizeof(l->name), "%s",
	    name ? (const char *)RTA_DATA(name) : "");
}

int
link_get(struct netlink *nl, int index, const char *name, struct link *l)
{
	const struct ifinfomsg i = {.ifi_index = index};

	netlink_begin(nl, RTM_GETLINK, 0, &i, sizeof(i));
	/* Else the kernel adds up the packets of each processor. */
	netlink_put_u32(nl, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name)
		netlink_put_str(nl, IFLA_IFNAME, name);
	return netlink_send(nl, link_read, l);
}

int
link_each_veth(struct netlink *nl, netlink_fn *fn, void *arg)
{
	const struct ifinfomsg any = {0};
	size_t info;

	netlink_begin(nl, RTM_GETLINK, NLM_F_DUMP, &any, sizeof(any));
	info = netlink_put(nl, IFLA_LINKINFO, NULL, 0);
	netlink_put_str(nl, IFLA_INFO_KIND, "veth");
	netlink_end(nl, info);
	return netlink_send(nl, fn, arg);
}

int
link_index(const struct netlink *nl, const char *name)
{
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(nl->fd, SIOCGIFINDEX, &ifr) < 0 ? -1 : ifr.ifr_ifindex;
}

int
link_set(struct netlink *nl, int index, bool up)
{
	const struct ifinfomsg i = {.ifi_index = index,
	    .ifi_flags = up ? IFF_UP : 0,
	    .ifi_change = IFF_UP};

	netlink_begin(nl, RTM_NEWLINK, 0, &i, sizeof(i));
	return netlink_send(nl, NULL, NULL);
}

int
link_delete(struct netlink *nl, int index)
{
	const struct ifinfomsg i = {.ifi_index = index};

	netlink_begin(nl, RTM_DELLINK, 0, &i, sizeof(i));
	return netlink_send(nl, NULL, NULL);
}

int
link_rename(struct netlink *nl, int index, const char *name)
{
	const struct ifinfomsg i = {.ifi_index = index};

	netlink_begin(nl, RTM_NEWLINK, 0, &i, sizeof(i));
	netlink_put_str(nl, IFLA_IFNAME, name);
	return netlink_send(nl, NULL, NULL);
}

bool
link_far_dead(struct netlink *nl, const struct link *l)
{
	const struct rtgenmsg any = {AF_UNSPEC};

	if (!l->far || l->far_nsid < 0)
		return l->far;
	netlink_begin(nl, RTM_GETNSID, 0, &any, sizeof(any));
	netlink_put_u32(nl, NETNSA_NSID, (uint32_t)l->far_nsid);
	/* ENOENT: the id is there, but its namespace is dead. */
	return netlink_send(nl, NULL, NULL) < 0 && errno == ENOENT;
}

static void
put_addr(struct netlink *nl, unsigned type, uint32_t addr)
{
	netlink_put_u32(nl, type, htonl(addr));
}

/* ADDR is of SIZE bytes. */
static int
add_addr(struct netlink *nl, int family, int index, const void *addr,
    size_t size, unsigned len, uint32_t flags)
{
	const struct ifaddrmsg a = {.ifa_family = (uint8_t)family,
	    .ifa_prefixlen = (uint8_t)len,
	    .ifa_index = (uint32_t)index};

	netlink_begin(
	    nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	netlink_put(nl, IFA_LOCAL, addr, size);
	netlink_put(nl, IFA_ADDRESS, addr, size);
	netlink_put_u32(nl, IFA_FLAGS, flags);
	return netlink_send(nl, NULL, NULL);
}

int
addr_add(
    struct netlink *nl, int index, uint32_t addr, unsigned len, uint32_t flags)
{
	const uint32_t a = htonl(addr);

	return add_addr(nl, AF_INET, index, &a, sizeof(a), len, flags);
}

int
addr6_add(struct netlink *nl, int index, const struct in6_addr *addr,
    unsigned len, uint32_t flags)
{
	return add_addr(nl, AF_INET6, index, addr, sizeof(*addr), len, flags);
}

static int
route_change(
    struct netlink *nl, uint16_t type, uint16_t flags, const struct route *r)
{
	const struct rtmsg m = {.rtm_family = AF_INET,
	    .rtm_dst_len = (uint8_t)r->len,
	    .rtm_table = RT_TABLE_MAIN,
	    .rtm_protocol = RTPROT_BOOT,
	    .rtm_scope = r->via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
	    .rtm_type = RTN_UNICAST};

	netlink_begin(nl, type, flags, &m, sizeof(m));
	if (r->len)
		put_addr(nl, RTA_DST, r->dst);
	if (r->via)
		put_addr(nl, RTA_GATEWAY, r->via);
	if (r->src)
		put_addr(nl, RTA_PREFSRC, r->src);
	netlink_put_u32(nl, RTA_OIF, (uint32_t)r->link);
	return netlink_send(nl, NULL, NULL);
}

int
route_add(struct netlink *nl, const struct route *r)
{
	return route_change(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r);
}

int
route_delete(struct netlink *nl, const struct route *r)
{
	return route_change(nl, RTM_DELROUTE, 0, r);
}

void
route_read(const struct nlmsghdr *h, void *route)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	const struct rtattr *metrics =
	    netlink_attr(NETLINK_ATTRS(h, *m), RTA_METRICS);
	struct route *r = route;

	*r = (struct route){
	    .dst = ntohl(netlink_u32(NETLINK_ATTRS(h, *m), RTA_DST, 0)),
	    .len = m->rtm_dst_len,
	    .local = m->rtm_type == RTN_LOCAL,
	    .via = ntohl(netlink_u32(NETLINK_ATTRS(h, *m), RTA_GATEWAY, 0)),
	    .src = ntohl(netlink_u32(NETLINK_ATTRS(h, *m), RTA_PREFSRC, 0)),
	    .link = (int)netlink_u32(NETLINK_ATTRS(h, *m), RTA_OIF, 0),
	};
	if (metrics)
		r->mtu = netlink_u32(
		    RTA_DATA(metrics), RTA_PAYLOAD(metrics), RTAX_MTU, 0);
}

int
route_get(struct netlink *nl, uint32_t addr, unsigned flags, struct route *r)
{
	const struct rtmsg m = {
	    .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_flags = flags};

	netlink_begin(nl, RTM_GETROUTE, 0, &m, sizeof(m));
	put_addr(nl, RTA_DST, addr);
	return netlink_send(nl, route_read, r);
}

static int
dump_routes(
    struct netlink *nl, const struct rtmsg *m, netlink_fn *fn, void *arg)
{
	/* NLM_F_DUMP_INTR, a table that changed meanwhile, is no error: the
	 * table may change right after the dump, too. */
	netlink_begin(nl, RTM_GETROUTE, NLM_F_DUMP, m, sizeof(*m));
	/* ENOENT: the table has no route yet. */
	return netlink_send(nl, fn, arg) < 0 && errno != ENOENT ? -1 : 0;
}

int
route_each(struct netlink *nl, netlink_fn *fn, void *arg)
{
	const struct rtmsg m = {
	    .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN};

	return dump_routes(nl, &m, fn, arg);
}

static void
put_addr6(struct netlink *nl, unsigned type, const struct in6_addr *addr)
{
	netlink_put(nl, type, addr, sizeof(*addr));
}

static int
route6_change(
    struct netlink *nl, uint16_t type, uint16_t flags, const struct route6 *r)
{
	const struct rtmsg m = {.rtm_family = AF_INET6,
	    .rtm_dst_len = (uint8_t)r->len,
	    .rtm_table = r->local ? RT_TABLE_LOCAL : RT_TABLE_MAIN,
	    .rtm_protocol = RTPROT_BOOT,
	    .rtm_type = r->local ? RTN_LOCAL : RTN_UNICAST};

	netlink_begin(nl, type, flags, &m, sizeof(m));
	if (r->len)
		put_addr6(nl, RTA_DST, &r->dst);
	if (!IN6_IS_ADDR_UNSPECIFIED(&r->via))
		put_addr6(nl, RTA_GATEWAY, &r->via);
	if (!IN6_IS_ADDR_UNSPECIFIED(&r->src))
		put_addr6(nl, RTA_PREFSRC, &r->src);
	netlink_put_u32(nl, RTA_OIF, (uint32_t)r->link);
	if (r->metric)
		netlink_put_u32(nl, RTA_PRIORITY, r->metric);
	return netlink_send(nl, NULL, NULL);
}

int
route6_add(struct netlink *nl, const struct route6 *r)
{
	return route6_change(nl, RTM_NEWROUTE,
	    NLM_F_CREATE | (r->metric ? NLM_F_APPEND : NLM_F_EXCL), r);
}

int
route6_delete(struct netlink *nl, const struct route6 *r)
{
	return route6_change(nl, RTM_DELROUTE, 0, r);
}

static struct in6_addr
read_addr6(const struct nlmsghdr *h, unsigned type)
{
	const struct rtattr *a =
	    netlink_attr(NETLINK_ATTRS(h, struct rtmsg), type);
	struct in6_addr addr = in6addr_any;

	if (a && RTA_PAYLOAD(a) >= sizeof(addr))
		memcpy(&addr, RTA_DATA(a), sizeof(addr));
	return addr;
}

void
route6_read(const struct nlmsghdr *h, void *route)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	struct route6 *r = route;

	*r = (struct route6){
	    .dst = read_addr6(h, RTA_DST),
	    .len = m->rtm_dst_len,
	    .local = m->rtm_type == RTN_LOCAL,
	    .via = read_addr6(h, RTA_GATEWAY),
	    .src = read_addr6(h, RTA_PREFSRC),
	    .link = (int)netlink_u32(NETLINK_ATTRS(h, *m), RTA_OIF, 0),
	    .metric = netlink_u32(NETLINK_ATTRS(h, *m), RTA_PRIORITY, 0),
	};
}

int
route6_get(struct netlink *nl, const struct in6_addr *addr, unsigned flags,
    struct route6 *r)
{
	const struct rtmsg m = {
	    .rtm_family = AF_INET6, .rtm_dst_len = 128, .rtm_flags = flags};

	netlink_begin(nl, RTM_GETROUTE, 0, &m, sizeof(m));
	put_addr6(nl, RTA_DST, addr);
	return netlink_send(nl, route6_read, r);
}

int
route6_each(struct netlink *nl, netlink_fn *fn, void *arg)
{
	const struct rtmsg m = {
	    .rtm_family = AF_INET6, .rtm_table = RT_TABLE_MAIN};

	return dump_routes(nl, &m, fn, arg);
}
