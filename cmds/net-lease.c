// SPDX-License-Identifier: MIT
/*
 * net-lease - lease a slot for as long as the chain lives
 *
 * The lease is a lock on a descriptor that the stages of the chain inherit, but
 * no payload: the lock ends with the last stage, even if that is killed.  A box
 * may outlive its lease a little, and a link its box.  So net-lease waits for
 * links that may be dying, with one limit for all slots; net-veth replaces a
 * dead link.
 */
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "box/lock.h"
#include "box/slot.h"
#include "box/state.h"
#include "net/hostnet.h"
#include "net/rtnl.h"
#include "net/veth.h"
#include "stage/chain.h"
#include "stage/inherit.h"
#include "stage/opt.h"

#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GRACE 100 /* ms, in all */
#define POLL 5	  /* ms */
#define NEAR 16	  /* slots that each search begins with */
#define HINT SLOT_LOCK "hint"
#define TIME 1 /* s */

enum {
	SLOT = OPT_LONG,
	POOL,
	IP,
};

static const struct opt opts[] = {
    {SLOT, "slot", "N", "this slot or none"},
    {POOL, "pool", "CIDR", "the boxes' addresses (" SLOT_POOL ")"},
    {IP, "ip", "ADDR", "the slot with this address of the pool, or none"},
    {0},
};
static const struct tool tool = {"net-lease", "prog [arg ...]", opts, SAY_SH};

/* Whether there is a link NAME, other than a dead box's. */
static bool
is_taken(const char *name)
{
	struct netlink nl;
	struct link l;
	bool taken = true;

	if (!if_nametoindex(name))
		return false;
	if (netlink_open(&nl, NETLINK_ROUTE) == 0) {
		taken = link_get(&nl, 0, name, &l) == 0 &&
			!(VETH_IS_BOX(l.group) && link_far_dead(&nl, &l));
		close(nl.fd);
	}
	return taken;
}

/* Leases the slot.  Returns the lock, or -1 with the reason in WHY. */
static int
lease(const struct slot *s, bool any, char *why, size_t size)
{
	static int left = GRACE;
	char name[32], link[IFNAMSIZ];
	int fd;

	snprintf(name, sizeof(name), SLOT_LOCK "%u", s->num);
	fd = any ? lock_try(name) : lock_soon(name);
	if (fd < 0) {
		snprintf(why, size, "it is leased");
		return -1;
	}
	slot_link(s, link, sizeof(link));
	for (; is_taken(link); left -= POLL) {
		if (left <= 0) {
			snprintf(why, size, "there is a link %s", link);
			return close_keep(fd);
		}
		poll(NULL, 0, POLL);
	}
	return fd;
}

/* The file HINT has the slot that a search beyond the NEAR ones has found: for
 * some TIME the slots before count as leased, if the last of them is.  0: there
 * is none. */
static unsigned
hint_read(int fd)
{
	char text[16] = "", before[32];
	struct stat st;
	unsigned num;

	if (fstat(fd, &st) < 0 || time(NULL) - st.st_mtime > TIME ||
	    pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	num = (unsigned)strtoul(text, NULL, 10);
	snprintf(before, sizeof(before), SLOT_LOCK "%u", num - 1);
	return num > NEAR && lock_held(before) ? num : 0;
}

/* Leases the first free slot from that of S on, before END; or -1. */
static int
lease_from(struct slot *s, unsigned end)
{
	char why[64];
	int fd = -1;

	while (s->num < end && (fd = lease(s, true, why, sizeof(why))) < 0)
		s->num++;
	return fd;
}

/* Leases the first free slot.  With many boxes one after the other the search
 * does not begin at 0 each time. */
static int
lease_first(struct slot *s)
{
	const unsigned end = slot_count(s->len);
	char text[16];
	unsigned from;
	int fd = lease_from(s, end < NEAR ? end : NEAR), hint;

	if (fd >= 0 || end <= NEAR)
		return fd;
	hint = lock_open(HINT, true);
	from = hint_read(hint);
	s->num = from && from < end ? from : NEAR;
	fd = lease_from(s, end);
	if (fd < 0) {
		s->num = NEAR;
		fd = lease_from(s, end);
	}
	snprintf(text, sizeof(text), "%-10u\n", s->num);
	if (s->num != from && pwrite(hint, text, strlen(text), 0) < 0)
		warn("write %s/lock/" HINT, state_dir());
	close(hint);
	return fd;
}

static int
lease_one(struct slot *s, bool any)
{
	char why[64];
	const int fd = any ? lease_first(s) : lease(s, false, why, sizeof(why));

	if (fd < 0 && any)
		diex("no slot is free in %s/%u", addr_text(s->pool), s->len);
	if (fd < 0)
		diex("%s, slot %u: %s", addr_text(slot_addr(s)), s->num, why);
	return fd;
}

/* A chosen pool must be free.  The default pool is not checked here: a chain
 * without net-veth uses no address. */
static void
check_pool(const struct slot *s)
{
	const struct veth v = {
	    .addr = slot_addr(s), .len = s->len, .gateway = slot_gateway(s)};
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		die_said();
	if (hostnet_check(&nl, &v) < 0)
		die_hint("--pool 10.99.0.0/24, or another free network",
		    "%s: %s", said(), said_why());
	close(nl.fd);
}

int
main(int argc, char *argv[])
{
	const char *num = NULL, *pool = NULL, *ip = NULL;
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
		case IP:
			ip = optarg;
			break;
		}
	argv += optind;
	if (!*argv)
		opt_usage(&tool);
	if (num && ip)
		diex("--slot and --ip exclude each other");
	s = slot_get(num ? num : "0", pool);
	if (ip)
		s.num = slot_of("--ip", &s, ip);
	if (pool || env_or("BOX_POOL", NULL))
		check_pool(&s);
	if (!(say_modes() & SAY_DRY))
		inherit_add(INHERIT_LEASE, lease_one(&s, !num && !ip));
	if (num || ip || !(say_modes() & SAY_DRY))
		snprintf(text, sizeof(text), "%u", s.num);
	/* say() comes after the change, which decides the number. */
	say(SAY_SH, "exec 9>%s/lock/" SLOT_LOCK "%s && flock -n 9",
	    say_word(state_dir()), text);
	say_next(argv);
	state_put("slot", "%s %s", text, addr_text(slot_addr(&s)));
	setenv("BOX_SLOT", text, 1);
	if (pool)
		setenv("BOX_POOL", pool, 1);
	chain(argv);
}
