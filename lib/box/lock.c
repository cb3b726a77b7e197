// SPDX-License-Identifier: MIT
/*
 * lock - owners that the kernel forgets when they die
 *
 * Each thing of a box outside itself (a cgroup, a firewall rule, a slot) is
 * named after a lock.  The lock, not a pid, says whether the owner lives.
 */
#include "box/lock.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 500 /* ms */
#define POLL 5	     /* ms */
#define SOME 16	     /* locks of a kind that a stage looks at */
#define MANY 64	     /* locks of all kinds that a chain looks at */
#define SWEPT "BOX_SWEPT"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

bool
state_owns_run(void)
{
	struct stat st;

	if (geteuid() != 0)
		return false;
	if (stat("/run", &st) == 0)
		return st.st_uid == 0;
	if (errno != ENOENT)
		die("stat /run");
	return false;
}

bool
state_is_hosts(void)
{
	return !env_or("BOX_STATE", NULL) && state_owns_run();
}

const char *
state_dir(void)
{
	static char dir[PATH_MAX];
	const char *set = env_or("BOX_STATE", NULL), *run;

	if (set)
		return set;
	if (state_is_hosts())
		return "/run/box";
	run = env_or("XDG_RUNTIME_DIR", NULL);
	if (!run || *run != '/') {
		errno = 0;
		die_hint("export BOX_STATE=DIR, a directory of your own",
		    "no directory for state: XDG_RUNTIME_DIR is no absolute "
		    "path");
	}
	path_fmt(dir, sizeof(dir), "%s/box", run);
	return dir;
}

void
state_hint(int err)
{
	if (err == ENOSPC || err == EDQUOT)
		hint("make room there, or export BOX_STATE=DIR, a "
		     "directory of your own");
	else if (err == EROFS || err == EACCES || err == EPERM)
		hint("export BOX_STATE=DIR, a directory of your own");
}

void
state_die(const char *fmt, ...)
{
	const int err = errno;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = text_vfmt(fmt, ap);
	va_end(ap);
	warn_line(err, "%s", text);
	free(text);
	state_hint(err);
	exit(EXIT_TOOL);
}

/* Opens the directory NAME in AT; -1 with ENOENT if there is none.  Dies if
 * others may write to it. */
static int
open_own(int at, const char *name)
{
	const int fd =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
		state_die("open %s%s", state_dir(), at < 0 ? "" : "/lock");
	if ((fd >= 0 || errno != ENOENT) && !is_own(fd, S_IFDIR)) {
		errno = 0;
		die_hint("export BOX_STATE=DIR, a directory of your own",
		    "%s%s is not a directory that only its owner, this user, "
		    "may write",
		    state_dir(), at < 0 ? "" : "/lock");
	}
	return fd;
}

/* Opens STATE/lock, once; -1 with ENOENT if there is none. */
static int
lock_dir(void)
{
	static int fd = -1;
	int state;

	if (fd < 0 && (state = open_own(AT_FDCWD, state_dir())) >= 0) {
		fd = open_own(state, "lock");
		close(state);
	}
	return fd;
}

static void
make_lock_dir(void)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/lock", state_dir());
	if (lock_dir() < 0 && (make_dirs(path, 0755) < 0 || lock_dir() < 0))
		state_die("mkdir %s", path);
}

/* Opens the file of a lock and takes the lock.  -1 with errno: EWOULDBLOCK if
 * the lock is taken; ENOENT without O_CREAT; EPERM if the file is not this
 * user's alone.  Tries again if the file is removed during the wait. */
static int
take(const char *name, int flags, int how)
{
	struct stat at, st;
	int fd;

	for (;; close(fd)) {
		fd = openat(lock_dir(), name,
		    O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
		if (fd < 0)
			return -1;
		while (flock(fd, LOCK_EX | how) < 0)
			if (errno != EINTR)
				goto fail;
		errno = EPERM;
		if (!is_own(fd, S_IFREG) || fstat(fd, &st) < 0)
			goto fail;
		if (fstatat(lock_dir(), name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
		    at.st_ino == st.st_ino && at.st_dev == st.st_dev)
			return fd;
	}
fail:
	return close_keep(fd);
}

static int
lock(const char *name, int how)
{
	int fd;

	make_lock_dir();
	fd = take(name, O_CREAT, how);
	if (fd < 0 && errno == EPERM)
		diex("%s/lock/%s is not a file that only its owner, this user, "
		     "may write",
		    state_dir(), name);
	if (fd < 0 && errno != EWOULDBLOCK)
		state_die("lock %s/lock/%s", state_dir(), name);
	return fd;
}

int
lock_try(const char *name)
{
	return lock(name, LOCK_NB);
}

int
lock_soon(const char *name)
{
	int fd, ms = 0;

	while ((fd = lock_try(name)) < 0 && ms < PATIENCE)
		ms += POLL + poll(NULL, 0, POLL);
	return fd;
}

int
lock_wait(const char *name)
{
	return lock(name, 0);
}

const char *
boot_id(void)
{
	static char id[40];

	if (!*id) {
		if (read_at(AT_FDCWD, BOOT_ID, id, sizeof(id)) < 0) {
			if (errno != ENOENT)
				die("read " BOOT_ID);
			strcpy(id, "-"); /* /proc/sys is covered */
		}
		id[strcspn(id, "\n")] = '\0';
	}
	return id;
}

int
lock_open(const char *name, bool create)
{
	int fd;

	if (create)
		make_lock_dir();
	if (lock_dir() < 0)
		return -1;
	fd = openat(lock_dir(), name,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
		(create ? O_CREAT : 0),
	    0600);
	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0 && errno != ELOOP)
		state_die("open %s/lock/%s", state_dir(), name);
	if (!is_own(fd, S_IFREG))
		diex("%s/lock/%s is not a file that only its owner, this user, "
		     "may write",
		    state_dir(), name);
	return fd;
}

void
lock_keep_only(int fd)
{
	close_others(fd, lock_dir());
}

char *
lock_read(const char *name)
{
	char *text = NULL;
	int fd = lock_dir();

	if (fd >= 0)
		fd = openat(
		    fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!is_own(fd, S_IFREG))
		errno = EPERM;
	else if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		errno = ENOENT;
	else if (errno == EWOULDBLOCK)
		text = slurp_fd(fd);
	close(fd);
	return text;
}

bool
lock_held(const char *name)
{
	char *record = lock_read(name);

	if (!record && errno != ENOENT)
		die("look at the lock %s/lock/%s", state_dir(), name);
	free(record);
	return record;
}

void
lock_remove(const char *name, int fd)
{
	const int saved = errno;

	if (!(say_modes() & SAY_DRY) && unlinkat(lock_dir(), name, 0) < 0)
		warn("remove %s/lock/%s", state_dir(), name);
	close(fd);
	errno = saved;
}

static const char *wanted;

static int
is_wanted(const struct dirent *e)
{
	return strncmp(e->d_name, wanted, strlen(wanted)) == 0;
}

static int
is_owned(const struct dirent *e)
{
	static const char *const kinds[] = {
	    LOCK_BOX, LOCK_CG, LOCK_NAT, LOCK_NETNS};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(e->d_name, kinds[i], strlen(kinds[i])) == 0)
			return 1;
	return 0;
}

/* Lists the locks with a name that begins with PREFIX; returns their number. */
static unsigned
list_locks(const char *prefix, struct dirent ***list)
{
	char path[PATH_MAX];
	int n = 0;

	*list = NULL;
	wanted = prefix;
	path_fmt(path, sizeof(path), "%s/lock", state_dir());
	if (lock_dir() >= 0 && (n = scandir(path, list, is_wanted, NULL)) < 0)
		die("read %s", path);
	return (unsigned)n;
}

/* Whether the owner of the lock may be about to write the record. */
static bool
is_fresh(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ||
	       (st.st_size == 0 && time(NULL) - st.st_ctime < 2);
}

/* Calls FN for the lock NAME, if its owner is dead. */
static void
bury(const char *name, size_t prefix, bool all, lock_bury *fn)
{
	const int fd = take(name, 0, LOCK_NB);
	int left = 1;

	if (fd < 0) {
		if (all && errno != EWOULDBLOCK && errno != ENOENT)
			warn("lock %s/lock/%s", state_dir(), name);
		return;
	}
	if (!is_fresh(fd))
		left = fn(name + prefix, fd);
	if (left < 0 && all)
		warn("%s", said());
	if (left)
		close(fd);
	else
		lock_remove(name, fd);
}

/* A number by chance, as far as a choice of locks needs that: each start looks
 * at other ones. */
static unsigned
by_chance(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)(now.tv_nsec / 1000);
}

/* Whether the owner of the lock NAME is dead. */
static bool
is_dead(const char *name)
{
	const int fd = take(name, 0, LOCK_NB);
	const bool dead = fd >= 0 && !is_fresh(fd);

	close_keep(fd);
	return dead;
}

/* The names of locks that have owners: of more than MANY a choice, in which
 * each one is as likely as the others; returns their number. */
static unsigned
choose(char names[MANY][NAME_MAX + 1])
{
	unsigned n = 0, at, chance = by_chance();
	const struct dirent *e;
	char path[PATH_MAX];
	DIR *d;

	path_fmt(path, sizeof(path), "%s/lock", state_dir());
	d = lock_dir() < 0 ? NULL : opendir(path);
	while (d && (e = readdir(d))) {
		if (!is_owned(e))
			continue;
		at = n++;
		if (at >= MANY) {
			chance = chance * 1103515245 + 12345;
			at = (chance >> 8) % n;
		}
		if (at < MANY)
			strcpy(names[at], e->d_name);
	}
	if (d)
		closedir(d);
	return n < MANY ? n : MANY;
}

void
lock_sweep(void)
{
	char names[MANY][NAME_MAX + 1];
	const unsigned n = choose(names);
	bool dead = false;

	for (unsigned i = 0; i < n && !dead; i++)
		dead = is_dead(names[i]);
	if (dead)
		unsetenv(SWEPT);
	else
		setenv(SWEPT, "1", 1);
}

void
lock_each_dead(const char *prefix, bool all, lock_bury *fn)
{
	const bool look = all || !env_or(SWEPT, NULL);
	struct dirent **list = NULL;
	const unsigned n = look ? list_locks(prefix, &list) : 0;
	const unsigned most = all || n < SOME ? n : SOME;
	const unsigned from = most < n ? by_chance() % n : 0;

	for (unsigned i = 0; i < n; i++) {
		struct dirent *e = list[(from + i) % n];

		if (i < most)
			bury(e->d_name, strlen(prefix), all, fn);
		free(e);
	}
	free(list);
}

unsigned
lock_count(const char *prefix)
{
	struct dirent **list;
	const unsigned n = list_locks(prefix, &list);

	for (unsigned i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return n;
}

bool
lock_there(const char *name)
{
	return lock_dir() >= 0 &&
	       (faccessat(lock_dir(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		   errno != ENOENT);
}
