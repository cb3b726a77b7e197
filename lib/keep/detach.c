// SPDX-License-Identifier: MIT
/*
 * detach - into the background; the caller returns when the box is up
 *
 * No descriptor of the caller's stays open: else x=$(box-run -d ...) would wait
 * for the box's end.  Until the box is up, both processes die together.
 */
#include "keep/detach.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/plain.h"
#include "box/lock.h"
#include "keep/ended.h"
#include "keep/log.h"
#include "stage/inherit.h"
#include "stage/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_ROOM 4096 /* bytes */

static int up = -1;

static int
open_log(const char *log, int flags)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/current", log);
	return log_open(AT_FDCWD, path, flags);
}

int
detach_output(const char *log)
{
	const int fd = open_log(log, O_WRONLY | O_CREAT | O_APPEND);
	int ret = -1;

	if (fd >= 0 && dup2(fd, 1) >= 0 && dup2(fd, 2) >= 0)
		ret = 0;
	close_keep(fd);
	return ret;
}

/* Prints the part of the log that came after BEFORE. */
static void
show_log(const char *log, const struct stat *before)
{
	const int fd = open_log(log, O_RDONLY);
	struct stat now;

	if (fd < 0 || fstat(fd, &now) < 0)
		return;
	/* Else it is another file: log-keep has renamed the old one. */
	if (now.st_ino == before->st_ino)
		lseek(fd, before->st_size, SEEK_SET);
	if (plain_copy(fd, 2) < 0)
		warn("print %s/current", log);
	close(fd);
}

/* In the caller's process.  _exit(2): the new process cleans up. */
__attribute__((noreturn)) static void
wait_up(pid_t pid, int ready, const char *name, const char *log,
    const struct stat *before, bool forgotten)
{
	int status;

	resident_child();
	/* With SIGCHLD ignored, a child leaves no status. */
	signal(SIGCHLD, SIG_DFL);
	if (fd_hear(ready) >= 0) {
		if (printf("%s\n", name) >= 0 && fflush(stdout) != EOF)
			_exit(0);
		/* The box goes on: a caller that gave its name can stop it. */
		warn("write the name");
		_exit(EXIT_TOOL);
	}
	/* No end of file: the box may be up, and it ends. */
	if (errno) {
		warn("wait for the box");
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		_exit(EXIT_TOOL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			warn("waitpid");
			_exit(EXIT_TOOL);
		}
	show_log(log, before);
	/* -1: another box may have the name by now. */
	if (forgotten)
		(void)ended_remove(name);
	_exit(exit_status(status));
}

/* Dies for the log's file. */
__attribute__((noreturn)) static void
fail(const char *doing, const char *log)
{
	if (path_inside(log, state_dir()))
		state_die("%s %s/current", doing, log);
	die("%s %s/current", doing, log);
}

void
detach(const char *name, const char *log, bool forgotten)
{
	const pid_t caller = getpid();
	struct stat before;
	int ends[2], fd;
	pid_t pid;

	fd = open_log(log, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0 || fstat(fd, &before) < 0)
		fail("open", log);
	/* For the reason of a start that fails, which show_log() prints. */
	if (reserve(fd, before.st_size, LOG_ROOM) < 0)
		fail("write", log);
	close(fd);
	fd_pair(ends);
	if ((pid = fork()) < 0)
		die("fork");
	if (pid > 0) {
		close(ends[1]);
		wait_up(pid, ends[0], name, log, &before, forgotten);
	}
	/* TERM: the new process removes the box's state. */
	resident_die_with(caller, SIGTERM);
	close(ends[0]);
	up = ends[1];
	if (setsid() < 0)
		die("setsid");
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, 0) < 0)
		die("open /dev/null");
	close(fd);
	if (detach_output(log) < 0)
		die("open %s/current", log);
	inherit_close_others();
}

void
detach_up(void)
{
	if (up < 0)
		return;
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		die("prctl PR_SET_PDEATHSIG");
	/* The caller may have been killed. */
	if (!fd_tell(up, 0) && errno != EPIPE && errno != ECONNRESET)
		die("tell the caller that the box is up");
	close(up);
	up = -1;
}
