// SPDX-License-Identifier: MIT
/*
 * net-veth - a veth pair between the box and the host
 *
 * In the chain net-veth runs in the box, as the box's root, with power over the
 * box's network only, and asks the doorman for the host's half.  With --pid it
 * runs on the host and makes both halves, the box's from inside of the box's
 * network namespace.  At the end the doorman frees the name and the route; the
 * kernel deletes the pair together with the box's namespace.
 */
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "box/slot.h"
#include "net/hostnet.h"
#include "net/veth.h"
#include "ns/ns.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/opt.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PID = OPT_LONG,
	SLOT,
	POOL,
	POOL6,
	ADDR,
	GATEWAY,
	HOST_LINK,
	BOX_LINK,
	MTU,
	LOCALNET,
	NAT
};

static const struct opt opts[] = {
    {PID, "pid", "PID", "from the host, for the box of that process"},
    {SLOT, "slot", "N", "the box's number: its address, its link's name"},
    {POOL, "pool", "CIDR", "the network of all slots (" SLOT_POOL ")"},
    {POOL6, "pool6", "CIDR", "IPv6, too: the network of all slots"},
    {ADDR, "addr", "A/LEN", "the box's address, instead of the slot's"},
    {GATEWAY, "gateway", "A", "the host end's (its network's first)"},
    {HOST_LINK, "host-link", "NAME", "the host end's name, not the slot's"},
    {BOX_LINK, "box-link", "NAME", "the box end's name (veth1)"},
    {MTU, "mtu", "BYTES", "of both ends (as the host's route out)"},
    {LOCALNET, "localnet", NULL, "let localhost be forwarded to the box"},
    {NAT, "nat", NULL, "let the box out by net-nat's shared rules"},
    {0},
};
static const struct tool tool = {"net-veth", "[prog [arg ...]]", opts, SAY_IP};

/* The hint for an errno, and the begin of said(). */
static const struct {
	int err;
	const char *said, *hint;
} hints[] = {
    {EADDRINUSE, "IPv6", "--pool6 fd99::/64, or another free network"},
    {EADDRINUSE, "", "export BOX_POOL=10.99.0.0/24, or another free network"},
    {EEXIST, "",
	"--slot N (net-lease finds one), --box-link NAME for the box's"},
    {EPERM, "", "sudo: the host's network needs CAP_NET_ADMIN"},
    {EACCES, "", "sudo: the host's network needs CAP_NET_ADMIN"},
    {EOPNOTSUPP, "", "modprobe veth"},
};

__attribute__((noreturn)) static void
fail(void)
{
	if (errno == EAFNOSUPPORT)
		die_hint(hostnet_hint6(), "%s%s%s", said(),
		    *said_why() ? ": " : "", said_why());
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (hints[i].err == errno &&
		    strstr(said(), hints[i].said) == said())
			die_hint(hints[i].hint, "%s%s%s", said(),
			    *said_why() ? ": " : "", said_why());
	die_said();
}

/* Derives from the slot all that no option has set. */
static void
complete(struct veth *v, const struct slot *s)
{
	if (!v->host[0])
		slot_link(s, v->host, sizeof(v->host));
	if (!v->box[0])
		strcpy(v->box, "veth1");
	if (!v->addr) {
		v->addr = slot_addr(s);
		v->len = s->len;
		addr_check_host("--pool", v->addr, v->len);
	}
	if (!v->gateway && v->len > 30)
		diex("--addr: a network of length %u has no room for a "
		     "gateway: --gateway is missing",
		    v->len);
	if (!v->gateway)
		v->gateway = (v->addr & addr_mask(v->len)) + 1;
	if (v->addr == v->gateway)
		diex("--gateway: %s is the box's own address",
		    addr_text(v->addr));
	if (!s->has6)
		return;
	if (v->mtu && v->mtu < VETH_MTU6)
		diex("--mtu: %u: a link with IPv6 has at least %d", v->mtu,
		    VETH_MTU6);
	v->addr6 = slot_addr6(s);
	v->gateway6 = slot_gateway6(s);
	v->len6 = s->len6;
}

/* The box's half, for ip -batch.  ip enters a network namespace by a name only:
 * the first line makes a name, the last one removes the name. */
static void
print_box(const struct veth *v, const char *pid)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "netns exec net-veth-%s ip ", pid);
	say(SAY_IP, "netns attach net-veth-%s %s", pid, pid);
	say_ip_prefix(prefix);
	veth_box(v);
	say_ip_prefix("");
	say(SAY_IP, "netns delete net-veth-%s", pid);
}

static void
from_box(struct veth *v)
{
	static const char pid[] = "$BOX_PID";
	const bool dry = say_modes() & SAY_DRY;

	errno = 0;
	if (door_fd() < 0 && !dry)
		die_hint("ns-spawn net-veth ..., or net-veth --pid PID",
		    "no door: net-veth must follow ns-spawn directly or "
		    "through our own stages");
	if ((door_fd() < 0 ? veth_host(v, -1, pid) : door_veth(v)) < 0)
		fail();
	if (dry)
		print_box(v, pid);
	else if (veth_box(v) < 0)
		fail();
}

static void
from_host(struct veth *v, const char *pid)
{
	const int netns = ns_open(atoi(pid), NS_NET), own = ns_open(0, NS_NET);
	struct stat st, own_st;
	int index, ret;

	said_set(text_fmt("/proc/%s/ns/net", pid), "");
	if (netns < 0 || own < 0 || fstat(netns, &st) < 0 ||
	    fstat(own, &own_st) < 0)
		fail();
	if (st.st_ino == own_st.st_ino)
		diex("--pid: process %s is in this very network namespace, "
		     "not in a box's",
		    pid);
	if ((index = veth_host(v, netns, pid)) < 0)
		fail();
	if (say_modes() & SAY_DRY) {
		print_box(v, pid);
		return;
	}
	say(SAY_SH, "nsenter -t %s -n", pid);
	ret = setns(netns, CLONE_NEWNET);
	if (ret == 0) {
		ret = veth_box(v);
		if (setns(own, CLONE_NEWNET) < 0)
			die("setns back");
	}
	if (ret < 0) {
		veth_remove(v, index);
		fail();
	}
}

int
main(int argc, char *argv[])
{
	const char *pid = NULL, *slot = NULL, *pool = NULL, *pool6 = NULL;
	struct veth v = {
	    .localnet = strcmp(env_or("BOX_LOCALNET", "0"), "0") != 0,
	    .nat = strcmp(env_or("BOX_NAT", "0"), "0") != 0};
	struct slot s;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1) {
		switch (c) {
		case PID:
			parse_num("--pid", pid = optarg, 1, INT32_MAX);
			break;
		case SLOT:
			slot = optarg;
			break;
		case POOL:
			pool = optarg;
			break;
		case POOL6:
			pool6 = optarg;
			break;
		case ADDR:
			v.addr = addr_parse_net("--addr", optarg, &v.len);
			addr_check_host("--addr", v.addr, v.len);
			break;
		case GATEWAY:
			/* It may be outside of the box's network. */
			v.gateway = addr_parse("--gateway", optarg);
			addr_check_host("--gateway", v.gateway, 32);
			break;
		case HOST_LINK:
			strcpy(v.host,
			    parse_name("--host-link", optarg, IFNAMSIZ - 1));
			break;
		case BOX_LINK:
			strcpy(v.box,
			    parse_name("--box-link", optarg, IFNAMSIZ - 1));
			break;
		case MTU:
			/* The kernel's bounds: it refuses without a text. */
			v.mtu = (uint32_t)parse_num("--mtu", optarg, 68, 65535);
			break;
		case LOCALNET:
			v.localnet = 1;
			break;
		case NAT:
			v.nat = 1;
			break;
		}
	}
	argv += optind;
	if (!*argv && !pid)
		opt_usage(&tool);
	s = slot_get(slot, pool, pool6);
	complete(&v, &s);
	errno = 0;
	if (v.len6 && !pool6 && strcmp(env_or("BOX_NAT6", "0"), "0") == 0)
		die_hint("net-nat behind net-lease; or net-veth --pool6 POOL",
		    "IPv6 without net-nat, which refuses forged addresses");
	if (pid)
		from_host(&v, pid);
	else
		from_box(&v);
	/* For the box's /etc/hosts. */
	if (setenv("BOX_ADDR", addr_text(v.addr), 1) < 0 ||
	    setenv("BOX_GATEWAY", addr_text(v.gateway), 1) < 0)
		die("setenv");
	if (v.len6 &&
	    (setenv("BOX_ADDR6", addr6_text(&v.addr6), 1) < 0 ||
		setenv("BOX_GATEWAY6", addr6_text(&v.gateway6), 1) < 0))
		die("setenv");
	if (!*argv)
		return 0;
	say_next(argv);
	chain(argv);
}
