#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

/* Keep packets to the loopback's addresses from the other links of this network
 * namespace: 127.0.0.0/8; ::1, and :: and ::ffff:0:0/96, which a program that
 * carries the packets may take for them.  A socket that is bound to a link
 * (SO_BINDTODEVICE, IP_PKTINFO), or has a routing header (IPV6_RTHDR), sends
 * them there without any capability.  Only CAP_NET_ADMIN can take the policies
 * (ip-xfrm(8)) and the rules (ip-rule(8)) away or, with CAP_NET_RAW, evade
 * them. -1 with errno and said().  4: EPROTONOSUPPORT: there is no xfrm_user.
 * 6: EAFNOSUPPORT: the kernel has no CONFIG_IPV6_MULTIPLE_TABLES. */
int loopback_keep4(void);
int loopback_keep6(void);

/* Sets lo up, which is down in a new network namespace; as for the former. */
int loopback_up(void);

#endif
