// SPDX-License-Identifier: MIT
/* mnt - mounts as descriptors */
#include "root/mnt.h"
#include "base/die.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* fsconfig(2) for each of "a=1,b"; -1 with errno. */
static int
configure(int fs, const char *opts)
{
	char copy[4096], *rest = copy, *key, *value;

	if (snprintf(copy, sizeof(copy), "%s", opts) >= (int)sizeof(copy)) {
		errno = E2BIG;
		return -1;
	}
	while ((key = strsep(&rest, ","))) {
		value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		if (fsconfig(fs,
			value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key,
			value, 0) < 0)
			return -1;
	}
	return 0;
}

/* Keeps the file system's text about a failure (fsopen(2): read). */
static void
explain(int fs)
{
	const int saved = errno;
	char text[256];
	ssize_t n = read(fs, text, sizeof(text) - 1);

	if (n > 2) {
		text[n] = '\0';
		text[strcspn(text, "\n")] = '\0';
		say_why(text + 2);
	}
	errno = saved;
}

static const struct {
	uint64_t attr;
	unsigned long st;
	const char *name;
} flags[] = {
    {MOUNT_ATTR_RDONLY, ST_RDONLY, "ro,"},
    {MOUNT_ATTR_NOSUID, ST_NOSUID, "nosuid,"},
    {MOUNT_ATTR_NODEV, ST_NODEV, "nodev,"},
    {MOUNT_ATTR_NOEXEC, ST_NOEXEC, "noexec,"},
    {MOUNT_ATTR_NOATIME, ST_NOATIME, "noatime,"},
    {MOUNT_ATTR_STRICTATIME, 0, "strictatime,"},
    {MOUNT_ATTR_NODIRATIME, ST_NODIRATIME, "nodiratime,"},
};

static const char *
attr_text(uint64_t attr, const char *opts)
{
	static char text[384];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (attr & flags[i].attr)
			strcat(text, flags[i].name);
	snprintf(
	    strchr(text, '\0'), 320, "%s%s", opts ? opts : "", opts ? "," : "");
	if (!text[0])
		return "defaults";
	text[strlen(text) - 1] = '\0';
	return text;
}

int
mnt_new(const char *type, const char *opts, uint64_t attr, const char *where)
{
	return mnt_new_of(type, type, opts, attr, where);
}

int
mnt_new_of(const char *source, const char *type, const char *opts,
    uint64_t attr, const char *where)
{
	int fs, mnt = -1;

	if (!say(SAY_SH, "mount -t %s -o %s %s %s", type,
		say_word(attr_text(attr, opts)), say_word(source), where))
		return -2;
	fs = fsopen(type, FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) == 0 &&
	    (!opts || configure(fs, opts) == 0) &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attr);
	if (mnt < 0)
		explain(fs);
	close_keep(fs);
	return mnt;
}

int
mnt_clone(int at, const char *path, enum mnt_depth depth)
{
	const unsigned below = depth == MNT_TOP ? 0 : AT_RECURSIVE;
	const int mnt = open_tree(at, path ? path : "",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | below |
		(path ? 0 : (unsigned)AT_EMPTY_PATH));
	struct mount_attr a = {
	    .propagation = depth == MNT_SLAVE ? MS_SLAVE : MS_PRIVATE};

	/* A copy of a shared mount would propagate the box's mounts. */
	if (mnt < 0 || depth == MNT_SHARED ||
	    mount_setattr(mnt, "", AT_EMPTY_PATH | below, &a, sizeof(a)) == 0)
		return mnt;
	return close_keep(mnt);
}

bool
mnt_has_peers(const char *path, enum mnt_depth depth)
{
	char *text = slurp_at(AT_FDCWD, "/proc/self/mountinfo"), *rest = text;
	bool has = false;
	struct mountinfo m;
	struct statx st;

	if (text && statx(AT_FDCWD, path, 0, STATX_MNT_ID, &st) == 0)
		while (!has && mountinfo_next(&rest, &m))
			has = (depth == MNT_SHARED ? m.shared : m.peers) &&
			      strtoull(m.id, NULL, 10) == st.stx_mnt_id;
	free(text);
	return has;
}

int
mnt_open(enum door_op op, const char *what, const char *path, bool *newns)
{
	int tree = -1;

	errno = 0;
	if (door_fd() >= 0)
		tree = door_tree(op, path, newns);
	if (tree < 0 && errno == 0)
		tree = mnt_clone(AT_FDCWD, path,
		    op == DOOR_NODE || op == DOOR_TOP ? MNT_TOP : MNT_DEEP);
	if (tree >= 0)
		return tree;
	if (errno == EPERM && door_fd() < 0)
		die_hint(geteuid() == 0 ? "ns-spawn in front"
					: "sudo, or ns-spawn in front",
		    "%s%s", what, path);
	if ((op == DOOR_SLAVE || op == DOOR_SHARED) && errno == EINVAL) {
		errno = 0;
		die_hint("mount --make-rshared MOUNTPOINT, of the mount with "
			 "that directory",
		    "%s%s: %s: no mount of the host's reaches a private mount",
		    what, path, op == DOOR_SLAVE ? "rslave" : "rshared");
	}
	if (errno == ECANCELED)
		diex("%s%s: %s", what, path, said_why());
	if (said_why()[0]) {
		errno = 0;
		die_hint("unmount it, move it to ext4, xfs, btrfs or tmpfs, or "
			 "do without a range of ids: --map self of box-run or "
			 "ns-spawn",
		    "%s", said_why());
	}
	die("%s%s", what, path);
}

int
mnt_device(const char *path, unsigned major, unsigned minor)
{
	const int mnt = mnt_clone(AT_FDCWD, path, MNT_TOP);
	struct stat st;

	if (mnt < 0 || fstat(mnt, &st) < 0)
		die_said();
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(major, minor))
		diex("%s is not the device %u:%u", path, major, minor);
	return mnt;
}

uint64_t
mnt_flags(int fd)
{
	struct statvfs st;
	uint64_t attr = 0;

	if (fstatvfs(fd, &st) < 0)
		die("fstatvfs");
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (st.f_flag & flags[i].st)
			attr |= flags[i].attr;
	/* A new mount has relatime. */
	if (!(st.f_flag & (ST_NOATIME | ST_RELATIME)))
		attr |= MOUNT_ATTR_STRICTATIME;
	return attr;
}

int
mnt_attr(int mnt, uint64_t attr, bool deep)
{
	struct mount_attr a = {.attr_set = attr,
	    .attr_clr = attr & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0};

	return mount_setattr(mnt, "",
	    AT_EMPTY_PATH | (deep ? (unsigned)AT_RECURSIVE : 0), &a, sizeof(a));
}

int
mnt_propagation(int mnt, uint64_t how, bool deep)
{
	struct mount_attr a = {.propagation = how};

	return mount_setattr(mnt, "",
	    AT_EMPTY_PATH | (deep ? (unsigned)AT_RECURSIVE : 0), &a, sizeof(a));
}

int
mnt_writable(int mnt)
{
	struct mount_attr a = {.attr_clr = MOUNT_ATTR_RDONLY};

	return mount_setattr(mnt, "", AT_EMPTY_PATH, &a, sizeof(a));
}

int
mnt_idmap(int mnt, int userns)
{
	struct mount_attr a = {
	    .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	return mount_setattr(
	    mnt, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof(a));
}

int
mnt_attach(int mnt, int target)
{
	const int r =
	    target < 0 ? -1
		       : move_mount(mnt, "", target, "",
			     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	close_keep(target);
	return r;
}
