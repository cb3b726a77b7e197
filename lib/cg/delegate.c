// SPDX-License-Identifier: MIT
/*
 * delegate - a box's control groups, given to its root
 *
 * The owner of a group's directory makes groups below it, and the owner of its
 * list of processes moves them: the delegation of cgroups(7), for v2.  On v1
 * the kernel asks for the same files, and that the process belongs to the
 * writer.  The limits of the group stay as they are: their files are not given
 * away.
 */
#include "cg/delegate.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "cg/tree.h"
#include "cg/v2.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of each version; "" is the directory.  (/sys/kernel/cgroup/delegate lists
 * more, which are files of limits and figures.) */
static const char *const files[][5] = {
    [1] = {"", "/cgroup.procs", "/tasks"},
    [2] = {"", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"},
};

static void
give(const char *dir, int version, uid_t uid, gid_t gid)
{
	for (const char *const *f = files[version]; *f; f++) {
		char *path = text_fmt("%s%s", dir, *f);

		if (say(SAY_SH, "chown %u:%u %s", uid, gid, say_word(path)) &&
		    chown(path, uid, gid) < 0)
			die_said();
		free(path);
	}
}

/* Moves the child PID, or with -n $BOX_PID. */
static void
move(const char *dir, pid_t pid)
{
	char *path = text_fmt("%s/cgroup.procs", dir);
	char *text = pid ? text_fmt("%d", pid) : text_fmt("$BOX_PID");

	if (say(SAY_SH, "echo %s > %s", text, say_word(path)) &&
	    write_at(AT_FDCWD, path, text) < 0)
		die_said();
	free(text);
	free(path);
}

/* v2: the box can turn on controllers only in a group without processes.  The
 * stages in it are not the box's to stop or kill, so they are in a group of
 * their own. */
static void
empty(const char *dir, pid_t pid, uid_t uid, gid_t gid)
{
	char *own = text_fmt("%s/" CG_OWN, dir);
	char *stages = text_fmt("%s/" CG_STAGES, dir);

	if (cg_mkdir(own) < 0 || cg_mkdir(stages) < 0)
		die_said();
	give(own, 2, uid, gid);
	move(own, pid);
	if (cgv2_move_all(dir, stages) < 0)
		die_said();
	free(own);
	free(stages);
}

static void
delegate(const struct cg_tree *t, pid_t pid, uid_t uid, gid_t gid)
{
	give(t->own, t->version, uid, gid);
	if (t->version == 2)
		empty(t->own, pid, uid, gid);
}

bool
cg_is_given(const char *list)
{
	static const char *const kept[] = {"freezer", "net_cls", "net_prio"};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (strstr(list, kept[i]))
			return false;
	return true;
}

void
cg_delegate(pid_t pid, uid_t uid, gid_t gid)
{
	const struct cg_tree *t;
	bool any = false;

	for (size_t i = 0; (t = cg_tree_number(i)); i++)
		if (t->top && cg_is_own(t->list) && cg_is_given(t->list)) {
			cg_check_own(t);
			delegate(t, pid, uid, gid);
			any = true;
		}
	if (!any)
		die_hint("cg-limit --delegate max ns-spawn --delegate ...",
		    "--delegate: the box has no control group of its own");
}
