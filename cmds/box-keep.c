// SPDX-License-Identifier: MIT
/*
 * box-keep - the keeper of one box: its name, its state, its restarts
 *
 * A box exists as long as its lock is held: by the keeper, and as a lease by
 * the stages of the chain.  So a box whose keeper was killed exists until its
 * last stage has ended.  The keeper removes STATE/NAME; after a kill -9 the
 * next keeper does.
 */
#include "base/die.h"
#include "base/fdpass.h"
#include "box/hosts.h"
#include "box/lock.h"
#include "box/state.h"
#include "cg/end.h"
#include "cg/tree.h"
#include "keep/detach.h"
#include "keep/ended.h"
#include "keep/labels.h"
#include "keep/layer.h"
#include "keep/log.h"
#include "keep/names.h"
#include "keep/ready.h"
#include "keep/restart.h"
#include "spawn/netns.h"
#include "stage/chain.h"
#include "stage/env.h"
#include "stage/inherit.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	O_NAME = OPT_LONG,
	O_RESTART,
	O_READY,
	O_LOG,
	O_RM,
	O_ENTER,
	O_ENV_FILE,
	O_LAYER,
	O_LABEL,
};

static const struct opt opts[] = {
    {O_NAME, "name", "NAME", "the box's name (one is made up)"},
    {O_RESTART, "restart", "WHEN", "no, on-failure[:MAX] or always (no)"},
    {'d', "detach", NULL, "go on in the background; print the name when up"},
    {O_READY, "ready", "WHEN",
	"the box is up: exec, port[:N] or notify (exec)"},
    {O_LOG, "log", "DIR", "keep the output there, by log-keep"},
    {O_LAYER, "layer", "DIR", "keep changes to that root under the name"},
    {O_RM, "rm", NULL, "keep no record of the box's end"},
    {O_ENTER, "enter", "WORDS",
	"options of entering programs, as sh reads them"},
    {O_ENV_FILE, "env-file", "FILE", "variables of prog and entering programs"},
    {O_LABEL, "label", "KEY=VALUE", "a note on the box, for box-ps --json"},
    {0},
};
static const struct tool tool = {"box-keep", "prog [arg ...]", opts, SAY_SH};

/* Of 4096 names one is free, or nearly all are taken. */
#define TRIES 1000

static struct restart restart;
static struct env env;
static const char *name, *enter, *log_dir, *layer_root;
static bool detached, no_record, made_up, was_up, new_layer, runs;
static pid_t caller, keeper;
static int lock_fd, exit_fd = -1, status = EXIT_TOOL;
static struct ended end;

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_NAME:
			name = state_name("--name", optarg);
			break;
		case O_RESTART:
			restart_parse(&restart, "--restart", optarg);
			break;
		case 'd':
			detached = true;
			break;
		case O_READY:
			ready_parse("--ready", optarg);
			break;
		case O_LOG:
			log_dir = optarg;
			break;
		case O_LAYER:
			layer_root = optarg;
			break;
		case O_RM:
			no_record = true;
			break;
		case O_ENTER:
			enter = optarg;
			break;
		case O_ENV_FILE:
			env_file(&env, optarg);
			break;
		case O_LABEL:
			labels_add(optarg);
			break;
		}
	if (!argv[optind])
		opt_usage(&tool);
	if (layer_root && !name)
		diex("--layer needs --name, by which the layer is found again");
	/* Variables of -e replace variables of files. */
	env_receive(&env);
	env_hand_on(&env);
}

/* The name's lock, and the name if there was none. */
static int
take_name(void)
{
	int fd, tries = 0;

	if (name) {
		fd = lock_soon(state_lock(name));
		if (fd < 0)
			diex("--name: a box named %s is running", name);
	} else {
		made_up = true;
		do {
			if (++tries > TRIES)
				diex("no name is free: --name gives the box "
				     "one");
			name = name_made_up();
			fd = lock_try(state_lock(name));
			/* A group of that name may be a leftover, or belong to
			 * another state directory; a network namespace, to
			 * ip-netns(8). */
			if (fd >= 0 &&
			    (lock_there(cg_lock(name)) || cg_named(name) ||
				netns_named(name) || ended_there(name))) {
				lock_remove(state_lock(name), fd);
				fd = -1;
			}
		} while (fd < 0);
	}
	/* An empty record counts as not written yet (lock.c). */
	if (write(fd, "\n", 1) != 1) {
		lock_remove(state_lock(name), fd);
		state_die("write %s/lock/%s", state_dir(), state_lock(name));
	}
	return fd;
}

/* The caller of a box in the foreground, or of one that was never up, has its
 * status. */
static void
record(void)
{
	/* Of a start that fails, the caller behind us prints the log before. */
	const bool drop = was_up ? no_record : detached && getppid() != caller;

	/* Nobody knows the name by which to find the log. */
	if (drop && made_up && ended_remove_log(name) < 0)
		warn("%s", said());
	if (no_record || !was_up || (made_up && !detached))
		return;
	end.status = status;
	end.stopped = restart_stopped(&restart, status);
	end.restarts = restart.count;
	end.log = log_dir;
	end.made_up = made_up;
	ended_put(name, &end);
}

static void
give_back(void)
{
	record();
	if (runs)
		hosts_leave(name);
	/* A start that failed leaves no layer of its own. */
	if (new_layer && !was_up && layer_remove(name) < 0)
		warn("%s", said());
	/* On failure the lock stays: by it the next keeper finds the rest. */
	if (exit_fd < 0 || state_end(name, exit_fd, status) == 0)
		lock_remove(state_lock(name), lock_fd);
}

/* For rootfs-enter. */
static void
make_layer(void)
{
	if (!layer_root)
		return;
	layer_make(name, layer_root, &new_layer);
	if (setenv("BOX_LAYER", layer_place(name), 1) < 0)
		die("setenv");
}

static void
make_log(void)
{
	if (log_dir || detached)
		log_dir = log_make(log_dir, name);
}

static void
tell(char *argv[])
{
	char *words = say_words(argv), *text;
	size_t len;

	state_put("chain", "%s", words);
	free(words);
	text = env_text(&env, &len);
	if (len)
		state_put_bytes("env", text, len);
	free(text);
	if (enter)
		state_put("enter", "%s", enter);
	labels_put();
	if (log_dir)
		state_put("log", "%s", log_dir);
	state_put_pid("keeper", keeper);
}

/* Removes the facts of one run of PROG. */
static void
forget(void)
{
	static const char *const facts[] = {
	    "pid", "slot", "ports", "nat", "pasta", "hits", NULL};

	/* Not again, with the lock of the names, if this fails. */
	runs = false;
	hosts_leave(name);
	state_drop(name, facts);
}

static int
run(char *argv[])
{
	struct resident r = {.signals = &restart.signals,
	    .fd = ready_begin(),
	    .ready = ready_serve,
	    .pause = ready_pause()};
	int result;

	if (restart.count)
		lock_sweep();
	runs = true;
	r.pid = fork();
	if (r.pid < 0)
		die("fork");
	if (r.pid == 0) {
		resident_child();
		resident_die_with(keeper, SIGKILL);
		chain(argv);
	}
	result = resident_wait(&r);
	end.limits = state_get(name, "hits");
	forget();
	return result;
}

/* The published ports are the box's between two runs, too. */
static void
make_queue(void)
{
	int ends[2];

	fd_pair(ends);
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
		die("fcntl");
	inherit_add(INHERIT_PUT, ends[0]);
	inherit_add(INHERIT_GET, ends[1]);
}

static void
go_up(void)
{
	was_up = true;
	ended_drop(name);
	detach_up();
}

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	title_begin(argv);
	parse(argc, argv);
	argv += optind;
	if (say_modes() & SAY_DRY) {
		if (!name)
			name = name_made_up();
		make_layer();
		make_log();
		state_make(name);
		say_next(log_dir ? log_before(log_dir, argv) : argv);
	}

	resident_begin();
	caller = keeper = getpid();
	end.began = time(NULL);
	lock_fd = take_name();
	at_end(give_back);
	title_name(name);
	lock_sweep();
	state_end_dead(false);
	make_layer();
	make_log();
	ready_up = go_up;
	if (detached) {
		detach(name, log_dir, made_up);
		keeper = getpid();
	}
	inherit_add(INHERIT_LEASE, lock_fd);
	if (restart.when != RESTART_NO)
		make_queue();
	setenv("BOX_NAME", name, 1);
	exit_fd = state_make(name);
	ready_start(name);
	tell(argv);
	if (log_dir)
		argv = log_before(log_dir, argv);
	/* A box that has never been up is not started again: its caller waits
	 * for the status. */
	do {
		state_put("restarts", "%u", restart.count);
		restart_begin(&restart);
		status = run(argv);
		if (detached)
			(void)detach_output(log_dir);
	} while (ready_end() && restart_again(&restart, status));
	return status;
}
