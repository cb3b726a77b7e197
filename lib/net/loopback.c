// SPDX-License-Identifier: MIT
/* loopback - what is for the loopback stays there */
#include "net/loopback.h"
#include "base/file.h"
#include "base/say.h"
#include "net/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* In IPv4 a socket that is bound to a link evades all rules of routes, and lo
 * obeys no policy (disable_xfrm). */
static const struct {
	const char *text;
	uint8_t family, dst, len, action;
	uint32_t priority;
} policies[] = {
    {"dst 127.0.0.0/8 dir out action block", AF_INET, 127, 8, XFRM_POLICY_BLOCK,
	0},
    {"dst 0.0.0.0/0 dir out priority 1", AF_INET, 0, 0, XFRM_POLICY_ALLOW, 1},
    {"dst ::/0 dir out priority 1", AF_INET6, 0, 0, XFRM_POLICY_ALLOW, 1},
};

static int
tell_xfrm(unsigned type, unsigned flags, const void *body, size_t size)
{
	char *text = text_fmt("%s", said());
	struct netlink nl;
	int ret;

	if (netlink_open(&nl, NETLINK_XFRM) < 0) {
		said_set(text, "");
		free(text);
		return -1;
	}
	free(text);
	netlink_begin(&nl, type, flags, body, size);
	ret = netlink_send(&nl, NULL, NULL);
	close_keep(nl.fd);
	return ret;
}

static int
add_policy(size_t i)
{
	const struct xfrm_userpolicy_info p = {
	    .sel = {.family = policies[i].family,
		.daddr.in6.s6_addr = {policies[i].dst},
		.prefixlen_d = policies[i].len},
	    .lft = {.soft_byte_limit = XFRM_INF,
		.hard_byte_limit = XFRM_INF,
		.soft_packet_limit = XFRM_INF,
		.hard_packet_limit = XFRM_INF},
	    .priority = policies[i].priority,
	    .dir = XFRM_POLICY_OUT,
	    .action = policies[i].action,
	};

	if (!say(SAY_SH, "ip xfrm policy add %s", policies[i].text))
		return 0;
	return tell_xfrm(
	    XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL, &p, sizeof(p));
}

/* The host's root, in a box that has that id, may write the sysctl
 * disable_xfrm.  A packet that obeys no policy has the default, but on lo. */
static int
block_default(void)
{
	const struct xfrm_userpolicy_default d = {.out = XFRM_USERPOLICY_BLOCK};

	if (!say(SAY_SH, "ip xfrm policy setdefault out block"))
		return 0;
	return tell_xfrm(XFRM_MSG_SETDEFAULT, 0, &d, sizeof(d));
}

static bool
no_ipv6(void)
{
	const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const bool none = fd < 0 && errno == EAFNOSUPPORT;

	close_keep(fd);
	return none;
}

int
loopback_keep4(void)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++)
		if ((policies[i].family != AF_INET6 || !no_ipv6()) &&
		    add_policy(i) < 0)
			return -1;
	return block_default();
}

/* Behind the table local, so that lo has its packets still.  A rule sees the
 * first hop of a routing header (IPV6_RTHDR), a policy the last one. */
static int
prohibit6(const char *addr, uint8_t len)
{
	const struct fib_rule_hdr r = {
	    .family = AF_INET6, .dst_len = len, .action = FR_ACT_PROHIBIT};
	struct in6_addr dst;
	struct netlink nl;
	int ret;

	if (!say(SAY_SH, "ip -6 rule add pref 1 to %s/%u prohibit", addr, len))
		return 0;
	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		return -1;
	inet_pton(AF_INET6, addr, &dst);
	netlink_begin(
	    &nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r));
	netlink_put(&nl, FRA_DST, &dst, sizeof(dst));
	netlink_put_u32(&nl, FRA_PRIORITY, 1);
	ret = netlink_send(&nl, NULL, NULL);
	close_keep(nl.fd);
	return ret;
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
loopback_keep6(void)
{
	/* Pasta, too, takes :: to ::1, and ::ffff:A to A. */
	if (prohibit6("::1", 128) == 0 && prohibit6("::", 128) == 0 &&
	    prohibit6("::ffff:0:0", 96) == 0)
		return 0;
	if (errno != EAFNOSUPPORT)
		return -1;
	if (no_ipv6())
		return 0;
	errno = EAFNOSUPPORT;
	return -1;
}
