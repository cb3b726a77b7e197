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

struct slot
slot_get(const char *num, const char *pool)
{
	struct slot s;

	if (!pool)
		pool = env_or("BOX_POOL", SLOT_POOL);
	s.pool = addr_parse_net("--pool", pool, &s.len);
	if (s.len > 30 || s.len < 8)
		diex("--pool: '%s' has a length outside of 8..30", pool);
	if (s.pool & ~addr_mask(s.len))
		diex("--pool: '%s' is not the address of a network", pool);
	s.num = (unsigned)parse_num("--slot",
	    num ? num : env_or("BOX_SLOT", "0"), 0, slot_count(s.len) - 1);
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
