#ifndef NET_RTNL_H
#define NET_RTNL_H

#include "net/netlink.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* What is asked of links, addresses and IPv4 routes, a request each.  Addresses
 * in host byte order.  All return -1 with errno, and said_why() where the
 * kernel gave a sentence; none says anything by itself. */

struct link {
	int index;
	uint32_t group, mtu;
	bool far;	  /* its other end is in another network namespace, */
	int32_t far_nsid; /* which has this id in ours (-1: none any more) */
	char name[IFNAMSIZ];
};

/* The link of that INDEX, NAME being NULL; or with 0 of that NAME. */
int link_get(struct netlink *nl, int index, const char *name, struct link *l);

/* The index alone, by ioctl(2): an answer of a few bytes. */
int link_index(const struct netlink *nl, const char *name);

int link_up(struct netlink *nl, int index);
int link_delete(struct netlink *nl, int index);
int link_rename(struct netlink *nl, int index, const char *name);

/* Whether the network namespace of the other end is dead: its last process has
 * gone, and the kernel will tear it down some time later. */
bool link_far_dead(struct netlink *nl, const struct link *l);

/* FLAGS: IFA_F_... of <linux/if_addr.h>. */
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

/* Adds to the main table; without VIA it is of scope link. */
int route_add(struct netlink *nl, const struct route *r);
int route_delete(struct netlink *nl, const struct route *r);

/* The way that a packet to ADDR would take; FLAGS RTM_F_FIB_MATCH: the route
 * in the table that decides it. */
int route_get(
    struct netlink *nl, uint32_t addr, unsigned flags, struct route *r);

/* Calls FN for each route of the main table; not inside of another request. */
typedef void route_fn(const struct route *r, void *arg);
int route_each(struct netlink *nl, route_fn *fn, void *arg);

#endif
