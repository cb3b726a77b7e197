// SPDX-License-Identifier: MIT
/*
 * newroot - a root directory for a box
 *
 * The directory is hostile: its mount points are opened below it, no link leads
 * out, and each mount goes onto the opened descriptor.  proc and sysfs are
 * mounted first: a user namespace may mount them only while the old ones are
 * visible (mount_namespaces(7)).
 */
#include "root/newroot.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "ns/ns.h"
#include "root/cgview.h"
#include "root/dev.h"
#include "root/inroot.h"
#include "root/mask.h"
#include "root/mnt.h"
#include "root/pivot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYSFS (MNT_SAFE | MOUNT_ATTR_RDONLY)

/* An overlay of LOWER; changes go to UPPER, in its directories "upper" and
 * "work".  The layers have no path, so the options name them by descriptor. */
static int
overlay(int lower, int upper, const char *dir)
{
	const int up = inroot_subdir(upper, "upper");
	const int work = up < 0 ? -1 : inroot_subdir(upper, "work");
	char opts[192];
	int mnt;

	if (work < 0)
		die("upper or work of --overlay");
	snprintf(opts, sizeof(opts),
	    "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,"
	    "workdir=/proc/self/fd/%d,userxattr",
	    lower, up, work);
	mnt = mnt_new("overlay", opts, 0, dir);
	if (mnt < 0)
		die_said();
	return mnt;
}

static void
put(int mnt, int root, const char *name, const char *dir)
{
	if (mnt >= 0 && mnt_attach(mnt, inroot_subdir(root, name)) < 0)
		die("%s/%s", dir, name);
}

/* The flags of a layer's mount, which an overlay does not take over. */
static uint64_t
layer_flags(int layer)
{
	return mnt_flags(layer) & MNT_SAFE;
}

/* Attaches the root, with the mounts below it. */
static int
put_root(const struct newroot *r, int tree, int scratch)
{
	uint64_t attr = MOUNT_ATTR_NODEV | (r->nosuid ? MOUNT_ATTR_NOSUID : 0);
	int root = tree, upper = scratch;

	if (r->overlay) {
		upper = mnt_open(DOOR_BIND, "--overlay ", r->overlay, NULL);
		attr |= layer_flags(upper);
		root_cover(upper);
	}
	if (r->overlay || r->ephemeral) {
		/* The kernel takes only attached layers. */
		root_cover(tree);
		attr |= layer_flags(tree);
		root = overlay(tree, upper, r->dir);
	}
	root_set(root, attr, r->read_only, r->dir);
	return root;
}

/* False if the first LEN bytes of DIR have no file NAME.  True on any other
 * error: the exec will say more. */
static bool
has(int root, const char *dir, size_t len, const char *name)
{
	char path[PATH_MAX];
	int fd;

	path_fmt(path, sizeof(path), "%.*s/%s", (int)len, dir, name);
	fd = inroot_open(root, path);
	close_keep(fd);
	return fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Dies before anything is made in a directory without PROG.  PROG may also be
 * in a volume, the overlay, one of the box's own file systems or, by a relative
 * path, below the working directory. */
static void
look_for_prog(const struct newroot *r, int root)
{
	const char *dir = r->path, *end;

	if (r->volumes.n || r->overlay ||
	    (strchr(r->prog, '/') && r->prog[0] != '/') ||
	    path_inside(r->prog, "/proc") || path_inside(r->prog, "/sys") ||
	    path_inside(r->prog, "/dev"))
		return;
	if (r->prog[0] == '/' && has(root, "", 0, r->prog))
		return;
	for (; r->prog[0] != '/'; dir = end + 1) {
		end = strchrnul(dir, ':');
		if (end > dir && has(root, dir, (size_t)(end - dir), r->prog))
			return;
		if (!*end)
			break;
	}
	errno = ENOENT;
	warn("%s", r->prog);
	if (!has(root, "", 0, "bin") && !has(root, "", 0, "usr"))
		hint("%s is no root directory; rootfs-busybox, "
		     "rootfs-debian and rootfs-alpine make one",
		    r->dir);
	exit(EXIT_NOENT);
}

void
newroot_enter(struct newroot *r)
{
	const bool dry = say_modes() & SAY_DRY;
	const char *dir = say_word(r->dir); /* for say() */
	const char *sys_dir = text_fmt("%s/sys", dir);
	const mode_t mask = umask(022);
	bool own = false;
	int root = -1, proc, sys, scratch;

	if (!dry) {
		root = root_open(r->dir, false, &own);
		look_for_prog(r, root);
	}
	if (!own)
		ns_unshare(&(struct ns_set){.fresh = CLONE_NEWNS}, CLONE_NEWNS);
	proc = kernel_fs("proc", NULL, MNT_SAFE, text_fmt("%s/proc", dir));
	sys = kernel_fs("sysfs", NULL, SYSFS, sys_dir);
	/* The box's memory limit holds for an ephemeral layer.  Else the
	 * scratch has files of /etc alone, and its own limit. */
	scratch = mnt_new("tmpfs",
	    r->ephemeral ? "mode=0755" : "mode=0755,size=1m,nr_inodes=64",
	    MNT_SAFE, "$BOX_SCRATCH");
	if (scratch == -1)
		die_said();
	say(SAY_SH, "mount --rbind %s %s", dir, dir);
	if (!dry) {
		root_cover(scratch);
		root = put_root(r, root, scratch);
	}
	put(proc, root, "proc", dir);
	/* "ip netns exec" unmounts the sysfs and mounts that of its network,
	 * which takes another sysfs in sight. */
	if (r->unmask)
		put(kernel_fs("sysfs", NULL, SYSFS, sys_dir), root, "sys", dir);
	put(sys, root, "sys", dir);
	cgview_make(sys, dir, r->delegate);
	devdir_make(root, dir, r->shm_size, r->pty);
	volumes_put(&r->volumes, root, dir, r->nosuid);
	etcdir_make(root, scratch, dir, &r->etc, &r->volumes);
	volumes_check(&r->volumes, root);
	if (!r->unmask)
		mask_paths(proc, sys, dir);
	root_enter(root, r->read_only, dir);
	umask(mask);
}
