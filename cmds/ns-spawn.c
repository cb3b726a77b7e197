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
#include "box/slot.h"
#include "box/state.h"
#include "cg/delegate.h"
#include "ns/idmap.h"
#include "ns/ns.h"
#include "ns/refused.h"
#include "spawn/doorman.h"
#include "spawn/init.h"
#include "spawn/leave.h"
#include "spawn/netns.h"
#include "spawn/options.h"
#include "spawn/pasta.h"
#include "spawn/start.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

static const struct tool tool = {
    "ns-spawn", "prog [arg ...]", spawn_opts, SAY_SH};

static struct spawn o;
static bool user; /* the caller is an ordinary one */
static int console = -1;

static void
give_groups(pid_t pid)
{
	uid_t uid;
	gid_t gid;

	start_owner(&o.box, &uid, &gid);
	cg_delegate(pid, uid, gid);
}

/* The parent's part of the start.  False if the start has failed. */
static bool
attend(pid_t pid, int door)
{
	const int fresh = o.box.set.fresh;
	uid_t uid;
	gid_t gid;

	if (!start_settled(&o.box, pid, door)) {
		ns_tell_none(fresh);
		return false;
	}
	if (o.netns)
		netns_name(pid);
	ns_write_info(o.info, pid, pid);
	state_put_pid("pid", pid);
	start_owner(&o.box, &uid, &gid);
	if (o.delegate)
		give_groups(pid);
	doorman_start(&(struct doorman){
	    .box = pid,
	    .leaves = o.box.leave,
	    .newpid = fresh & CLONE_NEWPID,
	    .newns = fresh & CLONE_NEWNS,
	    .newnet = ns_inode(pid, NS_NET) != ns_inode(0, NS_NET),
	    .otheruser = ns_inode(pid, NS_USER) != ns_inode(0, NS_USER),
	    .shift = geteuid() == 0 && (fresh & CLONE_NEWUSER) && !o.plain &&
		     !idmap_identity(&o.box.maps.u),
	    .plain = o.plain,
	    .newuser = fresh & CLONE_NEWUSER,
	    .uid = uid,
	    .gid = gid,
	    .console = console,
	    .made = o.made,
	});
	return start_go(door);
}

/* The child. */
__attribute__((noreturn)) static void
begin(char *argv[])
{
	const int leash = leave_child();

	if (o.init)
		init_here(o.linger, o.stop_signal ? o.stop_signal : SIGTERM,
		    leash, user);
	resident_child();
	/* PROG is a file of the joined mount namespace. */
	if (o.box.set.join[NS_MOUNT] >= 0)
		chain_last(argv);
	chain(argv);
}

/* Opens PROG before the start, and gives the caller's pipes to the box's root.
 */
static void
prepare(char *argv[])
{
	uint32_t uid, gid;
	int prog;
	bool own;

	if (o.box.set.join[NS_MOUNT] < 0) {
		prog = chain_open(argv[0], &own);
		/* Not chain(): the program may be there by now, and would run
		 * outside of the box. */
		if (prog < 0)
			chain_failed(argv[0]);
		chain_opened(prog, own);
	}
	if (idmap_out(&o.box.maps.u, 0, &uid) &&
	    idmap_out(&o.box.maps.g, 0, &gid))
		give_pipes(uid, gid);
	ns_tell_new(o.box.set.fresh);
	door_tell_made(o.made);
}

int
main(int argc, char *argv[])
{
	struct resident r = {
	    .stop_child = true,
	    .ready = leave_serve,
	    .others = pasta_watch,
	    .left = &leave_done,
	    .parent = getppid(),
	};
	struct slot slot;

	init_again(argv);
	tool_start(&tool);
	title_begin(argv);
	user = !idmap_is_root();
	spawn_options(&o, &tool, argc, argv);
	argv += optind;
	slot = slot_get(o.slot, NULL, NULL);
	if (o.box.set.fresh & CLONE_NEWUSER)
		idmaps_get(&o.box.maps, o.map, o.gid_map, slot_ids(&slot));

	/* Only root can make a name in /run/netns. */
	if (!o.netns && !o.box.leave && (o.box.set.fresh & CLONE_NEWNET) &&
	    !user)
		o.netns = box_name();
	if (o.netns)
		netns_claim(o.netns);
	resident_begin();
	console = doorman_console(o.console);
	if (o.box.leave)
		leave_begin(o.park, o.init);
	if (say_modes() & SAY_DRY) {
		start_say(&o.box);
		if (o.delegate)
			give_groups(0);
		if (o.netns)
			netns_name(0);
		say_next(argv);
	}

	prepare(argv);
	r.pid = start_box(&o.box, &r.fd);
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
