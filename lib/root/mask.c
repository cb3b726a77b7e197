// SPDX-License-Identifier: MIT
/*
 * mask - cover parts of proc and sysfs
 *
 * The mask is the host's /dev/null, checked after it is opened: the /dev/null
 * of the root directory may be any file.
 */
#include "root/mask.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct path {
	const char *fs, *name;
	enum mask how;
} paths[] = {
    {"proc", "acpi", MASK_HIDE},
    {"proc", "asound", MASK_HIDE},
    {"proc", "interrupts", MASK_HIDE},
    {"proc", "kcore", MASK_HIDE},
    {"proc", "keys", MASK_HIDE},
    {"proc", "latency_stats", MASK_HIDE},
    {"proc", "sched_debug", MASK_HIDE},
    {"proc", "scsi", MASK_HIDE},
    {"proc", "timer_list", MASK_HIDE},
    {"proc", "timer_stats", MASK_HIDE},
    {"proc", "bus", MASK_FREEZE},
    {"proc", "fs", MASK_FREEZE},
    {"proc", "irq", MASK_FREEZE},
    {"proc", "pressure", MASK_FREEZE},
    {"proc", "sys", MASK_FREEZE},
    {"proc", "sysrq-trigger", MASK_FREEZE},
    {"sys", "devices/virtual/powercap", MASK_HIDE},
    {"sys", "firmware", MASK_HIDE},
};

/* A read-only /dev/null, detached. */
static int
nothing(void)
{
	const int mnt = mnt_device("/dev/null", 1, 3);

	/* Not nodev, which would forbid to open the mask. */
	if (mnt_attr(mnt,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		false) < 0)
		die("mount -o remount,bind,ro /dev/null");
	return mnt;
}

/* An empty directory, detached: a tmpfs, later copies of it.  -2 with -n. */
static int
nowhere(const char *where)
{
	static int first = -1;

	if (first < 0)
		return first = mnt_new("tmpfs", "mode=0555,nr_inodes=1",
			   MNT_SAFE | MOUNT_ATTR_RDONLY, where);
	return say(SAY_SH, "mount -t tmpfs -o ro tmpfs %s", where)
		   ? mnt_clone(first, NULL, MNT_TOP)
		   : -2;
}

static int
cover_for(int at, enum mask how, mode_t mode, const char *where)
{
	int mnt;

	if (how == MASK_HIDE && S_ISDIR(mode))
		return nowhere(where);
	if (how == MASK_HIDE)
		return say(SAY_SH, "mount --bind /dev/null %s", where)
			   ? nothing()
			   : -2;
	if (!say(SAY_SH, "mount --rbind -o ro %s %s", where, where))
		return -2;
	mnt = mnt_clone(at, NULL, MNT_DEEP);
	return mnt < 0 || mnt_attr(mnt, MOUNT_ATTR_RDONLY, true) < 0 ? -1 : mnt;
}

void
mask_at(int at, enum mask how, const char *where)
{
	struct stat st = {.st_mode = S_IFDIR};
	int mnt;

	if (at >= 0 && fstat(at, &st) < 0)
		die("%s", where);
	mnt = cover_for(at, how, st.st_mode, where);
	if (mnt == -1 || (mnt >= 0 && mnt_attach(mnt, at) < 0))
		die_said();
}

/* False: this kernel does not have the path. */
static bool
mask(int fs, const struct path *p, const char *dir)
{
	const int at = openat(fs, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char where[PATH_MAX];

	if (at < 0 && errno == ENOENT)
		return false;
	path_fmt(where, sizeof(where), "%s/%s/%s", dir, p->fs, p->name);
	if (at < 0)
		die("%s", where);
	mask_at(at, p->how, where);
	return true;
}

/* Counters of the heat of each CPU show the work of others.  Where CPU 0 has
 * none, no CPU has. */
static void
mask_heat(int sys, const char *dir)
{
	long cpus = 1;
	char name[64];

	for (long n = 0; n < cpus; n++) {
		snprintf(name, sizeof(name),
		    "devices/system/cpu/cpu%ld/thermal_throttle", n);
		if (mask(sys, &(struct path){"sys", name, MASK_HIDE}, dir) &&
		    n == 0)
			cpus = sysconf(_SC_NPROCESSORS_CONF);
	}
}

void
mask_paths(int proc, int sys, const char *dir)
{
	/* With -n the host's own proc and sysfs show the paths. */
	if (say_modes() & SAY_DRY) {
		proc = open("/proc", O_PATH | O_CLOEXEC);
		sys = open("/sys", O_PATH | O_CLOEXEC);
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		mask(paths[i].fs[0] == 'p' ? proc : sys, &paths[i], dir);
	mask_heat(sys, dir);
}
