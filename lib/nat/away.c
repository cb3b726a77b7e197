// SPDX-License-Identifier: MIT
/*
 * away - rules go, and nobody waits for what the kernel does behind them
 *
 * The kernel's grace periods are waited for by who closes the last descriptor
 * of an nfnetlink socket.  So the process that waits for iptables has our
 * socket, too, which we have until our end.
 */
#include "nat/away.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "nat/nfnl.h"
#include "nat/text.h"
#include "nat/undo.h"

#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL 200000 /* ns */

/* Whether nftables has a chain of N of that family. */
static bool
is_there_of(struct netlink *nl, const struct nat *n, enum ip ip)
{
	const struct nfgenmsg family = {
	    .nfgen_family = ip == IP4 ? AF_INET : AF_INET6};
	const struct nat_chain *c;
	char name[32];

	for (c = nat_chains; c < nat_chains + NAT_CHAINS; c++) {
		if (!nat_wants(c, n, ip))
			continue;
		snprintf(name, sizeof(name), "%s-%s", c->name, n->id);
		netlink_begin(nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
		    0, &family, sizeof(family));
		netlink_put_str(nl, NFTA_CHAIN_TABLE, c->table);
		netlink_put_str(nl, NFTA_CHAIN_NAME, name);
		if (netlink_send(nl, NULL, NULL) == 0)
			return true;
	}
	return false;
}

static bool
is_there(struct netlink *nl, const struct nat *n)
{
	return is_there_of(nl, n, IP4) || is_there_of(nl, n, IP6);
}

/* A table's child: with neither the caller's streams nor the chain's
 * descriptors. */
__attribute__((noreturn)) static void
feed(struct texts texts, int lock, int socket)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	at_end_forget();
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(EXIT_TOOL);
	close_others(lock, socket);
	_exit(nat_feed(texts, lock) < 0 ? EXIT_TOOL : 0);
}

/* How many of the children run yet.  *FAILED becomes true where one could not
 * be made, or has failed. */
static unsigned
left(pid_t *pids, unsigned n, bool *failed)
{
	unsigned run = 0;
	int status = 0;

	for (unsigned i = 0; i < n; i++) {
		if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == 0) {
			run++;
			continue;
		}
		*failed = *failed || pids[i] < 0 || status;
		pids[i] = 0;
	}
	return run;
}

/* Begins a child for each table that N has rules in; how many PIDS are set, to
 * -1 where fork(2) failed. */
static unsigned
begin(const struct nat *n, pid_t *pids, int lock, int socket)
{
	unsigned begun = 0;

	for (unsigned i = 0; i < NAT_TABLES; i++) {
		struct texts t = nat_texts(n, NULL, nat_tables[i]);
		const bool empty = !*t.of[IP4] && !*t.of[IP6];

		if (!empty && (pids[begun++] = fork()) == 0)
			feed(t, lock, socket);
		free(t.of[IP4]);
		free(t.of[IP6]);
	}
	return begun;
}

int
nat_away(const struct nat *n, struct texts texts, int lock)
{
	const struct timespec pause = {.tv_nsec = POLL};
	struct netlink *nl = nfnl();
	pid_t pids[NAT_TABLES] = {0};
	bool failed = false;
	unsigned begun;

	/* Legacy does not wait.  A trace is for the caller's streams. */
	if (say_modes() || !nl || !is_there(nl, n))
		return nat_feed(texts, lock);
	free(texts.of[IP4]);
	free(texts.of[IP6]);
	begun = begin(n, pids, lock, nl->fd);
	do
		nanosleep(&pause, NULL);
	while (left(pids, begun, &failed) > 0 && is_there(nl, n));
	return failed ? -1 : 0;
}
