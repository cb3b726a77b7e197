#ifndef VETH_H
#define VETH_H

#include <net/if.h>
#include <stdint.h>

/* A veth pair between the host's network namespace and a box's: point to
 * point, routed.  Addresses in host byte order; fixed size, as it crosses the
 * door. */
struct veth {
	char host[IFNAMSIZ], box[IFNAMSIZ]; /* the names of both ends */
	uint32_t addr, len;		    /* the box's, and its prefix */
	uint32_t gateway;		    /* the host end's, a /32 */
	uint32_t mtu;	   /* 0: that of the host's route out */
	uint32_t localnet; /* route_localnet on the host end */
};

/* Links of the suite's are in this device group (ip link show group 45253). */
#define VETH_GROUP 45253

/* Sets mtu where it is 0, and checks that the host has no route and no address
 * that collides; dies with 125 and names what does. */
void veth_plan(struct veth *v);

/* The host's half, from the host's namespace: creates the pair with its other
 * end in NETNS (a descriptor), address, route.  An own link of that name whose
 * box has just died is waited for.  Returns -1 with errno and said(). */
int veth_host(const struct veth *v, int netns);

/* The box's half, in the box's namespace: lo, address, routes. */
int veth_box(const struct veth *v);

#endif
