// SPDX-License-Identifier: MIT
/*
 * ns-enter - PROG in a running box: in its groups and namespaces, confined
 *
 * The box is hostile while PROG enters.  So no process there can trace the
 * child or look at its descriptors (CVE-2016-9962), no descriptor leads back to
 * the host, and a pidfd holds the target, not its number.  The parent joins the
 * pid namespace before the fork, and the fork puts the child into the v2 group:
 * two processes are enough.  The parent stays outside: it waits, forwards
 * signals and relays the terminal.
 */
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/rlimit.h"
#include "box/state.h"
#include "cg/open.h"
#include "ns/idmap.h"
#include "ns/ns.h"
#include "payload/payload.h"
#include "payload/sealed.h"
#include "spawn/doorman.h"
#include "spawn/leave.h"
#include "stage/door.h"
#include "stage/inherit.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"
#include "term/streams.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { O_PID = OPT_LONG, O_RLIMIT, O_LEAVE, O_CONSOLE, O_INFO };

static const struct opt opts[] = {
    {O_PID, "pid", "PID[:START]", "in place of NAME: the box of this process"},
    {O_RLIMIT, "rlimit", "NAME=SOFT[:HARD]", "a limit, as of proc-set"},
    {O_LEAVE, "leave", NULL, "end with 0 when prog runs; it lives on"},
    {O_CONSOLE, "console", "SOCKET", "send prog's terminal (-t) there"},
    {O_INFO, "info-fd", "FD", "write pid and namespaces to FD, as JSON"},
    PAYLOAD_OPTS,
    {0},
};
static const struct tool tool = {
    "ns-enter", "NAME prog [arg ...]", opts, SAY_SH};

static struct payload prog;
static const char *name; /* or NULL, with --pid */
static struct rlimits limits;
static pid_t target;
static uint64_t target_start; /* its start time, or 0 */
static int target_fd, info = -1;
static const char *console;
static bool leave;

/* Returns PROG's words. */
static char **
parse(int argc, char *argv[])
{
	const uint64_t max = 1 << 22; /* the kernel's PID_MAX_LIMIT */
	const char *number;
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_PID:
			number = strsep(&optarg, ":");
			target = (pid_t)parse_num("--pid", number, 1, max);
			if (optarg)
				target_start =
				    parse_num("--pid", optarg, 1, UINT64_MAX);
			break;
		case O_RLIMIT:
			rlimits_add(&limits, "--rlimit", optarg);
			break;
		case O_LEAVE:
			leave = true;
			break;
		case O_CONSOLE:
			console = optarg;
			break;
		case O_INFO:
			info = parse_fd("--info-fd", optarg);
			break;
		default:
			payload_opt(&prog, c);
		}
	argv += optind;
	if (!target && argv[0])
		name = state_name("NAME", *argv++);
	if (!argv[0])
		opt_usage(&tool);
	return argv;
}

/* A pidfd, because the kernel may use the number again, also since the caller
 * has looked: then the start time is another. */
static void
open_target(void)
{
	target_fd =
	    name ? state_pidfd(name, "pid", &target) : process_open(target);
	if (target_fd < 0 && name)
		diex("%s: no such box is running", name);
	if (target_fd < 0)
		die("--pid %d", target);
	if (target_start && start_time(target) != target_start)
		diex("the process %d has ended", target);
}

/* Gives PROG a terminal or pipes of its own as 0, 1 and 2: a process that PROG
 * leaves behind has none of the caller's.  With --leave it has the caller's. */
static void
make_streams(void)
{
	uint32_t uid, gid;
	const bool owned = idmap_root(target, &uid, &gid);
	const bool own_tty = prog.tty;

	if (leave)
		return;
	if (!own_tty && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	    tcgetpgrp(STDIN_FILENO) == getpgrp()) {
		prog.tty = true;
		prog.pty.keep_err = !isatty(STDERR_FILENO);
	}
	if (!own_tty)
		streams_open(prog.tty, owned, uid, gid);
}

/* In the child, which is already in the pid namespace. */
__attribute__((noreturn)) static void
enter(const struct cgroup *group, int kinds, int left, char *argv[])
{
	const bool dry = say_modes() & SAY_DRY;

	rlimits_set(&limits, "--rlimit");
	if (info > STDERR_FILENO)
		close(info);
	if (leave && !dry && setsid() < 0)
		die("setsid");
	cgroup_join(group);
	ns_enter(target_fd, target, left);
	close(target_fd);
	if (!dry) {
		if (kinds & CLONE_NEWUSER)
			idmap_become_root();
		/* New credentials undo both of these. */
		if (prctl(PR_SET_DUMPABLE, 0) < 0 ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			die("prctl");
		if (!door_alive())
			diex("the parent has died");
		if (prog.tty)
			pty_open_here(&prog.pty);
	}
	payload_become(&prog, argv);
}

/* Opens the target and looks at it; returns the kinds of namespaces that are
 * not the caller's. */
static int
look(struct cgroup *group)
{
	int kinds;

	open_target();
	cgroup_of(group, target);
	kinds = ns_others(target);
	if (!(say_modes() & SAY_DRY))
		make_streams();
	/* The target still lives, so all reads by its number were the target's.
	 */
	if (pidfd_send_signal(target_fd, 0, NULL, 0) < 0 && errno == ESRCH)
		diex("the process %d has ended", target);
	return kinds;
}

/* The child. */
__attribute__((noreturn)) static void
begin(const struct cgroup *group, int door, int kinds, int left, char *argv[])
{
	inherit_add(INHERIT_DOOR, door);
	leave_child();
	resident_child();
	streams_child();
	enter(group, kinds, left, argv);
}

int
main(int argc, char *argv[])
{
	struct resident r = {
	    .ready = leave_serve,
	    .left = &leave_done,
	    .parent = getppid(),
	};
	struct doorman man = {.tty_only = true};
	struct cgroup group;
	int door[2], kinds, left;

	sealed_start(argv);
	tool_start(&tool);
	title_begin(argv);
	/* A door in front would be that of another box. */
	inherit_drop(INHERIT_DOOR);
	payload_begin(&prog);
	argv = parse(argc, argv);
	title_name(name);
	payload_ready(&prog);
	kinds = look(&group);
	if (say_modes() & SAY_DRY) {
		left = ns_enter_first(target_fd, target, kinds);
		cgroup_fork(&group);
		enter(&group, kinds, left, argv);
	}
	resident_begin();
	resident_die_with(r.parent, SIGTERM);
	man.leaves = leave;
	man.console = doorman_console(console);
	if (leave)
		leave_begin(NULL, false);
	fd_pair(door);
	left = ns_enter_first(target_fd, target, kinds);
	r.pid = cgroup_fork(&group);
	if (r.pid == 0) {
		close(door[0]);
		begin(&group, door[1], kinds, left, argv);
	}
	close(door[1]);
	leave_parent();
	/* The child may not have joined them yet. */
	ns_write_info(info, r.pid, target);
	close(target_fd);
	r.fd = door[0];
	man.box = r.pid;
	doorman_start(&man);
	return resident_wait(&r);
}
