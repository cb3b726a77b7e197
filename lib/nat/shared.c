// SPDX-License-Identifier: MIT
/*
 * shared - the rules that all boxes share, with a record of them
 *
 * A box that joins them changes no rule: to make rules costs milliseconds, and
 * to remove them the kernel's grace periods.  Their chains' names end in a
 * number of the state directory, so that two state directories do not undo each
 * other's rules.
 *
 * The record says what was wanted, and not that it is there: others flush
 * chains, and put rules on top.  So the rules are listed and compared, but only
 * if nftables has had a change since the last look (its generation); legacy
 * counts no changes, and is fast.  Rules that are not as wanted are made anew
 * in one change per table, the old ones never removed before.
 *
 * Forwarding is off before the rule goes that drops all packets but boxes', and
 * that rule is there before forwarding is on.
 */
#include "nat/shared.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "box/lock.h"
#include "nat/forward.h"
#include "nat/iptables.h"
#include "nat/record.h"
#include "nat/undo.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
shared_takes(const struct slot *s)
{
	struct record r;

	record_look(&r);
	return record_add_all(&r.rules, s);
}

bool
shared_pools(void)
{
	struct record r;

	record_look(&r);
	return r.rules.n_pools > 0;
}

/* Whether the rules of R are there, in the back end in use. */
static bool
stands(int fd, struct record *r, const char *backend)
{
	const uint32_t now = iptables_generation();
	const bool same = strcmp(r->backend, backend) == 0;
	bool stand = true, nft = true;

	if (r->hash != record_hash(&r->rules))
		return false;
	if (same && now && now == r->generation)
		return true;
	for (unsigned ip = 0; ip < IPS && stand; ip++) {
		char *saved = NULL;

		if (!nat_has(&r->rules, ip))
			continue;
		stand = iptables_save(ip, &saved) == 0 &&
			nat_stands(&r->rules, saved, ip);
		/* In the first line. */
		if (stand)
			saved[strcspn(saved, "\n")] = '\0';
		nft = stand && nft && strstr(saved, "nf_tables");
		free(saved);
	}
	if (stand) {
		snprintf(r->backend, sizeof(r->backend), "%s", backend);
		/* Legacy's rules change without nftables. */
		r->generation = nft ? now : 0;
		record_write(fd, r);
	}
	return stand;
}

/* Makes the rules of R in place of those that are there, which were for HAVE.
 * Rules without a RECORD were made by hand, or their chains are another's, and
 * stay. */
static int
anew(int lock, const struct record *have, const struct record *r, bool record)
{
	struct texts t;
	int ret = 0;

	for (unsigned ip = 0; ip < IPS; ip++) {
		char *saved = NULL;

		if (ret == 0 &&
		    (nat_has(&r->rules, ip) || nat_has(&have->rules, ip)))
			ret = iptables_save(ip, &saved);
		if (ret == 0 && !record && saved &&
		    !nat_ours(r->rules.id, saved))
			ret = -1;
		t.of[ip] = ret == 0 && saved ? nat_anew(&r->rules, saved, ip)
					     : text_fmt("%s", "");
		free(saved);
	}
	if (ret == 0)
		return nat_feed(t, lock);
	for (unsigned ip = 0; ip < IPS; ip++)
		free(t.of[ip]);
	return ret;
}

uint32_t
shared_seen(void)
{
	struct record r;

	record_look(&r);
	return r.made ? r.generation : 0;
}

void
shared_beside(uint32_t seen, unsigned n)
{
	const int fd = lock_open(record_name(), false);
	struct record r;

	if (fd < 0)
		return;
	record_read(fd, &r);
	if (r.made && seen && r.generation == seen &&
	    iptables_generation() == seen + n) {
		r.generation = seen + n;
		record_write(fd, &r);
	}
	close(fd);
}

static bool
lacks(const struct record *r)
{
	return iptables_missing(IP4) ||
	       (iptables_missing(IP6) && nat_has(&r->rules, IP6));
}

/* Makes the rules of WANT; HAVE is what the record had. */
static int
make(int fd, int lock, const struct record *have, struct record *want)
{
	const bool moved =
	    have->made && !iptables_same(have->backend, want->backend);

	want->made = true;
	want->generation = 0;
	want->hash = record_hash(&want->rules);
	if (moved)
		strcpy(want->old, have->backend);
	record_write(fd, want);
	if (have->made) {
		if (anew(lock, have, want, true) < 0)
			return -1;
	} else if (nat_feed(nat_texts(NULL, &want->rules, NULL), lock) < 0 &&
		   (lacks(want) || anew(lock, have, want, false) < 0)) {
		return -1;
	}
	if (strcmp(want->old, "-") != 0) {
		iptables_use(want->old);
		if (nat_undo(want->rules.id, nat_has(&have->rules, IP6)) == 0) {
			strcpy(want->old, "-");
			record_write(fd, want);
		}
		iptables_use(want->backend);
	}
	return 0;
}

/* Undoes what a failed make() has done, where there were no rules before. */
static void
fail(int fd, int lock, const struct record *have, const struct record *want)
{
	iptables_warn("%s", said());
	if (have->made) {
		close(fd);
		return;
	}
	nat_feed_each(&want->rules, NULL, lock);
	if (nat_left(want->rules.id, nat_has(&want->rules, IP6)) == 0) {
		lock_remove(record_name(), fd);
		return;
	}
	close(fd);
	hint("box-gc");
}

static bool
same_rules(const struct nat *a, const struct nat *b)
{
	return a->rest[IP4] == b->rest[IP4] && a->rest[IP6] == b->rest[IP6] &&
	       a->n_pools == b->n_pools;
}

/* What is wanted with a box more. */
static struct record
with(const struct record *have, int lock, const struct slot *s, bool pooled)
{
	struct record want = *have;

	want.rules.rest[IP4] = forward_mine(lock, IP4, true);
	want.rules.rest[IP6] = forward_mine(lock, IP6, s->has6);
	if (pooled)
		record_add_all(&want.rules, s);
	return want;
}

static int
forward(int lock, const struct slot *s)
{
	if (forward_on(lock, IP4) == 0 &&
	    (!s->has6 || forward_on(lock, IP6) == 0))
		return 0;
	warn("%s", said());
	return -1;
}

static int
print(const struct slot *s, bool pooled)
{
	struct record have, want;

	record_look(&have);
	want = with(&have, -1, s, pooled);
	for (unsigned ip = 0; ip < IPS; ip++)
		if (have.rules.rest[ip])
			want.rules.rest[ip] = true;
	if (!have.made || !same_rules(&have.rules, &want.rules))
		iptables_restore(nat_texts(NULL, &want.rules, NULL));
	return forward(-1, s);
}

int
shared_up(int lock, const struct slot *s, bool pooled, const char *backend)
{
	struct record have, want;
	int fd, r = 0;

	if (say_modes() & SAY_DRY)
		return print(s, pooled);
	fd = lock_open(record_name(), true);
	record_read(fd, &have);
	/* Another boot's record, and so is forwarding's. */
	if (have.old_boot && ftruncate(lock, 0) < 0)
		die("write a lock in %s", state_dir());
	want = with(&have, lock, s, pooled);
	snprintf(want.backend, sizeof(want.backend), "%s", backend);
	if (!have.made && !want.rules.rest[IP4] && !want.rules.rest[IP6] &&
	    !want.rules.n_pools) {
		lock_remove(record_name(), fd);
		return 0;
	}
	if (!have.made || !same_rules(&have.rules, &want.rules) ||
	    !stands(fd, &have, backend))
		r = make(fd, lock, &have, &want);
	if (r < 0) {
		fail(fd, lock, &have, &want);
		return -1;
	}
	close(fd);
	return forward(lock, s);
}

/* Removes the rules in the back end; -1 with a warning. */
static int
remove_from(const char *backend, const struct record *r, int lock)
{
	iptables_use(backend);
	if (!(say_modes() & SAY_DRY) &&
	    nat_feed(nat_texts(&r->rules, NULL, NULL), lock) == 0)
		return 0;
	return nat_undo(r->rules.id, nat_has(&r->rules, IP6));
}

int
shared_shrink(int lock)
{
	const int fd = lock_open(record_name(), false);
	struct record r, rest;
	int ret = 0;

	record_read(fd, &r);
	rest = r;
	rest.rules.n_pools = 0;
	iptables_use(r.backend);
	if (r.rules.n_pools && make(fd, lock, &r, &rest) < 0) {
		iptables_warn("%s", said());
		ret = -1;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Whether rules of IPv6 may be there that no record tells of. */
static bool
has6(void)
{
	return access("/proc/sys/net/ipv6", F_OK) == 0 &&
	       run_has("ip6tables-save");
}

int
shared_down(int lock)
{
	const int fd = lock_open(record_name(), false);
	const bool dry = say_modes() & SAY_DRY;
	struct record r;

	record_read(fd, &r);
	if (r.old_boot && !dry && ftruncate(lock, 0) < 0)
		die("write a lock in %s", state_dir());
	if (lock >= 0 && forward_off(lock) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	/* With -n also rules that were made by hand. */
	if (fd < 0)
		return dry ? nat_undo(r.rules.id, has6()) : 0;
	if (!dry && ftruncate(lock, 0) < 0)
		die("write a lock in %s", state_dir());
	if ((r.made && (remove_from(r.backend, &r, lock) < 0 ||
			   (strcmp(r.old, "-") != 0 &&
			       remove_from(r.old, &r, lock) < 0))) ||
	    (r.unread && nat_undo(r.rules.id, has6()) < 0)) {
		close(fd);
		return -1;
	}
	lock_remove(record_name(), fd);
	return 0;
}
