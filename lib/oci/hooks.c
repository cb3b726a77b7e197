// SPDX-License-Identifier: MIT
/* hooks - programs that the config wants to be run at steps of the life */
#include "oci/hooks.h"
#include "base/die.h"
#include "base/file.h"
#include "oci/verbs.h"
#include "stage/resident.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first three are those of the creation. */
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

static void
free_strings(char **words)
{
	for (char **w = words; *w; w++)
		free(*w);
	free(words);
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

/* A program to execute, and where its namespaces are. */
struct call {
	const char *path, *dir; /* dir: or NULL */
	char **args, **env;
	long joins; /* of setns(2), with the pidfd JOIN */
	int join, root;
};

__attribute__((noreturn)) static void
give_up(int err, int status)
{
	dprintf(err, "%s\n", strerror(errno));
	_exit(status);
}

/* The child of PARENT: all of its lines are the hook's, in ERR. */
__attribute__((noreturn)) static void
become(const struct call *call, pid_t parent, int in, int err)
{
	int out;

	at_end_forget();
	if (dup2(err, 2) < 0)
		give_up(err, EXIT_TOOL);
	die_output_to(-1);
	resident_die_with(parent, SIGKILL);
	out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (dup2(in, 0) < 0 || out < 0 || dup2(out, 1) < 0 ||
	    (call->joins && (setns(call->join, (int)call->joins) < 0 ||
				fchdir(call->root) < 0 || chroot(".") < 0)) ||
	    (call->dir && chdir(call->dir) < 0) || close_range(3, ~0u, 0) < 0)
		give_up(2, EXIT_TOOL);
	execve(call->path, call->args, call->env);
	give_up(2, errno == ENOENT ? EXIT_NOENT : EXIT_NOEXEC);
}

/* Waits for PID; false if it does not end in the SECONDS, and is killed. */
static bool
wait_for(pid_t pid, int64_t seconds, int *status)
{
	const int ms =
	    seconds > 0 && seconds < 1000000 ? (int)seconds * 1000 : -1;
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int n;

	if (p.fd < 0)
		die("watch a hook");
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

/* NULL, or why the program has failed. */
static char *
run_call(const struct call *call, int64_t timeout, const char *state)
{
	const int in = file_of(state), err = file_of("");
	const pid_t self = getpid(), pid = fork();
	char *why = NULL;
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0)
		become(call, self, in, err);
	if (!wait_for(pid, timeout, &status))
		why = text_fmt("not done in %jd seconds", (intmax_t)timeout);
	else if (status)
		why = text_fmt(
		    "status %d: %s", exit_status(status), last_line(err));
	close(in);
	close(err);
	return why;
}

/* The namespaces of the container's process that differ from ours.  The new
 * root directory lies on the old one, which is still the process's. */
static void
join(struct call *call, pid_t pid)
{
	static const struct {
		const char *name;
		long flag;
	} kinds_of[] = {{"mnt", CLONE_NEWNS}, {"net", CLONE_NEWNET},
	    {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC},
	    {"cgroup", CLONE_NEWCGROUP}, {"user", CLONE_NEWUSER}};
	struct stat ours, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	call->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	call->join = pidfd_open(pid, 0);
	if (call->join < 0 || call->root < 0)
		die("the container's process");
	for (size_t i = 0; i < sizeof(kinds_of) / sizeof(*kinds_of); i++) {
		snprintf(
		    path, sizeof(path), "/proc/self/ns/%s", kinds_of[i].name);
		if (stat(path, &ours) < 0) {
			if (errno == ENOENT) /* not in this kernel */
				continue;
			die("%s", path);
		}
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		    kinds_of[i].name);
		if (stat(path, &its) < 0)
			die("%s", path);
		if (ours.st_ino != its.st_ino)
			call->joins |= kinds_of[i].flag;
	}
}

/* The container's own process, with the hook's words and environment. */
static char *
process_of(struct container *c, struct json hook)
{
	struct json_object *p = NULL, *args = json_object_new_array();
	const struct json env = json_get(hook, "env"),
			  words = json_get(hook, "args");
	char *text;

	if (json_object_deep_copy(
		json_get(c->config, "process").value, &p, NULL) < 0)
		die("memory");
	json_object_array_add(
	    args, json_object_new_string(json_need_text(hook, "path")));
	for (size_t i = 1; i < json_count(words); i++)
		json_object_array_add(
		    args, json_object_get(json_at(words, i).value));
	json_object_object_add(p, "args", args);
	json_object_object_del(p, "terminal");
	json_object_object_add(p, "env",
	    json_there(env) ? json_object_get(env.value)
			    : json_object_new_array());
	text = text_fmt("%s", json_print(p, JSON_C_TO_STRING_PLAIN));
	json_object_put(p);
	return text;
}

/* Inside of the container a program is the image's: it runs as PROG does, by
 * the verb exec. */
static char *
run_inside(struct container *c, struct json hook, const char *state)
{
	const int64_t timeout =
	    json_int(json_get(hook, "timeout"), 1, INT32_MAX, 0);
	char *process = process_of(c, hook), *why;
	char *args[] = {(char *)"box-oci", (char *)"--root", (char *)oci.root,
	    (char *)"exec", (char *)"--process", NULL, (char *)"--",
	    (char *)c->id, NULL};
	const struct call call = {
	    .path = "/proc/self/exe", .args = args, .env = environ};

	container_put(c, "hook", process);
	args[5] = text_fmt("%s/hook", c->path);
	why = run_call(&call, timeout, state);
	free(args[5]);
	free(process);
	return why;
}

static char *
run_outside(struct container *c, struct json hook, const char *state,
    const struct call *where)
{
	const char *path = json_need_text(hook, "path");
	struct call call = *where;
	char *why;

	call.path = path;
	call.args = strings(json_get(hook, "args"), path);
	call.env = strings(json_get(hook, "env"), NULL);
	call.dir = c->bundle;
	why = run_call(
	    &call, json_int(json_get(hook, "timeout"), 1, INT32_MAX, 0), state);
	free_strings(call.args);
	free_strings(call.env);
	return why;
}

void
hooks_run(struct container *c, const char *kind, enum oci_status s, pid_t pid,
    bool warn)
{
	const struct json list = json_get(json_get(c->config, "hooks"), kind);
	const bool inside = strcmp(kind, "startContainer") == 0;
	struct call where = {.joins = 0};
	char *state, *why;

	if (json_count(list) == 0)
		return;
	if (strcmp(kind, "createContainer") == 0)
		join(&where, pid);
	state = container_state(c, s, pid, false);
	signal(SIGCHLD, SIG_DFL);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json hook = json_at(list, i);

		why = inside ? run_inside(c, hook, state)
			     : run_outside(c, hook, state, &where);
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

bool
hooks_there(struct json config)
{
	const struct json hooks = json_get(config, "hooks");

	for (int k = 0; k < 3; k++)
		if (json_count(json_get(hooks, kinds[k])))
			return true;
	return false;
}

/* ns-spawn --made runs this on the host's side, when the root directory is made
 * and not yet entered. */
int
oci_hooks(int argc, char *argv[])
{
	const char *pid = getenv("BOX_PID");
	struct container c;

	if (argc != 2 || !pid)
		diex("hooks: for ns-spawn --made");
	container_need(&c, oci.root, argv[1], false);
	for (int k = 0; k < 3; k++)
		hooks_run(&c, kinds[k], OCI_CREATING, atoi(pid), false);
	return 0;
}

static void
check_one(struct json hook)
{
	const char *path = json_need_text(hook, "path");

	if (*path != '/')
		json_die(json_get(hook, "path"), "'%s' is not absolute", path);
	json_int(json_get(hook, "timeout"), 1, INT32_MAX, 0);
	free_strings(strings(json_get(hook, "args"), NULL));
	free_strings(strings(json_get(hook, "env"), NULL));
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
