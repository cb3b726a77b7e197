// SPDX-License-Identifier: MIT
/* nfnl - one nfnetlink socket a process */
#include "nat/nfnl.h"

#include <unistd.h>

static struct netlink kept = {.fd = -1};

struct netlink *
nfnl(void)
{
	if (kept.fd < 0 && netlink_open(&kept, NETLINK_NETFILTER) < 0)
		return NULL;
	return &kept;
}

void
nfnl_close(void)
{
	if (kept.fd >= 0)
		close(kept.fd);
	kept.fd = -1;
}
