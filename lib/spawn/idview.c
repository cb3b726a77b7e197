// SPDX-License-Identifier: MIT
/*
 * idview - a directory shown with other ids
 *
 * The kernel shifts all mounts of a tree or none, and does not say which one
 * it could not: a type that does not know how, one that is shifted already, or
 * one of another user namespace.  So after a refusal each is tried alone.
 */
#include "spawn/idview.h"
#include "base/say.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -1 with errno; *shown: it was there, and could not be shifted. */
static int
shift(const char *path, int userns, bool deep, bool *shown)
{
	const int tree = mnt_clone(AT_FDCWD, path, deep);
	int saved;

	*shown = tree >= 0;
	if (tree < 0 || mnt_idmap(tree, userns) == 0)
		return tree;
	saved = errno;
	close(tree);
	errno = saved;
	return -1;
}

/* mountinfo writes a blank as \040. */
static void
decode(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)strtol(
			    (char[]){s[1], s[2], s[3], 0}, NULL, 8);
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

struct mount {
	char *point, *options, *type;
};

/* Takes a line of mountinfo (proc(5)) apart. */
static bool
cut(char *line, struct mount *m)
{
	char *type = strstr(line, " - "), *s;

	if (!type)
		return false;
	*type = '\0';
	type += 3;
	m->type = strsep(&type, " ");
	/* 36 35 98:0 /root /point rw,noatime shared:1 */
	for (int i = 1; i <= 6 && (s = strsep(&line, " ")); i++)
		if (i == 5)
			m->point = s;
		else if (i == 6)
			m->options = s;
	if (!s)
		return false;
	decode(m->point);
	return true;
}

/* Whether a mount point is the directory or lies below it. */
static bool
below(const char *point, const char *dir)
{
	const size_t len = strcmp(dir, "/") ? strlen(dir) : 0;

	return strncmp(point, dir, len) == 0 &&
	       (point[len] == '/' || !point[len]);
}

/* Names the mount that cannot be shifted: one below PATH, or that PATH lies on,
 * which is the last of those in the list that hold it. */
static void
explain(const char *path, int userns)
{
	const int saved = errno;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *real = realpath(path, NULL), *line = NULL, why[256];
	size_t size = 0;

	while (f && real && getline(&line, &size, f) > 0) {
		const char *name = path;
		struct mount m;
		bool shown;
		int fd;

		if (!cut(line, &m))
			continue;
		if (below(m.point, real))
			name = m.point;
		else if (!below(real, m.point))
			continue;
		fd = shift(name, userns, false, &shown);
		if (fd >= 0)
			close(fd);
		if (fd >= 0 || !shown)
			continue;
		snprintf(why, sizeof(why), "%s: %s %s", name, m.type,
		    strstr(m.options, "idmapped")
			? "with shifted ids cannot be shifted again"
			: "cannot be shown with other ids");
		say_why(why);
	}
	free(line);
	free(real);
	if (f)
		fclose(f);
	errno = saved;
}

int
idview_open(const char *path, int userns)
{
	bool shown;
	const int tree = shift(path, userns, true, &shown);

	if (tree < 0 && shown)
		explain(path, userns);
	return tree;
}
