// SPDX-License-Identifier: MIT
/*
 * grace - a small process that outlives the last box by a second
 *
 * It has the lock of the record, so that there is one of it; the record's time
 * is that of the last box's end.  It keeps nothing of its caller's: no
 * terminal, no directory, no descriptor.  It is not in a control group of the
 * chain's either, or cg-limit would kill it, also one that runs a script with
 * the chain: the groups are those of the first resident above, which no stage
 * has made.
 */
#include "nat/grace.h"
#include "base/die.h"
#include "base/file.h"
#include "box/lock.h"
#include "cg/open.h"
#include "nat/nfnl.h"
#include "stage/stages.h"
#include "stage/title.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL 50000000 /* ns */

static pid_t
parent_of(pid_t pid)
{
	char path[64], stat[512], *end;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* The name in brackets may have blanks. */
	if (read_at(AT_FDCWD, path, stat, sizeof(stat)) > 0 &&
	    (end = strrchr(stat, ')')))
		sscanf(end, ") %*c %d", &parent);
	return parent;
}

static char *
groups_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	return slurp_at(AT_FDCWD, path);
}

/* Sets *G to the groups of the first resident above us, if they are others than
 * ours.  A script may stand between it and CHAIN. */
static void
find_groups(struct cgroup *g, pid_t chain)
{
	pid_t first = chain;
	char *own, *theirs, num[16];

	for (pid_t pid = chain; pid > 0; pid = parent_of(pid)) {
		snprintf(num, sizeof(num), "%d", pid);
		if (stage_runs(num))
			first = pid;
	}
	own = groups_of(getpid());
	theirs = groups_of(first);
	if (own && theirs && strcmp(own, theirs) != 0)
		cgroup_of(g, first);
	free(own);
	free(theirs);
}

static void
leave(int record)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null >= 0)
			dup2(null, fd);
	nfnl_close();
	lock_keep_only(record);
	setsid();
	if (chdir("/") < 0)
		_exit(EXIT_TOOL);
	prctl(PR_SET_NAME, "net-nat-grace");
	title_name("grace");
}

/* Whether the last box has ended less than GRACE ago, and no other process has
 * removed the rules and their record. */
static bool
is_young(int record)
{
	struct timespec now;
	struct stat st;

	if (fstat(record, &st) < 0 || st.st_nlink == 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	/* A clock that was set back must not keep the rules. */
	return now.tv_sec >= st.st_mtim.tv_sec &&
	       (now.tv_sec - st.st_mtim.tv_sec) * 1000 +
		       (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000 <
		   GRACE * 1000;
}

__attribute__((noreturn)) static void
linger(int record, const char *common, void (*over)(int lock))
{
	const struct timespec pause = {.tv_nsec = POLL};
	bool told = false;
	sigset_t ends;
	int lock;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	for (;;) {
		while (!told && is_young(record))
			told = sigtimedwait(&ends, NULL, &pause) > 0;
		lock = lock_wait(common);
		if (told || !is_young(record))
			break;
		close(lock);
	}
	/* Before the common lock: the next box's end must find this one free.
	 */
	close(record);
	over(lock);
	_exit(0);
}

void
grace_begin(const char *record, const char *common, void (*over)(int lock))
{
	struct cgroup groups = {.lock_fd = -1};
	const int seen = lock_open(record, false);
	int fd, status = 0;
	pid_t pid;

	if (seen < 0)
		return;
	if (futimens(seen, NULL) < 0)
		warn("touch %s/lock/%s", state_dir(), record);
	close(seen);
	fd = lock_try(record);
	if (fd < 0)
		return;
	pid = fork();
	if (pid == 0) {
		at_end_forget();
		leave(fd);
		find_groups(&groups, getppid());
		cgroup_join(&groups);
		pid = cgroup_fork(&groups);
		if (pid == 0)
			linger(fd, common, over);
		_exit(pid < 0 ? EXIT_TOOL : 0);
	}
	close(fd);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid < 0 || status)
		warnx("the shared rules stay until the next start, or box-gc");
}
