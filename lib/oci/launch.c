// SPDX-License-Identifier: MIT
/* launch - a chain that is run until its box stands */
#include "oci/launch.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "oci/errors.h"
#include "payload/fresh.h"
#include "stage/chain.h"
#include "stage/resident.h"
#include "stage/stages.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int
launch_info(unsigned preserved)
{
	const int fd = memfd_create("info", MFD_CLOEXEC);
	const int high =
	    fd < 0 ? -1 : fcntl(fd, F_DUPFD, 3 + (int)preserved + 7);

	if (high < 0)
		die("the descriptor of --info-fd");
	close(fd);
	return high;
}

/* The stages are found in our own directory first. */
static void
set_path(void)
{
	const char *path = getenv("PATH");
	char dir[PATH_MAX];

	if (stage_dir(dir) < 0)
		die("find the stages");
	if (setenv("PATH", text_fmt("%s:%s", dir, path ? path : DEFAULT_PATH),
		1) < 0)
		die("setenv");
}

int
launch(const struct words *w)
{
	const pid_t parent = getpid();
	int status;
	pid_t pid;

	/* A caller may ignore SIGCHLD. */
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		errors_child();
		fresh();
		resident_die_with(parent, SIGTERM);
		set_path();
		chain(w->word);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("wait");
	return exit_status(status);
}

pid_t
launch_pid(int info)
{
	char *text;
	int pid;

	if (lseek(info, 0, SEEK_SET) < 0 || !(text = slurp_fd(info)))
		die("read the pid");
	if (sscanf(text, "{\"pid\": %d", &pid) != 1 || pid <= 0)
		diex("the chain has told no pid");
	free(text);
	return pid;
}

void
launch_pid_file(const char *path, pid_t pid)
{
	char *beside = text_fmt("%s.new", path);
	const int fd = open(beside,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "%d", pid) < 0 || close(fd) < 0 ||
	    rename(beside, path) < 0)
		die("--pid-file %s", path);
	free(beside);
}

char *
launch_preserved(unsigned n)
{
	char *list;
	FILE *f = text_open(&list);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%u", i ? "," : "", 3 + i);
	text_close(f);
	return list;
}

static pid_t target;

static void
pass(int signal)
{
	const int saved = errno;

	kill(target, signal);
	errno = saved;
}

int
launch_wait(pid_t pid)
{
	const struct sigaction action = {
	    .sa_handler = pass, .sa_flags = SA_RESTART};
	int status;

	target = pid;
	for (int s = 1; s < SIGRTMIN; s++)
		if (s != SIGCHLD && s != SIGKILL && s != SIGSTOP &&
		    s != SIGSEGV && s != SIGBUS && s != SIGFPE && s != SIGILL &&
		    s != SIGPIPE && s != SIGTTOU && s != SIGTTIN)
			sigaction(s, &action, NULL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("wait for %d", pid);
	return exit_status(status);
}
