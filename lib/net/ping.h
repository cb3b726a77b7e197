#ifndef NET_PING_H
#define NET_PING_H

/* Lets each group of this network namespace's user namespace have ping sockets
 * (icmp(7)), so that ping needs no CAP_NET_RAW.  -1 with errno and said(). */
int ping_allow(void);

#endif
