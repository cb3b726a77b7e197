// SPDX-License-Identifier: MIT
/*
 * net-user - a network for the box without a link of the host's
 *
 * The stage asks the doorman to start pasta(1), which carries the box's packets
 * by sockets of its own: so the box needs no address, no rule and no root of
 * the host.
 */
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/slot.h"
#include "nat/ports.h"
#include "net/loopback.h"
#include "net/ping.h"
#include "payload/caps.h"
#include "spawn/pasta.h"
#include "spawn/pasta6.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/opt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDR = OPT_LONG };

static const struct opt opts[] = {
    {'p', "publish", "PORT:PORT",
	"the host's [ADDR:]PORT is the box's PORT[/udp]"},
    {ADDR, "addr", "A/LEN", "the box's address (10.0.0.2/24)"},
    {0},
};
static const struct tool tool = {"net-user", "prog [arg ...]", opts, SAY_SH};

/* The hint for an errno, by the begin of said() and a part of the reason. */
static const struct {
	int err;
	const char *said, *why, *hint;
} hints[] = {
    {ENOENT, "pasta", "", "apt-get install passt"},
    {ENOENT, "open", "", "modprobe tun"},
    {EACCES, "open", "", "chmod 666 /dev/net/tun"},
    {EACCES, "--publish", "",
	"a port from 1024 on, or sysctl -w "
	"net.ipv4.ip_unprivileged_port_start=0"},
    {EIO, "pasta", "nterface",
	"the host needs a default route: ip route add default ..."},
    {EPROTONOSUPPORT, "ip xfrm", "",
	"modprobe xfrm_user, or a passt of 2025; in a box, --seccomp off for "
	"that one"},
    {EAFNOSUPPORT, "ip -6 rule", "",
	"a passt of 2025 or newer: this kernel lacks "
	"CONFIG_IPV6_MULTIPLE_TABLES"},
    {EINVAL, "the box", "", "ns-spawn without --net host and --user host"},
    {EINVAL, "ns-spawn --leave", "", "ns-spawn without --leave"},
};

__attribute__((noreturn)) static void
fail(void)
{
	const int err = errno;
	/* Pasta's reason is no errno; a port's has words of its own. */
	const char *why = err == EIO		 ? said_why()
			  : err == EADDRNOTAVAIL ? port_error()
						 : strerror(err);

	warnx("%s: %s", said(), why);
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (hints[i].err == err &&
		    strstr(said(), hints[i].said) == said() &&
		    strstr(why, hints[i].why))
			hint("%s", hints[i].hint);
	exit(EXIT_TOOL);
}

static void
add_ports(struct usernet *u, const struct nat *n)
{
	if (n->n_ports > DOOR_PORTS)
		diex("--publish: more than %d ports", DOOR_PORTS);
	for (size_t i = 0; i < n->n_ports; i++) {
		u->ports[i].family = n->ports[i].family;
		u->ports[i].addr6 = n->ports[i].addr6;
		u->ports[i].addr = n->ports[i].addr;
		u->ports[i].host = n->ports[i].host;
		u->ports[i].box = n->ports[i].box;
		u->ports[i].udp = n->ports[i].udp;
	}
	u->n_ports = (uint32_t)n->n_ports;
}

/* Our own pid, as the host's /proc, which is still ours, has it. */
static int32_t
host_pid(void)
{
	char pid[16] = "";

	if (readlink("/proc/self", pid, sizeof(pid) - 1) < 0)
		die("read /proc/self");
	return atoi(pid);
}

/* With the rules no box can bother its pasta by a routing header; what an older
 * one LEAKS takes policies.  A newer one, too, takes a raw packet for
 * ::ffff:127.0.0.1 to the host's loopback. */
static void
close_loopback(bool leaks)
{
	const uint64_t cuts = caps_list("", "NET_ADMIN,NET_RAW");

	if (loopback_keep6() < 0 && (leaks || errno != EAFNOSUPPORT))
		fail();
	if (leaks && loopback_keep4() < 0)
		fail();
	if (say_modes() & SAY_DRY)
		return;
	caps_bound(~cuts);
	caps_limit(~cuts, 0);
	if (setenv("BOX_CUT", tool.name, 1) < 0)
		die("setenv");
}

/* -n without a box: root's boxes have the ids of their slots. */
static int
print(struct usernet *u)
{
	const struct slot slot = slot_get(NULL, NULL, NULL);
	const uid_t uid = geteuid() ? geteuid() : slot_ids(&slot);

	return pasta_start(u, uid, uid);
}

int
main(int argc, char *argv[])
{
	struct usernet u = {.addr = 0x0a000002, .len = 24};
	struct nat n = {0};
	unsigned len;
	bool leaks = false, six;
	int c, ret;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1) {
		switch (c) {
		case 'p':
			ports_parse(&n, "--publish", optarg);
			break;
		case ADDR:
			u.addr = addr_parse_net("--addr", optarg, &len);
			u.len = len;
			addr_check_host("--addr", u.addr, len);
			break;
		}
	}
	argv += optind;
	if (!*argv)
		opt_usage(&tool);
	u.gateway = (u.addr & addr_mask(u.len)) + 1;
	if (u.len > 30 || u.gateway == u.addr)
		diex("--addr: %s/%u leaves no room for a gateway, the first "
		     "address of the network",
		    addr_text(u.addr), u.len);
	add_ports(&u, &n);
	if (door_fd() >= 0) {
		pasta6_before();
		u.pid = host_pid();
		ret = door_user(&u, &leaks);
	} else if (say_modes() & SAY_DRY) {
		ret = print(&u) < 0 ? -1 : pasta_leaks(&leaks);
	} else {
		errno = 0;
		die_hint("ns-spawn net-user ...",
		    "no door: net-user must follow ns-spawn directly or "
		    "through our own stages");
	}
	if (ret < 0)
		fail();
	if (ping_allow() < 0)
		die_said();
	six = !(say_modes() & SAY_DRY) && pasta6_after();
	close_loopback(leaks);
	/* For the box's files in /etc. */
	if (setenv("BOX_ADDR", addr_text(u.addr), 1) < 0 ||
	    setenv("BOX_DNS", PASTA_DNS, 1) < 0 ||
	    (six && setenv("BOX_ADDR6", PASTA_ADDR6, 1) < 0))
		die("setenv");
	say_next(argv);
	chain(argv);
}
