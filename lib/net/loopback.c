// SPDX-License-Identifier: MIT
/* loopback - what is for the loopback stays there */
#include "net/loopback.h"
#include "base/file.h"
#include "base/say.h"
#include "net/netlink.h"
#include "net/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* LINK is for a socket that is bound to that link, NULL for all. */
static int
block(struct netlink *nl, int family, const char *addr, uint8_t len,
    const char *link)
{
	struct xfrm_userpolicy_info p = {
	    .sel = {.family = (uint16_t)family, .prefixlen_d = len},
	    .lft = {.soft_byte_limit = XFRM_INF,
		.hard_byte_limit = XFRM_INF,
		.soft_packet_limit = XFRM_INF,
		.hard_packet_limit = XFRM_INF},
	    .dir = XFRM_POLICY_OUT,
	    .action = XFRM_POLICY_BLOCK,
	};

	if (!say(SAY_IP, "xfrm policy add dst %s/%u%s%s dir out action block",
		addr, len, link ? " dev " : "", link ? link : ""))
		return 0;
	if (link && (p.sel.ifindex = link_index(nl, link)) < 0)
		return -1;
	inet_pton(family, addr, &p.sel.daddr);
	netlink_begin(
	    nl, XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL, &p, sizeof(p));
	return netlink_send(nl, NULL, NULL);
}

int
loopback_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, ret;

	if (!say(SAY_SH, "ip link set lo up"))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &lo);
	close_keep(fd);
	return ret;
}

int
loopback_keep(const char *link)
{
	struct netlink nl;
	int ret;

	said_set("modprobe xfrm_user", "");
	if (netlink_open(&nl, NETLINK_XFRM) < 0)
		return -1;
	/* In IPv4 lo obeys no policy (disable_xfrm). */
	ret = block(&nl, AF_INET, "127.0.0.0", 8, NULL);
	/* EAFNOSUPPORT: a kernel without IPv6. */
	if (ret == 0 && block(&nl, AF_INET6, "::1", 128, link) < 0 &&
	    errno != EAFNOSUPPORT)
		ret = -1;
	close(nl.fd);
	return ret;
}
