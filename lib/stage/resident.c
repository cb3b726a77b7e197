// SPDX-License-Identifier: MIT
/*
 * resident - wait for a child, unnoticed by it and by the caller
 *
 * All signals are blocked and read from a descriptor.  The child gets each
 * once: a signal of the kernel's own (si_code SI_KERNEL: Ctrl-C, Ctrl-Z, a
 * window's new size) went to the whole foreground group, the child included,
 * unless the child has a terminal of its own (relay.c).
 *
 * Each resident of a chain gives the terminal back: one of them may have been
 * killed.
 */
#include "stage/resident.h"
#include "base/die.h"
#include "base/file.h"
#include "stage/inherit.h"
#include "term/relay.h"
#include "term/streams.h"
#include "term/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* 2 s for a box that ends by a SIGTERM. */
#define END_TRIES 200
#define END_PAUSE 10000000 /* ns */

static sigset_t caller_mask;
static struct sigaction caller_chld;
static bool may_leave;
static int caller_flags[3]; /* of 0, 1 and 2; -1: closed */

void
resident_begin(void)
{
	/* A caller that ignores SIGCHLD has children reaped by the kernel. */
	const struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t all;

	if (inherit_fd(INHERIT_LEAVE) >= 0)
		diex("behind ns-spawn --leave no stage can stay");
	tty_save();
	for (int fd = 0; fd < 3; fd++)
		caller_flags[fd] = fcntl(fd, F_GETFL);
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &caller_mask) < 0 ||
	    sigaction(SIGCHLD, &dfl, &caller_chld) < 0)
		die("block signals");
}

/* O_NONBLOCK and O_ASYNC belong to the open file: a program of the box that has
 * set them has set them for all programs of the caller. */
static void
restore_flags(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (caller_flags[fd] >= 0 &&
		    fcntl(fd, F_GETFL) != caller_flags[fd])
			fcntl(fd, F_SETFL, caller_flags[fd]);
}

void
resident_may_leave(void)
{
	may_leave = true;
}

void
resident_child(void)
{
	at_end_forget();
	if (!may_leave &&
	    setenv("BOX_RESIDENT", program_invocation_short_name, 1) < 0)
		die("setenv");
	if (sigaction(SIGCHLD, &caller_chld, NULL) < 0 ||
	    sigprocmask(SIG_SETMASK, &caller_mask, NULL) < 0)
		die("restore the signal mask");
}

void
resident_die_with(pid_t parent, int signo)
{
	if (prctl(PR_SET_PDEATHSIG, signo) < 0)
		die("prctl PR_SET_PDEATHSIG");
	/* A parent that has failed has said why. */
	if (getppid() != parent)
		exit(EXIT_TOOL);
}

/* ESRCH: the child has just ended, and SIGCHLD says so next.  A process of
 * another user's, as of sudo(8), gets no signals of ours. */
static void
send_child(const struct resident *r, int signo)
{
	if (kill(r->pid, signo) < 0 && errno != ESRCH)
		warn("kill -%d %d", signo, r->pid);
}

static void
stop(const struct resident *r, const struct signalfd_siginfo *si)
{
	/* On a terminal of its own the box does not stop with us. */
	if (relay_used()) {
		relay_pause();
		raise(SIGSTOP);
		relay_resume();
		return;
	}
	if (r->stop_child)
		send_child(r, SIGSTOP);
	else if (si->ssi_code != SI_KERNEL)
		send_child(r, (int)si->ssi_signo);
	raise(SIGSTOP);
	/* Continued by a SIGCONT, which is forwarded as any signal. */
}

/* Whether the kernel sent the signal to the child, too.  SIGHUP goes to the
 * session's leader alone. */
static bool
was_for_all(const struct signalfd_siginfo *si)
{
	return si->ssi_code == SI_KERNEL && !relay_used() &&
	       !(si->ssi_signo == SIGHUP && getsid(0) == getpid());
}

/* Whether the kernel drops SIGNO for the process: process 1 of a pid namespace
 * that does not catch, ignore or block the signal (pid_namespaces(7)). */
static bool
is_dropped(pid_t pid, int signo)
{
	static const char *const masks[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
	char path[40], text[4096], *field, *end;
	uint64_t heeded = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_at(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    !(field = strstr(text, "\nNSpid:")) ||
	    !(end = strchr(field + 1, '\n')) || strncmp(end - 2, "\t1", 2) != 0)
		return false;
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++) {
		if (!(field = strstr(end, masks[i])))
			return false;
		heeded |= strtoull(field + strlen(masks[i]), NULL, 16);
	}
	return !(heeded >> (signo - 1) & 1);
}

/* Sends SIGNO to the child.  If the kernel would drop the signal, and its
 * default is to end the process, sends SIGKILL instead, and *meant is SIGNO. */
static void
pass_on(const struct resident *r, int signo, int *meant)
{
	if (signo == SIGCONT || signo == SIGURG || signo == SIGWINCH ||
	    !is_dropped(r->pid, signo)) {
		send_child(r, signo);
	} else {
		*meant = signo;
		send_child(r, SIGKILL);
	}
}

/* Handles the signal in FD, a signalfd.  -1 with errno: nothing was read. */
static int
forward(const struct resident *r, int fd, int *meant)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != sizeof(si))
		return -1;
	/* SIGPIPE comes from a write of our own. */
	if (si.ssi_pid == (uint32_t)getpid())
		return 0;
	if (r->signals)
		sigaddset(r->signals, (int)si.ssi_signo);
	if (r->parent && getppid() != r->parent)
		kill(r->pid, SIGKILL);
	switch (si.ssi_signo) {
	case SIGCHLD:
		if (r->others)
			r->others();
		break;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		stop(r, &si);
		break;
	case SIGWINCH:
		if (relay_used()) {
			relay_resize();
			break;
		}
		/* fallthrough */
	default:
		if (!was_for_all(&si))
			pass_on(r, (int)si.ssi_signo, meant);
	}
	return 0;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
is_left(const struct resident *r)
{
	return r->left && *r->left;
}

/* waitpid(2) with WNOHANG.  But where the child was left before its end, by
 * what FD still has, returns 0, and is_left(): the status is for the next
 * parent, and must stay. */
static pid_t
take_status(const struct resident *r, int fd, int *status)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	siginfo_t si = {0};

	if (r->left && fd >= 0 &&
	    waitid(P_PID, (id_t)r->pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
		0) {
		if (si.si_pid == 0)
			return 0;
		while (poll(&p, 1, 0) > 0 && r->ready(fd))
			continue;
		if (is_left(r))
			return 0;
	}
	return waitpid(r->pid, status, WNOHANG);
}

static pid_t waited; /* 0: it has ended, or was left */

/* The wait has failed, or something that is done meanwhile: the box is to end,
 * and the caller to undo its own.  Process 1 of a box ignores a SIGTERM. */
static void
end_waited(void)
{
	const pid_t pid = waited;
	int tries = 0;

	waited = 0;
	if (!pid)
		return;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (tries++ == END_TRIES)
			kill(pid, SIGKILL);
		nanosleep(&(struct timespec){.tv_nsec = END_PAUSE}, NULL);
	}
	tty_restore();
	restore_flags();
}

static int
end_child(const struct resident *r, const char *call)
{
	warn("%s", call);
	if (r->failed)
		*r->failed = true;
	end_waited();
	return EXIT_TOOL;
}

/* Once, although box-keep waits for one chain after another. */
static void
begin_wait(pid_t pid)
{
	static bool begun;

	if (!begun)
		at_end(end_waited);
	begun = true;
	waited = pid;
}

int
resident_wait(const struct resident *r)
{
	struct pollfd p[2 + RELAY_FDS + STREAMS_FDS] = {{.events = POLLIN},
	    {.fd = r->ready ? r->fd : -1, .events = POLLIN}};
	sigset_t all;
	int status, meant = 0, watched = p[1].fd;
	int64_t next = 0, wait;
	pid_t pid = 0;

	/* The child has these descriptors; a copy here would keep them open. */
	inherit_drop(INHERIT_DOOR);
	inherit_drop(INHERIT_READY);
	streams_leave();
	begin_wait(r->pid);
	sigfillset(&all);
	p[0].fd = signalfd(-1, &all, SFD_CLOEXEC);
	if (p[0].fd < 0)
		return end_child(r, "signalfd");
	while (!is_left(r) && (pid = take_status(r, watched, &status)) == 0) {
		if (is_left(r))
			break;
		relay_poll(p + 2);
		streams_poll(p + 2 + RELAY_FDS);
		wait = next ? next - now_ms() : 0;
		p[1].fd = wait > 0 ? -1 : watched;
		if (poll(p, sizeof(p) / sizeof(*p), wait > 0 ? (int)wait : -1) <
			0 &&
		    errno != EINTR)
			return end_child(r, "poll");
		relay_turn(p + 2);
		streams_turn(p + 2 + RELAY_FDS);
		if (p[0].revents && forward(r, p[0].fd, &meant) < 0)
			return end_child(r, "read signalfd");
		if (!r->ready || p[1].fd < 0 || !p[1].revents)
			continue;
		if (!r->ready(p[1].fd))
			watched = -1;
		else if (r->pause)
			next = now_ms() + r->pause;
	}
	if (pid < 0)
		return end_child(r, "waitpid");
	waited = 0;
	relay_finish(p[0].fd);
	streams_finish(p[0].fd);
	close(p[0].fd);
	tty_restore();
	restore_flags();
	if (pid == 0)
		return 0;
	return meant && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
		   ? 128 + meant
		   : exit_status(status);
}
