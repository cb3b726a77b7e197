// SPDX-License-Identifier: MIT
/*
 * run - one program from outside, with its input and its output
 *
 * All three streams are files in memory, so no long text makes either side wait
 * for a reader.  The program has a process group of its own, because a Ctrl-C
 * for the payload must not end the iptables that undoes our rules.  It has no
 * signal blocked, unlike a resident.  Nobody else can end a program that waits
 * for ever, as for another's lock: so a program has a deadline.
 */
#include "base/run.h"
#include "base/die.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool was_late;

/* The programs that run now. */
static struct run *running[2];

/* Seconds; a tenth after a program that was late, since its undoing would be
 * late for the same reason. */
static int
patience(void)
{
	const char *word = getenv("BOX_DEADLINE");
	long whole = word ? strtol(word, NULL, 10) : 0;

	/* No end of a tool, since this may be the undoing. */
	if (whole < 1 || whole > 86400)
		whole = 60;
	return (int)(was_late ? whole / 10 + 1 : whole);
}

/* Ends the program at its deadline, in SECONDS.  Without a descriptor for the
 * process there is none. */
static bool
is_late(const struct run *r, int seconds)
{
	const int fd = pidfd_open(r->pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool late;

	if (fd < 0)
		return false;
	late = poll(&p, 1, seconds * 1000) == 0;
	close_keep(fd);
	if (late)
		kill(-r->pid, SIGKILL);
	was_late = was_late || late;
	return late;
}

static int
wait_for(struct run *r, int *status)
{
	pid_t pid;

	do
		pid = waitpid(r->pid, status, 0);
	while (pid < 0 && errno == EINTR);
	for (size_t i = 0; i < sizeof(running) / sizeof(*running); i++)
		if (running[i] == r)
			running[i] = NULL;
	return pid < 0 ? -1 : 0;
}

/* Not before the other program has ended, whose changes the caller undoes. */
__attribute__((noreturn)) static void
die_last(const char *what)
{
	const int saved = errno;
	int status;

	for (size_t i = 0; i < sizeof(running) / sizeof(*running); i++)
		if (running[i]) {
			is_late(running[i], patience());
			wait_for(running[i], &status);
		}
	errno = saved;
	die("%s", what);
}

static int
memory(const char *text)
{
	const ssize_t len = (ssize_t)strlen(text);
	const int fd = memfd_create("run", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, (size_t)len) != len ||
	    lseek(fd, 0, SEEK_SET) < 0)
		die_last("hold the input and output of a program");
	return fd;
}

/* The contents of FD, malloc'ed; closes FD. */
static char *
contents(int fd)
{
	const off_t len = lseek(fd, 0, SEEK_END);
	char *text = len < 0 ? NULL : calloc(1, (size_t)len + 1);

	if (!text || pread(fd, text, (size_t)len, 0) != len)
		die_last("read a program's output");
	close(fd);
	return text;
}

/* 0 or an errno, as of posix_spawn(3). */
static int
spawn(pid_t *pid, char *const argv[], const int fds[3])
{
	static const char *const more[] = {"/usr/sbin", "/sbin"};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char path[PATH_MAX];
	sigset_t none;
	int e;

	sigemptyset(&none);
	e = posix_spawn_file_actions_init(&actions);
	for (int i = 0; e == 0 && i < 3; i++)
		e = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	if (e || (e = posix_spawnattr_init(&attr)) ||
	    (e = posix_spawnattr_setsigmask(&attr, &none)) ||
	    (e = posix_spawnattr_setflags(
		 &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP)))
		return e;
	e = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	/* Debian's su(1) leaves the sbin directories out of root's PATH. */
	for (int i = 0; e == ENOENT && !strchr(argv[0], '/') && i < 2; i++) {
		path_fmt(path, sizeof(path), "%s/%s", more[i], argv[0]);
		e = posix_spawn(pid, path, &actions, &attr, argv, environ);
	}
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

void
run_begin(struct run *r, char *const argv[], const char *input)
{
	r->name = argv[0];
	r->fds[0] = memory(input ? input : "");
	r->fds[1] = memory("");
	r->fds[2] = memory("");
	r->error = spawn(&r->pid, argv, r->fds);
	if (r->error == 0)
		running[running[0] != NULL] = r;
}

static int
end(struct run *r, char **output, char *why, size_t size)
{
	const int seconds = patience();
	const bool late = r->error == 0 && is_late(r, seconds);
	char *words, *p;
	int status;

	if (r->error == 0 && wait_for(r, &status) < 0)
		die_last(text_fmt("wait for %s", r->name));
	close(r->fds[0]);
	*output = contents(r->fds[1]);
	words = contents(r->fds[2]);
	for (p = words; (p = strchr(p, '\n')); p++)
		*p = p[1] ? ' ' : '\0';
	snprintf(why, size, "%s", words);
	free(words);
	if (late)
		snprintf(
		    why, size, "%s has not ended in %d s", r->name, seconds);
	if (r->error == 0)
		return exit_status(status);
	snprintf(why, size, "%s: %s", r->name, strerror(r->error));
	return r->error == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;
}

int
run_end(struct run *r, char *why, size_t size)
{
	char *output;
	const int status = end(r, &output, why, size);

	free(output);
	return status;
}

bool
run_has(const char *name)
{
	const char *path = getenv("PATH");
	char *all = text_fmt("%s:/usr/sbin:/sbin", path ? path : DEFAULT_PATH),
	     *rest = all, *dir, *file;
	bool has = false;

	while (!has && (dir = strsep(&rest, ":"))) {
		file = text_fmt("%s/%s", *dir ? dir : ".", name);
		has = access(file, X_OK) == 0;
		free(file);
	}
	free(all);
	return has;
}

int
run(char *const argv[], const char *input, char *why, size_t size)
{
	struct run r;

	run_begin(&r, argv, input);
	return run_end(&r, why, size);
}

int
run_read(char *const argv[], char **output, char *why, size_t size)
{
	struct run r;

	run_begin(&r, argv, NULL);
	return end(&r, output, why, size);
}
