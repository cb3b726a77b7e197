// SPDX-License-Identifier: MIT
/* hooks - programs that the config wants to be run at steps of the life */
#include "oci/hooks.h"
#include "base/die.h"
#include "base/file.h"
#include "stage/resident.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const kinds[] = {"prestart", "createRuntime",
    "createContainer", "startContainer", "poststart", "poststop"};

/* An array of strings, ended by NULL; FIRST alone if there is none. */
static char **
strings(struct json list, const char *first)
{
	const size_t n = json_count(list);
	char **words = calloc(n + 2, sizeof(*words));

	if (!words)
		die("memory");
	if (n == 0 && first)
		words[0] = text_fmt("%s", first);
	for (size_t i = 0; i < n; i++)
		words[i] = text_fmt("%s", json_text(json_at(list, i), ""));
	return words;
}

/* An open file without a name, that holds TEXT. */
static int
file_of(const char *text)
{
	const int fd = memfd_create("hook", MFD_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%s", text) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		die("memory");
	return fd;
}

__attribute__((noreturn)) static void
become(const struct container *c, struct json hook, int in, int err)
{
	const char *path = json_need_text(hook, "path");
	char **args = strings(json_get(hook, "args"), path);
	char **env = strings(json_get(hook, "env"), NULL);
	const int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	at_end_forget();
	if (dup2(in, 0) < 0 || out < 0 || dup2(out, 1) < 0 ||
	    dup2(err, 2) < 0 || (c->bundle && chdir(c->bundle) < 0) ||
	    close_range(3, ~0u, 0) < 0)
		_exit(EXIT_TOOL);
	execve(path, args, env);
	dprintf(2, "%s\n", strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOENT : EXIT_NOEXEC);
}

/* Waits for PID; false if it does not end in the SECONDS, and is killed. */
static bool
wait_for(pid_t pid, int64_t seconds, int *status)
{
	const int ms =
	    seconds > 0 && seconds < 1000000 ? (int)seconds * 1000 : -1;
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int n;

	while ((n = poll(&p, 1, ms)) < 0)
		if (errno != EINTR)
			die("poll");
	if (n == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			die("wait for a hook");
	close_keep(p.fd);
	return n > 0;
}

/* The last line of the hook's stderr. */
static char *
last_line(int fd)
{
	char *text = lseek(fd, 0, SEEK_SET) < 0 ? NULL : slurp_fd(fd), *line;

	for (size_t n = text ? strlen(text) : 0; n && text[n - 1] == '\n';)
		text[--n] = '\0';
	line = text ? strrchr(text, '\n') : NULL;
	return text_fmt("%s", line ? line + 1 : text ? text : "");
}

/* NULL, or why the hook has failed. */
static char *
run_one(const struct container *c, struct json hook, const char *state)
{
	const int64_t timeout =
	    json_int(json_get(hook, "timeout"), 1, INT32_MAX, 0);
	const int in = file_of(state), err = file_of("");
	const pid_t self = getpid(), pid = fork();
	char *why = NULL;
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		resident_die_with(self, SIGKILL);
		become(c, hook, in, err);
	}
	if (!wait_for(pid, timeout, &status))
		why = text_fmt("not done in %jd seconds", (intmax_t)timeout);
	else if (status)
		why = text_fmt(
		    "status %d: %s", exit_status(status), last_line(err));
	close(in);
	close(err);
	return why;
}

void
hooks_run(const struct container *c, const char *kind, enum oci_status s,
    pid_t pid, bool warn)
{
	const struct json list = json_get(json_get(c->config, "hooks"), kind);
	char *state, *why;

	if (json_count(list) == 0)
		return;
	state = container_state(c, s, pid, false);
	signal(SIGCHLD, SIG_DFL);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json hook = json_at(list, i);

		why = run_one(c, hook, state);
		if (!why)
			continue;
		warnx(
		    "%s: %s: %s", hook.name, json_need_text(hook, "path"), why);
		if (!warn)
			exit(EXIT_TOOL);
		free(why);
	}
	free(state);
}

static void
check_one(struct json hook)
{
	const char *path = json_need_text(hook, "path");

	if (*path != '/')
		json_die(json_get(hook, "path"), "'%s' is not absolute", path);
	json_int(json_get(hook, "timeout"), 1, INT32_MAX, 0);
	free(strings(json_get(hook, "args"), NULL));
	free(strings(json_get(hook, "env"), NULL));
}

void
hooks_check(struct json config)
{
	const struct json hooks = json_get(config, "hooks");

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		const struct json list = json_get(hooks, kinds[k]);

		for (size_t i = 0; i < json_count(list); i++)
			check_one(json_at(list, i));
	}
}
