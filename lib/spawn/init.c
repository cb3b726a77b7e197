// SPDX-License-Identifier: MIT
/*
 * init - a minimal PID 1
 *
 * The kernel drops signals to PID 1 without a handler, so a plain program as
 * PID 1 cannot be interrupted; it also inherits orphans that it does not
 * expect. The init takes both jobs.  It has no right that the box lacks,
 * because the box has the same user and pid namespace.
 */
#include "spawn/init.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "box/state.h"
#include "payload/sealed.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* KILL alone, to reach processes of the box's other users. */
static void
drop_capabilities(void)
{
	const cap_value_t keep = CAP_KILL;
	cap_t c = cap_init();

	for (cap_value_t v = 0; v < cap_max_bits(); v++)
		if (cap_drop_bound(v) < 0)
			die("drop capability %d", v);
	if (!c || cap_set_flag(c, CAP_PERMITTED, 1, &keep, CAP_SET) < 0 ||
	    cap_set_flag(c, CAP_EFFECTIVE, 1, &keep, CAP_SET) < 0 ||
	    cap_set_proc(c) < 0)
		die("keep only CAP_KILL");
	cap_free(c);
}

/* Returns whether the signal was SIGTERM. */
static bool
forward(int fd, pid_t prog, int stop_signal)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != sizeof(si))
		die("read signalfd");
	/* ESRCH: PROG has just ended. */
	if (si.ssi_signo == SIGTERM && prog > 0)
		kill(prog, stop_signal);
	else if (si.ssi_signo != SIGCHLD && si.ssi_code != SI_KERNEL)
		kill(prog, (int)si.ssi_signo);
	return si.ssi_signo == SIGTERM;
}

/* Waits for a signal.  A byte on *LEASH comes first: no death of the parent's
 * is ours from then on. */
static void
wait_event(int signals, int *leash)
{
	struct pollfd p[] = {{.fd = signals, .events = POLLIN},
	    {.fd = *leash, .events = POLLIN}};

	while (poll(p, 2, -1) < 0 || !p[0].revents)
		if (p[1].revents) {
			if (fd_hear(*leash) < 0 ||
			    prctl(PR_SET_PDEATHSIG, 0) < 0 ||
			    !fd_tell(*leash, 'l'))
				exit(EXIT_TOOL);
			close(*leash);
			p[1].fd = *leash = -1;
		}
}

__attribute__((noreturn)) static void
run_init(pid_t prog, bool linger, int stop_signal, int leash)
{
	int fd, status, result = 0;
	bool ending = false;
	sigset_t all;
	pid_t pid;

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	drop_capabilities();
	/* The leash becomes 3. */
	if (leash >= 0 && leash != 3 && (leash = dup3(leash, 3, O_CLOEXEC)) < 0)
		die("dup3");
	if (close_range(leash >= 0 ? 4 : 3, ~0U, 0) < 0)
		die("close_range");
	sigfillset(&all);
	fd = signalfd(-1, &all, SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd");
	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid != prog)
				continue;
			result = exit_status(status);
			if (!linger)
				exit(result);
			/* -1: signals go to all processes from now on. */
			prog = -1;
			for (int i = 0; i < 3; i++)
				close(i);
			/* The SIGTERM that ended PROG was meant for the box. */
			if (ending)
				kill(-1, SIGTERM);
		}
		if (pid < 0 && errno != ECHILD)
			die("waitpid");
		if (pid < 0)
			exit(result);
		wait_event(fd, &leash);
		if (forward(fd, prog, stop_signal))
			ending = true;
	}
}

/* The first of the words of the second exec, INIT PROG LINGER STOP_SIGNAL LEASH
 * TELL NAME. */
static const char init_word[] = "box-init";

static void
again(pid_t prog, bool linger, int stop_signal, int leash, int tell)
{
	const char *name = box_name();
	char *argv[] = {(char *)init_word, text_fmt("%d", prog),
	    text_fmt("%d", linger), text_fmt("%d", stop_signal),
	    text_fmt("%d", leash), text_fmt("%d", tell),
	    text_fmt("%s", name ? name : ""), NULL};

	if ((leash >= 0 && fcntl(leash, F_SETFD, 0) < 0) ||
	    fcntl(tell, F_SETFD, 0) < 0)
		die("fcntl");
	environ = (char *[]){NULL};
	sealed_again(argv);
}

void
init_again(char *argv[])
{
	if (!argv[0] || strcmp(argv[0], init_word) != 0 || getpid() != 1)
		return;
	for (int i = 1; i <= 6; i++)
		if (!argv[i])
			diex("only ns-spawn starts its init");
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NAME, "ns-spawn") < 0)
		die("prctl");
	title_begin(argv);
	program_invocation_short_name = (char *)"ns-spawn";
	title_name(*argv[6] ? argv[6] : NULL);
	fd_tell(atoi(argv[5]), 0);
	run_init(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
}

void
init_here(bool linger, int stop_signal, int leash, bool user)
{
	int ends[2] = {-1, -1};
	pid_t pid;

	if (user)
		fd_pair(ends);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0 && user)
		again(pid, linger, stop_signal, leash, ends[1]);
	if (pid > 0)
		run_init(pid, linger, stop_signal, leash);
	if (leash >= 0)
		close(leash);
	if (!user)
		return;
	/* PROG must not meet an init that can be traced. */
	close(ends[1]);
	if (fd_hear(ends[0]) < 0)
		diex("the init has died");
	close(ends[0]);
}
