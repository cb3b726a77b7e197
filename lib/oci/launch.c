// SPDX-License-Identifier: MIT
/* launch - a chain that is run until its box stands */
#include "oci/launch.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/run.h"
#include "base/unixaddr.h"
#include "oci/errors.h"
#include "payload/fresh.h"
#include "stage/chain.h"
#include "stage/resident.h"
#include "stage/stages.h"
#include "term/relay.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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
launch(const struct words *w, int lock)
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
		/* The last stage closes it before the box's own code begins. */
		if (lock >= 0 && fcntl(lock, F_SETFD, 0) < 0)
			die("the lock");
		chain(w->word);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("wait");
	status = exit_status(status);
	/* A stage that dies has no last words. */
	if (status > 128)
		warnx("the chain: signal %d", status - 128);
	return status;
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

int
launch_console(int dir, const char *name)
{
	const int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;

	if (sock < 0 || unix_addr(&at, dir, name) < 0 ||
	    bind(sock, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(sock, 1) < 0)
		die("the socket %s", name);
	return sock;
}

void
launch_terminal(int sock, int dir, const char *name)
{
	const int conn = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
	char text[PATH_MAX];
	int master = -1;

	if (conn < 0 || fd_recv(conn, text, sizeof(text), &master) < 0)
		die("receive the terminal");
	if (master < 0 || relay_start(master) < 0)
		die("relay the terminal");
	close(conn);
	close(sock);
	unlinkat(dir, name, 0);
}

void
launch_adopt(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("prctl PR_SET_CHILD_SUBREAPER");
	resident_begin();
}

int
launch_wait(pid_t pid)
{
	bool failed = false;
	const int status = resident_wait(
	    &(struct resident){.pid = pid, .fd = -1, .failed = &failed});

	return failed ? EXIT_FAILURE : status;
}
