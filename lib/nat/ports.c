// SPDX-License-Identifier: MIT
/* ports - the published ports of a box */
#include "nat/ports.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/parse.h"
#include "box/state.h"
#include "stage/inherit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
add(struct nat *n, const struct nat_port *p)
{
	n->ports = reallocarray(n->ports, n->n_ports + 1, sizeof(*p));
	if (!n->ports)
		die("realloc");
	n->ports[n->n_ports++] = *p;
}

/* The first port of WORD, and the number of ports. */
static uint16_t
parse_range(const char *what, char *word, uint64_t *count)
{
	char *last = strchr(word, '-');
	uint64_t first;

	if (last)
		*last++ = '\0';
	first = parse_num(what, word, 1, UINT16_MAX);
	*count =
	    last ? parse_num(what, last, first, UINT16_MAX) - first + 1 : 1;
	return (uint16_t)first;
}

/* The host's address WORD.  A link-local one would need a link. */
static void
parse_addr(struct nat_port *p, const char *what, char *word)
{
	char *end;

	if (*word != '[') {
		p->family = AF_INET;
		p->addr = addr_parse(what, word);
		if (IN_MULTICAST(p->addr))
			diex(
			    "%s: '%s' is an address of many hosts", what, word);
		return;
	}
	/* Another character behind the bracket makes the address a bad one. */
	end = word + strlen(word) - 1;
	if (*end == ']')
		*end = '\0';
	p->family = AF_INET6;
	if (!addr6_read(word + 1, &p->addr6) ||
	    IN6_IS_ADDR_LINKLOCAL(&p->addr6) ||
	    IN6_IS_ADDR_MULTICAST(&p->addr6) || IN6_IS_ADDR_V4MAPPED(&p->addr6))
		diex("%s: '%s' is not an IPv6 address, or not one for ports",
		    what, word + 1);
}

void
ports_parse(struct nat *n, const char *what, const char *s)
{
	struct nat_port p = {.fd = -1};
	char words[96], *host, *box, *proto;
	uint64_t hosts, boxes;

	if (snprintf(words, sizeof(words), "%s", s) >= (int)sizeof(words))
		goto bad;
	if ((box = strrchr(words, ':')))
		*box++ = '\0';
	else
		box = words;
	if ((proto = strchr(box, '/'))) {
		*proto++ = '\0';
		p.udp = strcmp(proto, "udp") == 0;
		if (!p.udp && strcmp(proto, "tcp") != 0)
			goto bad;
	}
	if (*words == '[' && !strstr(words, "]:"))
		goto bad;
	host = strrchr(words, ':');
	if (host) {
		*host++ = '\0';
		parse_addr(&p, what, words);
	} else if (strchr(words, '.')) {
		goto bad;
	}
	p.box = parse_range(what, box, &boxes);
	/* The kernel chooses a free port in place of 0. */
	if (box == words || (host && !*host))
		hosts = boxes;
	else
		p.host = parse_range(what, host ? host : words, &hosts);
	if (hosts != boxes)
		diex("%s: '%s' has %ju ports of the host for %ju of the box",
		    what, s, (uintmax_t)hosts, (uintmax_t)boxes);
	for (; boxes > 0; boxes--, p.box++, p.host += p.host > 0)
		add(n, &p);
	return;
bad:
	diex("%s: '%s' is not [[ADDR:][PORT]:]PORT[/tcp|/udp]", what, s);
}

const char *
port_text(const struct nat_port *p)
{
	static char text[80];
	const bool v6 = p->family == AF_INET6;

	snprintf(text, sizeof(text), "%s%s%s:%u:%u/%s", v6 ? "[" : "",
	    v6 ? addr6_text(&p->addr6) : addr_text(p->addr), v6 ? "]" : "",
	    p->host, p->box, p->udp ? "udp" : "tcp");
	return text;
}

/* All addresses of both families, by one socket (FAMILY is 0), or of one.  -1
 * with errno. */
static int
open_port(const struct nat_port *p, int family)
{
	const int type = (p->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
	const int one = family != 0;
	const int fd = socket(family ? family : AF_INET6, type, 0);

	if (fd >= 0 && family != AF_INET &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0)
		return close_keep(fd);
	return fd;
}

/* With REUSE, connections of an earlier program do not hold the port, and
 * bind(2) does not see another such socket that is bound but not listening. */
static int
bind_port(struct nat_port *p, int reuse)
{
	const struct sockaddr_in v4 = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(p->addr),
	    .sin_port = htons(p->host),
	};
	const struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6,
	    .sin6_addr = p->addr6,
	    .sin6_port = htons(p->host),
	};
	struct sockaddr_in6 got = {0};
	socklen_t len = sizeof(got);
	int family = p->family, fd = open_port(p, family), r;

	/* The kernel may have no IPv6. */
	if (fd < 0 && !family)
		fd = open_port(p, family = AF_INET);
	if (fd < 0)
		return -1;
	if (reuse && !p->udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
	r = family == AF_INET ? bind(fd, (const void *)&v4, sizeof(v4))
			      : bind(fd, (const void *)&v6, sizeof(v6));
	/* The port is at the same place in both kinds of address. */
	if (r == 0 && p->host == 0 &&
	    (r = getsockname(fd, (void *)&got, &len)) == 0)
		p->host = ntohs(got.sin6_port);
	return r < 0 ? close_keep(fd) : fd;
}

int
port_hold(struct nat_port *p)
{
	return bind_port(p, 0);
}

int
port_check(struct nat_port *p)
{
	const int fd = bind_port(p, 1);

	return fd < 0 ? -1 : close(fd);
}

const char *
port_error(void)
{
	return errno == EADDRNOTAVAIL ? "not an address of this host"
				      : strerror(errno);
}

bool
port_same(const struct nat_port *a, const struct nat_port *b)
{
	return a->family == b->family && a->addr == b->addr &&
	       IN6_ARE_ADDR_EQUAL(&a->addr6, &b->addr6) && a->host == b->host &&
	       a->box == b->box && a->udp == b->udp;
}

bool
port_fits(struct nat_port *p, bool has6)
{
	if (!has6 && p->family == AF_INET && !p->addr)
		p->family = 0;
	return has6 || p->family != AF_INET6;
}

/* Whether P, which has no socket yet, may be the port KEPT. */
static bool
is_for(const struct nat_port *p, const struct nat_port *kept)
{
	struct nat_port same = *p;

	if (same.host == 0)
		same.host = kept->host;
	return p->fd < 0 && port_same(&same, kept);
}

int
ports_take(struct nat_port *ports, size_t n)
{
	const int from = inherit_fd(INHERIT_GET);
	struct nat_port kept;
	ssize_t got;
	size_t i;
	int fd;

	if (from < 0)
		return 0;
	while (
	    (got = fd_recv(from, &kept, sizeof(kept), &fd)) == sizeof(kept)) {
		for (i = 0; i < n && !is_for(&ports[i], &kept); i++)
			;
		kept.fd = fd;
		if (i < n)
			ports[i] = kept;
		else
			close(fd);
	}
	return got < 0 && errno != EAGAIN ? -1 : 0;
}

/* A socket in the queue stays open, and its port held, after net-nat's end. */
void
ports_keep(const struct nat *n)
{
	const int to = inherit_fd(INHERIT_PUT);
	const int room = (int)n->n_ports * 4096;

	if (to < 0)
		return;
	if (ports_take(NULL, 0) < 0)
		warn("take the ports that were kept for a restart");
	setsockopt(to, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	for (size_t i = 0; i < n->n_ports; i++)
		if (fd_send(to, &n->ports[i], sizeof(*n->ports),
			n->ports[i].fd) < 0)
			warn("keep %s for a restart", port_text(&n->ports[i]));
}

void
ports_tell(const struct nat *n)
{
	const struct nat_port *p;
	char *text;
	FILE *f;

	if (!box_name())
		return;
	if (!n->n_ports) {
		state_drop(box_name(), (const char *[]){"ports", NULL});
		return;
	}
	f = text_open(&text);
	for (p = n->ports; p < n->ports + n->n_ports; p++) {
		struct nat_port v6 = *p;

		fprintf(f, "%s%s", p > n->ports ? "\n" : "", port_text(p));
		v6.family = AF_INET6;
		if (!p->family && n->slot.has6)
			fprintf(f, "\n%s", port_text(&v6));
	}
	text_close(f);
	state_note("ports", "%s", text);
	free(text);
}
