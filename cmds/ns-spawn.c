// SPDX-License-Identifier: MIT
/*
 * ns-spawn - new namespaces and id maps, and PROG as process 1 in them
 *
 * spawn/start.c starts both processes.  The parent stays: it waits, forwards
 * signals, is the doorman for the stages inside, and removes the name in
 * /run/netns, which the kernel would keep.
 */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "box/slot.h"
#include "box/state.h"
#include "ns/idmap.h"
#include "ns/ns.h"
#include "ns/refused.h"
#include "spawn/doorman.h"
#include "spawn/init.h"
#include "spawn/leave.h"
#include "spawn/netns.h"
#include "spawn/start.h"
#include "stage/chain.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	O_ONLY = OPT_LONG,
	O_INIT,
	O_STOP,
	O_HOSTNAME,
	O_NETNS,
	O_INFO,
	O_LEAVE,
	O_PARK,
	O_SLOT,
	O_NS
};

static const struct opt opts[] = {
    {O_ONLY, "only", "LIST", "only new (user,mount,pid,net,uts,ipc,cgroup)"},
    {O_NS + NS_USER, "user", "NS",
	"user namespace: new, host, or a path to join"},
    {O_NS + NS_MOUNT, "mount", "NS", "mount namespace, likewise"},
    {O_NS + NS_PID, "pid", "NS", "pid namespace, likewise"},
    {O_NS + NS_NET, "net", "NS", "network namespace, likewise"},
    {O_NS + NS_UTS, "uts", "NS", "uts namespace (host name), likewise"},
    {O_NS + NS_IPC, "ipc", "NS", "ipc namespace, likewise"},
    {O_NS + NS_CGROUP, "cgroup", "NS", "cgroup namespace, likewise"},
    {'m', "map", "MAP", "ids: self, subid, auto, or IN:OUT:COUNT,..."},
    {O_SLOT, "slot", "N", "ids of slot N (default: the chain's, else 0)"},
    {O_HOSTNAME, "hostname", "NAME", "host name (default: container)"},
    {O_INIT, "init", "[=linger]",
	"an init as process 1; linger: end with the last"},
    {O_STOP, "stop-signal", "SIGNAL", "what prog gets from the init for TERM"},
    {O_NETNS, "netns", "NAME", "network's name for ip netns (the box's)"},
    {O_INFO, "info-fd", "FD", "write pid and namespaces to FD, as JSON"},
    {O_LEAVE, "leave", NULL, "end with 0 when the box stands; it lives on"},
    {O_PARK, "park", "SOCKET", "prog waits for a connection; with --leave"},
    {0},
};
static const struct tool tool = {"ns-spawn", "prog [arg ...]", opts, SAY_SH};

static struct start box;
static const char *netns, *map_word, *slot_word, *park;
static bool with_init, linger, user;
static int stop_signal;
static int info = -1;

/* Dies unless the options fit together. */
static void
check(void)
{
	if (box.hostname && !(box.set.fresh & CLONE_NEWUTS))
		diex("--hostname needs a uts namespace of the box's own");
	if (with_init && !(box.set.fresh & CLONE_NEWPID))
		diex("--init needs a pid namespace of the box's own");
	if (stop_signal && !with_init)
		diex("--stop-signal needs --init, which sends the signal");
	if (map_word && !(box.set.fresh & CLONE_NEWUSER))
		diex("--map needs a user namespace of the box's own");
	if (park && !box.leave)
		diex("--park needs --leave");
	if (netns && box.leave)
		diex("--leave: nobody would remove the name of --netns");
}

static void
parse(int argc, char *argv[])
{
	int c;

	ns_all(&box.set);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_ONLY:
			ns_only(&box.set, optarg);
			break;
		case 'm':
			map_word = optarg;
			break;
		case O_SLOT:
			slot_word = optarg;
			break;
		case O_HOSTNAME:
			box.hostname = parse_name("--hostname", optarg, 64);
			break;
		case O_INIT:
			with_init = true;
			linger = optarg && strcmp(optarg, "linger") == 0;
			if (optarg && !linger)
				diex("--init: '%s' is not linger", optarg);
			break;
		case O_STOP:
			stop_signal = parse_signal("--stop-signal", optarg);
			break;
		case O_NETNS:
			netns = parse_name("--netns", optarg, 64);
			break;
		case O_INFO:
			info = parse_fd("--info-fd", optarg);
			break;
		case O_LEAVE:
			box.leave = true;
			break;
		case O_PARK:
			park = optarg;
			break;
		default:
			ns_choose(&box.set, (enum ns_kind)(c - O_NS), optarg);
		}
	if (!argv[optind])
		opt_usage(&tool);
	check();
}

/* {"pid": 17, "ns": {"user": 4026531837, ...}}: inodes, as in /proc/PID/ns. */
static void
write_info(pid_t pid)
{
	dprintf(info, "{\"pid\": %d, \"ns\": {", pid);
	for (int k = 0; k < NS_KINDS; k++)
		dprintf(info, "%s\"%s\": %ju", k ? ", " : "", ns_types[k].name,
		    (uintmax_t)ns_inode(pid, k));
	if (dprintf(info, "}}\n") < 0)
		die("write --info-fd %d", info);
	close(info);
}

/* The parent's part of the start.  False if the start has failed. */
static bool
attend(pid_t pid, int door)
{
	uid_t uid;
	gid_t gid;

	if (!start_settled(&box, pid, door)) {
		ns_tell_none(box.set.fresh);
		return false;
	}
	if (netns)
		netns_name(pid);
	if (info >= 0)
		write_info(pid);
	state_put_pid("pid", pid);
	start_owner(&box, &uid, &gid);
	doorman_start(&(struct doorman){
	    .box = pid,
	    .leaves = box.leave,
	    .newpid = box.set.fresh & CLONE_NEWPID,
	    .newns = box.set.fresh & CLONE_NEWNS,
	    .newnet = ns_inode(pid, NS_NET) != ns_inode(0, NS_NET),
	    .shift = geteuid() == 0 && (box.set.fresh & CLONE_NEWUSER) &&
		     !idmap_identity(&box.maps.u),
	    .newuser = box.set.fresh & CLONE_NEWUSER,
	    .uid = uid,
	    .gid = gid,
	});
	return start_go(door);
}

/* The child. */
__attribute__((noreturn)) static void
begin(char *argv[])
{
	const int leash = leave_child();

	if (with_init)
		init_here(
		    linger, stop_signal ? stop_signal : SIGTERM, leash, user);
	resident_child();
	/* PROG is a file of the joined mount namespace. */
	if (box.set.join[NS_MOUNT] >= 0)
		chain_last(argv);
	chain(argv);
}

int
main(int argc, char *argv[])
{
	struct resident r = {
	    .stop_child = true,
	    .ready = leave_serve,
	    .left = &leave_done,
	    .parent = getppid(),
	};
	struct slot slot;
	uint32_t uid, gid;
	int prog;
	bool own;

	init_again(argv);
	tool_start(&tool);
	title_begin(argv);
	user = !idmap_is_root();
	parse(argc, argv);
	argv += optind;
	slot = slot_get(slot_word, NULL, NULL);
	if (box.set.fresh & CLONE_NEWUSER)
		idmaps_get(&box.maps, map_word, slot_ids(&slot));

	/* Only root can make a name in /run/netns. */
	if (!netns && !box.leave && (box.set.fresh & CLONE_NEWNET) && !user)
		netns = box_name();
	if (netns)
		netns_claim(netns);
	resident_begin();
	if (box.leave)
		leave_begin(park, with_init);
	if (say_modes() & SAY_DRY) {
		start_say(&box);
		if (netns)
			netns_name(0);
		say_next(argv);
	}

	if (box.set.join[NS_MOUNT] < 0) {
		prog = chain_open(argv[0], &own);
		if (prog < 0)
			chain(argv);
		chain_opened(prog, own);
	}
	if (idmap_out(&box.maps.u, 0, &uid) && idmap_out(&box.maps.g, 0, &gid))
		give_pipes(uid, gid);
	ns_tell_new(box.set.fresh);
	r.pid = start_box(&box, &r.fd);
	if (r.pid == 0)
		begin(argv);

	leave_parent();
	/* TERM: ns-spawn then removes the box's name.  start_box() changes the
	 * ids, which undoes an earlier prctl. */
	resident_die_with(r.parent, SIGTERM);
	/* A child that still waits ends at the end of file. */
	if (!attend(r.pid, r.fd)) {
		close(r.fd);
		r.fd = -1;
	}
	return resident_wait(&r);
}
