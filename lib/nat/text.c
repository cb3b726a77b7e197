// SPDX-License-Identifier: MIT
/*
 * text - a box's firewall, as text
 *
 * Chains are made with -N, which fails where one of that name exists: a text
 * that is fed twice doubles no jump, and nothing has to be listed first.
 */
#include "nat/text.h"
#include "base/file.h"
#include "nat/rules.h"

#include <stdio.h>
#include <string.h>

/* S with the link in place of each @. */
static void
put_words(FILE *f, const char *s, const char *link)
{
	for (; *s; s++)
		if (*s == '@')
			fputs(link, f);
		else
			fputc(*s, f);
}

/* Deletes the jumps if DELETE: -I and -A of the row become -D. */
static void
put_jumps(FILE *f, const struct nat_chain *c, const struct nat *n, bool delete)
{
	for (const char *const *j = c->jumps; *j; j++) {
		fprintf(f, "%.2s", delete ? "-D" : *j);
		put_words(f, *j + 2, n->link);
		fprintf(f, "-j %s-%u\n", c->name, n->slot.num);
	}
}

/* Turns the chain of the box FROM into the chain of TO; NULL: no chain. */
static void
put_chain(FILE *f, const struct nat_chain *c, const struct nat *from,
    const struct nat *to)
{
	char name[32];

	snprintf(
	    name, sizeof(name), "%s-%u", c->name, (to ? to : from)->slot.num);
	if (!to)
		put_jumps(f, c, from, true);
	fprintf(f, "%s %s\n", from ? "-F" : "-N", name);
	if (!to)
		fprintf(f, "-X %s\n", name);
	for (const char *const *rule = c->rules; to && *rule; rule++) {
		fprintf(f, "-A %s ", name);
		put_words(f, *rule, to->link);
		fputc('\n', f);
	}
	if (to && c->more)
		c->more(f, name, to);
	if (!from)
		put_jumps(f, c, to, false);
}

char *
nat_text(const struct nat *from, const struct nat *to, const char *table)
{
	const char *in = NULL;
	const struct nat_chain *c;
	char *text;
	FILE *f = text_open(&text);

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		const struct nat *was =
		    from && nat_wants(c, from) ? from : NULL;
		const struct nat *is = to && nat_wants(c, to) ? to : NULL;

		if ((!was && !is) || (table && strcmp(c->table, table) != 0))
			continue;
		if (!in || strcmp(c->table, in) != 0)
			fprintf(f, "%s*%s\n", in ? "COMMIT\n" : "", c->table);
		in = c->table;
		put_chain(f, c, was, is);
	}
	if (in)
		fputs("COMMIT\n", f);
	text_close(f);
	return text;
}

/* The index of the slot's chain called NAME, or -1. */
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
	FILE *f = text_open(&text);
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
