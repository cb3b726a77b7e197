// SPDX-License-Identifier: MIT
/* groups - a container's control groups, by their path in all hierarchies */
#include "oci/groups.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "cg/end.h"
#include "cg/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OURS GROUPS_OURS "/"

struct place {
	const struct cg_tree *tree;
	char *dir;
};

char *
groups_clean(const char *path)
{
	char *clean = malloc(strlen(path) + 1), *end = clean;

	if (!clean)
		die("memory");
	for (; *path; path++)
		if (*path != '/' || (path[1] && path[1] != '/'))
			*end++ = *path;
	*end = '\0';
	return clean;
}

/* A part of it leads to another group. */
static bool
has_dots(const char *group)
{
	for (const char *p = group; *p; p += strspn(p, "/")) {
		const size_t len = strcspn(p, "/");

		if ((len == 1 || len == 2) && strspn(p, ".") == len)
			return true;
		p += len;
	}
	return false;
}

static bool
exists(const char *dir)
{
	if (access(dir, F_OK) == 0)
		return true;
	if (errno != ENOENT)
		die("%s", dir);
	return false;
}

/* The directories of GROUP that exist, or, with ALL, could exist; at most
 * CG_TREES. */
static size_t
places(const char *group, bool all, struct place found[CG_TREES])
{
	char *text = slurp_at(AT_FDCWD, "/proc/self/cgroup"), *rest = text;
	char *list, *own, *path = groups_clean(group);
	size_t n = 0;

	if (!text)
		die("read /proc/self/cgroup");
	while (*path == '/' && !has_dots(path) && n < CG_TREES &&
	       cg_next(&rest, &list, &own)) {
		const struct cg_tree *t = cg_tree_with(list);
		char *dir = t && t->top ? cg_dir(t, path) : NULL;

		if (dir && (all || exists(dir)) && strcmp(dir, t->top) != 0 &&
		    !path_inside(t->own, dir))
			found[n++] = (struct place){t, dir};
		else
			free(dir);
	}
	free(path);
	free(text);
	return n;
}

void
groups_check(const char *what, const char *group)
{
	struct place found[CG_TREES];
	char *text = slurp_at(AT_FDCWD, "/proc/self/cgroup"), *rest = text;
	char *list, *own, *clean = groups_clean(group);

	if (!text)
		die("read /proc/self/cgroup");
	if (*group != '/' || !*clean)
		diex("%s: '%s' is the root of the hierarchies", what, group);
	if (has_dots(group))
		diex("%s: '%s' has a part . or ..", what, group);
	while (cg_next(&rest, &list, &own))
		if (path_inside(own, clean))
			diex("%s: '%s' holds this process", what, group);
	free(text);
	free(clean);
	if (places(group, true, found) == 0)
		diex("%s: no mounted hierarchy can have %s", what, group);
}

static bool
is_state(const char *dir, const char *file, const char *want)
{
	char *text;
	bool is;

	if (cg_look(dir, file, &text) < 0)
		die_said();
	is = text && strstr(text, want);
	free(text);
	return is;
}

/* v2's file is there in each group but the root; v1 has its own hierarchy. */
static bool
frozen_at(const char *dir)
{
	return is_state(dir, "cgroup.freeze", "1") ||
	       is_state(dir, "freezer.state", "FROZEN");
}

bool
groups_frozen(const char *group)
{
	struct place found[CG_TREES];
	const size_t n = places(group, false, found);

	for (size_t i = 0; i < n; i++)
		if (frozen_at(found[i].dir))
			return true;
	return false;
}

/* Whether all processes of the group DIR are as asked. */
static bool
has_come(const char *dir, bool frozen)
{
	if (is_state(dir, "cgroup.events", frozen ? "frozen 1" : "frozen 0"))
		return true;
	/* FREEZING has the word in it, too. */
	return is_state(dir, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

static bool
has_file(const char *dir, const char *file)
{
	char *path = text_fmt("%s/%s", dir, file);
	const bool has = exists(path);

	free(path);
	return has;
}

void
groups_freeze(const char *group, bool frozen)
{
	struct place found[CG_TREES];
	const size_t n = places(group, false, found);
	bool done = false;

	for (size_t i = 0; i < n && !done; i++) {
		const char *dir = found[i].dir;
		const bool v1 = has_file(dir, "freezer.state");
		const char *file = v1 ? "freezer.state" : "cgroup.freeze";
		const char *word =
		    v1 ? (frozen ? "FROZEN" : "THAWED") : (frozen ? "1" : "0");

		if (!has_file(dir, file))
			continue;
		for (int ms = 0; !has_come(dir, frozen); ms++) {
			if (ms % 10 == 0 && cg_write(dir, file, word) < 0)
				die("%s/%s", dir, file);
			if (ms == 10000)
				diex("%s/%s: not %s in 10 seconds", dir, file,
				    word);
			poll(NULL, 0, 1);
		}
		done = true;
	}
	if (!done)
		diex("no freezer has the control group %s", group);
}

static void
add_pid(pid_t **list, size_t *n, pid_t pid)
{
	for (size_t i = 0; i < *n; i++)
		if ((*list)[i] == pid)
			return;
	*list = reallocarray(*list, *n + 1, sizeof(**list));
	if (!*list)
		die("memory");
	(*list)[(*n)++] = pid;
}

/* Adds the processes of the group NAME of AT, and of all below.  -1 with errno
 * if some could not be read. */
static int
collect(int at, const char *name, pid_t **list, size_t *n)
{
	const int dir =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char *text = dir < 0 ? NULL : slurp_at(dir, "cgroup.procs");
	/* The group may go meanwhile.  A threaded group of v2 has no such
	 * list: its processes are in that of the group above. */
	int err = text || errno == ENOENT || errno == ENODEV ||
			  (dir >= 0 && errno == EOPNOTSUPP)
		      ? 0
		      : errno;
	char *rest = text, *line;
	struct dirent *e;
	DIR *d = dir < 0 ? NULL : fdopendir(dir);

	if (dir >= 0 && !d)
		err = errno;
	while (rest && (line = strsep(&rest, "\n")))
		if (atoi(line) > 0)
			add_pid(list, n, atoi(line));
	free(text);
	while (d && (errno = 0, e = readdir(d)))
		if (e->d_type == DT_DIR && *e->d_name != '.' &&
		    collect(dir, e->d_name, list, n) < 0)
			err = errno;
	if (d) {
		err = errno ? errno : err;
		closedir(d);
	} else {
		close_keep(dir);
	}
	errno = err;
	return err ? -1 : 0;
}

int
groups_pids(const char *group, pid_t **list, size_t *n)
{
	struct place found[CG_TREES];
	const size_t places_n = places(group, false, found);
	int err = 0;

	*list = NULL;
	*n = 0;
	for (size_t i = 0; i < places_n; i++)
		if (collect(AT_FDCWD, found[i].dir, list, n) < 0)
			err = errno;
	said_set(text_fmt("list the processes of the group %s", group), "");
	errno = err;
	return err ? -1 : 0;
}

int
groups_signal(const char *group, int signal)
{
	size_t n;
	pid_t *list;
	int err = groups_pids(group, &list, &n) < 0 ? errno : 0;

	for (size_t i = 0; i < n; i++) {
		const int fd = process_open(list[i]);

		if ((fd < 0 || pidfd_send_signal(fd, signal, NULL, 0) < 0) &&
		    errno != ESRCH) {
			err = errno;
			said_set(
			    text_fmt("signal the process %d", list[i]), "");
		}
		close_keep(fd);
	}
	free(list);
	errno = err;
	return err ? -1 : 0;
}

/* The group of ours that has no container any more. */
static void
drop_ours(const char *group, struct place found[], size_t n)
{
	if (strncmp(group, OURS, strlen(OURS)) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		*strrchr(found[i].dir, '/') = '\0';
		rmdir(found[i].dir);
	}
}

/* systemd does not see that the group of a scope goes by other hands.  Another
 * group with such a name is no unit that systemctl(1) knows. */
static void
stop_scope(const char *group)
{
	const char *name = strrchr(group, '/'), *end = strrchr(group, '.');
	char *argv[] = {(char *)"systemctl", (char *)"--quiet", (char *)"stop",
	    (char *)"--", name ? (char *)name + 1 : NULL, NULL};
	char why[256];

	if (name && end && end > name && strcmp(end, ".scope") == 0 &&
	    access("/run/systemd/system", F_OK) == 0)
		run(argv, NULL, why, sizeof(why));
}

void
groups_end(const char *group)
{
	struct place found[CG_TREES];
	const size_t n = places(group, false, found);

	if (groups_frozen(group))
		groups_freeze(group, false);
	stop_scope(group);
	for (size_t i = 0; i < n; i++)
		if (cg_end(found[i].dir, true) < 0)
			die("remove %s", found[i].dir);
	drop_ours(group, found, n);
}
