// SPDX-License-Identifier: MIT
/* record - the record of the rules that all boxes share */
#include "nat/record.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "nat/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line: the boot, both back ends, the generation, the hash, the families
 * with BOX-REST (1: IPv4, 2: IPv6), and the pools, each with a ",". */
#define RECORD_SIZE 1000
#define POOLS_SIZE 768
#define RECORD_FORMAT "%39s %15s %15s %" SCNu32 " %" SCNx32 " %u %767s"

static char name[40];

void
record_of(uint64_t cookie)
{
	path_fmt(name, sizeof(name), RECORD_PREFIX "%ju", (uintmax_t)cookie);
}

const char *
record_name(void)
{
	return name;
}

/* FNV-1a. */
static uint32_t
hash(uint32_t h, const void *data, size_t size)
{
	const unsigned char *p = data;

	while (size--)
		h = (h ^ *p++) * 16777619u;
	return h;
}
#define HASH 2166136261u

uint32_t
record_hash(const struct nat *n)
{
	struct texts t = nat_texts(NULL, n, NULL);
	uint32_t h = HASH;

	for (unsigned ip = 0; ip < IPS; ip++) {
		h = hash(h, t.of[ip], strlen(t.of[ip]));
		free(t.of[ip]);
	}
	return h;
}

static void
set_id(struct nat *n)
{
	struct stat st = {0};
	uint32_t h;

	/* With -n there may be no directory yet, and an ordinary user has
	 * another one than root. */
	if (geteuid() == 0 && stat(state_dir(), &st) < 0 && errno != ENOENT)
		die("stat %s", state_dir());
	h = hash(HASH, &st.st_dev, sizeof(st.st_dev));
	h = hash(h, &st.st_ino, sizeof(st.st_ino));
	snprintf(n->id, sizeof(n->id), "p%07" PRIx32, h >> 4);
}

static bool
overlap(const struct nat_pool *p, const struct nat_pool *q)
{
	const unsigned len = p->len < q->len ? p->len : q->len;

	if (p->ip != q->ip)
		return false;
	return p->ip == IP6 ? addr6_same(&p->addr6, &q->addr6, len)
			    : ((p->addr ^ q->addr) & addr_mask(len)) == 0;
}

bool
record_add(struct nat *n, const struct nat_pool *p)
{
	for (struct nat_pool *q = n->pools; q < n->pools + n->n_pools; q++)
		if (overlap(p, q))
			/* All bits of an address after its length are 0. */
			return p->len == q->len;
	if (n->n_pools == NAT_POOLS)
		return false;
	n->pools[n->n_pools++] = *p;
	return true;
}

bool
record_add_all(struct nat *n, const struct slot *s)
{
	struct nat_pool pools[IPS];
	const unsigned count = nat_pools(s, pools);
	bool all = true;

	for (unsigned i = 0; i < count; i++)
		all = record_add(n, &pools[i]) && all;
	return all;
}

/* Reads "10.0.0.0/24,fd62:6f78::/64," and so on. */
static void
read_pools(struct nat *n, char *pools)
{
	char *word, *slash;

	while ((word = strsep(&pools, ","))) {
		struct nat_pool p = {.ip = strchr(word, ':') ? IP6 : IP4};

		if (!(slash = strchr(word, '/')))
			continue;
		*slash++ = '\0';
		p.len = (unsigned)atoi(slash);
		if (p.len == 0 || p.len > (p.ip == IP6 ? 128 : 32))
			continue;
		if (p.ip == IP6 ? addr6_read(word, &p.addr6)
				: addr_read(word, &p.addr))
			record_add(n, &p);
	}
}

void
record_read(int fd, struct record *r)
{
	char text[RECORD_SIZE] = "", pools[POOLS_SIZE] = "";
	unsigned has_rest = 0;
	bool old = false;

	if (fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("read %s/lock/%s", state_dir(), name);
	memset(r, 0, sizeof(*r));
	r->made = sscanf(text, RECORD_FORMAT, r->boot, r->backend, r->old,
		      &r->generation, &r->hash, &has_rest, pools) >= 6 &&
		  strcmp(r->boot, boot_id()) == 0;
	if (!r->made) {
		old = strlen(r->boot) == strlen(boot_id()) &&
		      strcmp(r->boot, boot_id()) != 0;
		memset(r, 0, sizeof(*r));
		r->old_boot = old;
		r->unread = fd >= 0 && !old;
		strcpy(r->old, "-");
		snprintf(r->boot, sizeof(r->boot), "%s", boot_id());
		pools[0] = '\0';
	}
	set_id(&r->rules);
	r->rules.shared = true;
	for (unsigned ip = 0; ip < IPS; ip++)
		r->rules.rest[ip] = r->made && has_rest & 1u << ip;
	read_pools(&r->rules, pools);
}

/* In one write of always the same size: a kill leaves the old or the new one.
 */
void
record_write(int fd, const struct record *r)
{
	char text[RECORD_SIZE], pools[POOLS_SIZE] = "", *end = pools;
	const bool *rest = r->rules.rest;

	if (say_modes() & SAY_DRY)
		return;
	for (unsigned i = 0; i < r->rules.n_pools; i++)
		end += sprintf(end, "%s,", nat_pool_text(&r->rules.pools[i]));
	memset(text, ' ', sizeof(text));
	text[snprintf(text, sizeof(text),
	    "%s %s %s %" PRIu32 " %" PRIx32 " %u %s", r->boot, r->backend,
	    r->old, r->generation, r->hash,
	    (unsigned)rest[IP4] + 2 * (unsigned)rest[IP6], pools)] = ' ';
	text[sizeof(text) - 1] = '\n';
	if (pwrite(fd, text, sizeof(text), 0) != sizeof(text))
		die("write %s/lock/%s", state_dir(), name);
}

void
record_look(struct record *r)
{
	const int fd = geteuid() == 0 ? lock_open(name, false) : -1;

	record_read(fd, r);
	if (fd >= 0)
		close(fd);
}
