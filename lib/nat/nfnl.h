#ifndef NAT_NFNL_H
#define NAT_NFNL_H

#include "net/netlink.h"

/* The socket of this process for nftables and connection tracking, opened at
 * the first call and not closed: the last descriptor's close waits for grace
 * periods of the kernel.  NULL with errno and said(). */
struct netlink *nfnl(void);

/* For a process that keeps no descriptors: the next call opens another one. */
void nfnl_close(void);

#endif
