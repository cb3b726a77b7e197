// SPDX-License-Identifier: MIT
/*
 * undo - changes of the firewall, and their undoing
 *
 * Starting a process is most of the cost of iptables.  So one restore makes all
 * chains and one removes them; only if that fails the rules are listed.
 */
#include "nat/undo.h"
#include "base/die.h"
#include "nat/iptables.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int
nat_feed(char *text, int lock)
{
	int r;

	if (fcntl(lock, F_SETFD, 0) < 0)
		die("fcntl a lock");
	r = iptables_restore(text);
	if (fcntl(lock, F_SETFD, FD_CLOEXEC) < 0)
		die("fcntl a lock");
	return r;
}

void
nat_feed_each(const struct nat *from, const struct nat *to, int lock)
{
	static const char *const tables[] = {"raw", "mangle", "nat", "filter"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		nat_feed(nat_text(from, to, tables[i]), lock);
}

/* The text that removes the owner's rules, as far as they are there.  NULL with
 * a warning. */
static char *
undo_text(const char *id)
{
	char *saved = NULL, *text = NULL;

	if (iptables_save(&saved) < 0)
		iptables_warn("list the rules BOX-*-%s", id);
	else
		text = nat_sweep(id, saved);
	free(saved);
	return text;
}

int
nat_undo(const char *id)
{
	char *text = undo_text(id);

	if (!text)
		return -1;
	if (iptables_restore(text) == 0)
		return 0;
	iptables_warn("remove the rules BOX-*-%s", id);
	return -1;
}

int
nat_left(const char *id)
{
	char *text = undo_text(id);
	const int found = text ? strstr(text, "\n-D ") != NULL : -1;

	free(text);
	return found;
}
