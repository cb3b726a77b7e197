// SPDX-License-Identifier: MIT
/*
 * chain - the exec of the next program
 *
 * The door is worth root on the host and a lease keeps a slot, so neither may
 * reach foreign code.  So the next program is opened first.  If it is one of
 * our stages (stages.c), that very descriptor is executed with everything
 * handed on.  Any other program starts with the door shut, no descriptor of
 * ours and no BOX_ variable.
 */
#include "stage/chain.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/run.h"
#include "stage/door.h"
#include "stage/inherit.h"
#include "stage/stages.h"
#include "stage/stand.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int opened = -1;
static bool opened_own;
static bool noexec; /* search() has found a program on such a mount */

/* Tells box-keep, if it still listens, about foreign code (inherit.h).  A
 * keeper that has not heard of PROG would wait for it. */
static void
tell_ready(char what)
{
	const int ready = inherit_fd(INHERIT_READY);

	if (ready >= 0 && !fd_tell(ready, what) && what == 'x' &&
	    errno != EPIPE && errno != ECONNRESET)
		die("tell box-keep that the program runs");
}

/* Whether PATH is a file on a mount where none can be executed. */
static bool
is_noexec(const char *path)
{
	struct statvfs fs;
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 0111) && statvfs(path, &fs) == 0 &&
	       (fs.f_flag & ST_NOEXEC);
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
		errno = ENOENT;
		/* An empty element is the working directory. */
		if (snprintf(buf, size, "%.*s%s%s", (int)(end - path), path,
			end > path ? "/" : "", name) < (int)size &&
		    stat(buf, &st) == 0) {
			if (S_ISREG(st.st_mode) &&
			    faccessat(AT_FDCWD, buf, X_OK, AT_EACCESS) == 0)
				return 0;
			reason = EACCES;
			noexec = noexec || is_noexec(buf);
		} else if (errno == EACCES ||
			   (reason == ENOENT &&
			       (errno == ENOMEM || errno == EIO))) {
			reason = errno;
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
	*own = fd >= 0 && stage_is(fd, path);
	return fd;
}

void
chain_opened(int fd, bool own)
{
	opened = fd;
	opened_own = own;
}

/* execve(2) gives ENOENT also for a missing interpreter, and ENOEXEC for a
 * program of another machine type: looks for the reason and prints it. */
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

void
chain_failed(const char *path)
{
	const int err = errno;
	const int status = err == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;

	stand_fails(status);
	errno = err;
	explain(path);
	if (err == EACCES && (noexec || is_noexec(path)))
		hint("the program's mount has noexec: mount -o remount,exec "
		     "MOUNTPOINT");
	tell_ready('f');
	exit(status);
}

/* Fails as execve(2) would, but for what the file holds. */
static void
check(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (search(name, path, sizeof(path)) < 0)
		chain_failed(name);
	if ((opened >= 0 ? fstat(opened, &st) : stat(path, &st)) < 0)
		chain_failed(path);
	errno = EACCES;
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		chain_failed(path);
}

void
chain_stand(char *const argv[])
{
	if (!stand_asked())
		return;
	check(argv[0]);
	stand();
}

/* Removes each BOX_ variable: they are agreements between stages. */
static void
clean_environment(void)
{
	char **from, **to;

	for (from = to = environ; *from; from++)
		if (strncmp(*from, "BOX_", 4) != 0)
			*to++ = *from;
	*to = NULL;
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
		chain_failed(argv[0]);
	if (!own) {
		opened = fd;
		chain_last(argv);
	}
	inherit_hand_on();
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	chain_failed(argv[0]);
}

void
chain_last(char *const argv[])
{
	char path[PATH_MAX];
	int saved;

	door_made();
	door_shut();
	clean_environment();
	chain_stand(argv);
	tell_ready('x');
	if (search(argv[0], path, sizeof(path)) == 0)
		execve(path, argv, environ);
	else
		path_fmt(path, sizeof(path), "%s", argv[0]);
	saved = errno;
	/* The program's directory is open to the caller alone: the doorman has
	 * opened the program. */
	if (saved == EACCES && opened >= 0)
		execveat(opened, "", argv, environ, AT_EMPTY_PATH);
	errno = saved;
	chain_failed(path);
}
