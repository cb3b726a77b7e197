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

/* Moves the child PID and this process. */
static void
move(const char *dir, pid_t pid)
{
	char *path = text_fmt("%s/cgroup.procs", dir);
	char *text = pid ? text_fmt("%d", pid) : text_fmt("$BOX_PID");

	if (say(SAY_SH, "echo %s > %s", text, say_word(path)) &&
	    write_at(AT_FDCWD, path, text) < 0)
		die_said();
	if (cg_write(dir, "cgroup.procs", "0") < 0)
		die_said();
	free(text);
	free(path);
}

static void
delegate(const struct cg_tree *t, pid_t pid, uid_t uid, gid_t gid)
{
	char *own = text_fmt("%s/" CG_OWN, t->own);

	give(t->own, t->version, uid, gid);
	if (t->version == 2) {
		if (cg_mkdir(own) < 0)
			die_said();
		give(own, t->version, uid, gid);
		move(own, pid);
	}
	free(own);
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
