// SPDX-License-Identifier: MIT
/*
 * pivot - the way into a new root directory
 *
 * All mounts are attached on top of "/": after pivot_root(".", ".") the umounts
 * of "." remove them with the old root.
 */
#include "root/pivot.h"
#include "base/die.h"
#include "base/say.h"
#include "ns/ns.h"
#include "root/mnt.h"
#include "stage/door.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
root_open(const char *dir, bool slave, bool *own)
{
	const int root =
	    mnt_open(slave ? DOOR_ROOT_SLAVE : DOOR_ROOT, "", dir, own);
	struct stat st;

	if (fstat(root, &st) == 0 && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		die("%s", dir);
	}
	return root;
}

/* The flags of the mount PATH.  A user namespace must give them to its own
 * mount of the same file system (mount_namespaces(7)). */
static uint64_t
locked(const char *path)
{
	const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t attr;

	if (fd < 0)
		die("%s", path);
	attr = mnt_flags(fd);
	close(fd);
	return attr;
}

int
kernel_fs(const char *type, const char *opts, uint64_t attr, const char *where)
{
	const bool is_proc = strcmp(type, "proc") == 0;
	const enum ns_kind kind = is_proc ? NS_PID : NS_NET;
	const char *path = is_proc ? "/proc" : "/sys";
	int mnt = mnt_new(type, opts, attr | locked(path), where);

	if (mnt != -1)
		return mnt;
	if (errno != EPERM)
		die_said();
	if (ns_owned(kind))
		die_hint("a container around this one covers parts of it: "
			 "start it with box-run --unmask, or docker run "
			 "--security-opt systempaths=unconfined",
		    "%s", said());
	say(SAY_SH, "mount --rbind %s %s", path, where);
	mnt = mnt_clone(AT_FDCWD, path, MNT_DEEP);
	if (mnt < 0 || mnt_attr(mnt, attr, true) < 0)
		die_said();
	return mnt;
}

static int covers; /* how many mounts lie on the old root */

void
root_cover(int mnt)
{
	if (mnt_attach(mnt, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		die("attach a mount on /");
	covers++;
}

void
root_set(int root, uint64_t attr, bool read_only, const char *dir)
{
	const bool writable = !(mnt_flags(root) & MOUNT_ATTR_RDONLY);

	if (read_only)
		attr |= MOUNT_ATTR_RDONLY;
	if (mnt_attr(root, attr, true) < 0 ||
	    (read_only && writable && mnt_writable(root) < 0))
		die("mount -o nodev %s", dir);
	root_cover(root);
}

void
root_enter(int root, bool read_only, const char *dir)
{
	door_made();
	if (read_only && say(SAY_SH, "mount -o remount,bind,ro %s", dir) &&
	    mnt_attr(root, MOUNT_ATTR_RDONLY, false) < 0)
		die_said();
	if (say(SAY_SH, "cd %s && pivot_root . .", dir) &&
	    (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0))
		die_said();
	/* Now the old root covers the new one, and the mounts of cover(),
	 * except the new root, cover the old one; "." is the topmost. */
	if (!say(SAY_SH, "umount -l ."))
		return;
	for (; covers; covers--)
		if (umount2(".", MNT_DETACH) < 0)
			die_said();
	if (chdir("/") < 0)
		die("chdir /");
}
