// SPDX-License-Identifier: MIT
/*
 * start - the start of a box
 *
 * The clone makes the user and the pid namespace.  The parent writes the maps.
 * Then the child, as the box's root, makes the other namespaces, so that they
 * belong to the new user namespace.  Parent and child wait for each other on
 * the door; an end of file means that the other side has died.
 */
#include "spawn/start.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/say.h"
#include "box/hosts.h"
#include "net/loopback.h"
#include "ns/refused.h"
#include "stage/inherit.h"
#include "term/tty.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is joined before the clone if the user namespace is new. */
#define EARLY (CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)

/* The child's part after the maps are written. */
static void
settle(const struct start *s)
{
	const int kinds = ~(CLONE_NEWUSER | CLONE_NEWPID);
	const int joins = s->set.fresh & CLONE_NEWUSER ? CLONE_NEWNS : kinds;
	const char *name = s->hostname ? s->hostname : HOSTS_BOX;

	ns_join(&s->set, joins);
	ns_unshare(&s->set, kinds);
	if (((s->set.fresh & CLONE_NEWUTS) || s->hostname) &&
	    say(SAY_SH, "hostname %s", name) &&
	    sethostname(name, strlen(name)) < 0)
		die_said();
	if (s->loopback && loopback_up() < 0)
		die_said();
	if (s->domainname && say(SAY_SH, "domainname %s", s->domainname) &&
	    setdomainname(s->domainname, strlen(s->domainname)) < 0)
		die_said();
}

/* kill(0) reaches the whole process group, also outside of the pid namespace.
 * The box has to be in the caller's group only for a terminal's signals. */
static void
leave_group(const struct start *s)
{
	const bool apart =
	    (s->set.fresh & CLONE_NEWPID) || s->set.join[NS_PID] >= 0;

	if ((s->leave || (apart && !tty_have())) && setsid() < 0)
		die("setsid");
}

/* Each of two processes waits for the other's word.  False if the other has
 * ended, which has said why, or with a line of our own. */
static bool
tell(int door)
{
	if (fd_tell(door, 0))
		return true;
	if (errno != EPIPE && errno != ECONNRESET)
		warn("send to the other process of the start");
	return false;
}

static bool
hear(int door)
{
	errno = 0;
	if (fd_hear(door) >= 0)
		return true;
	if (errno != 0 && errno != ECONNRESET)
		warn("hear the other process of the start");
	return false;
}

/* The child. */
static void
begin(const struct start *s, int door)
{
	/* The box is to die with the parent.  getppid() is 0 in a pid
	 * namespace, so a message after the prctl shows that the parent lives;
	 * the prctl comes after the change of ids, which would undo it. */
	if (!hear(door))
		exit(EXIT_TOOL);
	leave_group(s);
	/* A joined user namespace may be hostile, and must not trace us.  (In
	 * a new one we stay dumpable: else an ordinary parent could not write
	 * the maps.) */
	if (s->set.join[NS_USER] >= 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	ns_join(&s->set, CLONE_NEWUSER);
	if ((s->set.fresh & CLONE_NEWUSER) || s->set.join[NS_USER] >= 0)
		idmap_become_root();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("prctl PR_SET_PDEATHSIG");
	settle(s);
	if (!tell(door) || !hear(door))
		exit(EXIT_TOOL);
	inherit_add(INHERIT_DOOR, door);
}

/* Changes the effective user, and keeps the capabilities. */
static void
act_as(uid_t id, cap_t caps)
{
	/* EINVAL: the id is not mapped here; writing the map will fail. */
	if (seteuid(id) < 0 && errno != EINVAL)
		die("seteuid %u", id);
	if (cap_set_proc(caps) == 0)
		return;
	warn("capset");
	/* What is to be undone is root's. */
	if (seteuid(0) < 0)
		warn("seteuid 0");
	exit(EXIT_TOOL);
}

void
start_owner(const struct start *s, uid_t *uid, gid_t *gid)
{
	uint32_t id;

	/* newuidmap(1) refuses a process of another user. */
	*uid = geteuid();
	if (*uid == 0 && !s->maps.helper && idmap_out(&s->maps.u, 0, &id))
		*uid = id;
	*gid = idmap_out(&s->maps.g, 0, &id) ? id : getegid();
}

/* Like clone3(2), but root makes a new user namespace as the user that is its
 * root.  The kernel counts a namespace's inotify instances, timers and message
 * queues for the effective user that made it (user_namespaces(7)).  So a box
 * has a count of its own, apart from root's. */
static long
clone_owned(const struct start *s, struct clone_args *args)
{
	uid_t owner;
	gid_t group;
	cap_flag_value_t look;
	cap_t caps;
	long pid;
	int error;

	start_owner(s, &owner, &group);
	if (!(args->flags & CLONE_NEWUSER) || owner == geteuid())
		return syscall(SYS_clone3, args, sizeof(*args));
	caps = cap_get_proc();
	if (!caps || cap_get_flag(caps, CAP_SYS_PTRACE, CAP_EFFECTIVE, &look))
		die("capget");
	/* Without this capability, as in a box, only the owner may look at the
	 * processes there. */
	act_as(look == CAP_SET ? owner : 0, caps);
	pid = syscall(SYS_clone3, args, sizeof(*args));
	error = errno;
	if (pid != 0)
		act_as(0, caps);
	cap_free(caps);
	errno = error;
	return pid;
}

static pid_t
clone_box(const struct start *s)
{
	const int flags = s->set.fresh & (CLONE_NEWUSER | CLONE_NEWPID);
	struct clone_args args = {
	    .flags = (uint64_t)flags, .exit_signal = SIGCHLD};
	long pid;

	if (!say(SAY_SH, "unshare%s --fork", ns_options(flags)))
		return 0;
	pid = clone_owned(s, &args);
	if (pid >= 0)
		return (pid_t)pid;
	ns_refused(flags);
}

/* The root of a new user namespace may not join one of the caller's: the caller
 * does, for the child, and goes back. */
static pid_t
clone_joined(const struct start *s)
{
	struct ns_set own = {0};
	pid_t pid;

	ns_join(&s->set, CLONE_NEWPID);
	if (!(s->set.fresh & CLONE_NEWUSER))
		return clone_box(s);
	for (int k = 0; k < NS_KINDS; k++)
		own.join[k] = s->set.join[k] >= 0 && (ns_types[k].flag & EARLY)
				  ? ns_open(0, k)
				  : -1;
	ns_join(&s->set, EARLY);
	pid = clone_box(s);
	if (pid != 0)
		ns_join(&own, EARLY);
	for (int k = 0; k < NS_KINDS; k++)
		close_keep(own.join[k]);
	return pid;
}

pid_t
start_box(const struct start *s, int *door)
{
	int ends[2];
	pid_t pid;

	fd_pair(ends);
	pid = clone_joined(s);
	close(ends[pid == 0 ? 0 : 1]);
	if (pid == 0) {
		at_end_forget();
		begin(s, ends[1]);
	}
	*door = ends[0];
	return pid;
}

bool
start_settled(const struct start *s, pid_t pid, int door)
{
	if (s->set.fresh & CLONE_NEWUSER)
		idmaps_write(&s->maps, pid);
	return tell(door) && hear(door);
}

bool
start_go(int door)
{
	return tell(door);
}

void
start_say(const struct start *s)
{
	clone_joined(s);
	if (s->set.fresh & CLONE_NEWUSER)
		idmaps_write(&s->maps, 0);
	ns_join(&s->set, CLONE_NEWUSER);
	settle(s);
}
