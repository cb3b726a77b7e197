// SPDX-License-Identifier: MIT
/* inside - a process of ours in a box, entered as ns-enter does */
#include "copy/inside.h"
#include "base/die.h"
#include "box/state.h"
#include "cg/open.h"
#include "ns/idmap.h"
#include "ns/ns.h"
#include "payload/confine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

static pid_t target;
static int target_fd, kinds;
static struct cgroup group;
static struct confine walls;

void
inside_find(const char *name)
{
	target_fd = state_pidfd(name, "pid", &target);
	if (target_fd < 0)
		diex("%s: no such box is running", name);
	seccomp_read(&walls.seccomp, NULL);
	cgroup_of(&group, target);
	kinds = ns_others(target);
	/* All that was read of it by its number was its own. */
	if (pidfd_send_signal(target_fd, 0, NULL, 0) < 0 && errno == ESRCH)
		diex("%s has ended", name);
}

/* The child, in the pid namespace and nowhere else yet.  From its first moment
 * in the others nobody there may trace it. */
static void
enter(int fd)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	cgroup_join(&group);
	ns_enter(target_fd, target, kinds & ~CLONE_NEWPID);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || close_range(3, ~0U, 0) < 0)
		die("close what is open");
	if (kinds & CLONE_NEWUSER)
		idmap_become_root();
	/* New credentials undo this. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	confine(&walls, &(struct user){.uid = 0});
}

pid_t
inside_fork(int fd)
{
	pid_t pid;

	ns_enter(target_fd, target, kinds & CLONE_NEWPID);
	pid = cgroup_fork(&group);
	if (pid == 0)
		enter(fd);
	return pid;
}
