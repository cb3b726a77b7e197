// SPDX-License-Identifier: MIT
/* slot - the number from which a box's address, ids and names follow */
#include "box/slot.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/parse.h"

#include <stdio.h>

/* Ids stay below 2^31, where some programs' arithmetic ends. */
#define MAX_SLOTS ((0x80000000u - SLOT_IDS_BASE) / SLOT_IDS)

unsigned
slot_count(unsigned len)
{
	/* Less the network's address, the gateway's and the broadcast's. */
	const uint32_t n = (1u << (32 - len)) - 3;

	return n < MAX_SLOTS ? n : MAX_SLOTS;
}

/* Each pool has room for all slots, in the last two bytes of an address. */
static void
read_pool6(struct slot *s, const char *pool)
{
	struct in6_addr net;
	uint8_t first;

	s->pool6 = addr6_parse_net("--pool6", pool, &s->len6);
	first = s->pool6.s6_addr[0];
	if (s->len6 > 112 || s->len6 < 8)
		diex("--pool6: '%s' has a length outside of 8..112", pool);
	net = addr6_net(&s->pool6, s->len6);
	if (!addr6_same(&s->pool6, &net, 128))
		diex("--pool6: '%s' is not the address of a network", pool);
	/* Loopback, IPv4 in other clothes; link-local, multicast. */
	if (first == 0 || first >= 0xfe)
		diex("--pool6: '%s' is not a network of hosts", pool);
	s->has6 = true;
}

struct slot
slot_get(const char *num, const char *pool, const char *pool6)
{
	struct slot s = {0};

	if (!pool)
		pool = env_or("BOX_POOL", SLOT_POOL);
	s.pool = addr_parse_net("--pool", pool, &s.len);
	if (s.len > 30 || s.len < 8)
		diex("--pool: '%s' has a length outside of 8..30", pool);
	if (s.pool & ~addr_mask(s.len))
		diex("--pool: '%s' is not the address of a network", pool);
	s.num = (unsigned)parse_num("--slot",
	    num ? num : env_or("BOX_SLOT", "0"), 0, slot_count(s.len) - 1);
	if (!pool6)
		pool6 = env_or("BOX_POOL6", NULL);
	if (pool6)
		read_pool6(&s, pool6);
	return s;
}

unsigned
slot_of(const char *what, const struct slot *s, const char *word)
{
	const uint32_t n = addr_parse(what, word) - slot_gateway(s) - 1;

	if (n >= slot_count(s->len))
		diex("%s: %s is not a box's address in the pool %s/%u", what,
		    word, addr_text(s->pool), s->len);
	return n;
}

uint32_t
slot_gateway(const struct slot *s)
{
	return s->pool + 1;
}

uint32_t
slot_addr(const struct slot *s)
{
	return s->pool + 2 + s->num;
}

/* The address NUM of the pool. */
static struct in6_addr
in_pool6(const struct slot *s, unsigned num)
{
	struct in6_addr a = s->pool6;

	a.s6_addr[14] |= (uint8_t)(num >> 8);
	a.s6_addr[15] |= (uint8_t)num;
	return a;
}

struct in6_addr
slot_gateway6(const struct slot *s)
{
	return in_pool6(s, 1);
}

struct in6_addr
slot_addr6(const struct slot *s)
{
	return in_pool6(s, 2 + s->num);
}

uint32_t
slot_ids(const struct slot *s)
{
	return SLOT_IDS_BASE + s->num * SLOT_IDS;
}

const char *
slot_link(const struct slot *s, char *buf, size_t size)
{
	if (s->num == 0)
		snprintf(buf, size, "veth0");
	else
		snprintf(buf, size, "box%u", s->num);
	return buf;
}
