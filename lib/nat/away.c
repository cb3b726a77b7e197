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

/* The child: with neither the caller's streams nor the chain's descriptors. */
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

int
nat_away(const struct nat *n, struct texts texts, int lock)
{
	const struct timespec pause = {.tv_nsec = POLL};
	struct netlink *nl = nfnl();
	int status = -1, r = 0;
	pid_t pid;

	/* Legacy does not wait.  A trace is for the caller's streams. */
	if (say_modes() || !nl || !is_there(nl, n) || (pid = fork()) < 0)
		return nat_feed(texts, lock);
	if (pid == 0)
		feed(texts, lock, nl->fd);
	do
		nanosleep(&pause, NULL);
	while ((r = waitpid(pid, &status, WNOHANG)) == 0 && is_there(nl, n));
	for (unsigned ip = 0; ip < IPS; ip++)
		free(texts.of[ip]);
	return r == 0 || status == 0 ? 0 : -1;
}
