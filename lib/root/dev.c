// SPDX-License-Identifier: MIT
/*
 * dev - a minimal /dev
 *
 * A user namespace cannot make device nodes.  So each is a bind of the host's
 * own, after a check of its number, and without nodev.  A tmpfs covers the /dev
 * of the root directory with all its files.
 */
#include "root/dev.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "ns/idmap.h"
#include "root/inroot.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NODE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC) /* for devices */
#define TTY_GID 5 /* of every distribution; grantpt(3) expects it */

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
    {"null", 1, 3},
    {"zero", 1, 5},
    {"full", 1, 7},
    {"random", 1, 8},
    {"urandom", 1, 9},
    {"tty", 5, 0},
};

static const struct {
	const char *name, *to;
} links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
    {"ptmx", "pts/ptmx"},
};

/* Attaches the bind NODE of a device, with ATTR, to the file NAME of DEV. */
static void
attach_node(int node, uint64_t attr, int dev, const char *name)
{
	if (mnt_attr(node, NODE | attr, false) < 0 ||
	    mnt_attach(node, inroot_subfile(dev, name)) < 0)
		die_said();
	close(node);
}

static void
bind_node(int dev, const char *dir, unsigned i)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
	/* Read-only is the node, with its mode and times, not the device: with
	 * --map self the box's root would be the node's owner. */
	if (say(SAY_SH, "mount --bind -o ro %s %s%s", path, dir, path))
		attach_node(mnt_device(path, nodes[i].major, nodes[i].minor),
		    MOUNT_ATTR_RDONLY, dev, nodes[i].name);
}

/* Mounts TYPE on PATH below DIR, whose last part is a directory of BELOW.
 * Returns the mount; -1 with errno; -2 with -n. */
static int
put(int below, const char *dir, const char *path, const char *type,
    const char *opts, uint64_t attr)
{
	char where[512];
	int mnt;

	snprintf(where, sizeof(where), "%s%s", dir, path);
	mnt = mnt_new(type, opts, attr, where);
	if (mnt >= 0 &&
	    mnt_attach(mnt, inroot_subdir(below, strrchr(path, '/') + 1)) < 0)
		return -1;
	return mnt;
}

/* DEV is the box's own, so no link leads to another pts. */
static void
put_console(int dev, const char *dir, struct pty *pty)
{
	int pts, node;

	if (!say(SAY_SH, "mount --bind %s/dev/pts/0 %s/dev/console", dir, dir))
		return;
	pts = inroot_subdir(dev, "pts");
	if (pts < 0)
		die_said();
	pty_open(pty, pts);
	close(pts);
	node = mnt_clone(pty->slave, NULL, MNT_TOP);
	if (node < 0)
		die_said();
	attach_node(node, 0, dev, "console");
}

void
devdir_make(int root, const char *dir, uint64_t shm, struct pty *pty)
{
	char shm_opts[64];
	const int dev = put(
	    root, dir, "/dev", "tmpfs", "mode=0755,size=1m,nr_inodes=1k", NODE);

	if (dev == -1)
		die_said();
	for (unsigned i = 0; i < COUNT(nodes); i++)
		bind_node(dev, dir, i);
	for (unsigned i = 0; i < COUNT(links); i++)
		if (say(SAY_SH, "ln -s %s %s/dev/%s", links[i].to, dir,
			links[i].name) &&
		    symlinkat(links[i].to, dev, links[i].name) < 0)
			die_said();
	/* The size 0 is no limit, tmpfs(5). */
	snprintf(shm_opts, sizeof(shm_opts),
	    "mode=1777,size=%" PRIu64 ",nr_inodes=64k",
	    shm == PARSE_MAX ? 0 : shm);
	if (put(dev, dir, "/dev/pts", "devpts",
		idmap_own_gid(TTY_GID) ? "ptmxmode=0666,mode=0620,max=256,gid=5"
				       : "ptmxmode=0666,mode=0620,max=256",
		NODE) == -1 ||
	    put(dev, dir, "/dev/shm", "tmpfs", shm_opts, MNT_SAFE) == -1)
		die_said();
	/* EPERM: the ipc namespace, which owns the queues, is not the box's. */
	if (put(dev, dir, "/dev/mqueue", "mqueue", NULL, MNT_SAFE) == -1 &&
	    errno != EPERM)
		die_said();
	if (pty)
		put_console(dev, dir, pty);
}
