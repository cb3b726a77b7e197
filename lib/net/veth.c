// SPDX-License-Identifier: MIT
/*
 * veth - both halves of a box's link
 *
 * There is no bridge and no shared layer 2.  The host has a route to the single
 * address of each box; the default route of a box goes through the host end's
 * address, the same on every veth.  So boxes reach each other through the host
 * only.  The pair is created with the other end in the box, is in the suite's
 * device group, and dies with the box's namespace.  Before the host end is up,
 * the end is closed to all packets but IPv4 from the box's address; IPv6 is
 * off, or has the same shape, as far as sysctls can give it.
 */
#include "net/veth.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/slot.h"
#include "net/hostnet.h"
#include "net/ping.h"
#include "net/rtnl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/veth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The time for an old link of the name to die: long enough for a box that was
 * just killed, short enough to refuse the name of a living one. */
#define GRACE_MS 300
#define POLL_MS 3

#define LOOPBACK 1 /* the index of lo, in every namespace */

static uint32_t
group_of(const struct veth *v)
{
	return v->nat ? VETH_GROUP_NAT : VETH_GROUP;
}

static int
add_pair(struct netlink *nl, const struct veth *v, uint32_t mtu, int netns)
{
	const struct ifinfomsg down = {0};
	size_t info, data, peer;

	netlink_begin(
	    nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof(down));
	netlink_put_str(nl, IFLA_IFNAME, v->host);
	netlink_put_u32(nl, IFLA_MTU, mtu);
	netlink_put_u32(nl, IFLA_GROUP, group_of(v));
	info = netlink_put(nl, IFLA_LINKINFO, NULL, 0);
	netlink_put_str(nl, IFLA_INFO_KIND, "veth");
	data = netlink_put(nl, IFLA_INFO_DATA, NULL, 0);
	peer = netlink_put(nl, VETH_INFO_PEER, &down, sizeof(down));
	netlink_put_str(nl, IFLA_IFNAME, v->box);
	netlink_put_u32(nl, IFLA_MTU, mtu);
	netlink_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)netns);
	netlink_end(nl, peer);
	netlink_end(nl, data);
	netlink_end(nl, info);
	return netlink_send(nl, NULL, NULL);
}

/* Deletes the link.  Keeps errno and said(), which belong to the failure
 * before. */
static void
remove_link(struct netlink *nl, const char *name, int index)
{
	const int saved = errno;
	char text[1024], why[256];

	snprintf(text, sizeof(text), "%s", said());
	snprintf(why, sizeof(why), "%s", said_why());
	/* A failure is no error: the link may have died with its box. */
	if (say(SAY_IP, "link delete %s", name))
		link_delete(nl, index);
	said_set(text, why);
	errno = saved;
}

/* Frees the name of the link.  Deletes the link of a dead box, before the
 * kernel does, and waits for a link that may be dying.  0: try again. */
static int
make_way(struct netlink *nl, const struct veth *v, int tries)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000};
	const char *why = "its network namespace is in use";
	struct link l;

	for (int ms = 0; ms < GRACE_MS; ms += POLL_MS) {
		if (link_get(nl, 0, v->host, &l) < 0) {
			if (tries == 0 || ms > 0)
				return 0;
			why = "the box has a link of that name";
			break;
		}
		if (!VETH_IS_BOX(l.group)) {
			why = "it is not a box's";
			break;
		}
		if (link_far_dead(nl, &l)) {
			remove_link(nl, v->host, l.index);
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	say_why(why);
	errno = EEXIST;
	return -1;
}

/* The host end's index; 0 with -n. */
static int
create(struct netlink *nl, const struct veth *v, int netns, const char *pid)
{
	uint32_t mtu = v->mtu ? v->mtu : hostnet_mtu(nl);

	if (v->len6 && mtu < VETH_MTU6)
		mtu = VETH_MTU6;
	for (int tries = 0;; tries++) {
		if (!say(SAY_IP,
			"link add %s mtu %u group %u type veth "
			"peer name %s mtu %u netns %s",
			v->host, mtu, group_of(v), v->box, mtu, pid))
			return 0;
		if (add_pair(nl, v, mtu, netns) == 0)
			return link_index(nl, v->host);
		if (errno != EEXIST || make_way(nl, v, tries) < 0)
			return -1;
	}
}

struct setting {
	const char *family, *name, *value;
};

/* Of both ends, without IPv6.  A link-local address leads to the host's
 * services past every rule for IPv4.  In the box, its network of 2^64
 * neighbours would fill the kernel's one table of IPv6 neighbours (gc_thresh3).
 */
static const struct setting no_ipv6 = {"ipv6", "disable_ipv6", "1"};

/* Of the host end, likewise: IPv6 may be turned on again for all links, but
 * even then the host takes no route from a box. */
static const struct setting no_ra = {"ipv6", "accept_ra", "0"};

/* Of both ends, with IPv6: neither end makes an address of its own, nor learns
 * an address or a route from the other. */
static const struct setting ipv6[] = {
    {"ipv6", "disable_ipv6", "0"},
    {"ipv6", "addr_gen_mode", "1"},
    {"ipv6", "accept_ra", "0"},
    {"ipv6", "accept_redirects", "0"},
    {"ipv6", "autoconf", "0"},
};

/* The sysctls of the host end, set before it is up.  The kernel's defaults
 * leave each of these ways open (ip-sysctl.rst). */
static const struct setting settings[] = {
    /* Packets of the box have the box's address. */
    {"ipv4", "rp_filter", "1"},
    /* A box that is a gateway cannot redirect the host. */
    {"ipv4", "accept_redirects", "0"},
    /* The box learns no other address of the host by ARP. */
    {"ipv4", "arp_ignore", "1"},
};

static int
set(const struct setting *s, const char *link)
{
	char path[128], now[4];
	int err;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", s->family,
	    link, s->name);
	if (!say(SAY_SH, "echo %s > %s", s->value, path) ||
	    write_at(AT_FDCWD, path, s->value) == 0)
		return 0;
	err = errno;
	/* /proc/sys is read-only, but the value is right. */
	if (read_at(AT_FDCWD, path, now, sizeof(now)) > 0 &&
	    now[0] == s->value[0])
		return 0;
	errno = err;
	/* The kernel has no IPv6: nothing to close. */
	return errno == ENOENT && strcmp(s->family, "ipv6") == 0 ? 0 : -1;
}

int
veth_localnet(const char *link, bool on)
{
	char path[128];

	path_fmt(path, sizeof(path),
	    "/proc/sys/net/ipv4/conf/%s/route_localnet", link);
	if (!say(SAY_SH, VETH_LOCALNET, on, link))
		return 0;
	return write_at(AT_FDCWD, path, on ? "1" : "0");
}

static int
localnet6(struct netlink *nl, const char *link, int index, bool on)
{
	/* Each box's link has such a route: therefore "append". */
	const struct route6 r = {.dst = in6addr_loopback,
	    .len = 128,
	    .local = true,
	    .link = index,
	    .metric = 2048};

	if (!say(SAY_IP, VETH_LOCALNET6, on ? "append" : "delete", link))
		return 0;
	if (on)
		return route6_add(nl, &r);
	/* The route goes also when the link is down for a moment. */
	return route6_delete(nl, &r) == 0 || errno == ESRCH ? 0 : -1;
}

int
veth_localnet6(const char *link, bool on)
{
	struct netlink nl;
	int index, ret;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		return -1;
	index = link_index(&nl, link);
	ret = localnet6(&nl, link, index < 0 ? 0 : index, on);
	close_keep(nl.fd);
	return ret;
}

static int
set_ipv6(const char *link)
{
	for (size_t i = 0; i < sizeof(ipv6) / sizeof(*ipv6); i++)
		if (set(&ipv6[i], link) < 0)
			return -1;
	return 0;
}

static int
close_end(const struct veth *v)
{
	if (v->len6 ? set_ipv6(v->host) < 0
		    : set(&no_ipv6, v->host) < 0 || set(&no_ra, v->host) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (set(&settings[i], v->host) < 0)
			return -1;
	return v->localnet ? veth_localnet(v->host, true) : 0;
}

/* The host end's IPv6 addresses, without the time of a search for duplicates.
 * To find a neighbour for a packet that is forwarded, the kernel asks from a
 * link-local address. */
static int
add_addrs6(struct netlink *nl, const struct veth *v, int index)
{
	struct in6_addr local = {{{0xfe, 0x80, [15] = 1}}};

	if (say(SAY_IP, "addr add fe80::1/64 dev %s nodad", v->host) &&
	    addr6_add(nl, index, &local, 64, IFA_F_NODAD) < 0)
		return -1;
	if (say(SAY_IP, "addr add %s/128 dev %s nodad noprefixroute",
		addr6_text(&v->gateway6), v->host) &&
	    addr6_add(nl, index, &v->gateway6, 128,
		IFA_F_NODAD | IFA_F_NOPREFIXROUTE) < 0)
		return -1;
	return 0;
}

static int
add_routes6(struct netlink *nl, const struct veth *v, int index)
{
	const struct route6 box = {.dst = v->addr6, .len = 128, .link = index};

	if (say(SAY_IP, "route add %s dev %s", addr6_text(&v->addr6),
		v->host) &&
	    route6_add(nl, &box) < 0)
		return -1;
	return v->localnet ? localnet6(nl, v->host, index, true) : 0;
}

/* The host end's sysctls, its address, and the route to the box. */
static int
configure(struct netlink *nl, const struct veth *v, int index)
{
	const struct route box = {.dst = v->addr, .len = 32, .link = index};

	if (close_end(v) < 0)
		return -1;
	if (say(SAY_IP, "addr add %s/32 dev %s", addr_text(v->gateway),
		v->host) &&
	    addr_add(nl, index, v->gateway, 32, 0) < 0)
		return -1;
	if (v->len6 && add_addrs6(nl, v, index) < 0)
		return -1;
	if (say(SAY_IP, "link set %s up", v->host) &&
	    link_set(nl, index, true) < 0)
		return -1;
	if (say(SAY_IP, "route add %s dev %s scope link", addr_text(v->addr),
		v->host) &&
	    route_add(nl, &box) < 0)
		return -1;
	return v->len6 ? add_routes6(nl, v, index) : 0;
}

int
veth_host(struct veth *v, int netns, const char *pid)
{
	struct netlink nl;
	int index = -1;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		return -1;
	if (hostnet_check(&nl, v) == 0 &&
	    (!v->len6 || hostnet_check6(&nl, v) == 0))
		index = create(&nl, v, netns, pid);
	v->out6 = index >= 0 && v->len6 && hostnet_out6(&nl);
	if (index >= 0 && configure(&nl, v, index) < 0) {
		remove_link(&nl, v->host, index);
		index = -1;
	}
	close(nl.fd);
	return index;
}

void
veth_remove(const struct veth *v, int index)
{
	struct netlink nl;
	const int saved = errno;

	if (netlink_open(&nl, NETLINK_ROUTE) == 0) {
		remove_link(&nl, v->host, index);
		close(nl.fd);
	}
	errno = saved;
}

static void
dead_name(char name[IFNAMSIZ], int index)
{
	snprintf(name, IFNAMSIZ, "dead%d", index);
}

/* 0, or -1 with -n, too. */
static int
rename_dead(struct netlink *nl, const char *host, int index, const char *name)
{
	if (!say(SAY_IP, "link set %s name %s", host, name))
		return -1;
	if (link_rename(nl, index, name) == 0)
		return 0;
	/* Before Linux 6.2 a link that is up keeps its name. */
	if (errno != EBUSY || !say(SAY_IP, "link set %s down", host) ||
	    link_set(nl, index, false) < 0 ||
	    !say(SAY_IP, "link set %s name %s", host, name))
		return -1;
	return link_rename(nl, index, name);
}

void
veth_retire(const struct veth *v, int index, bool left)
{
	const struct route box = {.dst = v->addr, .len = 32, .link = index};
	const struct route6 box6 = {.dst = v->addr6, .len = 128, .link = index};
	char name[IFNAMSIZ];
	struct netlink nl;

	if (left) {
		veth_remove(v, index);
		return;
	}
	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		return;
	dead_name(name, index);
	if (rename_dead(&nl, v->host, index, name) == 0) {
		if (say(SAY_IP, "route delete %s dev %s", addr_text(v->addr),
			name))
			route_delete(&nl, &box);
		if (v->len6 && say(SAY_IP, "route delete %s dev %s",
				   addr6_text(&v->addr6), name))
			route6_delete(&nl, &box6);
	}
	close(nl.fd);
}

struct dead {
	struct link *links;
	size_t n;
};

static void
note_dead(const struct nlmsghdr *h, void *arg)
{
	struct dead *dead = arg;
	char name[IFNAMSIZ];
	struct link l = {0};

	link_read(h, &l);
	dead_name(name, l.index);
	if (!VETH_IS_BOX(l.group) || strcmp(l.name, name) != 0)
		return;
	dead->links =
	    reallocarray(dead->links, dead->n + 1, sizeof(*dead->links));
	if (!dead->links)
		die("realloc");
	dead->links[dead->n++] = l;
}

void
veth_end_dead(void)
{
	struct dead dead = {0};
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		die_said();
	if (link_each_veth(&nl, note_dead, &dead) < 0)
		die("list the links");
	for (size_t i = 0; i < dead.n; i++)
		remove_link(&nl, dead.links[i].name, dead.links[i].index);
	free(dead.links);
	close(nl.fd);
}

/* A box without a way out would wait a second for each address outside, so it
 * has then a route to the other boxes alone. */
static int
box_routes6(struct netlink *nl, const struct veth *v, int index)
{
	const struct route6 host = {
	    .dst = v->gateway6, .len = 128, .src = v->addr6, .link = index};
	struct route6 out = {.via = v->gateway6, .link = index};
	char net[64] = "default";

	if (!v->out6) {
		out.dst = addr6_net(&v->addr6, v->len6);
		out.len = v->len6;
		snprintf(
		    net, sizeof(net), "%s/%u", addr6_text(&out.dst), v->len6);
	}
	if (say(SAY_IP, "route add %s dev %s src %s", addr6_text(&v->gateway6),
		v->box, addr6_text(&v->addr6)) &&
	    route6_add(nl, &host) < 0)
		return -1;
	if (say(SAY_IP, "route add %s via %s dev %s", net,
		addr6_text(&v->gateway6), v->box) &&
	    route6_add(nl, &out) < 0)
		return -1;
	return 0;
}

static int
box_addr6(struct netlink *nl, const struct veth *v, int index)
{
	if (set_ipv6(v->box) < 0)
		return -1;
	if (say(SAY_IP, "addr add %s/%u dev %s nodad noprefixroute",
		addr6_text(&v->addr6), v->len6, v->box) &&
	    addr6_add(nl, index, &v->addr6, v->len6,
		IFA_F_NODAD | IFA_F_NOPREFIXROUTE) < 0)
		return -1;
	return 0;
}

static int
box_half(struct netlink *nl, const struct veth *v)
{
	struct route host = {.dst = v->gateway, .len = 32, .src = v->addr};
	struct route out = {.via = v->gateway};
	int index = 0;

	if (say(SAY_IP, "link set lo up") && link_set(nl, LOOPBACK, true) < 0)
		return -1;
	if (say(SAY_IP, "addr add %s/%u dev %s noprefixroute",
		addr_text(v->addr), v->len, v->box) &&
	    ((index = link_index(nl, v->box)) < 0 ||
		addr_add(nl, index, v->addr, v->len, IFA_F_NOPREFIXROUTE) < 0))
		return -1;
	if (v->len6) {
		if (box_addr6(nl, v, index) < 0)
			return -1;
	} else if (set(&no_ipv6, v->box) < 0) {
		return -1;
	}
	if (say(SAY_IP, "link set %s up", v->box) &&
	    link_set(nl, index, true) < 0)
		return -1;
	host.link = out.link = index;
	if (say(SAY_IP, "route add %s dev %s scope link src %s",
		addr_text(v->gateway), v->box, addr_text(v->addr)) &&
	    route_add(nl, &host) < 0)
		return -1;
	if (say(SAY_IP, "route add default via %s dev %s",
		addr_text(v->gateway), v->box) &&
	    route_add(nl, &out) < 0)
		return -1;
	return v->len6 ? box_routes6(nl, v, index) : 0;
}

int
veth_box(const struct veth *v)
{
	struct netlink nl;
	int ret;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		return -1;
	ret = box_half(&nl, v);
	close(nl.fd);
	return ret < 0 ? ret : ping_allow();
}
