// SPDX-License-Identifier: MIT
/* view - a path of the caller's, as a mount for the box */
#include "root/view.h"
#include "base/die.h"
#include "base/say.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>

int
tree_open(enum door_op op, const char *path, bool *newns)
{
	int tree = -1;

	errno = 0;
	if (door_fd() >= 0)
		tree = door_tree(op, path, newns);
	if (tree < 0 && errno == 0)
		tree = mnt_clone(AT_FDCWD, path, true);
	if (tree >= 0)
		return tree;
	if (errno == EPERM && door_fd() < 0)
		die_hint("sudo, or ns-spawn in front", "%s", path);
	if (said_why()[0]) {
		errno = 0;
		die_hint("unmount it, move it to ext4, xfs, btrfs or tmpfs, or "
			 "do without a range of ids: ns-spawn --map self",
		    "%s", said_why());
	}
	die("%s", path);
}
