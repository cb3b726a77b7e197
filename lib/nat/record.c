// SPDX-License-Identifier: MIT
/* record - the record of the rules that all boxes share */
#include "nat/record.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "nat/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line: the boot, both back ends, the generation, the hash, whether there
 * is BOX-REST, and the pools, each with a ",". */
#define RECORD_SIZE 400
#define RECORD_FORMAT "%39s %15s %15s %" SCNu32 " %" SCNx32 " %d %255s"

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
	char *text = nat_text(NULL, n, NULL);
	const uint32_t h = hash(HASH, text, strlen(text));

	free(text);
	return h;
}

static void
set_id(struct nat *n)
{
	struct stat st = {0};
	uint32_t h;

	/* With -n there may be no directory yet, and an ordinary user has
	 * another one than root. */
	if (geteuid() == 0)
		stat(state_dir(), &st);
	h = hash(HASH, &st.st_dev, sizeof(st.st_dev));
	h = hash(h, &st.st_ino, sizeof(st.st_ino));
	snprintf(n->id, sizeof(n->id), "p%07" PRIx32, h >> 4);
}

bool
record_add(struct nat *n, uint32_t addr, unsigned len)
{
	for (struct nat_pool *p = n->pools; p < n->pools + n->n_pools; p++) {
		if (p->addr == addr && p->len == len)
			return true;
		if (((p->addr ^ addr) &
			addr_mask(p->len < len ? p->len : len)) == 0)
			return false;
	}
	if (n->n_pools == NAT_POOLS)
		return false;
	n->pools[n->n_pools++] = (struct nat_pool){addr, len};
	return true;
}

void
record_read(int fd, struct record *r)
{
	char text[RECORD_SIZE] = "", pools[256] = "";
	char *rest = pools, *word, *slash;
	uint32_t addr;
	int has_rest = 0;
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
	r->rules.rest = r->made && has_rest;
	while ((word = strsep(&rest, ",")))
		if ((slash = strchr(word, '/'))) {
			*slash++ = '\0';
			if (addr_read(word, &addr))
				record_add(
				    &r->rules, addr, (unsigned)atoi(slash));
		}
}

/* In one write of always the same size: a kill leaves the old or the new one.
 */
void
record_write(int fd, const struct record *r)
{
	char text[RECORD_SIZE], pools[256] = "", *end = pools;

	if (say_modes() & SAY_DRY)
		return;
	for (unsigned i = 0; i < r->rules.n_pools; i++)
		end += sprintf(end, "%s/%u,", addr_text(r->rules.pools[i].addr),
		    r->rules.pools[i].len);
	memset(text, ' ', sizeof(text));
	text[snprintf(text, sizeof(text),
	    "%s %s %s %" PRIu32 " %" PRIx32 " %d %s", r->boot, r->backend,
	    r->old, r->generation, r->hash, r->rules.rest, pools)] = ' ';
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
