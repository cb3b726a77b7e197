// SPDX-License-Identifier: MIT
/*
 * iptables - iptables-save and iptables-restore, of the host's back end
 *
 * A packet passes the rules of both back ends: one may refuse a packet that the
 * other accepts.  So a box's rules belong in the back end of the host's rules.
 */
#include "nat/iptables.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "net/netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct backend {
	const char *name, *restore, *save;
} backends[] = {
    {"default", "iptables-restore", "iptables-save"},
    {"nft", "iptables-nft-restore", "iptables-nft-save"},
    {"legacy", "iptables-legacy-restore", "iptables-legacy-save"},
};

static const struct backend *used = backends;
static char why[512];
static bool missing;

/* 0, or -1 with why[]. */
static int
done(int status)
{
	missing = status == EXIT_NOENT;
	if (status && !*why)
		snprintf(why, sizeof(why), "status %d", status);
	return status ? -1 : 0;
}

int
iptables_save(char **saved)
{
	const char *argv[] = {used->save, NULL};
	char words[sizeof(why)];
	const int status =
	    run_read((char *const *)argv, saved, words, sizeof(words));

	/* Else the reason of a restore stays. */
	if (status)
		memcpy(why, words, sizeof(why));
	return done(status);
}

/* Appends the line of TEXT whose number is in the message. */
static void
quote_line(const char *text)
{
	const char *at = strstr(why, "line ");
	const size_t len = strlen(why);
	unsigned n;

	if (!at || sscanf(at, "line %u", &n) != 1)
		return;
	while (n > 1 && (text = strchr(text, '\n'))) {
		text++;
		n--;
	}
	if (text)
		snprintf(why + len, sizeof(why) - len, ": %.*s",
		    (int)strcspn(text, "\n"), text);
}

int
iptables_restore(char *text)
{
	/* -w: legacy waits for its lock; nft ignores the option. */
	const char *argv[] = {used->restore, "--noflush", "-w", NULL};
	int r = 0;

	say_restore(used->restore);
	if (*text && say(SAY_IPT, "%s", text))
		r = done(run((char *const *)argv, text, why, sizeof(why)));
	if (r < 0)
		quote_line(text);
	free(text);
	return r;
}

/* ip_tables_names lists the legacy tables in use. */
static bool
legacy_has_rules(void)
{
	char byte[2], *saved = NULL;
	bool rules;

	if (read_at(AT_FDCWD, "/proc/net/ip_tables_names", byte, 2) <= 0)
		return false;
	iptables_use("legacy");
	rules = iptables_save(&saved) == 0 &&
		(strstr(saved, "\n-A ") || strstr(saved, " DROP ["));
	free(saved);
	return rules;
}

const char *
iptables_use(const char *name)
{
	if (!name)
		name = legacy_has_rules() ? "legacy" : "default";
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (strcmp(name, backends[i].name) == 0) {
			used = &backends[i];
			return used->name;
		}
	return NULL;
}

static bool
is_nft(const char *name)
{
	const char *argv[] = {"iptables-restore", "--version", NULL};
	char *version = NULL, words[128];
	bool nft;

	if (strcmp(name, "default") != 0)
		return strcmp(name, "nft") == 0;
	nft = run_read((char *const *)argv, &version, words, sizeof(words)) ==
		  0 &&
	      strstr(version, "nf_tables");
	free(version);
	return nft;
}

bool
iptables_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || is_nft(a) == is_nft(b);
}

static void
read_generation(const struct nlmsghdr *h, void *arg)
{
	const struct nfgenmsg any = {0};

	*(uint32_t *)arg =
	    ntohl(netlink_u32(NETLINK_ATTRS(h, any), NFTA_GEN_ID, 0));
}

uint32_t
iptables_generation(void)
{
	const struct nfgenmsg any = {.nfgen_family = AF_UNSPEC};
	uint32_t generation = 0;
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_NETFILTER) < 0)
		return 0;
	netlink_begin(&nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &any,
	    sizeof(any));
	if (netlink_send(&nl, read_generation, &generation) < 0)
		generation = 0;
	close(nl.fd);
	return generation;
}

const char *
iptables_why(void)
{
	return why;
}

bool
iptables_missing(void)
{
	return missing;
}

void
iptables_warn(const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	warnx("%s: %s", what, why);
	if (missing)
		hint("apt-get install iptables");
	else if (strstr(why, "generation id") || strstr(why, "insmod") ||
		 strstr(why, "missing kernel module"))
		hint("modprobe -a nf_tables nft_compat; box-doctor names all "
		     "modules");
}
