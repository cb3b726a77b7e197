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
#include "nat/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct backend {
	const char *name, *restore[IPS], *save[IPS];
} backends[] = {
    {"default", {"iptables-restore", "ip6tables-restore"},
	{"iptables-save", "ip6tables-save"}},
    {"nft", {"iptables-nft-restore", "ip6tables-nft-restore"},
	{"iptables-nft-save", "ip6tables-nft-save"}},
    {"legacy", {"iptables-legacy-restore", "ip6tables-legacy-restore"},
	{"iptables-legacy-save", "ip6tables-legacy-save"}},
};

static const struct backend *used = backends;
static char why[512];
static bool missing[IPS];

/* 0, or -1 with why[]. */
static int
done(enum ip ip, int status, const char *words)
{
	missing[ip] = status == EXIT_NOENT;
	if (!status)
		return 0;
	if (*words)
		snprintf(why, sizeof(why), "%s", words);
	else
		snprintf(why, sizeof(why), "status %d", status);
	return -1;
}

int
iptables_save(enum ip ip, char **saved)
{
	const char *argv[] = {used->save[ip], NULL};
	char words[sizeof(why)];
	const int status =
	    run_read((char *const *)argv, saved, words, sizeof(words));

	return done(ip, status, words);
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

/* 0, or -1 with why[] and said(). */
static int
end(enum ip ip, struct run *r, const char *text)
{
	char words[sizeof(why)];

	if (done(ip, run_end(r, words, sizeof(words)), words) == 0)
		return 0;
	quote_line(text);
	path_fmt(words, sizeof(words), "%s --noflush", r->name);
	said_set(words, "");
	return -1;
}

int
iptables_restore(struct texts texts)
{
	struct run runs[IPS];
	bool began[IPS];
	int r = 0;

	for (unsigned ip = 0; ip < IPS; ip++) {
		/* -w: legacy waits for its lock; nft ignores the option. */
		const char *argv[] = {
		    used->restore[ip], "--noflush", "-w", NULL};
		const char *text = texts.of[ip];

		say_restore(argv[0]);
		began[ip] =
		    *text && say(ip == IP4 ? SAY_IPT : SAY_IP6T, "%s", text);
		if (began[ip])
			run_begin(&runs[ip], (char *const *)argv, text);
	}
	for (unsigned ip = 0; ip < IPS; ip++) {
		if (began[ip] && end(ip, &runs[ip], texts.of[ip]) < 0)
			r = -1;
		free(texts.of[ip]);
	}
	return r;
}

#define NAMES "/proc/net/ip_tables_names"

/* ip_tables_names lists the legacy tables in use. */
static bool
legacy_has_rules(void)
{
	char byte[2], *saved = NULL;
	const ssize_t n = read_at(AT_FDCWD, NAMES, byte, sizeof(byte));
	bool rules;

	/* Not root's: it will be refused elsewhere. */
	if (n < 0 && errno != ENOENT && errno != EACCES)
		die("read %s", NAMES);
	if (n <= 0)
		return false;
	iptables_use("legacy");
	rules = iptables_save(IP4, &saved) == 0 &&
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
	struct netlink *nl = nfnl();

	if (!nl)
		return 0;
	netlink_begin(nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &any,
	    sizeof(any));
	return netlink_send(nl, read_generation, &generation) < 0 ? 0
								  : generation;
}

const char *
iptables_why(void)
{
	return why;
}

bool
iptables_missing(enum ip ip)
{
	return missing[ip];
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
	if (missing[IP4] || missing[IP6])
		hint("apt-get install iptables");
	else if (strstr(why, "generation id") || strstr(why, "insmod") ||
		 strstr(why, "missing kernel module"))
		hint("modprobe -a nf_tables nft_compat; box-doctor names all "
		     "modules");
}
