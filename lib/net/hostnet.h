#ifndef NET_HOSTNET_H
#define NET_HOSTNET_H

#include "net/netlink.h"
#include "net/veth.h"

/* The host's routes, as far as they concern a new box. */

/* The MTU of the host's route out, else that of the route's link; 1500 if there
 * is no route out. */
uint32_t hostnet_mtu(struct netlink *nl);

/* -1 with EADDRINUSE, said() and said_why() if a route or an address of the
 * host collides with the addresses of V.  Routes to other boxes do not. */
int hostnet_check(struct netlink *nl, const struct veth *v);

/* 0 if the host has IPv6, or -1 with EAFNOSUPPORT, said() and said_why(). */
int hostnet_has6(void);

/* The hint for that error. */
const char *hostnet_hint6(void);

/* The same of the IPv6 addresses of V; fails as hostnet_has6(), too. */
int hostnet_check6(struct netlink *nl, const struct veth *v);

/* Whether the host has an IPv6 route out, or to a network of its own. */
bool hostnet_out6(struct netlink *nl);

#endif
