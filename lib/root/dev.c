// SPDX-License-Identifier: MIT
/*
 * dev - a minimal /dev
 *
 * A user namespace cannot make device nodes, and need not: each is the host's
 * own, bound, after a look at its number.  So there is no nodev on them, and
 * what the root directory has in its /dev is covered, whatever it is.
 */
#include "root/dev.h"
#include "base/die.h"
#include "base/say.h"
#include "ns/idmap.h"
#include "root/inroot.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define TTY_GID 5 /* every distribution's, and what grantpt(3) expects */

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

static void
bind_node(int dev, const char *dir, unsigned i)
{
	char path[32];
	struct stat st;
	int node, at;

	snprintf(path, sizeof(path), "/dev/%s", nodes[i].name);
	if (!say(SAY_SH, "mount --bind %s %s%s", path, dir, path))
		return;
	node = mnt_clone(AT_FDCWD, path, false);
	at = node < 0 ? -1 : inroot_subfile(dev, nodes[i].name);
	if (at < 0 || fstat(node, &st) < 0)
		die_said();
	if (!S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(nodes[i].major, nodes[i].minor))
		diex("%s is not the device %u:%u", path, nodes[i].major,
		    nodes[i].minor);
	if (mnt_attr(node, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false) < 0 ||
	    mnt_attach(node, at) < 0)
		die_said();
	close(node);
	close(at);
}

/* TYPE on the directory NAME of DEV. */
static int
put(int dev, const char *dir, const char *name, const char *type,
    const char *opts, uint64_t attr)
{
	char where[512];
	int mnt, at;

	snprintf(where, sizeof(where), "%s/dev/%s", dir, name);
	mnt = mnt_new(type, opts, attr, where);
	if (mnt == -2)
		return 0;
	at = mnt < 0 ? -1 : inroot_subdir(dev, name);
	if (at < 0 || mnt_attach(mnt, at) < 0)
		return -1;
	close(at);
	close(mnt);
	return 0;
}

static int
put_dev(int root, const char *dir)
{
	char where[512];
	int mnt, at;

	snprintf(where, sizeof(where), "%s/dev", dir);
	mnt = mnt_new("tmpfs", "mode=0755,size=1m,nr_inodes=1k",
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, where);
	if (mnt == -2)
		return mnt;
	at = mnt < 0 ? -1 : inroot_subdir(root, "dev");
	if (at < 0)
		die("%s", where);
	if (mnt_attach(mnt, at) < 0)
		die_said();
	close(at);
	return mnt;
}

/* DEV is ours, so that nothing has led the way to another pts, and the console
 * is covered as the file that it is. */
static void
put_console(int dev, const char *dir, struct pty *pty)
{
	int pts, at, node;

	if (!say(SAY_SH, "mount --bind %s/dev/pts/0 %s/dev/console", dir, dir))
		return;
	pts = inroot_subdir(dev, "pts");
	at = pts < 0 ? -1 : inroot_subfile(dev, "console");
	if (at < 0)
		die_said();
	pty_open(pty, pts);
	node = mnt_clone(pty->slave, NULL, false);
	if (node < 0 ||
	    mnt_attr(node, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false) < 0 ||
	    mnt_attach(node, at) < 0)
		die_said();
	close(pts);
	close(at);
	close(node);
}

void
devdir_make(int root, const char *dir, struct pty *pty)
{
	const uint64_t attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	const int dev = put_dev(root, dir);

	for (unsigned i = 0; i < COUNT(nodes); i++)
		bind_node(dev, dir, i);
	for (unsigned i = 0; i < COUNT(links); i++)
		if (say(SAY_SH, "ln -s %s %s/dev/%s", links[i].to, dir,
			links[i].name) &&
		    symlinkat(links[i].to, dev, links[i].name) < 0)
			die_said();
	if (put(dev, dir, "pts", "devpts",
		idmap_own_gid(TTY_GID) ? "ptmxmode=0666,mode=0620,max=256,gid=5"
				       : "ptmxmode=0666,mode=0620,max=256",
		attr) < 0 ||
	    put(dev, dir, "shm", "tmpfs", "mode=1777,size=64m,nr_inodes=64k",
		attr | MOUNT_ATTR_NODEV) < 0)
		die_said();
	/* EPERM: the ipc namespace, and with it the queues, are not the
	 * box's. */
	if (put(dev, dir, "mqueue", "mqueue", NULL, attr | MOUNT_ATTR_NODEV) <
		0 &&
	    errno != EPERM)
		die_said();
	if (pty)
		put_console(dev, dir, pty);
}
