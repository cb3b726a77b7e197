// SPDX-License-Identifier: MIT
/*
 * delegate - a box's control groups, given to its root
 *
 * Whoever owns a group's directory makes groups below it, and whoever owns its
 * list of processes moves them: the delegation of cgroups(7), for v2.  On v1
 * the kernel asks the same of files, and besides that a process is the writer's
 * own. The limits of the group stay as they are: their files are not given
 * away.
 */
#include "cg/delegate.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "cg/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* "" is the directory; v1 has the last, v2 the others (/sys/kernel/cgroup/
 * delegate lists more, which are files of limits and figures). */
static const char *const files[] = {"", "/cgroup.procs", "/cgroup.threads",
    "/cgroup.subtree_control", "/tasks"};

static void
give(const char *dir, uid_t uid, gid_t gid)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = text_fmt("%s%s", dir, files[i]);

		if ((access(path, F_OK) == 0 || !*files[i]) &&
		    say(SAY_SH, "chown %u:%u %s", uid, gid, say_word(path)) &&
		    chown(path, uid, gid) < 0)
			die_said();
		free(path);
	}
}

static void
move(const char *dir, pid_t pid)
{
	char *text = pid ? text_fmt("%d", pid) : text_fmt("$BOX_PID");

	if (cg_write(dir, "cgroup.procs", text) < 0)
		die_said();
	free(text);
}

static void
delegate(const struct cg_tree *t, pid_t pid, uid_t uid, gid_t gid)
{
	char *own = text_fmt("%s/" CG_OWN, t->own);

	give(t->own, uid, gid);
	if (t->version == 2) {
		if (cg_mkdir(own) < 0)
			die_said();
		give(own, uid, gid);
		move(own, pid);
		move(own, getpid());
	}
	free(own);
}

void
cg_delegate(pid_t pid, uid_t uid, gid_t gid)
{
	const struct cg_tree *t;
	bool any = false;

	for (size_t i = 0; (t = cg_tree_number(i)); i++)
		if (t->top && cg_is_own(t->list)) {
			delegate(t, pid, uid, gid);
			any = true;
		}
	if (!any)
		die_hint("cg-limit --delegate max ns-spawn --delegate ...",
		    "--delegate: the box has no control group of its own");
}
