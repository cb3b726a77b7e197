#ifndef NET_VETH_H
#define NET_VETH_H

#include "stage/door.h"

#define VETH_MTU6 1280 /* the least of a link with IPv6 */

/* The host's half, in the host's network namespace: checks that no route and no
 * address of the host collides; creates the pair with its other end in NETNS (a
 * descriptor), the address and the route.  Replaces a dead box's link of that
 * name.  PID, the box's or "$BOX_PID", is for say().  Returns the host end's
 * index (0 with -n), or -1 with errno, said() and said_why(), nothing left.
 * Sets v->out6. */
int veth_host(struct veth *v, int netns, const char *pid);

/* Undoes veth_host(), keeping errno and said(). */
void veth_remove(const struct veth *v, int index);

/* The box has ended: frees the name and the route of its host end INDEX.  The
 * kernel deletes the link later, and no process waits; if connections are LEFT
 * (connections_left()), that would take minutes, and the link is deleted now.
 * A failure is no error: the next veth_host() replaces a dead link. */
void veth_retire(const struct veth *v, int index, bool left);

/* Deletes the links here that veth_retire() has renamed: a socket of the box
 * that another process has keeps a link.  Dies if the list cannot be read. */
void veth_end_dead(void);

/* Sets whether packets from 127.0.0.0/8 pass the host end LINK: then the host's
 * localhost reaches the box.  VETH_LOCALNET is the command, for a number and
 * the link.  -1 with errno and said(). */
#define VETH_LOCALNET "echo %d > /proc/sys/net/ipv4/conf/%s/route_localnet"
int veth_localnet(const char *link, bool on);

/* The same of ::1, which needs a route: without the route the box's answer to
 * ::1 is dropped.  VETH_LOCALNET6 is the command, for "append" or "delete" and
 * the link. */
#define VETH_LOCALNET6 "route %s local ::1 dev %s table local metric 2048"
int veth_localnet6(const char *link, bool on);

/* The box's half, in the box's network namespace: lo, address, routes, ping.
 * -1 with errno, said() and said_why(). */
int veth_box(const struct veth *v);

#endif
