// SPDX-License-Identifier: MIT
/*
 * text - a box's firewall, as text
 *
 * Chains are made with -N, which fails where there is one of that name: so a
 * text that is fed twice doubles no jump, and without a look at what is there.
 */
#include "nat/text.h"
#include "base/die.h"
#include "nat/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
put_jumps(FILE *f, const struct nat_chain *c, const struct nat *n, bool down)
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
chain_up(FILE *f, const struct nat_chain *c, const struct nat *n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", c->name, n->slot.num);
	fprintf(f, "-N %s\n", name);
	c->rules(f, name, n);
	put_jumps(f, c, n, false);
}

static void
chain_down(FILE *f, const struct nat_chain *c, const struct nat *n)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", c->name, n->slot.num);
	put_jumps(f, c, n, true);
	fprintf(f, "-F %s\n-X %s\n", name, name);
}

static void
chain_again(FILE *f, const struct nat_chain *c, const struct nat *n)
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
	const struct nat_chain *c;
	size_t size;
	char *text;
	FILE *f = text_open(&text, &size);

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		const bool was = from && nat_wants(c, from);
		const bool is = to && nat_wants(c, to);

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

	for (size_t i = 0; i < NAT_CHAINS; i++) {
		snprintf(ours, sizeof(ours), "%s-%u", nat_chains[i].name, slot);
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
					fprintf(f, "-X %s-%u\n",
					    nat_chains[i].name, slot);
			fputs("COMMIT\n", f);
		}
	}
	text_close(f);
	return text;
}
