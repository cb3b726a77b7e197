// SPDX-License-Identifier: MIT
/*
 * nat - a box's firewall, as text
 *
 * Chains are made with -N, which fails where there is one of that name: so a
 * text that is fed twice doubles no jump, and without a look at what is there.
 * Jumps go to the top, before what would refuse (a policy, ufw, docker).
 *
 * A published port is the host's own (addrtype LOCAL), so a box's traffic to
 * that port elsewhere goes where it is meant to.  127.0.0.0/8 is left out on
 * PREROUTING: what really comes from this host has passed OUTPUT, and a
 * neighbour's packet must not become one for the box.
 *
 * A chain is entered for its link's packets only: every packet that the host
 * forwards passes two comparisons for each box, not its rules.
 */
#include "nat.h"
#include "die.h"
#include "isolate.h"
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL "-m addrtype --dst-type LOCAL "

/* The link has route_localnet, but only for the answers of the box: nothing
 * that it sends may claim to be, or to be for, the host itself. */
static void
raw_rules(FILE *f, const char *chain, const struct nat *n)
{
	fprintf(f, "-A %s -i %s -d 127.0.0.0/8 -j DROP\n", chain, n->link);
	fprintf(f, "-A %s -i %s -s 127.0.0.0/8 -j DROP\n", chain, n->link);
}

static void
dnat_rules(FILE *f, const char *chain, const struct nat *n)
{
	const struct nat_port *p;

	for (p = n->ports; p < n->ports + n->n_ports; p++) {
		const char *proto = p->udp ? "udp" : "tcp";

		fprintf(f, "-A %s ", chain);
		if (p->addr)
			fprintf(f, "-d %s/32 ", addr_text(p->addr));
		fprintf(f, "-p %s -m %s --dport %u ", proto, proto, p->host);
		fprintf(f, "-j DNAT --to-destination %s:%u\n",
		    addr_text(n->addr), p->box);
	}
}

/* To other boxes with its own address; to itself, by the host's, with the
 * host's, as the answer would not pass here otherwise. */
static void
snat_rules(FILE *f, const char *chain, const struct nat *n)
{
	const char *box = addr_text(n->addr);

	fprintf(f, "-A %s -s %s/32 ! -d %s/%u -j MASQUERADE\n", chain, box,
	    addr_text(n->slot.pool), n->slot.len);
	if (!n->n_ports)
		return;
	fprintf(f, "-A %s -s %s/32 -d %s/32 -j MASQUERADE\n", chain, box, box);
	fprintf(
	    f, "-A %s -s 127.0.0.0/8 -o %s -j MASQUERADE\n", chain, n->link);
}

/* What the box begins, and what is published or an answer, and other boxes, by
 * their links as slot_link() names them: not whatever the host's neighbours
 * send to the box's address through it. */
static void
forward_rules(FILE *f, const char *chain, const struct nat *n)
{
	fprintf(f, "-A %s -i %s -j ACCEPT\n", chain, n->link);
	fprintf(f,
	    "-A %s -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT\n",
	    chain);
	fprintf(f, "-A %s -i veth0 -j ACCEPT\n", chain);
	fprintf(f, "-A %s -i box+ -j ACCEPT\n", chain);
	fprintf(f, "-A %s -j DROP\n", chain);
}

/* Forwarding is on for the boxes alone: what nobody has accepted up to here
 * was not forwarded before. */
static void
rest_rules(FILE *f, const char *chain, const struct nat *n)
{
	(void)n;
	fprintf(f, "-A %s -j DROP\n", chain);
}

enum when { ALWAYS, PORTS, ISOLATED, ROUTER };

/* Rows of one table stand together.  In a jump @ is the link. */
static const struct chain {
	const char *table, *name;
	enum when when;
	void (*rules)(FILE *f, const char *chain, const struct nat *n);
	const char *jumps[3];
} chains[] = {
    {"raw", "BOX-RAW", PORTS, raw_rules, {"-I PREROUTING -i @ "}},
    {"mangle", "BOX-HOST", ISOLATED, isolate_host_rules, {"-I INPUT -i @ "}},
    {"mangle", "BOX-ISO", ISOLATED, isolate_rules,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "}},
    {"nat", "BOX-DNAT", PORTS, dnat_rules,
	{"-I PREROUTING ! -d 127.0.0.0/8 " LOCAL, "-I OUTPUT " LOCAL}},
    {"nat", "BOX-SNAT", ALWAYS, snat_rules, {"-I POSTROUTING "}},
    {"filter", "BOX-FWD", ALWAYS, forward_rules,
	{"-I FORWARD -i @ ", "-I FORWARD -o @ "}},
    {"filter", "BOX-REST", ROUTER, rest_rules, {"-A FORWARD "}},
};
#define N_CHAINS (sizeof(chains) / sizeof(*chains))

static bool
is_wanted(const struct chain *c, const struct nat *n)
{
	switch (c->when) {
	case PORTS:
		return n->n_ports > 0;
	case ISOLATED:
		return n->isolate;
	case ROUTER:
		return n->router;
	default:
		return true;
	}
}

static FILE *
text_open(char **text, size_t *size)
{
	FILE *f = open_memstream(text, size);

	if (!f)
		die("open_memstream");
	return f;
}

static void
text_close(FILE *f)
{
	if (fclose(f) == EOF)
		die("open_memstream");
}

/* Down, -I and -A of the row become -D. */
static void
put_jumps(FILE *f, const struct chain *c, const struct nat *n, bool down)
{
	for (const char *const *j = c->jumps; *j; j++) {
		fprintf(f, "%.2s", down ? "-D" : *j);
		for (const char *s = *j + 2; *s; s++)
			if (*s == '@')
				fputs(n->link, f);
			else
				fputc(*s, f);
		fprintf(f, "-j %s-%u\n", c->name, n->slot.num);
	}
}

static void
chain_up(FILE *f, const struct chain *c, const struct nat *n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", c->name, n->slot.num);
	fprintf(f, "-N %s\n", name);
	c->rules(f, name, n);
	put_jumps(f, c, n, false);
}

static void
chain_down(FILE *f, const struct chain *c, const struct nat *n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", c->name, n->slot.num);
	put_jumps(f, c, n, true);
	fprintf(f, "-F %s\n-X %s\n", name, name);
}

static void
chain_again(FILE *f, const struct chain *c, const struct nat *n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", c->name, n->slot.num);
	fprintf(f, "-F %s\n", name);
	c->rules(f, name, n);
}

/* NULL: none. */
char *
nat_change(const struct nat *from, const struct nat *to, const char *table)
{
	const char *in = NULL;
	const struct chain *c;
	size_t size;
	char *text;
	FILE *f = text_open(&text, &size);

	for (c = chains; c < chains + N_CHAINS; c++) {
		const bool was = from && is_wanted(c, from);
		const bool is = to && is_wanted(c, to);

		if ((!was && !is) || (table && strcmp(c->table, table) != 0))
			continue;
		if (!in || strcmp(c->table, in) != 0)
			fprintf(f, "%s*%s\n", in ? "COMMIT\n" : "", c->table);
		in = c->table;
		if (!was)
			chain_up(f, c, to);
		else if (!is)
			chain_down(f, c, from);
		else
			chain_again(f, c, to);
	}
	if (in)
		fputs("COMMIT\n", f);
	text_close(f);
	return text;
}

char *
nat_up(const struct nat *n)
{
	return nat_change(NULL, n, NULL);
}

char *
nat_down(const struct nat *n, const char *table)
{
	return nat_change(n, NULL, table);
}

/* The chain that NAME is of the slot's, or -1. */
static int
find_chain(const char *name, unsigned slot)
{
	char ours[32];

	for (size_t i = 0; i < N_CHAINS; i++) {
		snprintf(ours, sizeof(ours), "%s-%u", chains[i].name, slot);
		if (strcmp(name, ours) == 0)
			return (int)i;
	}
	return -1;
}

char *
nat_sweep(unsigned slot, char *saved)
{
	const char *table = "";
	unsigned found = 0;
	char *text, *line, *rest;
	size_t size;
	FILE *f = text_open(&text, &size);
	int i;

	/* In each table iptables-save has the chains before the rules. */
	for (line = strtok_r(saved, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] == '*') {
			table = line;
		} else if (line[0] == ':') {
			line[strcspn(line, " ")] = '\0';
			if ((i = find_chain(line + 1, slot)) < 0)
				continue;
			if (!found)
				fprintf(f, "%s\n", table);
			found |= 1u << i;
			fprintf(f, "-F %s\n", line + 1);
		} else if (line[0] == '-' && strrchr(line, ' ') &&
			   find_chain(strrchr(line, ' ') + 1, slot) >= 0) {
			fprintf(f, "-D%s\n", line + 2);
		} else if (strcmp(line, "COMMIT") == 0 && found) {
			for (i = 0; found; i++, found >>= 1)
				if (found & 1)
					fprintf(f, "-X %s-%u\n", chains[i].name,
					    slot);
			fputs("COMMIT\n", f);
		}
	}
	text_close(f);
	return text;
}
