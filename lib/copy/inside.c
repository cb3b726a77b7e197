// SPDX-License-Identifier: MIT
/* inside - a process of ours in a box, entered as ns-enter does */
#include "copy/inside.h"
#include "base/die.h"
#include "box/state.h"
#include "cg/open.h"
#include "ns/idmap.h"
#include "ns/ns.h"
#include "payload/caps.h"
#include "payload/confine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
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
	/* If the process still lives, its number was its own all along. */
	if (pidfd_send_signal(target_fd, 0, NULL, 0) < 0 && errno == ESRCH)
		diex("%s has ended", name);
}

/* Enters the box's other namespaces, in the child, which is in the pid
 * namespace only.  From its first moment there no process of the box may trace
 * it. */
static void
enter(int fd, int left)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	cgroup_join(&group);
	ns_enter(target_fd, target, left);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || close_range(3, ~0U, 0) < 0)
		die("close descriptors");
	if (kinds & CLONE_NEWUSER)
		idmap_become_root();
	/* A change of credentials turns this on again. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	walls.base = caps_kept;
	confine(&walls, &(struct user){.uid = 0});
}

pid_t
inside_fork(int fd)
{
	const int left = ns_enter_first(target_fd, target, kinds);
	pid_t pid;

	pid = cgroup_fork(&group);
	if (pid == 0)
		enter(fd, left);
	return pid;
}
