// SPDX-License-Identifier: MIT
/*
 * idview - a directory shown with other ids
 *
 * The kernel shifts all mounts of a tree or none, and does not name the mount
 * that it cannot shift: of a file system that does not allow it, shifted
 * already, or of another user namespace.  So after a refusal each mount is
 * tried alone, except mounts with a lookup that may mount something or wait for
 * a network: one of these is named if no other mount fails.
 */
#include "spawn/idview.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/say.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -1 with errno; *shown: PATH exists, but the kernel refuses to shift it. */
static int
shift(const char *path, int userns, enum mnt_depth depth, bool *shown)
{
	const int tree = mnt_clone(AT_FDCWD, path, depth);

	*shown = tree >= 0;
	if (tree < 0 || mnt_idmap(tree, userns) == 0)
		return tree;
	return close_keep(tree);
}

static bool
may_wait(const char *type)
{
	static const char *const types[] = {
	    "9p", "afs", "autofs", "ceph", "cifs", "fuse", "nfs", "smb"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strncmp(type, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

/* Names the mount that cannot be shifted: one below PATH, or the one of PATH
 * itself, which is the last in the list with PATH below it. */
static void
explain(const char *path, int userns)
{
	const int saved = errno;
	char *text = slurp_at(AT_FDCWD, "/proc/self/mountinfo"), *rest = text;
	char *real = realpath(path, NULL), why[256];
	struct mountinfo m;
	bool sure = false;

	while (text && real && mountinfo_next(&rest, &m)) {
		const char *name = path;
		bool shown, tried;
		int fd;

		if (path_inside(m.point, real))
			name = m.point;
		else if (!path_inside(real, m.point))
			continue;
		tried = !may_wait(m.type);
		fd = tried ? shift(name, userns, MNT_TOP, &shown) : -1;
		if (fd >= 0)
			close(fd);
		if (tried ? fd >= 0 || !shown : sure)
			continue;
		sure = sure || tried;
		snprintf(why, sizeof(why), "%s: %s %s", name, m.type,
		    strstr(m.options, "idmapped")
			? "with shifted ids cannot be shifted again"
			: "cannot be shown with other ids");
		say_why(why);
	}
	free(text);
	free(real);
	errno = saved;
}

int
idview_open(const char *path, int userns, enum mnt_depth depth)
{
	bool shown;
	const int tree = shift(path, userns, depth, &shown);

	if (tree < 0 && shown)
		explain(path, userns);
	return tree;
}
