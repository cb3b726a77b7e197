#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

/* Keeps packets to the loopback's addresses, 127.0.0.0/8 and ::1, from each
 * other link of this network namespace.  A socket that is bound to a link
 * (SO_BINDTODEVICE, IP_PKTINFO) sends them there in spite of all routes,
 * without any capability.  The policies (ip-xfrm(8)) do not concern lo, and
 * only CAP_NET_ADMIN can take them away or, with CAP_NET_RAW, evade them.  -1
 * with errno and said(); EPROTONOSUPPORT: the kernel lacks xfrm_user. */
int loopback_keep(void);

/* Sets lo up, which is down in a new network namespace; as for the former. */
int loopback_up(void);

#endif
