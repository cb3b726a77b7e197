// SPDX-License-Identifier: MIT
/*
 * net-lease - a slot of one's own, for as long as the chain lives
 *
 * The lease is a lock on a descriptor that the stages of the chain inherit and
 * no payload sees, so it ends with the last of them, however that dies.  A
 * network namespace outlives its last process a little: a free slot whose link
 * is still there gets a moment, before the next one is tried.
 */
#include "chain.h"
#include "die.h"
#include "lock.h"
#include "opt.h"
#include "parse.h"
#include "slot.h"
#include "state.h"

#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GRACE 100 /* ms */
#define POLL 5	  /* ms */

enum {
	SLOT = OPT_LONG,
	POOL,
};

static const struct opt opts[] = {
    {SLOT, "slot", "N", "this slot or none"},
    {POOL, "pool", "CIDR", "the boxes' addresses (" SLOT_POOL ")"},
    {0},
};
static const struct tool tool = {"net-lease", "prog [arg ...]", opts, SAY_SH};

/* Takes the slot: the lock, or -1 with the reason in WHY. */
static int
lease(const struct slot *s, char *why, size_t size)
{
	char name[32], link[IFNAMSIZ];
	int fd;

	snprintf(name, sizeof(name), "slot-%u", s->num);
	fd = lock_try(name);
	if (fd < 0) {
		snprintf(why, size, "it is leased");
		return -1;
	}
	slot_link(s, link, sizeof(link));
	for (int ms = 0; if_nametoindex(link); ms += POLL) {
		if (ms >= GRACE) {
			snprintf(why, size, "there is a link %s", link);
			close(fd);
			return -1;
		}
		poll(NULL, 0, POLL);
	}
	return fd;
}

/* The lease of the slot that S has, or of the first free one from there on. */
static int
lease_one(struct slot *s, bool any)
{
	const unsigned end = any ? slot_count(s->len) : s->num + 1;
	char why[64];
	int fd = -1;

	for (; s->num < end; s->num++)
		if ((fd = lease(s, why, sizeof(why))) >= 0)
			return fd;
	if (any)
		diex("no slot is free in %s/%u", addr_text(s->pool), s->len);
	diex("slot %u: %s", s->num - 1, why);
}

int
main(int argc, char *argv[])
{
	const char *num = NULL, *pool = NULL;
	char text[16] = "$BOX_SLOT";
	struct slot s;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case SLOT:
			num = optarg;
			break;
		case POOL:
			pool = optarg;
			break;
		}
	argv += optind;
	if (!*argv)
		opt_usage(&tool);
	s = slot_get(num ? num : "0", pool);
	if (!(say_modes() & SAY_DRY))
		chain_lease(lease_one(&s, !num));
	if (num || !(say_modes() & SAY_DRY))
		snprintf(text, sizeof(text), "%u", s.num);
	/* Said when it is done, as only then the number is known. */
	say(SAY_SH, "exec 9>%s/lock/slot-%s && flock -n 9", state_dir(), text);
	say_next(argv);
	state_put("slot", "%s %s", text, addr_text(slot_addr(&s)));
	setenv("BOX_SLOT", text, 1);
	if (pool)
		setenv("BOX_POOL", pool, 1);
	chain(argv);
}
