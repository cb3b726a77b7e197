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
	return record_add(&r.rules, s->pool, s->len);
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
	char *saved = NULL;
	bool stand;

	if (r->hash != record_hash(&r->rules))
		return false;
	if (same && now && now == r->generation)
		return true;
	stand = iptables_save(&saved) == 0 && nat_stands(&r->rules, saved);
	if (stand) {
		snprintf(r->backend, sizeof(r->backend), "%s", backend);
		/* The first line.  Legacy's rules change without nftables. */
		saved[strcspn(saved, "\n")] = '\0';
		r->generation = strstr(saved, "nf_tables") ? now : 0;
		record_write(fd, r);
	}
	free(saved);
	return stand;
}

/* Makes the rules of R in place of those that are there.  Rules without a
 * RECORD were made by hand, or their chains are another's, and stay. */
static int
anew(int lock, const struct record *r, bool record)
{
	char *saved = NULL;
	int ret = iptables_save(&saved);

	if (ret == 0 && !record && !nat_ours(r->rules.id, saved))
		ret = -1;
	if (ret == 0)
		ret = nat_feed(nat_anew(&r->rules, saved), lock);
	free(saved);
	return ret;
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
		if (anew(lock, want, true) < 0)
			return -1;
	} else if (nat_feed(nat_text(NULL, &want->rules, NULL), lock) < 0 &&
		   (iptables_missing() || anew(lock, want, false) < 0)) {
		return -1;
	}
	if (strcmp(want->old, "-") != 0) {
		iptables_use(want->old);
		if (nat_undo(want->rules.id) == 0) {
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
	int left = 0;

	iptables_warn("%s", said());
	if (have->made) {
		close(fd);
		return;
	}
	if (!iptables_missing()) {
		nat_feed_each(&want->rules, NULL, lock);
		left = nat_left(want->rules.id);
	}
	if (left == 0) {
		lock_remove(record_name(), fd);
		return;
	}
	close(fd);
	hint("box-gc");
}

static bool
same_rules(const struct nat *a, const struct nat *b)
{
	return a->rest == b->rest && a->n_pools == b->n_pools;
}

static int
print(const struct slot *s)
{
	struct record have, want;

	record_look(&have);
	want = have;
	want.rules.rest = forward_mine(-1) || have.rules.rest;
	if (s)
		record_add(&want.rules, s->pool, s->len);
	if (!have.made || !same_rules(&have.rules, &want.rules))
		iptables_restore(nat_text(NULL, &want.rules, NULL));
	return forward_on();
}

int
shared_up(int lock, const struct slot *s, const char *backend)
{
	struct record have, want;
	int fd, r = 0;

	if (say_modes() & SAY_DRY)
		return print(s);
	fd = lock_open(record_name(), true);
	record_read(fd, &have);
	want = have;
	/* Another boot's record, and so is forwarding's. */
	if (have.old_boot && ftruncate(lock, 0) < 0)
		die("write a lock in %s", state_dir());
	want.rules.rest = forward_mine(lock);
	if (s)
		record_add(&want.rules, s->pool, s->len);
	snprintf(want.backend, sizeof(want.backend), "%s", backend);
	if (!have.made && !want.rules.rest && !want.rules.n_pools) {
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
	if (forward_on() < 0) {
		warn("%s", said());
		return -1;
	}
	return 0;
}

/* Removes the rules in the back end; -1 with a warning. */
static int
remove_from(const char *backend, const struct record *r, int lock)
{
	iptables_use(backend);
	if (!(say_modes() & SAY_DRY) &&
	    nat_feed(nat_text(&r->rules, NULL, NULL), lock) == 0)
		return 0;
	return nat_undo(r->rules.id);
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
		return dry ? nat_undo(r.rules.id) : 0;
	if (!dry && ftruncate(lock, 0) < 0)
		die("write a lock in %s", state_dir());
	if ((r.made && (remove_from(r.backend, &r, lock) < 0 ||
			   (strcmp(r.old, "-") != 0 &&
			       remove_from(r.old, &r, lock) < 0))) ||
	    (r.unread && nat_undo(r.rules.id) < 0)) {
		close(fd);
		return -1;
	}
	lock_remove(record_name(), fd);
	return 0;
}
