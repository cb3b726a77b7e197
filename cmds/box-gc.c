// SPDX-License-Identifier: MIT
/*
 * box-gc - removes the remains of killed boxes
 *
 * A stage that makes a thing outside the box records the thing in a file and
 * holds the lock of that file.  So a thing with a free lock is garbage, and no
 * other is.  Each stage removes the garbage of its own kind when it starts.
 * box-gc does so for all kinds, and in all network namespaces: the firewall's
 * rules are removed in the namespace that has them, and so are links whose box
 * has ended.
 */
#include "base/die.h"
#include "box/hosts.h"
#include "box/lock.h"
#include "box/slot.h"
#include "box/state.h"
#include "cg/end.h"
#include "keep/ended.h"
#include "nat/firewall.h"
#include "net/veth.h"
#include "spawn/leave.h"
#include "spawn/netns.h"
#include "stage/opt.h"
#include "stage/resident.h"

#include <stdlib.h>
#include <unistd.h>

static const struct opt opts[] = {{0}};
static const struct tool tool = {"box-gc", "", opts, SAY_SH};

/* The cookies of the network namespaces found. */
static uint64_t *seen;
static size_t n_seen;

static bool
is_seen(uint64_t cookie)
{
	for (size_t i = 0; i < n_seen; i++)
		if (seen[i] == cookie)
			return true;
	return false;
}

static void
visit(void)
{
	const uint64_t cookie = firewall_cookie();

	if (is_seen(cookie))
		return;
	seen = reallocarray(seen, n_seen + 1, sizeof(*seen));
	if (!seen)
		die("realloc");
	seen[n_seen++] = cookie;
	firewall_end_dead();
	veth_end_dead();
}

/* Locks without a record: nothing else is to remove. */
static const char *const bare[] = {SLOT_LOCK, LEAVE_LOCK};

static int
free_lock(const char *num, int lock)
{
	(void)num;
	(void)lock;
	return 0;
}

static int
free_names(const char *rest, int lock)
{
	(void)rest;
	return hosts_prune(lock);
}

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	opt_next(&tool, argc, argv);
	if (argv[optind])
		opt_usage(&tool);

	resident_begin();
	cg_end_dead(true);
	netns_end_dead(true);
	state_end_dead(true);
	ended_prune();
	/* Only root has a firewall and links, or may enter a namespace. */
	if (state_owns_run()) {
		netns_each(visit);
		firewall_forget(is_seen);
	}
	for (size_t i = 0; i < sizeof(bare) / sizeof(*bare); i++)
		lock_each_dead(bare[i], true, free_lock);
	lock_each_dead(HOSTS_LOCK, true, free_names);
	return 0;
}
