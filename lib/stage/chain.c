// SPDX-License-Identifier: MIT
/*
 * chain - one exec, in one place
 *
 * The door is worth root on the host and a lease keeps a slot, so neither may
 * reach foreign code.  The next program is therefore opened first; if by
 * device and inode it is one of our stages in our own directory, that very
 * descriptor is executed with everything handed on.  Anything else starts with
 * the door shut, no descriptor of ours and no BOX_ variable.
 */
#include "stage/chain.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "stage/door.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define MAX_LEASES 8
#define MAX_PASSED 32

static const char *const stages[] = {
    "box-keep",
    "log-keep",
    "cg-limit",
    "ns-spawn",
    "net-lease",
    "net-veth",
    "net-nat",
    "rootfs-enter",
    "cap-drop",
    "sys-filter",
};

static int leases[MAX_LEASES];
static unsigned n_leases;
static int ready = -1;
static int passed[MAX_PASSED];
static unsigned n_passed;
static int opened = -1;
static bool opened_own;

/* The descriptor that S names if it is of that type, close-on-exec; or -1. */
static int
receive(const char *s, mode_t type)
{
	struct stat st;
	char *end;
	long fd;

	fd = strtol(s, &end, 10);
	if (end == s || *end || fd < 3 || fd > INT_MAX ||
	    fstat((int)fd, &st) < 0 || (st.st_mode & S_IFMT) != type ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return (int)fd;
}

void
chain_receive(void)
{
	char *list, *s, *rest;
	int fd;

	s = getenv("BOX_DOOR_FD");
	if (s && (fd = receive(s, S_IFSOCK)) >= 0)
		door_set(fd);
	unsetenv("BOX_DOOR_FD");
	if ((list = getenv("BOX_LEASE_FDS")))
		for (s = strtok_r(list, ",", &rest); s;
		     s = strtok_r(NULL, ",", &rest))
			if ((fd = receive(s, S_IFREG)) >= 0)
				chain_lease(fd);
	unsetenv("BOX_LEASE_FDS");
	s = getenv("BOX_READY_FD");
	if (s && (fd = receive(s, S_IFIFO)) >= 0)
		chain_ready(fd);
	unsetenv("BOX_READY_FD");
}

void
chain_lease(int fd)
{
	if (n_leases == MAX_LEASES)
		diex("more than %d leases", MAX_LEASES);
	leases[n_leases++] = fd;
}

void
chain_ready(int fd)
{
	ready = fd;
}

void
chain_ready_leave(void)
{
	if (ready >= 0)
		close(ready);
	ready = -1;
}

/* Nobody may read it any more; then nobody need know. */
static void
tell_ready(char what)
{
	if (ready >= 0 && write(ready, &what, 1) < 0)
		chain_ready_leave();
}

void
chain_pass(const char *what, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;
	int flags;

	if (!copy)
		die("strdup");
	while ((word = strsep(&rest, ","))) {
		const int fd = (int)parse_num(what, word, 3, INT_MAX);

		/* The door and the leases are close-on-exec. */
		flags = fcntl(fd, F_GETFD);
		if (flags < 0 || (flags & FD_CLOEXEC))
			diex("%s: descriptor %d is not open", what, fd);
		if (n_passed == MAX_PASSED)
			diex("%s: more than %d", what, MAX_PASSED);
		passed[n_passed++] = fd;
	}
	free(copy);
}

static bool
is_passed(int fd)
{
	for (unsigned i = 0; i < n_passed; i++)
		if (passed[i] == fd)
			return true;
	return false;
}

void
chain_close_others(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	if (!d)
		die("read /proc/self/fd");
	/* What came by exec is not close-on-exec; all of ours is. */
	while ((e = readdir(d))) {
		const int fd = atoi(e->d_name);

		if (fd > 2 && !is_passed(fd) &&
		    fcntl(fd, F_GETFD) != FD_CLOEXEC)
			close(fd);
	}
	closedir(d);
}

/* Whether FD is one of the stages in the directory of the running one. */
bool
chain_is_stage(int fd)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct stat want, st;
	bool found = false;
	char *slash;
	int dir;

	if (n < 0 || fstat(fd, &want) < 0)
		return false;
	self[n] = '\0';
	if (!(slash = strrchr(self, '/')))
		return false;
	slash[1] = '\0';
	dir = open(self, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (fstatat(dir, stages[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_dev == want.st_dev && st.st_ino == want.st_ino)
			found = true;
	close(dir);
	return found;
}

/* The path that execvp(3) would execute for NAME, in BUF; -1 with errno. */
static int
search(const char *name, char *buf, size_t size)
{
	const char *path = getenv("PATH"), *end;
	int reason = ENOENT;

	if (strchr(name, '/') || !*name) {
		if (snprintf(buf, size, "%s", name) >= (int)size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		return 0;
	}
	for (path = path ? path : DEFAULT_PATH;; path = end + 1) {
		struct stat st;

		end = strchrnul(path, ':');
		/* An empty element is the working directory. */
		if (snprintf(buf, size, "%.*s%s%s", (int)(end - path), path,
			end > path ? "/" : "", name) < (int)size &&
		    stat(buf, &st) == 0) {
			if (S_ISREG(st.st_mode) &&
			    faccessat(AT_FDCWD, buf, X_OK, AT_EACCESS) == 0)
				return 0;
			reason = EACCES;
		}
		if (!*end)
			break;
	}
	errno = reason;
	return -1;
}

int
chain_open(const char *name, bool *own)
{
	char path[PATH_MAX];
	int fd;

	if (search(name, path, sizeof(path)) < 0)
		return -1;
	fd = open(path, O_PATH | O_CLOEXEC);
	*own = fd >= 0 && chain_is_stage(fd);
	return fd;
}

void
chain_opened(int fd, bool own)
{
	opened = fd;
	opened_own = own;
}

/* execve(2) says ENOENT for a missing interpreter and ENOEXEC for another
 * machine's program: look, and say which. */
static void
explain(const char *path)
{
	const int saved = errno;
	unsigned char head[256] = {0};
	/* O_NONBLOCK: a fifo has no writer and would not open. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	uint16_t machine;

	if (fd >= 0)
		close(fd);
	errno = saved;
	if (n > 2 && saved == ENOENT && memcmp(head, "#!", 2) == 0) {
		char *word = strtok((char *)head + 2, " \t\n");

		warn("%s: interpreter %s", path, word ? word : "");
	} else if (n >= 20 && saved == ENOENT &&
		   memcmp(head, ELFMAG, SELFMAG) == 0) {
		warn("%s: its dynamic loader", path);
	} else if (n >= 20 && saved == ENOEXEC &&
		   memcmp(head, ELFMAG, SELFMAG) == 0) {
		memcpy(&machine, head + 18, sizeof(machine));
		warn("%s is for another machine type (ELF machine %u)", path,
		    machine);
	} else {
		warn("%s", path);
	}
}

__attribute__((noreturn)) static void
failed(const char *path)
{
	const int status = errno == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;

	explain(path);
	tell_ready('f');
	exit(status);
}

/* Removes each BOX_ variable: they are agreements between stages. */
static void
clean_environment(void)
{
	char **from, **to;

	if (!environ)
		return;
	for (from = to = environ; *from; from++)
		if (strncmp(*from, "BOX_", 4) != 0)
			*to++ = *from;
	*to = NULL;
}

static void
keep(int fd, char *list, size_t size)
{
	const size_t len = strlen(list);

	if (fcntl(fd, F_SETFD, 0) < 0)
		die("fcntl descriptor %d", fd);
	snprintf(list + len, size - len, "%s%d", len ? "," : "", fd);
}

static void
hand_on(void)
{
	char list[MAX_LEASES * 12] = "";

	if (door_fd() >= 0) {
		keep(door_fd(), list, sizeof(list));
		setenv("BOX_DOOR_FD", list, 1);
		list[0] = '\0';
	}
	for (unsigned i = 0; i < n_leases; i++)
		keep(leases[i], list, sizeof(list));
	if (n_leases)
		setenv("BOX_LEASE_FDS", list, 1);
	if (ready >= 0) {
		list[0] = '\0';
		keep(ready, list, sizeof(list));
		setenv("BOX_READY_FD", list, 1);
	}
}

void
chain(char *const argv[])
{
	bool own = opened_own;
	int fd = opened;

	if (fd < 0)
		fd = door_fd() >= 0 ? door_prog(argv[0], &own)
				    : chain_open(argv[0], &own);
	if (fd < 0)
		failed(argv[0]);
	if (!own) {
		opened = fd;
		chain_last(argv);
	}
	hand_on();
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	failed(argv[0]);
}

void
chain_last(char *const argv[])
{
	char path[PATH_MAX];
	int saved;

	door_shut();
	clean_environment();
	tell_ready('x');
	if (search(argv[0], path, sizeof(path)) == 0)
		execve(path, argv, environ);
	else
		path_fmt(path, sizeof(path), "%s", argv[0]);
	saved = errno;
	/* What lies below a directory that only the caller may walk. */
	if (saved == EACCES && opened >= 0)
		execveat(opened, "", argv, environ, AT_EMPTY_PATH);
	errno = saved;
	failed(path);
}
