// SPDX-License-Identifier: MIT
/*
 * stages - the list of stages
 *
 * A program is a stage by device and inode of a file in our own directory: a
 * name or a path could be anybody's.  A file that cannot be looked at is an
 * end: a stage that passed for a foreign program would lose the chain's
 * descriptors, and what they hold would be missing without a word.
 */
#include "stage/stages.h"
#include "base/die.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* tests/chain.bats compares the list with the programs in bin/. */
static const char *const stages[] = {
    "box-keep",
    "log-keep",
    "cg-limit",
    "cg-device",
    "ns-spawn",
    "ns-enter",
    "ns-sysctl",
    "net-lease",
    "net-veth",
    "net-user",
    "net-nat",
    "rootfs-enter",
    "rootfs-fstab",
    "proc-set",
    "cap-drop",
    "sys-filter",
};

int
stage_dir(char buf[PATH_MAX])
{
	const ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return -1;
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (!slash) {
		errno = ENOENT;
		return -1;
	}
	slash[1] = '\0';
	return 0;
}

bool
stage_named(const char *name)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (strcmp(name, stages[i]) == 0)
			return true;
	return false;
}

/* Whether the file NAME in DIR, our own directory, is that of WANT. */
static bool
is_file(char *dir, const char *name, const struct stat *want)
{
	char *end = strchr(dir, '\0');
	struct stat st;
	bool is;

	strcpy(end, name);
	is = lstat(dir, &st) == 0;
	if (!is && errno != ENOENT)
		die("look at %s", dir);
	is = is && st.st_dev == want->st_dev && st.st_ino == want->st_ino;
	*end = '\0';
	return is;
}

bool
stage_is(int fd, const char *name)
{
	char path[PATH_MAX + NAME_MAX];
	const char *slash = name ? strrchr(name, '/') : NULL;
	struct stat want;

	if (fstat(fd, &want) < 0)
		die("look at the program %s", name ? name : "of a process");
	if (stage_dir(path) < 0) {
		if (errno != ENOENT)
			die("read /proc/self/exe");
		return false;
	}
	/* Most often the file has the name that it was called by. */
	name = slash ? slash + 1 : name;
	if (name && stage_named(name) && is_file(path, name, &want))
		return true;
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (is_file(path, stages[i], &want))
			return true;
	return false;
}

bool
stage_runs(const char *pid)
{
	char path[64];
	bool is;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	is = fd >= 0 && stage_is(fd, NULL);
	close_keep(fd);
	return is;
}
