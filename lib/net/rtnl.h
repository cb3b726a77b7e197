#ifndef NET_RTNL_H
#define NET_RTNL_H

#include "net/netlink.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Links, addresses and routes (rtnetlink(7)), a request each.  Addresses of
 * IPv4 are in host byte order, those of IPv6 in network byte order.  On failure
 * each returns -1 with errno, and with said_why() if the kernel sent a text;
 * none calls say(). */

struct link {
	int index;
	uint32_t group, mtu;
	bool far;	  /* the other end is in another network namespace */
	int32_t far_nsid; /* its id in this one; -1: none any more */
	char name[IFNAMSIZ];
};

/* The link with that INDEX (NAME is NULL) or that NAME (INDEX is 0). */
int link_get(struct netlink *nl, int index, const char *name, struct link *l);

/* Calls FN for each veth; link_read() turns the message into a struct link. */
int link_each_veth(struct netlink *nl, netlink_fn *fn, void *arg);
netlink_fn link_read;

/* The index alone, by ioctl(2), which is cheaper than netlink. */
int link_index(const struct netlink *nl, const char *name);

/* Up or down. */
int link_set(struct netlink *nl, int index, bool up);
int link_delete(struct netlink *nl, int index);
int link_rename(struct netlink *nl, int index, const char *name);

/* Whether the network namespace of the other end is dead: its last process has
 * ended, and the kernel will remove the link later. */
bool link_far_dead(struct netlink *nl, const struct link *l);

/* Adds an address; FLAGS are IFA_F_... of <linux/if_addr.h>. */
int addr_add(
    struct netlink *nl, int index, uint32_t addr, unsigned len, uint32_t flags);

struct route {
	uint32_t dst;
	unsigned len;
	bool local;	   /* an address of this host */
	uint32_t via, src; /* 0: none */
	int link;	   /* 0: none, or more than one */
	uint32_t mtu;	   /* 0: the link's */
};

/* Adds to the main table; a route without VIA has scope link. */
int route_add(struct netlink *nl, const struct route *r);
int route_delete(struct netlink *nl, const struct route *r);

/* The route of a packet to ADDR; with FLAGS RTM_F_FIB_MATCH, the table's entry
 * for that route. */
int route_get(
    struct netlink *nl, uint32_t addr, unsigned flags, struct route *r);

/* Calls FN for each route of the main table; route_read() turns the message
 * into a struct route. */
int route_each(struct netlink *nl, netlink_fn *fn, void *arg);
netlink_fn route_read;

/* The same of IPv6. */
int addr6_add(struct netlink *nl, int index, const struct in6_addr *addr,
    unsigned len, uint32_t flags);

struct route6 {
	struct in6_addr dst;
	unsigned len;
	bool local;		  /* in the table local, of that type */
	struct in6_addr via, src; /* 0: none */
	int link;		  /* 0: none, or more than one */
	uint32_t metric;	  /* 0: the kernel's choice */
};

/* A route with a metric may be there already, by another link. */
int route6_add(struct netlink *nl, const struct route6 *r);
int route6_delete(struct netlink *nl, const struct route6 *r);
int route6_get(struct netlink *nl, const struct in6_addr *addr, unsigned flags,
    struct route6 *r);
int route6_each(struct netlink *nl, netlink_fn *fn, void *arg);
netlink_fn route6_read;

#endif
