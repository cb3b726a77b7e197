// SPDX-License-Identifier: MIT
/* change - the verbs that change a container: kill, delete, pause, resume */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "oci/container.h"
#include "oci/groups.h"
#include "oci/hooks.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 10000 /* milliseconds for the end of a killed process */

static const struct opt kill_opts[] = {
    {'a', "all", NULL, "all processes of the container"}, {0}};
static const struct opt delete_opts[] = {
    {'f', "force", NULL, "kill it before; one that is not there is no error"},
    {0}};
static const struct opt none[] = {{0}};
static const struct tool kill_tool = {
    "box-oci kill", "ID [SIGNAL]", kill_opts, SAY_SH};
static const struct tool delete_tool = {
    "box-oci delete", "ID", delete_opts, SAY_SH};
static const struct tool pause_tool = {"box-oci pause", "ID", none, SAY_SH};
static const struct tool resume_tool = {"box-oci resume", "ID", none, SAY_SH};

/* The one operand. */
static const char *
operand(const struct tool *t, char *argv[])
{
	if (!argv[optind] || argv[optind + 1])
		opt_usage(t);
	return argv[optind];
}

static void
send(const struct container *c, int signal, bool all)
{
	const enum oci_status s = container_status(c);

	if (all) {
		if (groups_signal(c->group, signal) < 0)
			die_said();
		return;
	}
	/* containerd knows these words. */
	if (s == OCI_STOPPED || c->pidfd < 0 ||
	    pidfd_send_signal(c->pidfd, signal, NULL, 0) < 0)
		diex("container not running");
	/* A frozen process of v1 dies when it goes on. */
	if (signal == SIGKILL && s == OCI_PAUSED)
		groups_freeze(c->group, false);
}

/* As other runtimes: also in small letters; 0 only asks whether the process is
 * there. */
static int
signal_of(const char *word)
{
	char *name = text_fmt("%s", word);
	int signal;

	for (char *s = name; *s; s++)
		*s = (char)toupper((unsigned char)*s);
	signal = strcmp(name, "0") == 0 ? 0 : parse_signal("signal", name);
	free(name);
	return signal;
}

int
oci_kill(int argc, char *argv[])
{
	struct container c;
	const char *word;
	bool all = false;

	while (opt_next(&kill_tool, argc, argv) == 'a')
		all = true;
	if (!argv[optind] || (argv[optind + 1] && argv[optind + 2]))
		opt_usage(&kill_tool);
	container_need(&c, oci.root, argv[optind], false);
	word = argv[optind + 1] ? argv[optind + 1] : "TERM";
	send(&c, signal_of(word), all);
	return 0;
}

static void
kill_now(struct container *c)
{
	struct pollfd p = {.events = POLLIN};

	if (groups_frozen(c->group))
		groups_freeze(c->group, false);
	if (c->pidfd < 0)
		return;
	pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	p.fd = c->pidfd;
	while (poll(&p, 1, PATIENCE) < 0)
		if (errno != EINTR)
			die("poll");
	if (!(p.revents & POLLIN))
		diex("process %d does not end", c->pid);
}

int
oci_delete(int argc, char *argv[])
{
	struct container c;
	bool force = false;
	enum oci_status s;
	const char *id;

	while (opt_next(&delete_tool, argc, argv) == 'f')
		force = true;
	id = operand(&delete_tool, argv);
	if (!container_open(&c, oci.root, id, false)) {
		if (force)
			return 0;
		diex("container \"%s\" does not exist", id);
	}
	if (force) {
		container_kill_holder(&c);
		kill_now(&c);
		/* What is not listed is killed with its group. */
		groups_signal(c.group, SIGKILL);
	}
	if (!container_lock(&c)) {
		if (force)
			return 0;
		diex("container \"%s\" does not exist", id);
	}
	s = container_status(&c);
	if (!force && s != OCI_STOPPED && s != OCI_CREATED)
		diex("cannot delete container \"%s\" in the state \"%s\"", id,
		    oci_status_name(s));
	kill_now(&c);
	groups_end(c.group);
	hooks_run(&c, "poststop", OCI_STOPPED, 0, true);
	container_remove(&c);
	return 0;
}

static void
freeze(const char *id, bool frozen)
{
	struct container c;
	enum oci_status s;

	container_need(&c, oci.root, id, true);
	s = container_status(&c);
	if (frozen && s != OCI_RUNNING && s != OCI_CREATED)
		diex("container not running");
	if (!frozen && s != OCI_PAUSED)
		diex("container not paused");
	groups_freeze(c.group, frozen);
}

int
oci_pause(int argc, char *argv[])
{
	opt_next(&pause_tool, argc, argv);
	freeze(operand(&pause_tool, argv), true);
	return 0;
}

int
oci_resume(int argc, char *argv[])
{
	opt_next(&resume_tool, argc, argv);
	freeze(operand(&resume_tool, argv), false);
	return 0;
}
