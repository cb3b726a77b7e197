// SPDX-License-Identifier: MIT
/*
 * detach - into the background, and no sooner back than that is up
 *
 * Nothing of the caller's stays open behind its back, or x=$(box-run -d ...)
 * would wait for the box's end.  Until it is up the two die together.
 */
#include "keep/detach.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
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

static int up = -1;

static int
open_log(const char *log, int flags)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	path_fmt(path, sizeof(path), "%s/current", log);
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0 || S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

void
detach_output(const char *log)
{
	const int fd = open_log(log, O_WRONLY | O_CREAT | O_APPEND);

	if (fd < 0)
		return;
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
}

/* What has been logged behind the first FROM bytes of the file ST. */
static void
show_log(const char *log, const struct stat *before)
{
	const int fd = open_log(log, O_RDONLY);
	struct stat now;
	char buf[4096];
	ssize_t n;

	if (fd < 0 || fstat(fd, &now) < 0)
		return;
	/* Another file, if it was rotated. */
	if (now.st_ino == before->st_ino)
		lseek(fd, before->st_size, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(2, buf, (size_t)n) != n)
			break;
	close(fd);
}

/* In the caller's process, which is not the one that cleans up: _exit(2). */
__attribute__((noreturn)) static void
wait_up(pid_t pid, int ready, const char *name, const char *log,
    const struct stat *before)
{
	int status;

	resident_child();
	/* A caller that ignores it would have no status. */
	signal(SIGCHLD, SIG_DFL);
	if (fd_hear(ready) >= 0) {
		if (printf("%s\n", name) >= 0 && fflush(stdout) != EOF)
			_exit(0);
		warn("write the name");
		_exit(EXIT_TOOL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			warn("waitpid");
			_exit(EXIT_TOOL);
		}
	show_log(log, before);
	_exit(exit_status(status));
}

void
detach(const char *name, const char *log)
{
	const pid_t caller = getpid();
	struct stat before;
	int ends[2], fd;
	pid_t pid;

	fd = open_log(log, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0 || fstat(fd, &before) < 0)
		die("open %s/current", log);
	close(fd);
	fd_pair(ends);
	if ((pid = fork()) < 0)
		die("fork");
	if (pid > 0) {
		close(ends[1]);
		wait_up(pid, ends[0], name, log, &before);
	}
	/* In order, so as to clean up. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		die("prctl PR_SET_PDEATHSIG");
	if (getppid() != caller)
		diex("the caller has died");
	close(ends[0]);
	up = ends[1];
	if (setsid() < 0)
		die("setsid");
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, 0) < 0)
		die("open /dev/null");
	close(fd);
	detach_output(log);
	/* What the caller has left open for its programs. */
	inherit_close_others();
}

void
detach_up(void)
{
	if (up < 0)
		return;
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		die("prctl PR_SET_PDEATHSIG");
	/* False: the caller has been killed. */
	fd_tell(up, 0);
	close(up);
	up = -1;
}
