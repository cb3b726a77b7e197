// SPDX-License-Identifier: MIT
/*
 * others - the firewalls of other programs
 *
 * A packet passes the chains of all tables, and each of them may drop a packet
 * that another has accepted (nft(8)).  So a box's own rules are not enough if a
 * foreign chain drops packets without a rule.  netlink lists the chains,
 * because nft(8) costs some milliseconds; nft prints the rules of a chain that
 * drops.
 */
#include "nat/others.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "nat/nfnl.h"
#include "nat/rules.h"
#include "stage/chain.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHAINS_MAX 8

/* As nft(8) names the families. */
static const char *const families[IPS] = {"ip", "ip6"};

static const struct nfgenmsg any = {.nfgen_family = AF_UNSPEC};

struct chains {
	enum ip ip;
	bool ours;
	bool firewalld; /* its table is there */
	size_t n;
	struct {
		const char *family;
		char table[64], name[64];
	} of[CHAINS_MAX];
};

/* False for a name that nft(8), or the shell for a hint, would read as more
 * than one word: any process with CAP_NET_ADMIN here may have made it. */
static bool
copy(char *to, size_t size, const struct rtattr *a)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "_0123456789-";

	if (!a || RTA_PAYLOAD(a) > size)
		return false;
	snprintf(
	    to, size, "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
	return to[0] && to[0] != '-' && to[strspn(to, plain)] == '\0';
}

/* Adds a chain of forwarded packets of the family, if its policy is drop and
 * iptables, which has the box's own rules, does not know it.  Notes firewalld's
 * table. */
static void
add(const struct nlmsghdr *h, void *arg)
{
	const struct nfgenmsg *g = NLMSG_DATA(h);
	const struct rtattr *hook;
	struct chains *all = arg;
	const bool inet = g->nfgen_family == NFPROTO_INET;
	const int own = all->ip == IP6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	char *table = all->of[all->n].table;

	if (all->n == CHAINS_MAX ||
	    !copy(table, sizeof(all->of->table),
		netlink_attr(NETLINK_ATTRS(h, any), NFTA_CHAIN_TABLE)))
		return;
	if (inet && strcmp(table, "firewalld") == 0)
		all->firewalld = true;
	hook = netlink_attr(NETLINK_ATTRS(h, any), NFTA_CHAIN_HOOK);
	if (!hook || (!inet && g->nfgen_family != own) ||
	    ntohl(netlink_u32(NETLINK_ATTRS(h, any), NFTA_CHAIN_POLICY,
		htonl(NF_ACCEPT))) != NF_DROP ||
	    ntohl(netlink_u32(RTA_DATA(hook), RTA_PAYLOAD(hook),
		NFTA_HOOK_HOOKNUM, 0)) != NF_INET_FORWARD)
		return;
	if (!copy(all->of[all->n].name, sizeof(all->of->name),
		netlink_attr(NETLINK_ATTRS(h, any), NFTA_CHAIN_NAME)))
		return;
	all->of[all->n].family = inet ? "inet" : families[all->ip];
	if (inet || !all->ours || strcmp(table, "filter") != 0)
		all->n++;
}

/* The rules of a table, malloc'ed; NULL: nothing is known of them. */
static char *
rules_of(const char *family, const char *table)
{
	const char *argv[] = {"nft", "list", "table", family, table, NULL};
	char why[128], *rules = NULL;

	return run_read((char *const *)argv, &rules, why, sizeof(why)) == 0
		   ? rules
		   : NULL;
}

static bool
has_pool(const char *rules, const char *way, const char *pool)
{
	char *words = text_fmt("%s %s", way, pool);
	const bool has = strstr(rules, words);

	free(words);
	return has;
}

static void
look_at_firewalld(const char *pool)
{
	char *rules;
	bool own;
	const int fd = chain_open("firewall-cmd", &own);

	if (fd < 0)
		return;
	close(fd);
	rules = rules_of("inet", "firewalld");
	if (rules && !strstr(rules, pool)) {
		warnx("firewalld may refuse packets from %s to others", pool);
		hint("firewall-cmd --zone=trusted --add-source=%s", pool);
	}
	free(rules);
}

static void
look_at_chains(enum ip ip, const char *pool, bool ours)
{
	struct chains all = {.ip = ip, .ours = ours};
	struct netlink *nl = nfnl();

	if (!nl)
		return;
	netlink_begin(nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
	    NLM_F_DUMP, &any, sizeof(any));
	/* A failure: no nf_tables, or no right to look. */
	if (netlink_send(nl, add, &all) < 0)
		all.n = 0;
	if (all.firewalld)
		look_at_firewalld(pool);
	for (size_t i = 0; i < all.n; i++) {
		const char *family = all.of[i].family;
		const char *table = all.of[i].table, *name = all.of[i].name;
		char *rules = rules_of(family, table);

		if (rules && (!has_pool(rules, "saddr", pool) ||
				 !has_pool(rules, "daddr", pool))) {
			warnx("nftables' table %s %s may refuse packets of %s",
			    family, table, pool);
			hint("nft 'insert rule %s %s %s %s saddr %s accept; "
			     "insert rule %s %s %s %s daddr %s accept'",
			    family, table, name, families[ip], pool, family,
			    table, name, families[ip], pool);
		}
		free(rules);
	}
}

void
others_look(const struct slot *s, bool ours)
{
	struct nat_pool pools[IPS];
	const unsigned n = nat_pools(s, pools);

	for (unsigned i = 0; i < n; i++)
		look_at_chains(pools[i].ip, nat_pool_text(&pools[i]), ours);
}
