// SPDX-License-Identifier: MIT
/*
 * net-nat - a box's way out, and its published ports
 *
 * With PROG the tool stays: its sockets, bound but not listening, hold the
 * ports, and it removes its rules when PROG ends.  The order is ports, the
 * check that fails most often; rules and forwarding; PROG.  All signals are
 * blocked from the first change on.
 */
#include "base/addr.h"
#include "base/die.h"
#include "base/parse.h"
#include "box/state.h"
#include "nat/ctl.h"
#include "nat/firewall.h"
#include "nat/flows.h"
#include "nat/ports.h"
#include "net/hostnet.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/inherit.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SLOT = OPT_LONG,
	POOL,
	POOL6,
	ADDR,
	HOST_LINK,
	BACKEND,
	ISOLATE,
	DNS,
	FLOWS,
	BOX,
	UNPUBLISH,
};

static const struct opt opts[] = {
    {'p', "publish", "PORT:PORT",
	"the host's [ADDR:]PORT is the box's PORT[/udp]"},
    {SLOT, "slot", "N", "the box's number: its address, its link's name"},
    {POOL, "pool", "CIDR", "the boxes' addresses (" SLOT_POOL ")"},
    {POOL6, "pool6", "CIDR", "IPv6, too: the network of all slots"},
    {ADDR, "addr", "A", "the box's address, if not the slot's"},
    {HOST_LINK, "host-link", "NAME",
	"the host's link to the box, if not the slot's"},
    {ISOLATE, "isolate", NULL,
	"cut off from boxes, the host, private networks"},
    {DNS, "dns", "ADDR", "a name server, auto or host, for --isolate"},
    {FLOWS, "flows", "N", "at most, begun by the box, or max (2048)"},
    {BACKEND, "backend", "nft|legacy", "of iptables, if not the host's"},
    {BOX, "box", "NAME", "up, down: only the ports of that running box"},
    {UNPUBLISH, "unpublish", "PORT:PORT",
	"down: a port of --box, as --publish"},
    {0},
};
static const struct tool tool = {
    "net-nat", "up | down | prog [arg ...]", opts, SAY_IPT};

static struct nat nat = {.flows = NAT_FLOWS};

/* The ports after the request R: one more, at the end, or one less.  *FD
 * becomes that port's socket.  NULL with the reason in *WHY. */
static struct nat_port *
wanted(const struct natctl_request *r, size_t *n, int *fd, const char **why)
{
	struct nat_port port = r->port, *ports;

	*n = 0;
	*why = "the box has no IPv6";
	if (!port_fits(&port, nat.slot.has6))
		return NULL;
	ports = calloc(nat.n_ports + 1, sizeof(*ports));
	*fd = r->add ? port_hold(&port) : -1;
	*why = r->add || !ports ? port_error() : "it is not published";
	for (size_t i = 0; i < nat.n_ports && ports; i++)
		if (!r->add && port_same(&nat.ports[i], &port))
			*fd = nat.ports[i].fd;
		else
			ports[(*n)++] = nat.ports[i];
	if (!ports || *fd < 0) {
		free(ports);
		return NULL;
	}
	if (r->add) {
		ports[*n] = port;
		ports[(*n)++].fd = *fd;
	}
	return ports;
}

/* Makes the N ports *PORTS, of which PORT is new, or missing, those of the box,
 * and *PORTS those before.  False with REASON. */
static bool
swap(struct nat_port **ports, size_t *n, const struct nat_port *port,
    char *reason, size_t len)
{
	struct nat_port *old = nat.ports;
	const size_t n_old = nat.n_ports;

	if (firewall_ports(*ports, *n, reason, len) < 0)
		return false;
	nat.ports = *ports;
	nat.n_ports = *n;
	*ports = old;
	*n = n_old;
	flows_end(&(struct flow_box){.has6 = nat.slot.has6}, port, 1);
	ports_tell(&nat);
	return true;
}

/* Makes the change R, to N ports, and answers; whether it stays made. */
static bool
carry_out(
    const struct natctl_request *r, int conn, struct nat_port **ports, size_t n)
{
	const struct texts texts = firewall_ports_texts(*ports, n);
	struct nat_port port = r->add ? (*ports)[n - 1] : r->port;
	char reason[512];
	bool done = !r->dry && swap(ports, &n, &port, reason, sizeof(reason));

	if (!done && !r->dry)
		natctl_refuse(conn, reason);
	else if (natctl_answer(conn, &texts) < 0 && done) {
		/* Nobody knows of the change. */
		done = !swap(ports, &n, &port, reason, sizeof(reason));
		if (done)
			warnx("take %s back: %s", port_text(&port), reason);
	}
	free(texts.of[IP4]);
	free(texts.of[IP6]);
	return done;
}

/* Reads and answers a request to change the ports; for resident_wait(). */
static bool
change(int listening)
{
	struct natctl_request r;
	const int conn = natctl_next(listening, &r);
	struct nat_port *ports;
	const char *why;
	size_t n;
	bool done;
	int fd;

	if (conn < 0)
		return true;
	ports = wanted(&r, &n, &fd, &why);
	if (ports) {
		done = carry_out(&r, conn, &ports, n);
		/* The socket of a port that is not published. */
		if (done != (r.add != 0))
			close(fd);
		if (done)
			ports_keep(&nat);
		free(ports);
	} else {
		natctl_refuse(conn, why);
	}
	/* The other side has waited for this. */
	close(conn);
	return true;
}

/* Runs PROG in a child, and removes the firewall at its end. */
__attribute__((noreturn)) static void
around(char *argv[])
{
	const pid_t parent = getpid();
	const int requests = natctl_listen();
	struct resident r = {.pid = fork(), .fd = requests, .ready = change};
	int status = EXIT_TOOL;

	if (r.pid == 0) {
		resident_child();
		resident_die_with(parent, SIGKILL);
		inherit_drop(INHERIT_PUT);
		inherit_drop(INHERIT_GET);
		/* For net-veth: route_localnet, for the host's localhost. */
		if (nat.n_ports)
			setenv("BOX_LOCALNET", "1", 1);
		if (nat.isolate)
			setenv("BOX_ISOLATED", "1", 1);
		if (firewall_pooled())
			setenv("BOX_NAT", "1", 1);
		chain(argv);
	}
	if (r.pid < 0)
		warn("fork");
	else
		status = resident_wait(&r);
	exit(firewall_back() < 0 ? EXIT_TOOL : status);
}

/* Words that are read when all options are known. */
static struct {
	const char *num, *pool, *pool6, *addr, *link, *backend, *box;
	struct resolv dns;
	bool unpublish;
} given;

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case 'p':
			ports_parse(&nat, "--publish", optarg);
			break;
		case SLOT:
			given.num = optarg;
			break;
		case POOL:
			given.pool = optarg;
			break;
		case POOL6:
			given.pool6 = optarg;
			break;
		case ADDR:
			given.addr = optarg;
			break;
		case HOST_LINK:
			given.link =
			    parse_name("--host-link", optarg, IFNAMSIZ - 1);
			break;
		case ISOLATE:
			nat.isolate = true;
			break;
		case DNS:
			resolv_add(&given.dns, optarg);
			break;
		case FLOWS:
			nat.flows = strcmp(optarg, "max") == 0
					? 0
					: (uint32_t)parse_num(
					      "--flows", optarg, 1, INT32_MAX);
			break;
		case BACKEND:
			given.backend = optarg;
			break;
		case BOX:
			given.box = state_name("--box", optarg);
			break;
		case UNPUBLISH:
			given.unpublish = true;
			ports_parse(&nat, "--unpublish", optarg);
			break;
		}
	if (!argv[optind])
		opt_usage(&tool);
}

/* Whether the shared rules fit the box, but for its ports and its isolation.
 * They find its link by the group that net-veth puts it in, and are in the back
 * end that all boxes use. */
static bool
is_plain(void)
{
	return nat.flows == NAT_FLOWS && !given.addr && !given.link &&
	       !given.backend;
}

/* Whether the program is a stage, which leads to a net-veth that knows of the
 * rules.  A net-veth that a foreign program runs does not. */
static bool
before_stage(const char *name)
{
	bool own = false;
	const int fd = door_fd() < 0 ? chain_open(name, &own) : -1;

	if (fd >= 0)
		chain_opened(fd, own);
	return own;
}

/* Checks what IPv6 the box is to have, and may not have. */
static void
fit_v6(bool down)
{
	struct nat_port *p;

	for (p = nat.ports; p < nat.ports + nat.n_ports; p++)
		if (!port_fits(p, nat.slot.has6))
			diex("--publish %s: the box has no IPv6 (--pool6)",
			    port_text(p));
	if (!nat.slot.has6)
		return;
	if (nat.isolate)
		diex("--isolate: not with IPv6, whose addresses near and far "
		     "look the same");
	nat.addr6 = slot_addr6(&nat.slot);
	/* For net-veth: a rule of ours binds the source address. */
	if (setenv("BOX_NAT6", "1", 1) < 0)
		die("setenv");
	/* Rules go in any case. */
	if (!down && hostnet_has6() < 0) {
		warnx("--pool6: %s: %s", said(),
		    *said_why() ? said_why() : strerror(errno));
		hint("%s", hostnet_hint6());
		exit(EXIT_TOOL);
	}
}

/* With -n (DRY) only to find a free port. */
static void
hold_ports(bool dry)
{
	struct nat_port *p;

	/* Else a port of our own would count as another program's. */
	if (ports_take(nat.ports, nat.n_ports) < 0)
		die("take the ports that were kept for a restart");
	for (p = nat.ports; p < nat.ports + nat.n_ports; p++)
		if (p->fd < 0 && (!dry || p->host == 0) &&
		    (p->fd = port_hold(p)) < 0)
			diex("--publish %s: %s", port_text(p), port_error());
}

int
main(int argc, char *argv[])
{
	struct nat_port *p;
	bool up, down, dry;

	tool_start(&tool);
	title_begin(argv);
	parse(argc, argv);
	argv += optind;
	dry = say_modes() & SAY_DRY;
	up = strcmp(*argv, "up") == 0;
	down = strcmp(*argv, "down") == 0;
	if ((up || down) && argv[1])
		opt_usage(&tool);
	if (given.unpublish && !(given.box && down))
		diex("--unpublish: needs --box, and down");
	if (given.box) {
		if ((!up && !down) || !nat.n_ports)
			diex("--box: needs --publish, and up or down");
		for (p = nat.ports; p < nat.ports + nat.n_ports; p++)
			natctl_ask(given.box, up, p);
		return 0;
	}
	nat.slot = slot_get(given.num, given.pool, given.pool6);
	fit_v6(down);
	nat.addr = given.addr ? addr_parse("--addr", given.addr)
			      : slot_addr(&nat.slot);
	slot_link(&nat.slot, nat.link, sizeof(nat.link));
	if (given.link)
		strcpy(nat.link, given.link);
	nat.pooled = !up && !down && is_plain() && before_stage(*argv);
	if (given.dns.n || given.dns.word)
		nat.n_dns = resolv_servers(&given.dns, nat.dns);
	if (!dry && geteuid() != 0) {
		errno = EPERM;
		die_hint("sudo net-nat ...", "change the host's firewall");
	}
	/* From here on a signal waits until all is made, or undone. */
	resident_begin();
	firewall_of(&nat, given.backend);
	if (down) {
		firewall_down();
		return 0;
	}
	hold_ports(dry);
	firewall_up(up);
	if (up)
		return 0;
	say_next(argv);
	ports_keep(&nat);
	ports_tell(&nat);
	around(argv);
}
