#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

/* Keeps packets to the loopback's addresses, 127.0.0.0/8 and ::1, from LINK,
 * the only other one of this network namespace.  A socket that is bound to a
 * link (SO_BINDTODEVICE, IP_PKTINFO) sends them there in spite of all routes,
 * without any capability.  Only CAP_NET_ADMIN can take the policies
 * (ip-xfrm(8)) away or, with CAP_NET_RAW, evade them.  -1 with errno and
 * said(); EPROTONOSUPPORT: the kernel lacks xfrm_user. */
int loopback_keep(const char *link);

/* Sets lo up, which is down in a new network namespace; as for the former. */
int loopback_up(void);

#endif
