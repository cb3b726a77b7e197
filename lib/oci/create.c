// SPDX-License-Identifier: MIT
/* create - the verbs that begin a container: create, start, run */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "base/unixaddr.h"
#include "oci/compile.h"
#include "oci/container.h"
#include "oci/errors.h"
#include "oci/groups.h"
#include "oci/hooks.h"
#include "oci/launch.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	O_PID_FILE = OPT_LONG,
	O_CONSOLE,
	O_NO_PIVOT,
	O_NO_KEYRING,
	O_PRESERVE,
	O_KEEP,
	O_NO_SUBREAPER
};

#define CREATE_OPTS \
	{'b', "bundle", "DIR", "the bundle (default: the working directory)"}, \
	    {O_PID_FILE, "pid-file", "FILE", "write the process's number"}, \
	    {O_CONSOLE, "console-socket", "SOCKET", \
		"send the terminal there"}, \
	    {O_PRESERVE, "preserve-fds", "N", \
		"descriptors from 3 on for the process"}, \
	    {O_NO_PIVOT, "no-pivot", NULL, "refused"}, \
	{ \
		O_NO_KEYRING, "no-new-keyring", NULL, \
		    "none is made, with or without" \
	}

static const struct opt create_opts[] = {CREATE_OPTS, {0}};
static const struct opt run_opts[] = {CREATE_OPTS,
    {'d', "detach", NULL, "do not wait for the end"},
    {O_KEEP, "keep", NULL, "do not delete the container at its end"},
    {O_NO_SUBREAPER, "no-subreaper", NULL, "accepted"}, {0}};
static const struct opt start_opts[] = {{0}};
static const struct tool create_tool = {
    "box-oci create", "ID", create_opts, SAY_SH};
static const struct tool run_tool = {"box-oci run", "ID", run_opts, SAY_SH};
static const struct tool start_tool = {
    "box-oci start", "ID", start_opts, SAY_SH};

struct request {
	const char *bundle, *pid_file, *id;
	struct plan_options plan;
	bool detach, keep;
	bool relay; /* the terminal, if the config wants one, to ours */
};

static void
parse(struct request *r, const struct tool *t, int argc, char *argv[])
{
	int c;

	*r = (struct request){.bundle = "."};
	while ((c = opt_next(t, argc, argv)) != -1)
		switch (c) {
		case 'b':
			r->bundle = optarg;
			break;
		case O_PID_FILE:
			r->pid_file = optarg;
			break;
		case O_CONSOLE:
			r->plan.console = optarg;
			break;
		case O_PRESERVE:
			r->plan.preserve = (unsigned)parse_num(
			    "--preserve-fds", optarg, 0, 1000);
			break;
		case O_NO_PIVOT:
			diex("--no-pivot: such a root can be left");
		case 'd':
			r->detach = true;
			break;
		case O_KEEP:
			r->keep = true;
			break;
		}
	if (!argv[optind] || argv[optind + 1])
		opt_usage(t);
	r->id = container_id(argv[optind]);
	r->plan.systemd = oci.systemd;
}

/* Reads the bundle's config.json into C. */
static void
read_bundle(struct container *c, const char *bundle)
{
	static char path[PATH_MAX];
	int dir;

	if (!realpath(bundle, path))
		die("--bundle %s", bundle);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		die("--bundle %s", bundle);
	c->bundle = path;
	c->config = json_file(dir, "config.json");
	close(dir);
}

/* A shell's command that writes the filter, an instruction on each line. */
static void
show_filter(const struct container *c, const struct bpf *b)
{
	const unsigned char *byte = (const void *)b->code;
	const size_t size = sizeof(*b->code);

	printf("{\n");
	for (size_t i = 0; i < b->n * size; i++)
		printf("%s\\%03o%s", i % size ? "" : "printf '", byte[i],
		    (i + 1) % size ? "" : "'\n");
	printf("} >%s/filter\n", say_word(c->path));
}

/* With -n: all that create would do, for a shell. */
static void
show(const struct container *c, const struct plan *p)
{
	printf("mkdir -p %s\n", say_word(c->path));
	if (p->filter)
		show_filter(c, p->filter);
	printf("cat >%s/fstab <<'END'\n%sEND\n", say_word(c->path), p->fstab);
	words_print(&p->words, stdout);
}

static struct container *making; /* to be undone at a die() */

static void
undo(void)
{
	if (!making)
		return;
	/* "" as long as the group may be another container's. */
	groups_end(making->group);
	container_remove(making);
}

static const char *wanted; /* the group, for compare_group() */

/* Of two containers with one group, delete of the one would end the other. */
static void
compare_group(const char *id)
{
	struct container c;

	if (!container_open(&c, oci.root, id, false))
		return;
	if (*wanted && strcmp(c.group, wanted) == 0)
		diex("linux.cgroupsPath: %s is the group of the container %s",
		    wanted, id);
	close(c.dir);
	close_keep(c.pidfd);
}

/* The lock of the directory of all containers: two creates do not look at the
 * same time. */
static void
claim_group(struct container *c, const char *group)
{
	const int root = open(oci.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t others;
	pid_t *list;

	if (root < 0 || flock(root, LOCK_EX) < 0)
		die("lock %s", oci.root);
	if (groups_pids(group, &list, &others) < 0)
		die_said();
	if (others)
		diex("linux.cgroupsPath: %s has processes", group);
	wanted = group;
	container_each(oci.root, compare_group);
	container_put(c, "group", group);
	close(root);
}

/* All facts from which delete undoes the rest, before anything is made. */
static void
write_facts(struct container *c, const struct plan *p)
{
	container_put(c, "bundle", c->bundle);
	container_put(c, "config.json",
	    json_print(c->config.value, JSON_C_TO_STRING_PLAIN));
	container_put(c, "fstab", p->fstab);
	if (p->filter)
		container_put_bytes(c, "filter", p->filter->code,
		    p->filter->n * sizeof(*p->filter->code));
	c->group = p->group;
}

/* A container in the state "created". */
static void
create(struct container *c, struct request *r)
{
	struct plan p = {.fstab = NULL};
	struct container made;
	int status, console = -1;
	bool own;

	*c = (struct container){.id = r->id, .group = "", .pidfd = -1};
	c->path = text_fmt("%s/%s", oci.root, r->id);
	read_bundle(c, r->bundle);
	own = r->relay && !r->plan.console &&
	      json_true(json_get(c->config, "process.terminal"), false);
	if (own)
		r->plan.console = text_fmt("%s/console", c->path);
	r->plan.shown = say_modes() & SAY_DRY;
	r->plan.info = r->plan.shown ? 3 : launch_info(r->plan.preserve);
	compile(&p, c, &r->plan);
	if (r->plan.shown) {
		show(c, &p);
		say_check();
		errors_exit(0);
	}
	container_claim(&made, oci.root, r->id);
	c->dir = made.dir;
	making = c;
	at_end(undo);
	claim_group(c, p.group);
	write_facts(c, &p);
	if (own)
		console = launch_console(c->dir, "console");
	status = launch(&p.words, c->dir);
	if (status)
		errors_prog(status, p.prog);
	if (own)
		launch_terminal(console, c->dir, "console");
	c->pid = launch_pid(r->plan.info);
	close(r->plan.info);
	container_put_pid(c, "pid", c->pid);
	if (r->pid_file)
		launch_pid_file(r->pid_file, c->pid);
	container_put(c, "created", "");
	making = NULL;
}

int
oci_create(int argc, char *argv[])
{
	struct container c;
	struct request r;

	parse(&r, &create_tool, argc, argv);
	create(&c, &r);
	return 0;
}

/* Connects to the parked process, and returns its answer. */
static char *
ask(const struct container *c)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;
	char *answer;

	if (fd < 0 || unix_addr(&at, c->dir, "start") < 0)
		die("socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		die("container \"%s\" does not wait for its start", c->id);
	answer = slurp_fd(fd);
	if (!answer)
		die("start of container \"%s\"", c->id);
	close(fd);
	unlinkat(c->dir, "start", 0);
	return answer;
}

/* The lines behind "x" are an error, and the last is "status N". */
static void
check_answer(const struct container *c, char *answer)
{
	const char *prog =
	    json_text(json_at(json_get(c->config, "process.args"), 0), "");
	char *rest = answer, *line = strsep(&rest, "\n");
	int status = EXIT_TOOL;

	if (strcmp(line, "x") != 0)
		diex("container \"%s\" has ended before its start", c->id);
	if (!rest || !*rest)
		return;
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "status %d", &status) != 1 && *line)
			fprintf(die_output(), "%s\n", line);
	errors_prog(status, prog);
}

static struct container *starting;

/* The specification: a hook that fails ends the container. */
static void
end_starting(void)
{
	if (starting && starting->pidfd >= 0)
		pidfd_send_signal(starting->pidfd, SIGKILL, NULL, 0);
}

static void
start(struct container *c)
{
	const enum oci_status s = container_status(c);

	if (s != OCI_CREATED)
		diex("cannot start a container in the state \"%s\"",
		    oci_status_name(s));
	starting = c;
	at_end(end_starting);
	hooks_run(c, "startContainer", OCI_CREATED, c->pid, false);
	starting = NULL;
	check_answer(c, ask(c));
	hooks_run(c, "poststart", OCI_RUNNING, c->pid, true);
}

int
oci_start(int argc, char *argv[])
{
	struct container c;

	opt_next(&start_tool, argc, argv);
	if (!argv[optind] || argv[optind + 1])
		opt_usage(&start_tool);
	container_need(&c, oci.root, argv[optind], true);
	start(&c);
	return 0;
}

int
oci_run(int argc, char *argv[])
{
	struct container c;
	struct request r;
	int status;

	parse(&r, &run_tool, argc, argv);
	if (!r.detach)
		launch_adopt();
	r.relay = !r.detach;
	create(&c, &r);
	making = &c;
	start(&c);
	if (!r.detach)
		container_unlock(&c);
	making = NULL;
	if (r.detach)
		return 0;
	status = launch_wait(c.pid);
	if (!r.keep && container_lock(&c)) {
		groups_end(c.group);
		hooks_run(&c, "poststop", OCI_STOPPED, 0, true);
		container_remove(&c);
	}
	return status;
}
