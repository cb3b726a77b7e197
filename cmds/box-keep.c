// SPDX-License-Identifier: MIT
/*
 * box-keep - the keeper of one box: its name, its state, its restarts
 *
 * A box is there as long as its lock is held: by us, and as a lease by the
 * stages of the chain, so that a box whose keeper was killed is there until
 * the last of them has gone.  What STATE/NAME says is removed by us, or after
 * a kill -9 by the next keeper.
 */
#include "chain.h"
#include "die.h"
#include "lock.h"
#include "names.h"
#include "opt.h"
#include "parse.h"
#include "resident.h"
#include "restart.h"
#include "state.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { O_NAME = OPT_LONG, O_RESTART, O_ENTER };

static const struct opt opts[] = {
    {O_NAME, "name", "NAME", "the box's name (one is made up)"},
    {O_RESTART, "restart", "WHEN", "no, on-failure[:MAX] or always (no)"},
    {O_ENTER, "enter", "WORDS", "options for who enters the box, as sh reads"},
    {0},
};
static const struct tool tool = {"box-keep", "prog [arg ...]", opts, SAY_SH};

/* Who only looks at a lock has it for a moment, too. */
#define PATIENCE 100 /* ms */
#define POLL 5	     /* ms */
/* Of 4096 names one is free, or nearly all are taken. */
#define TRIES 1000

static struct restart restart;
static const char *name, *enter;

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
		case O_ENTER:
			enter = optarg;
			break;
		}
	if (!argv[optind])
		opt_usage(&tool);
}

static int
try_name(const char *word)
{
	char lock[80];

	snprintf(lock, sizeof(lock), STATE_LOCK "%s", word);
	return lock_try(lock);
}

/* The name's lock, and the name if there was none. */
static int
take_name(void)
{
	int fd, ms = 0, tries = 0;

	if (name) {
		while ((fd = try_name(name)) < 0 && ms < PATIENCE)
			ms += POLL + poll(NULL, 0, POLL);
		if (fd < 0)
			diex("--name: a box named %s is running", name);
	} else {
		while ((fd = try_name(name = name_made_up())) < 0)
			if (++tries == TRIES)
				diex("no name is free: --name gives it one");
	}
	/* A record that is empty is one still to be written (lock.c). */
	if (write(fd, "\n", 1) != 1)
		die("write %s/lock/" STATE_LOCK "%s", state_dir(), name);
	return fd;
}

static void
tell(char *argv[])
{
	size_t size = 1;
	char *words;

	for (char **word = argv; *word; word++)
		size += 4 * strlen(*word) + 3;
	if (!(words = malloc(size)))
		die("malloc");
	state_put("chain", "%s", say_words(argv, words, size));
	free(words);
	if (enter)
		state_put("enter", "%s", enter);
	state_put_pid("keeper", getpid());
}

/* What a run of PROG knows of the box; the next run has it otherwise. */
static void
forget(void)
{
	static const char *const facts[] = {"pid", "slot", "ports", "cgroup"};

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		state_drop(name, facts[i]);
}

static int
run(char *argv[])
{
	const pid_t self = getpid();
	struct resident r = {.signals = &restart.signals, .pid = fork()};
	int status;

	if (r.pid == 0) {
		resident_child();
		resident_die_with(self);
		chain(argv);
	}
	if (r.pid < 0) {
		warn("fork");
		return EXIT_TOOL;
	}
	status = resident_wait(&r);
	forget();
	return status;
}

int
main(int argc, char *argv[])
{
	char lock[80];
	int lock_fd, exit_fd, status;

	tool_start(&tool);
	parse(argc, argv);
	argv += optind;
	if (say_modes() & SAY_DRY) {
		state_make(name ? name : "$BOX_NAME");
		say_next(argv);
	}

	resident_begin();
	lock_fd = take_name();
	state_end_dead();
	chain_lease(lock_fd);
	setenv("BOX_NAME", name, 1);
	exit_fd = state_make(name);
	tell(argv);
	do {
		state_put("restarts", "%u", restart.count);
		restart_begin(&restart);
		status = run(argv);
	} while (restart_again(&restart, status));
	state_end(name, exit_fd, status);
	snprintf(lock, sizeof(lock), STATE_LOCK "%s", name);
	lock_remove(lock, lock_fd);
	return status;
}
