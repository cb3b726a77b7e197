// SPDX-License-Identifier: MIT
/*
 * undo - changes of the firewall, and their undoing
 *
 * Starting a process is most of the cost of iptables.  So one restore makes all
 * chains and one removes them; only if that fails the rules are listed.
 */
#include "nat/undo.h"
#include "base/die.h"
#include "base/file.h"
#include "nat/iptables.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int
nat_feed(struct texts texts, int lock)
{
	int r;

	if (fcntl(lock, F_SETFD, 0) < 0)
		die("fcntl a lock");
	r = iptables_restore(texts);
	if (fcntl(lock, F_SETFD, FD_CLOEXEC) < 0)
		die("fcntl a lock");
	return r;
}

void
nat_feed_each(const struct nat *from, const struct nat *to, int lock)
{
	const bool lacks[IPS] = {iptables_missing(IP4), iptables_missing(IP6)};

	for (unsigned i = 0; i < NAT_TABLES; i++) {
		struct texts t = nat_texts(from, to, nat_tables[i]);

		for (unsigned ip = 0; ip < IPS; ip++)
			if (lacks[ip])
				*t.of[ip] = '\0';
		nat_feed(t, lock);
	}
}

/* The text that removes the owner's rules, as far as they are there.  NULL with
 * a warning. */
static char *
undo_text(const char *id, enum ip ip)
{
	char *saved = NULL, *text = NULL;

	if (iptables_save(ip, &saved) < 0)
		iptables_warn("list the rules BOX-*-%s", id);
	else
		text = nat_sweep(id, saved);
	free(saved);
	return text;
}

int
nat_undo(const char *id, bool v6)
{
	struct texts t = {
	    {undo_text(id, IP4), v6 ? undo_text(id, IP6) : text_fmt("%s", "")}};

	if (t.of[IP4] && t.of[IP6]) {
		if (iptables_restore(t) == 0)
			return 0;
		iptables_warn("remove the rules BOX-*-%s", id);
		return -1;
	}
	free(t.of[IP4]);
	free(t.of[IP6]);
	return -1;
}

int
nat_left(const char *id, bool v6)
{
	int found = 0;

	/* A program that is missing has made no rule. */
	for (unsigned ip = IP4; ip < (v6 ? IPS : IP6) && found >= 0; ip++) {
		char *text = iptables_missing(ip) ? text_fmt("%s", "")
						  : undo_text(id, ip);

		found = !text ? -1 : found || strstr(text, "\n-D ");
		free(text);
	}
	return found;
}
