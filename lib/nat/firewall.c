// SPDX-License-Identifier: MIT
/*
 * firewall - a slot's chains, with a record of them, and the shared rules
 *
 * The owner's record is nat-COOKIE-SLOT, written and removed under one lock per
 * network namespace, netns-COOKIE.  The lock's file tells whether the suite
 * turned forwarding on.  The last owner turns it off and removes the shared
 * rules; those of a pool stay a second longer.  The cookie identifies the
 * network namespace, because the kernel soon uses an inode number again.
 */
#include "nat/firewall.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/run.h"
#include "base/say.h"
#include "box/lock.h"
#include "nat/away.h"
#include "nat/flows.h"
#include "nat/forward.h"
#include "nat/grace.h"
#include "nat/iptables.h"
#include "nat/others.h"
#include "nat/record.h"
#include "nat/shared.h"
#include "nat/undo.h"
#include "net/veth.h"
#include "stage/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMON "netns-"
#define RECORDS LOCK_NAT
/* The inode of the first process namespace (the kernel's PROC_PID_INIT_INO). */
#define HOSTS_PIDNS 0xeffffffc

static struct nat nat;
static const char *backend;
static char records[40], record[52], common[40];
static bool grace;
/* -1: not ours. */
static int record_fd = -1, common_fd = -1;

uint64_t
firewall_cookie(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		die("cookie of the network namespace");
	close(fd);
	return cookie;
}

static void
of_this_netns(void)
{
	const uintmax_t cookie = firewall_cookie();

	path_fmt(common, sizeof(common), COMMON "%ju", cookie);
	path_fmt(records, sizeof(records), RECORDS "%ju-", cookie);
	record_of(cookie);
}

/* Another process namespace may end within the second, and would take along the
 * process that removes the rules. */
static bool
has_grace(void)
{
	const char *word = env_or("BOX_GRACE", NULL);
	struct stat st;

	if (word)
		return strcmp(word, "0") != 0;
	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == HOSTS_PIDNS;
}

void
firewall_of(const struct nat *n, const char *name)
{
	grace = has_grace();
	nat = *n;
	snprintf(nat.id, sizeof(nat.id), "%u", nat.slot.num);
	backend = iptables_use(name);
	if (!backend)
		diex("--backend: '%s' is neither nft nor legacy", name);
	of_this_netns();
	path_fmt(record, sizeof(record), "%s%s", records, nat.id);
}

bool
firewall_pooled(void)
{
	return nat.pooled;
}

/* What a record says: the box's addresses, and whether its firewall is a
 * lasting one. */
struct owner {
	struct flow_box box;
	bool lasting;
};

/* Reads a record: "lasting nft 10.0.0.2 BOOT", "running nft 10.0.0.2 BOOT",
 * with an IPv6 address, if any, behind; or nothing in a new one.  Switches to
 * the record's back end. */
static struct owner
read_record(int fd)
{
	char text[192] = "", name[16] = "", box[16] = "", boot[40] = "";
	char box6[INET6_ADDRSTRLEN] = "";
	struct owner o = {0};

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("read a record in %s/lock", state_dir());
	if (sscanf(text, "%*s %15s %15s %39s %45s", name, box, boot, box6) >= 1)
		iptables_use(name);
	if (!addr_read(box, &o.box.addr))
		o.box.addr = 0;
	o.box.has6 = addr6_read(box6, &o.box.addr6);
	o.lasting = strncmp(text, "lasting", 7) == 0 &&
		    (!*boot || strcmp(boot, boot_id()) == 0);
	return o;
}

static struct flow_box
own_box(void)
{
	return (struct flow_box){nat.addr, nat.addr6, nat.slot.has6};
}

static const struct flow_box *
no_box(void)
{
	static struct flow_box none;

	none.has6 = nat.slot.has6;
	return &none;
}

static void
drop_record(void)
{
	const int fd = record_fd;

	record_fd = -1;
	lock_remove(record, fd);
}

static void
write_record(bool lasting)
{
	char text[192];
	int error;

	path_fmt(text, sizeof(text), "%s %s %s %s %s",
	    lasting ? "lasting" : "running", backend, addr_text(nat.addr),
	    boot_id(), nat.slot.has6 ? addr6_text(&nat.addr6) : "");
	if (ftruncate(record_fd, 0) == 0 &&
	    pwrite(record_fd, text, strlen(text), 0) == (ssize_t)strlen(text))
		return;
	/* An empty one would look like that of a box which starts. */
	error = errno;
	if (ftruncate(record_fd, 0) < 0)
		drop_record();
	errno = error;
	die("write %s/lock/%s", state_dir(), record);
}

static unsigned n_lasting; /* records that bury() has seen */

static int
bury(const char *slot, int fd)
{
	const struct owner o = read_record(fd);
	/* nat_undo() warns, also at another slot's start: rules that stay may
	 * be in its way. */
	const int left = o.lasting || nat_undo(slot, o.box.has6) < 0;

	n_lasting += o.lasting;
	if (!left)
		flows_end(&o.box, NULL, 0);
	iptables_use(backend);
	return left;
}

/* Releases the common lock.  The last owner puts forwarding back and removes
 * the shared rules; if that fails, the file stays and the next one tries
 * again. */
static void
unlock_now(void)
{
	if (lock_count(records) > 0 || shared_down(common_fd) < 0)
		close(common_fd);
	else
		lock_remove(common, common_fd);
	common_fd = -1;
}

/* The same, after the dead owners.  A lasting firewall needs no pool's rules.
 */
static void
grace_over(int lock)
{
	common_fd = lock;
	n_lasting = 0;
	lock_each_dead(records, true, bury);
	if (n_lasting > 0 && lock_count(records) == n_lasting)
		shared_shrink(lock);
	unlock_now();
}

/* The same, with the time of grace for the rules of a pool.  Other records may
 * be those of lasting firewalls or dead owners: the end of the grace looks. */
static void
unlock(void)
{
	if (!shared_pools()) {
		unlock_now();
		return;
	}
	if (!grace) {
		grace_over(common_fd);
		return;
	}
	grace_begin(record_name(), common, grace_over);
	close(common_fd);
	common_fd = -1;
}

/* The end of a tool that dies half-way: what box-gc would do, now.  A record is
 * written before any rule is made. */
static void
abandon(void)
{
	const int fd = record_fd;

	record_fd = -1;
	if (fd < 0 && common_fd < 0)
		return;
	if (common_fd < 0)
		common_fd = lock_wait(common);
	if (fd >= 0 && (lseek(fd, 0, SEEK_END) == 0 || bury(nat.id, fd) == 0))
		lock_remove(record, fd);
	unlock_now();
}

/* Takes the slot's record, under the common lock; dies if the record is taken.
 * Returns as read_record(). */
static struct owner
take_record(void)
{
	/* A dead box's port must not shadow ours. */
	lock_each_dead(records, !nat.pooled || nat.n_ports, bury);
	record_fd = lock_soon(record);
	if (record_fd < 0) {
		close(common_fd);
		common_fd = -1;
		diex("slot %u: a net-nat has the slot already, in this network "
		     "namespace",
		    nat.slot.num);
	}
	return read_record(record_fd);
}

/* A change of own rules: how many steps, and the generation of the last look at
 * the shared ones before. */
static unsigned steps;
static uint32_t since;

static void
count_steps(const struct texts *change)
{
	steps = nat_commits(change);
	since = steps ? shared_seen() : 0;
}

/* The steps are done. */
static void
tell_steps(void)
{
	if (!steps)
		return;
	common_fd = lock_wait(common);
	shared_beside(since, steps);
	close(common_fd);
	common_fd = -1;
}

static void
strike_out(void)
{
	common_fd = lock_wait(common);
	if (steps)
		shared_beside(since, steps);
	drop_record();
	unlock();
}

/* Undoes the tables of nat_text() before the one that failed.  If rules remain,
 * so does the record: box-gc and the slot's next start try again. */
__attribute__((noreturn)) static void
fail(void)
{
	int left;

	iptables_warn("%s", said());
	nat_feed_each(&nat, NULL, record_fd);
	left = nat_left(nat.id, nat.slot.has6);
	if (left == 0)
		strike_out();
	else if (left > 0)
		warnx("rules of slot %u are left", nat.slot.num);
	if (left)
		hint("box-gc");
	record_fd = -1;
	exit(EXIT_TOOL);
}

void
firewall_up(bool lasting)
{
	struct owner before;
	struct texts change;

	if (say_modes() & SAY_DRY) {
		nat.pooled = nat.pooled && shared_takes(&nat.slot);
		shared_up(-1, &nat.slot, nat.pooled, backend);
		iptables_restore(nat_texts(NULL, &nat, NULL));
		flows_end(no_box(), nat.ports, nat.n_ports);
		others_look(&nat.slot, strcmp(backend, "legacy") != 0);
		return;
	}
	at_end(abandon);
	common_fd = lock_wait(common);
	before = take_record();
	if (before.lasting && !lasting) {
		record_fd = -1;
		warnx("slot %u is up already", nat.slot.num);
		hint("net-nat --slot %u down", nat.slot.num);
		exit(EXIT_TOOL);
	}
	/* A lasting firewall's, or a dead owner's whose iptables has just let
	 * the lock go. */
	if (lseek(record_fd, 0, SEEK_END) > 0 &&
	    nat_undo(nat.id, before.box.has6) < 0) {
		record_fd = -1;
		exit(EXIT_TOOL);
	}
	iptables_use(backend);
	write_record(lasting);
	nat.pooled = nat.pooled && shared_takes(&nat.slot);
	if (shared_up(common_fd, &nat.slot, nat.pooled, backend) < 0) {
		drop_record();
		unlock_now();
		exit(EXIT_TOOL);
	}
	close(common_fd);
	common_fd = -1;
	change = nat_texts(NULL, &nat, NULL);
	count_steps(&change);
	if (nat_feed(change, record_fd) < 0)
		fail();
	tell_steps();
	/* The flows that began before the ports were published. */
	flows_end(no_box(), nat.ports, nat.n_ports);
	others_look(&nat.slot, strcmp(backend, "legacy") != 0);
}

/* Lets published ports answer on 127.0.0.1 and ::1, as net-veth does for the
 * ports at the start.  Without the ports' rules this would be a hole. */
static int
localnet(bool on, char *why, size_t size)
{
	if (veth_localnet(nat.link, on) == 0 &&
	    (!nat.slot.has6 || veth_localnet6(nat.link, on) == 0))
		return 0;
	snprintf(why, size, "%s: %s", said(), strerror(errno));
	return -1;
}

struct texts
firewall_ports_texts(struct nat_port *ports, size_t n_ports)
{
	const bool on = n_ports > 0;
	struct nat to = nat;
	struct texts t;
	char *rules[IPS];

	to.ports = ports;
	to.n_ports = n_ports;
	t = nat_texts(&nat, &to, NULL);
	if ((nat.n_ports > 0) == on)
		return t;
	memcpy(rules, t.of, sizeof(rules));
	t.of[IP4] =
	    text_fmt("# " VETH_LOCALNET "\n%s", on, nat.link, rules[IP4]);
	free(rules[IP4]);
	if (!nat.slot.has6)
		return t;
	t.of[IP6] = text_fmt("# ip " VETH_LOCALNET6 "\n%s",
	    on ? "append" : "delete", nat.link, rules[IP6]);
	free(rules[IP6]);
	return t;
}

int
firewall_ports(struct nat_port *ports, size_t n_ports, char *why, size_t size)
{
	struct nat to = nat;
	char again[128];

	to.ports = ports;
	to.n_ports = n_ports;
	if (nat.n_ports && !n_ports && localnet(false, why, size) < 0)
		return -1;
	if (nat_feed(nat_texts(&nat, &to, NULL), record_fd) < 0)
		snprintf(why, size, "%s", iptables_why());
	else if (nat.n_ports || !n_ports || localnet(true, why, size) == 0) {
		nat = to;
		return 0;
	}
	nat_feed_each(&to, &nat, record_fd);
	if (nat.n_ports && !n_ports)
		localnet(true, again, sizeof(again));
	return -1;
}

int
firewall_back(void)
{
	const struct flow_box box = own_box();
	const struct texts change = nat_texts(&nat, NULL, NULL);
	int r;

	count_steps(&change);
	r = grace ? nat_away(&nat, change, record_fd)
		  : nat_feed(change, record_fd);
	if (r < 0 && nat_undo(nat.id, nat.slot.has6) < 0) {
		record_fd = -1;
		return -1;
	}
	flows_end(&box, NULL, 0);
	strike_out();
	return 0;
}

void
firewall_down(void)
{
	struct owner o;
	bool swept;

	if (say_modes() & SAY_DRY) {
		nat_undo(nat.id, nat.slot.has6);
		if (lock_count(records) <= 1)
			shared_down(lock_open(common, false));
		return;
	}
	at_end(abandon);
	common_fd = lock_wait(common);
	o = take_record();
	/* No record tells of rules that were made by hand. */
	swept = nat_undo(nat.id, o.box.has6 || nat.slot.has6) == 0;
	if (swept)
		flows_end(&o.box, NULL, 0);
	/* take_record() has just made an empty record. */
	if (swept || lseek(record_fd, 0, SEEK_END) == 0)
		drop_record();
	record_fd = -1;
	unlock();
	if (!swept)
		exit(EXIT_TOOL);
}

void
firewall_end_dead(void)
{
	of_this_netns();
	/* A record may be all that is left, where its removal has failed. */
	if (lock_count(records) > 0 || lock_there(common) ||
	    lock_there(record_name()))
		grace_over(lock_wait(common));
}

static bool (*is_there)(uint64_t cookie);

/* NAME is "COOKIE-SLOT".  A network namespace that no process shows may live,
 * held by a mount of another mount namespace or by a socket.  Others use a
 * lasting firewall, and so its record stays. */
static int
forget(const char *name, int fd)
{
	char path[PATH_MAX];

	if (is_there(strtoull(name, NULL, 10)))
		return 1;
	if (!read_record(fd).lasting)
		return 0;
	path_fmt(
	    path, sizeof(path), "%s/lock/" RECORDS "%s", state_dir(), name);
	warnx("net-nat is up in a network namespace that has ended, or is held "
	      "out of sight: its record stays");
	hint("rm %s", say_word(path));
	return 1;
}

static int
forget_common(const char *cookie, int fd)
{
	(void)fd;
	path_fmt(records, sizeof(records), RECORDS "%s-", cookie);
	return is_there(strtoull(cookie, NULL, 10)) || lock_count(records) > 0;
}

void
firewall_forget(bool (*there)(uint64_t cookie))
{
	is_there = there;
	lock_each_dead(RECORDS, true, forget);
	lock_each_dead(RECORD_PREFIX, true, forget_common);
	lock_each_dead(COMMON, true, forget_common);
}
