// SPDX-License-Identifier: MIT
/*
 * net-nat - a box's way out, and its published ports
 *
 * With PROG the tool stays: it holds the ports, bound but not listening, so
 * that nobody else gets them, and takes its rules back when PROG ends.  Ports
 * come first, as they are the check that most often fails; then forwarding and
 * rules; then PROG.  All signals are blocked from the first change on.
 */
#include "chain.h"
#include "die.h"
#include "firewall.h"
#include "opt.h"
#include "parse.h"
#include "resident.h"
#include "state.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SLOT = OPT_LONG,
	POOL,
	ADDR,
	HOST_LINK,
	BACKEND,
	ISOLATE,
	DNS,
};

static const struct opt opts[] = {
    {'p', "publish", "PORT:PORT",
	"the host's [ADDR:]PORT is the box's PORT[/udp]"},
    {SLOT, "slot", "N", "the slot, from which address and names follow"},
    {POOL, "pool", "CIDR", "the boxes' addresses (" SLOT_POOL ")"},
    {ADDR, "addr", "A", "the box's address, if not the slot's"},
    {HOST_LINK, "host-link", "NAME",
	"the host's link to it, if not the slot's"},
    {ISOLATE, "isolate", NULL,
	"from other boxes, the host and private networks"},
    {DNS, "dns", "ADDR", "a name server, or host, that it still may ask"},
    {BACKEND, "backend", "nft|legacy", "of iptables, if not the host's"},
    {0},
};
static const struct tool tool = {
    "net-nat", "up | down | prog [arg ...]", opts, SAY_IPT};

static struct nat nat;

/* [ADDR:]PORT:PORT[/tcp|/udp] */
static struct nat_port
parse_port(const char *s)
{
	struct nat_port p = {0};
	char words[64], *host, *box, *proto;

	if (snprintf(words, sizeof(words), "%s", s) >= (int)sizeof(words) ||
	    !(box = strrchr(words, ':')))
		goto bad;
	*box++ = '\0';
	if ((proto = strchr(box, '/'))) {
		*proto++ = '\0';
		p.udp = strcmp(proto, "udp") == 0;
		if (!p.udp && strcmp(proto, "tcp") != 0)
			goto bad;
	}
	if ((host = strrchr(words, ':'))) {
		*host++ = '\0';
		p.addr = parse_addr("--publish", words);
	}
	p.host = (uint16_t)parse_num(
	    "--publish", host ? host : words, 1, UINT16_MAX);
	p.box = (uint16_t)parse_num("--publish", box, 1, UINT16_MAX);
	return p;
bad:
	diex("--publish: '%s' is not [ADDR:]PORT:PORT[/tcp|/udp]", s);
}

/* Holds the port for as long as we live: bound but not listening.  Without
 * SO_REUSEADDR, so that one who listens on one address only is seen. */
static void
hold(const struct nat_port *p)
{
	const struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(p->addr),
	    .sin_port = htons(p->host),
	};
	const int fd = socket(
	    AF_INET, (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&sin, sizeof(sin)) < 0)
		die("publish %s:%u/%s", addr_text(p->addr), p->host,
		    p->udp ? "udp" : "tcp");
}

/* What is published, for those who look at the box from outside. */
static void
tell(void)
{
	const struct nat_port *p;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		die("open_memstream");
	for (p = nat.ports; p < nat.ports + nat.n_ports; p++)
		fprintf(f, "%s%s:%u:%u/%s", p > nat.ports ? "\n" : "",
		    addr_text(p->addr), p->host, p->box,
		    p->udp ? "udp" : "tcp");
	if (fclose(f) == EOF)
		die("open_memstream");
	if (nat.n_ports)
		state_put("ports", "%s", text);
	free(text);
}

/* PROG in a child, the firewall as long as that lives. */
__attribute__((noreturn)) static void
around(char *argv[])
{
	const pid_t parent = getpid();
	struct resident r = {.pid = fork()};
	int status = EXIT_TOOL;

	if (r.pid == 0) {
		resident_child();
		resident_die_with(parent);
		/* For net-veth: localhost's way needs route_localnet. */
		if (nat.n_ports)
			setenv("BOX_LOCALNET", "1", 1);
		chain(argv);
	}
	if (r.pid < 0)
		warn("fork");
	else
		status = resident_wait(&r);
	exit(firewall_back() < 0 ? EXIT_TOOL : status);
}

int
main(int argc, char *argv[])
{
	const char *num = NULL, *pool = NULL, *addr = NULL, *link = NULL;
	const char *backend = NULL;
	struct resolv dns = {0};
	bool up, down, dry;
	int c;

	tool_start(&tool);
	nat.ports = calloc((size_t)argc, sizeof(*nat.ports));
	if (!nat.ports)
		die("calloc");
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case 'p':
			nat.ports[nat.n_ports++] = parse_port(optarg);
			break;
		case SLOT:
			num = optarg;
			break;
		case POOL:
			pool = optarg;
			break;
		case ADDR:
			addr = optarg;
			break;
		case HOST_LINK:
			link = parse_name("--host-link", optarg, IFNAMSIZ - 1);
			break;
		case ISOLATE:
			nat.isolate = true;
			break;
		case DNS:
			resolv_add(&dns, optarg);
			break;
		case BACKEND:
			backend = optarg;
			break;
		}
	argv += optind;
	dry = say_modes() & SAY_DRY;
	if (!*argv)
		opt_usage(&tool);
	up = strcmp(*argv, "up") == 0;
	down = strcmp(*argv, "down") == 0;
	if ((up || down) && argv[1])
		opt_usage(&tool);
	nat.slot = slot_get(num, pool);
	nat.addr = addr ? parse_addr("--addr", addr) : slot_addr(&nat.slot);
	slot_link(&nat.slot, nat.link, sizeof(nat.link));
	if (link)
		strcpy(nat.link, link);
	if (dns.n || dns.word)
		nat.n_dns = resolv_servers(&dns, nat.dns);
	if (!dry && geteuid() != 0) {
		errno = EPERM;
		die_hint("sudo net-nat ...", "change the host's firewall");
	}
	/* From here on a signal waits until all is done, or taken back. */
	resident_begin();
	firewall_of(&nat, backend);
	if (down) {
		firewall_down();
		return 0;
	}
	for (size_t i = 0; i < nat.n_ports && !dry; i++)
		hold(&nat.ports[i]);
	firewall_up(up);
	if (up)
		return 0;
	say_next(argv);
	tell();
	around(argv);
}
