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

/* The host's half, from the host's namespace: checks that no route and no
 * address of the host collides, creates the pair with its other end in NETNS
 * (a descriptor), address, route.  PID is the box's, or "$BOX_PID", in what is
 * said.  A dead box's link of that name makes way.  Returns the host end's
 * index (0 with -n); or -1 with errno, said() and said_why(), nothing left. */
int veth_host(const struct veth *v, int netns, const char *pid);

/* Undoes veth_host(), keeping errno and said(). */
void veth_remove(const struct veth *v, int index);

/* The box's half, in the box's namespace: lo, address, routes.  -1 with errno,
 * said() and said_why(). */
int veth_box(const struct veth *v);

#endif
