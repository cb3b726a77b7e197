// SPDX-License-Identifier: MIT
/* pasta6 - a box's IPv6 behind pasta(1) */
#include "spawn/pasta6.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "net/rtnl.h"
#include "ns/ns.h"
#include "spawn/pasta.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXPERIMENT 253 /* a protocol that pasta does not carry (RFC 3692) */

void
pasta6_before(void)
{
	static const char path[] = "/proc/sys/net/ipv6/conf/default/accept_dad";

	if (!(ns_new() & CLONE_NEWNET) || !say(SAY_SH, "echo 0 > %s", path))
		return;
	/* ENOENT: no IPv6.  EROFS: /proc may be read-only. */
	if (write_at(AT_FDCWD, path, "0") < 0 && errno != ENOENT &&
	    errno != EROFS)
		die_said();
}

/* A failure is no error: another packet of the box's shows the address. */
static void
show_address(void)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	const int fd = socket(
	    AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, EXPERIMENT);

	if (fd >= 0 && addr6_read(PASTA_GATEWAY6, &to.sin6_addr))
		sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
	close_keep(fd);
}

bool
pasta6_after(void)
{
	struct in6_addr addr;
	struct route6 r = {0};
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		die_said();
	if (!addr6_read(PASTA_ADDR6, &addr) ||
	    route6_get(&nl, &addr, 0, &r) < 0)
		r.local = false;
	close(nl.fd);
	if (r.local)
		show_address();
	return r.local;
}
