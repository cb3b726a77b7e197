// SPDX-License-Identifier: MIT
/* saved - what of an owner's firewall is in the text of iptables-save */
#include "base/file.h"
#include "nat/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
nat_sweep(const char *id, char *saved)
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
			if ((i = nat_find(line + 1, id)) < 0)
				continue;
			if (!found)
				fprintf(f, "%s\n", table);
			found |= 1u << i;
			fprintf(f, "-F %s\n", line + 1);
		} else if (line[0] == '-' && strrchr(line, ' ') &&
			   nat_find(strrchr(line, ' ') + 1, id) >= 0) {
			fprintf(f, "-D%s\n", line + 2);
		} else if (strcmp(line, "COMMIT") == 0 && found) {
			for (i = 0; found; i++, found >>= 1)
				if (found & 1)
					fprintf(f, "-X %s-%s\n",
					    nat_chains[i].name, id);
			fputs("COMMIT\n", f);
		}
	}
	text_close(f);
	return text;
}

/* In TEXT, for one chain: the rules in it, a hash of their targets in order
 * (iptables-save words the rest in its own way), the jumps to it, and whether
 * one of these stands behind a rule that is no jump of the suite's. */
struct tally {
	unsigned rules, targets, jumps;
	bool low;
};

static unsigned
hash_target(unsigned hash, const char *line)
{
	const char *word = strstr(line, " -j ");

	for (word = word ? word + 4 : ""; *word && *word != ' '; word++)
		hash = hash * 31 + (unsigned char)*word;
	return hash * 31;
}

static struct tally
tally(const char *text, const char *table, const char *name)
{
	char *copy = text_fmt("%s", text), *rest = copy, *line, *words, *last;
	char chain[32], before[32] = "";
	struct tally t = {0};
	bool in = false, foreign = false;

	while ((line = strsep(&rest, "\n"))) {
		if (*line == '*')
			in = strcmp(line + 1, table) == 0;
		/* -I is in the text of nat_text() only. */
		if (!in ||
		    (strncmp(line, "-A", 2) != 0 &&
			strncmp(line, "-I", 2) != 0) ||
		    sscanf(line + 2, "%31s", chain) != 1)
			continue;
		if (strcmp(chain, before) != 0)
			foreign = false;
		strcpy(before, chain);
		words = strstr(line, " -j BOX-");
		last = strrchr(line, ' ');
		if (strcmp(chain, name) == 0) {
			t.rules++;
			t.targets = hash_target(t.targets, line);
		} else if (words && strcmp(last + 1, name) == 0) {
			t.jumps++;
			t.low = t.low || foreign;
		} else if (!words) {
			foreign = true;
		}
	}
	free(copy);
	return t;
}

bool
nat_stands(const struct nat *n, const char *saved, enum ip ip)
{
	char *text = nat_text(NULL, n, NULL, ip), name[32];
	const struct nat_chain *c;
	bool stands = true;

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		struct tally want, have;

		if (!nat_wants(c, n, ip))
			continue;
		snprintf(name, sizeof(name), "%s-%s", c->name, n->id);
		want = tally(text, c->table, name);
		have = tally(saved, c->table, name);
		if (have.rules != want.rules || have.jumps != want.jumps ||
		    have.targets != want.targets ||
		    (have.low && c->jumps[0][1] == 'I'))
			stands = false;
	}
	free(text);
	return stands;
}

bool
nat_ours(const char *id, const char *saved)
{
	const struct nat_chain *c;

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		char *name = text_fmt("%s-%s", c->name, id);
		char *line = text_fmt("\n:%s ", name);
		const bool foreign = strstr(saved, line) &&
				     tally(saved, c->table, name).jumps == 0;

		free(name);
		free(line);
		if (foreign)
			return false;
	}
	return true;
}
