// SPDX-License-Identifier: MIT
/*
 * v1 - what a new group of v1 lacks
 *
 * A new v1 group has no CPUs and no memory nodes, and takes no process until
 * it has both.  A v2 group begins with those of its parent.
 */
#include "cg/v1.h"
#include "base/file.h"
#include "cg/tree.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

char *
cg_read_above(const char *dir, const char *name)
{
	char path[PATH_MAX], *text;

	path_fmt(path, sizeof(path), "%s", dir);
	*strrchr(path, '/') = '\0';
	path_fmt(strchr(path, '\0'), NAME_MAX, "/%s", name);
	text = slurp_at(AT_FDCWD, path);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

int
cg_v1_fill(const char *dir)
{
	static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};
	int result = 0;

	for (int i = 0; i < 2 && result == 0; i++) {
		char *text = cg_read_above(dir, names[i]);

		result = text ? cg_write(dir, names[i], text) : -1;
		free(text);
	}
	return result;
}
