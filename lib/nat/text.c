// SPDX-License-Identifier: MIT
/*
 * text - an owner's firewall, as text
 *
 * Chains are made with -N, which fails where one of that name exists: a text
 * that is fed twice doubles no jump, and nothing has to be listed first.
 */
#include "nat/text.h"
#include "base/file.h"
#include "nat/rules.h"

#include <stdio.h>
#include <stdlib.h>
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
		fprintf(f, "-j %s-%s\n", c->name, n->id);
	}
}

static void
put_rules(FILE *f, const struct nat_chain *c, const char *name,
    const struct nat *n, enum ip ip)
{
	for (const char *const *rule = c->rules; *rule; rule++) {
		fprintf(f, "-A %s ", name);
		put_words(f, *rule, n->link);
		fputc('\n', f);
	}
	if (c->more)
		c->more(f, name, n, ip);
}

/* Turns the chain of the box FROM into the chain of TO; NULL: no chain. */
static void
put_chain(FILE *f, const struct nat_chain *c, const struct nat *from,
    const struct nat *to, enum ip ip)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%s", c->name, (to ? to : from)->id);
	if (!to)
		put_jumps(f, c, from, true);
	fprintf(f, "%s %s\n", from ? "-F" : "-N", name);
	if (!to)
		fprintf(f, "-X %s\n", name);
	if (to)
		put_rules(f, c, name, to, ip);
	if (!from)
		put_jumps(f, c, to, false);
}

char *
nat_text(
    const struct nat *from, const struct nat *to, const char *table, enum ip ip)
{
	const char *in = NULL;
	const struct nat_chain *c;
	char *text;
	FILE *f = text_open(&text);

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		const struct nat *was =
		    from && nat_wants(c, from, ip) ? from : NULL;
		const struct nat *is = to && nat_wants(c, to, ip) ? to : NULL;

		if ((!was && !is) || (table && strcmp(c->table, table) != 0))
			continue;
		if (!in || strcmp(c->table, in) != 0)
			fprintf(f, "%s*%s\n", in ? "COMMIT\n" : "", c->table);
		in = c->table;
		put_chain(f, c, was, is, ip);
	}
	if (in)
		fputs("COMMIT\n", f);
	text_close(f);
	return text;
}

struct texts
nat_texts(const struct nat *from, const struct nat *to, const char *table)
{
	return (struct texts){
	    {nat_text(from, to, table, IP4), nat_text(from, to, table, IP6)}};
}

unsigned
nat_commits(const struct texts *t)
{
	static const char commit[] = "COMMIT\n";
	unsigned n = 0;

	for (unsigned ip = 0; ip < IPS; ip++)
		for (const char *s = t->of[ip]; (s = strstr(s, commit)); n++)
			s += strlen(commit);
	return n;
}

int
nat_find(const char *name, const char *id)
{
	char ours[32];

	for (size_t i = 0; i < NAT_CHAINS; i++) {
		snprintf(ours, sizeof(ours), "%s-%s", nat_chains[i].name, id);
		if (strcmp(name, ours) == 0)
			return (int)i;
	}
	return -1;
}

/* Writes a -D for each jump to a chain of the owner in TABLE of SAVED. */
static void
drop_jumps(FILE *f, const char *table, const char *id, const char *saved)
{
	char *copy = text_fmt("%s", saved), *rest = copy, *line, *last;
	bool in = false;

	while ((line = strsep(&rest, "\n"))) {
		if (*line == '*')
			in = strcmp(line + 1, table) == 0;
		else if (in && *line == '-' && (last = strrchr(line, ' ')) &&
			 nat_find(last + 1, id) >= 0)
			fprintf(f, "-D%s\n", line + 2);
	}
	free(copy);
}

/* Whether TABLE of SAVED has the chain NAME. */
static bool
has_chain(const char *table, const char *name, const char *saved)
{
	char *head = text_fmt("*%s\n", table);
	char *line = text_fmt("\n:%s ", name);
	const char *from = strstr(saved, head);
	const char *at = from ? strstr(from, line) : NULL;
	const char *end = from ? strstr(from, "\nCOMMIT") : NULL;

	free(head);
	free(line);
	return at && (!end || at < end);
}

char *
nat_anew(const struct nat *n, const char *saved, enum ip ip)
{
	const struct nat_chain *c;
	const char *in = "";
	char *text, name[32];
	FILE *f = text_open(&text);

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		bool wanted = nat_wants(c, n, ip);

		snprintf(name, sizeof(name), "%s-%s", c->name, n->id);
		if ((c->when != NAT_POOL && c->when != NAT_REST) ||
		    !(c->ips & 1u << ip) ||
		    (!wanted && !has_chain(c->table, name, saved)))
			continue;
		if (strcmp(in, c->table) != 0) {
			fprintf(f, "%s*%s\n", *in ? "COMMIT\n" : "", c->table);
			in = c->table;
			drop_jumps(f, in, n->id, saved);
		}
		/* Empties the chain, or makes it. */
		fprintf(f, ":%s - [0:0]\n", name);
		if (wanted) {
			put_rules(f, c, name, n, ip);
			put_jumps(f, c, n, false);
		} else {
			fprintf(f, "-X %s\n", name);
		}
	}
	if (*in)
		fputs("COMMIT\n", f);
	text_close(f);
	return text;
}
