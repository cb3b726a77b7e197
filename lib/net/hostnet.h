#ifndef NET_HOSTNET_H
#define NET_HOSTNET_H

#include "net/netlink.h"
#include "net/veth.h"

/* What the host's routes say to a new box. */

/* The MTU of the way out: that of its route, else of its link; 1500 where
 * there is no way out. */
uint32_t hostnet_mtu(struct netlink *nl);

/* -1 with EADDRINUSE, said() and said_why() if a route or an address of the
 * host's that is not a box's collides with what V is to have. */
int hostnet_check(struct netlink *nl, const struct veth *v);

#endif
