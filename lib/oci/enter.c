// SPDX-License-Identifier: MIT
/* enter - the verb exec: one more process in a container */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "oci/compile.h"
#include "oci/container.h"
#include "oci/errors.h"
#include "oci/launch.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	O_PID_FILE = OPT_LONG,
	O_CONSOLE,
	O_PRESERVE,
	O_CWD,
	O_NO_NEW_PRIVS,
	O_APPARMOR,
	O_LABEL,
	O_IGNORE_PAUSED,
	O_CGROUP
};

static const struct opt opts[] = {
    {'p', "process", "FILE", "the process, as of config.json"},
    {'d', "detach", NULL, "do not wait for its end"},
    {'t', "tty", NULL, "give it a terminal"},
    {O_CONSOLE, "console-socket", "SOCKET", "send the terminal there"},
    {O_PID_FILE, "pid-file", "FILE", "write its number"},
    {'e', "env", "NAME=VALUE", "one more variable"},
    {'u', "user", "UID[:GID]", "its user and group, numbers"},
    {'g', "additional-gids", "GID", "one more group"},
    {'c', "cap", "NAME", "one more capability"},
    {O_CWD, "cwd", "DIR", "its working directory"},
    {O_NO_NEW_PRIVS, "no-new-privs", NULL, "set no_new_privs"},
    {O_APPARMOR, "apparmor", "PROFILE", "its AppArmor profile"},
    {O_LABEL, "process-label", "LABEL", "refused: SELinux is not done"},
    {O_PRESERVE, "preserve-fds", "N", "descriptors from 3 on for it"},
    {O_IGNORE_PAUSED, "ignore-paused", NULL, "also in a paused container"},
    {O_CGROUP, "cgroup", "PATH", "refused"},
    {0},
};
static const struct tool tool = {
    "box-oci exec", "ID [prog [arg ...]]", opts, SAY_SH};

struct request {
	const char *process, *pid_file;
	struct plan_options plan;
	bool detach, paused;
	struct json_object *own; /* what options say, for the process */
};

static struct json_object *
list_of(struct request *r, const char *key)
{
	struct json_object *list;

	if (!json_object_object_get_ex(r->own, key, &list)) {
		list = json_object_new_array();
		json_object_object_add(r->own, key, list);
	}
	return list;
}

static void
add(struct request *r, const char *key, struct json_object *value)
{
	json_object_array_add(list_of(r, key), value);
}

static void
set_user(struct request *r, const char *word)
{
	struct json_object *user = json_object_new_object();
	char *copy = strdup(word), *gid = copy ? strchr(copy, ':') : NULL;
	const uint64_t most = UINT32_MAX - 1;

	if (!copy)
		die("memory");
	if (gid)
		*gid++ = '\0';
	json_object_object_add(user, "uid",
	    json_object_new_int64((int64_t)parse_num("--user", copy, 0, most)));
	if (gid)
		json_object_object_add(user, "gid",
		    json_object_new_int64(
			(int64_t)parse_num("--user", gid, 0, most)));
	json_object_object_add(r->own, "user", user);
	free(copy);
}

static void
take(struct request *r, int c)
{
	switch (c) {
	case 'p':
		r->process = optarg;
		break;
	case 'd':
		r->detach = true;
		break;
	case 't':
		json_object_object_add(
		    r->own, "terminal", json_object_new_boolean(true));
		break;
	case O_CONSOLE:
		r->plan.console = optarg;
		break;
	case O_PID_FILE:
		r->pid_file = optarg;
		break;
	case 'e':
		add(r, "env", json_object_new_string(optarg));
		break;
	case 'u':
		set_user(r, optarg);
		break;
	case 'g':
		add(r, "gids",
		    json_object_new_int64((int64_t)parse_num(
			"--additional-gids", optarg, 0, UINT32_MAX - 1)));
		break;
	case 'c':
		add(r, "caps", json_object_new_string(optarg));
		break;
	case O_CWD:
		json_object_object_add(
		    r->own, "cwd", json_object_new_string(optarg));
		break;
	case O_NO_NEW_PRIVS:
		json_object_object_add(
		    r->own, "noNewPrivileges", json_object_new_boolean(true));
		break;
	case O_APPARMOR:
		json_object_object_add(
		    r->own, "apparmorProfile", json_object_new_string(optarg));
		break;
	case O_LABEL:
		if (*optarg)
			diex("--process-label: SELinux is not done");
		break;
	case O_CGROUP:
		diex("--cgroup: not done");
	case O_IGNORE_PAUSED:
		r->paused = true;
		break;
	case O_PRESERVE:
		r->plan.preserve =
		    (unsigned)parse_num("--preserve-fds", optarg, 0, 1000);
		break;
	}
}

/* The member KEY of J, an object or array, made if it is missing. */
static struct json_object *
member(struct json_object *j, const char *key, struct json_object *made)
{
	struct json_object *m;

	if (json_object_object_get_ex(j, key, &m)) {
		json_object_put(made);
		return m;
	}
	json_object_object_add(j, key, made);
	return made;
}

static void
append(struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < json_object_array_length(from); i++)
		json_object_array_add(
		    to, json_object_get(json_object_array_get_idx(from, i)));
}

/* The config's process with what the options say, and the program ARGV. */
static struct json
changed(struct request *r, const struct container *c, char *argv[])
{
	const struct json j = json_get(c->config, "process");
	struct json_object *p = j.value, *args = json_object_new_array();
	static const char *const sets[] = {
	    "bounding", "effective", "permitted"};
	struct json_object *caps, *user;

	for (; *argv; argv++)
		json_object_array_add(args, json_object_new_string(*argv));
	json_object_object_add(p, "args", args);
	json_object_object_del(p, "terminal");
	append(member(p, "env", json_object_new_array()), list_of(r, "env"));
	caps = member(p, "capabilities", json_object_new_object());
	for (int i = 0; i < 3; i++)
		append(member(caps, sets[i], json_object_new_array()),
		    list_of(r, "caps"));
	json_object_object_foreach(r->own, key,
	    value) if (!json_object_is_type(value, json_type_array))
	    json_object_object_add(p, key, json_object_get(value));
	user = member(p, "user", json_object_new_object());
	append(member(user, "additionalGids", json_object_new_array()),
	    list_of(r, "gids"));
	return j;
}

static struct json
process_of(struct request *r, const struct container *c, char *argv[])
{
	struct json j;
	int fd;

	if (!r->process) {
		if (!argv[0])
			opt_usage(&tool);
		return changed(r, c, argv);
	}
	if (argv[0])
		diex("--process has the program, not the words behind ID");
	fd = strcmp(r->process, "-") == 0
		 ? STDIN_FILENO
		 : open(r->process, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		die("--process %s", r->process);
	j = json_fd(fd, r->process);
	j.name = "process";
	return j;
}

static pid_t
enter(struct request *r, const struct container *c, struct json process)
{
	struct plan p = {.fstab = NULL};
	const bool own = !r->detach && !r->plan.console &&
			 json_true(json_get(process, "terminal"), false);
	char *name = text_fmt("console-%d", getpid());
	int status, console = -1;
	pid_t pid;

	if (own)
		r->plan.console = text_fmt("%s/%s", c->path, name);
	r->plan.shown = say_modes() & SAY_DRY;
	r->plan.info = r->plan.shown ? 3 : launch_info(r->plan.preserve);
	compile_exec(&p, c, process, &r->plan);
	if (r->plan.shown) {
		words_print(&p.words, stdout);
		say_check();
		errors_exit(0);
	}
	if (own)
		console = launch_console(c->dir, name);
	status = launch(&p.words, -1);
	if (own && status == 0)
		launch_terminal(console, c->dir, name);
	else if (own)
		unlinkat(c->dir, name, 0);
	if (status)
		errors_prog(status, p.prog);
	pid = launch_pid(r->plan.info);
	if (r->pid_file)
		launch_pid_file(r->pid_file, pid);
	return pid;
}

int
oci_exec(int argc, char *argv[])
{
	struct request r = {.own = json_object_new_object()};
	struct container c;
	enum oci_status s;
	pid_t pid;
	int o;

	while ((o = opt_next(&tool, argc, argv)) != -1)
		take(&r, o);
	argv += optind;
	if (!argv[0])
		opt_usage(&tool);
	container_need(&c, oci.root, argv[0], false);
	s = container_status(&c);
	if (s == OCI_PAUSED && !r.paused)
		diex("container is paused");
	if (s != OCI_RUNNING && s != OCI_PAUSED && s != OCI_CREATED)
		diex("container not running");
	if (!r.detach)
		launch_adopt();
	pid = enter(&r, &c, process_of(&r, &c, argv + 1));
	return r.detach ? 0 : launch_wait(pid);
}
