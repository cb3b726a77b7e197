// SPDX-License-Identifier: MIT
/*
 * newroot - a root directory for a box
 *
 * The directory is hostile: its mount points are opened below it without
 * following a link out of it, and each mount goes onto the opened descriptor.
 * proc and sysfs are made first, as a user namespace may mount them only while
 * the old ones can be seen (mount_namespaces(7)).  Everything is attached on
 * top of "/", so that the old root, with what helped on the way, goes in one
 * umount after pivot_root(".", ".").
 */
#include "newroot.h"
#include "devdir.h"
#include "die.h"
#include "door.h"
#include "etcdir.h"
#include "inroot.h"
#include "mask.h"
#include "mnt.h"
#include "ns.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static struct bind *
add_bind(struct newroot *r)
{
	if (r->n_binds == NEWROOT_BINDS)
		diex("more than %d of --volume and --tmpfs", NEWROOT_BINDS);
	return &r->binds[r->n_binds++];
}

/* Splits at the next colon; NULL after the last. */
static char *
cut(char *s)
{
	char *colon = s ? strchr(s, ':') : NULL;

	if (colon)
		*colon++ = '\0';
	return colon;
}

static char *
copy(const char *s)
{
	char *c = strdup(s);

	if (!c)
		die("strdup");
	return c;
}

void
newroot_bind(struct newroot *r, const char *word)
{
	char *from = copy(word), *to = cut(from), *options = cut(to);

	if (!*from || !to || *to != '/' ||
	    (options && strcmp(options, "ro") && strcmp(options, "rw")))
		diex("--volume: '%s' is not FROM:/TO, FROM:/TO:ro or "
		     "FROM:/TO:rw",
		    word);
	*add_bind(r) = (struct bind){from, to, options};
}

void
newroot_tmpfs(struct newroot *r, const char *word)
{
	char *to = copy(word), *options = cut(to);

	if (*to != '/')
		diex("--tmpfs: '%s' is not /TO or /TO:OPTIONS", word);
	*add_bind(r) = (struct bind){NULL, to, options};
}

/* A detached view of a path of the caller's, asked of the doorman where there
 * is one. */
static int
tree_of(enum door_op op, const char *path, bool *newns)
{
	int tree = -1;

	errno = 0;
	if (door_fd() >= 0)
		tree = door_tree(op, path, newns);
	if (tree < 0 && errno == 0)
		tree = mnt_clone(AT_FDCWD, path, true);
	if (tree < 0 && errno == EPERM && door_fd() < 0)
		die_hint("sudo, or ns-spawn in front", "%s", path);
	if (tree < 0 && said_why()[0])
		die("%s: %s", path, said_why());
	if (tree < 0)
		die("%s", path);
	return tree;
}

/* proc and sysfs belong to the pid and the network namespace; where those are
 * not the box's own, a view of the caller's is what is to be had. */
static int
kernel_fs(const char *type, uint64_t attr, enum ns_kind kind, const char *dir)
{
	char path[16], where[PATH_MAX];
	int mnt;

	snprintf(path, sizeof(path), "/%s", kind == NS_PID ? "proc" : "sys");
	snprintf(where, sizeof(where), "%s%s", dir, path);
	mnt = mnt_new(type, NULL, attr, where);
	if (mnt != -1)
		return mnt;
	if (errno != EPERM)
		die_said();
	if (ns_owned(kind))
		die_hint("a container around this one covers parts of it; "
			 "start that with its paths unmasked",
		    "%s", said());
	say(SAY_SH, "mount --rbind %s %s", path, where);
	mnt = mnt_clone(AT_FDCWD, path, true);
	if (mnt < 0 || mnt_attr(mnt, attr, true) < 0)
		die_said();
	return mnt;
}

static int covers; /* how many mounts lie on the old root */

/* Onto "/", above all that is there already. */
static void
cover(int mnt)
{
	const int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (top < 0 || mnt_attach(mnt, top) < 0)
		die("attach a mount on /");
	close(top);
	covers++;
}

static int
subdir(int dir, const char *name)
{
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		die("mkdir %s", name);
	return openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The root with what is written to it in UPPER (a directory with "upper" and
 * "work" in it).  Layers are named by descriptor: no path leads to them. */
static int
overlay(int lower, int upper, const char *dir)
{
	char opts[192];
	int mnt;

	snprintf(opts, sizeof(opts),
	    "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,"
	    "workdir=/proc/self/fd/%d,userxattr",
	    lower, subdir(upper, "upper"), subdir(upper, "work"));
	mnt = mnt_new("overlay", opts, 0, dir);
	if (mnt < 0)
		die_said();
	return mnt;
}

/* Where a bind or tmpfs goes; /proc and /sys are the kernel's. */
static int
target(int root, const struct bind *b, const char *dir, bool file)
{
	const int fd = inroot_make(root, b->to, file);
	struct statfs fs;
	struct stat st, top;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0 ||
	    fstat(root, &top) < 0)
		die("%s%s", dir, b->to);
	if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	    (st.st_ino == top.st_ino && st.st_dev == top.st_dev))
		diex("%s%s: nothing may be mounted there", dir, b->to);
	return fd;
}

static void
put_bind(const struct newroot *r, int root, const struct bind *b)
{
	const char *dir = r->dir;
	const bool ro = b->options && strcmp(b->options, "ro") == 0;
	struct stat st;
	int mnt;

	if (!say(SAY_SH, "mount --rbind%s %s %s%s", ro ? " -o ro" : "", b->from,
		dir, b->to))
		return;
	mnt = tree_of(DOOR_BIND, b->from, NULL);
	if (fstat(mnt, &st) < 0)
		die("stat %s", b->from);
	if (mnt_attr(mnt,
		(ro ? MOUNT_ATTR_RDONLY : 0) |
		    (r->nosuid ? MOUNT_ATTR_NOSUID : 0) |
		    (S_ISDIR(st.st_mode) ? MOUNT_ATTR_NODEV : 0),
		true) < 0 ||
	    mnt_attach(mnt, target(root, b, dir, !S_ISDIR(st.st_mode))) < 0)
		die("mount %s on %s%s", b->from, dir, b->to);
}

static void
put_tmpfs(int root, const struct bind *b, const char *dir)
{
	char where[PATH_MAX];
	int mnt;

	snprintf(where, sizeof(where), "%s%s", dir, b->to);
	mnt = mnt_new(
	    "tmpfs", b->options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, where);
	if (mnt == -1)
		die_said();
	if (mnt >= 0 && mnt_attach(mnt, target(root, b, dir, false)) < 0)
		die_said();
}

static void
put(int mnt, int root, const char *name, const char *dir)
{
	int fd;

	if (mnt < 0)
		return;
	fd = inroot_subdir(root, name);
	if (fd < 0 || mnt_attach(mnt, fd) < 0)
		die("%s/%s", dir, name);
	close(fd);
}

/* A mount namespace that is ours to change: the box's, else a new one. */
static void
own_mounts(bool have)
{
	const struct ns_set mounts = {.fresh = CLONE_NEWNS};

	if (have)
		return;
	ns_unshare(&mounts, CLONE_NEWNS);
	if (say(SAY_SH, "mount --make-rprivate /") &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die_said();
}

/* The root itself, attached. */
static int
put_root(const struct newroot *r, int tree, int scratch)
{
	int root = tree, upper = scratch;

	if (r->overlay) {
		upper = tree_of(DOOR_BIND, r->overlay, NULL);
		cover(upper);
	}
	if (r->overlay || r->ephemeral) {
		/* A layer must be attached where it is used. */
		cover(tree);
		root = overlay(tree, upper, r->dir);
	}
	if (mnt_attr(root,
		MOUNT_ATTR_NODEV | (r->nosuid ? MOUNT_ATTR_NOSUID : 0),
		false) < 0)
		die("mount -o nodev %s", r->dir);
	cover(root);
	return root;
}

static void
pivot(int root, const char *dir)
{
	if (say(SAY_SH, "cd %s && pivot_root . .", dir) &&
	    (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0))
		die_said();
	/* Now the old root lies on the new one, with what covered it but the
	 * new root itself, and "." is the topmost of these. */
	if (!say(SAY_SH, "umount -l ."))
		return;
	for (; covers; covers--)
		if (umount2(".", MNT_DETACH) < 0)
			die_said();
	if (chdir("/") < 0)
		die("chdir /");
}

void
newroot_enter(const struct newroot *r)
{
	const bool dry = say_modes() & SAY_DRY;
	const mode_t mask = umask(022);
	bool own = false;
	int root = -1, proc, sys, scratch;
	struct stat st;

	if (!dry) {
		root = tree_of(DOOR_ROOT, r->dir, &own);
		if (fstat(root, &st) == 0 && !S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			die("%s", r->dir);
		}
	}
	own_mounts(own);
	proc = kernel_fs("proc", SAFE, NS_PID, r->dir);
	sys = kernel_fs("sysfs", SAFE | MOUNT_ATTR_RDONLY, NS_NET, r->dir);
	scratch = mnt_new("tmpfs", "mode=0755", SAFE, "$BOX_SCRATCH");
	if (scratch == -1)
		die_said();
	say(SAY_SH, "mount --rbind %s %s", r->dir, r->dir);
	if (!dry) {
		cover(scratch);
		root = put_root(r, root, scratch);
	}
	put(proc, root, "proc", r->dir);
	put(sys, root, "sys", r->dir);
	devdir_make(root, r->dir);
	etcdir_make(root, scratch, r->dir, &r->dns);
	for (unsigned i = 0; i < r->n_binds; i++)
		if (r->binds[i].from)
			put_bind(r, root, &r->binds[i]);
		else
			put_tmpfs(root, &r->binds[i], r->dir);
	mask_paths(proc, sys, r->dir);
	if (r->read_only &&
	    say(SAY_SH, "mount -o remount,bind,ro %s", r->dir) &&
	    mnt_attr(root, MOUNT_ATTR_RDONLY, false) < 0)
		die_said();
	pivot(root, r->dir);
	umask(mask);
}
