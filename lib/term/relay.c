// SPDX-License-Identifier: MIT
/*
 * relay - between the caller's terminal and the box's own
 *
 * Nothing is looked at on the way, in either direction: what the box writes is
 * the business of the terminal, what is typed is the box's, Ctrl-C and Ctrl-Z
 * included, as the caller's terminal is in raw mode.
 *
 * No call may wait: a terminal whose reader sleeps would keep the resident from
 * its signals.  Each direction has one buffer, which is filled only when it is
 * empty, so that who is slow slows down the other side and costs no memory.
 */
#include "term/relay.h"
#include "base/die.h"
#include "term/pty.h"
#include "term/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

/* More than what a pty holds: what a process that outlives PROG goes on writing
 * does not keep us. */
#define DRAIN_MAX (64 * 1024)

/* Nanoseconds. */
#define WAIT_MIN (5 * 1000 * 1000)
#define WAIT_MAX (320 * 1000 * 1000)

static struct pump to_box = {.chunk = PIPE_BUF},
		   to_caller = {.chunk = PIPE_BUF};
static int master = -1, in = -1, out = -1, timer = -1;
static bool used, is_raw, ended, closed;
static struct termios settings;

static void
give_back(void)
{
	if (!is_raw)
		return;
	/* Our group is in the foreground, or SIGTTOU is blocked.  If it fails
	 * the terminal has gone. */
	tcsetattr(STDIN_FILENO, TCSANOW, &settings);
	is_raw = false;
}

/* Whether we are in front, once we are.  In the background the kernel stops the
 * whole group for this call, as it does with any program, and repeats it when
 * that goes on.  False: nobody is there who could bring us to the front. */
static bool
come_to_front(void)
{
	/* Not our controlling terminal: no group has it. */
	return tcgetpgrp(STDIN_FILENO) < 0 ||
	       tcsetpgrp(STDIN_FILENO, getpgrp()) == 0;
}

static void
take(void)
{
	sigset_t ttou, mask;
	struct termios t;

	if (!isatty(STDIN_FILENO))
		return;
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &ttou, &mask);
	/* Only now are its settings not somebody else's. */
	is_raw = come_to_front() && tcgetattr(STDIN_FILENO, &settings) == 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	t = settings;
	cfmakeraw(&t);
	if (is_raw)
		is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
	if (!is_raw)
		in = -1;
}

/* No more from the caller, or from the box. */
static void
hang_up(void)
{
	if (master >= 0)
		close(master);
	master = in = -1;
	to_box.len = to_caller.len = 0;
	give_back();
}

int
relay_start(int fd)
{
	if (used || !pty_is_master(fd)) {
		errno = EINVAL;
		return -1;
	}
	/* The box has given up its end: the description is ours. */
	if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return -1;
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer < 0)
		return -1;
	used = true;
	master = fd;
	in = STDIN_FILENO;
	/* A pipe needs none: if poll(2) says so, PIPE_BUF fit. */
	out = isatty(STDOUT_FILENO) ? pump_open(STDOUT_FILENO, O_WRONLY)
				    : STDOUT_FILENO;
	at_end(give_back);
	take();
	/* The caller's keys for erase and so on, as ssh(1) does it. */
	if (is_raw)
		tcsetattr(master, TCSANOW, &settings);
	relay_resize();
	return 0;
}

bool
relay_used(void)
{
	return used;
}

void
relay_resize(void)
{
	struct winsize size;

	if (master >= 0 && (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 ||
			       ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0))
		ioctl(master, TIOCSWINSZ, &size);
}

void
relay_pause(void)
{
	give_back();
}

void
relay_resume(void)
{
	if (in < 0)
		return;
	take();
	relay_resize();
}

void
relay_poll(struct pollfd p[RELAY_FDS])
{
	short events = 0;

	if (!to_caller.len)
		events |= POLLIN;
	if (to_box.len)
		events |= POLLOUT;
	/* poll(2) reports a hangup also where nothing is asked for. */
	p[0] = (struct pollfd){to_box.len ? -1 : in, POLLIN, 0};
	p[1] = (struct pollfd){events && !closed ? master : -1, events, 0};
	p[2] = (struct pollfd){to_caller.len ? out : -1, POLLOUT, 0};
	p[3] = (struct pollfd){master < 0 ? -1 : timer, POLLIN, 0};
}

/* Whether the box's terminal has nothing that a program could read. */
static bool
is_read_empty(void)
{
	struct pollfd p = {.events = POLLIN};
	bool empty;

	p.fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p.fd < 0)
		return true;
	empty = poll(&p, 1, 0) == 0;
	close(p.fd);
	return empty;
}

/* Looks again in a while, which doubles each time. */
static void
look_again(void)
{
	static struct itimerspec wait = {.it_value.tv_nsec = WAIT_MIN};

	timerfd_settime(timer, 0, &wait, NULL);
	if (wait.it_value.tv_nsec < WAIT_MAX)
		wait.it_value.tv_nsec *= 2;
}

/* The end of what is typed, where the source is no terminal, is for each
 * program that reads, as the end of a file is.  A shell that changes the
 * terminal's mode loses a key typed before.  So the key for the end is typed
 * again whenever all is read.  In the middle of a line, the first ends only the
 * line. */
static void
type_end(void)
{
	struct termios t;

	in = -1;
	ended = true;
	look_again();
	if (tcgetattr(master, &t) < 0 || t.c_cc[VEOF] == _POSIX_VDISABLE ||
	    to_box.len || !is_read_empty())
		return;
	to_box.at = 0;
	to_box.len = 1;
	to_box.data[0] = (char)t.c_cc[VEOF];
}

/* EIO: nobody in the box has its terminal open.  While a session has it, a
 * hangup would kill PROG, which has only closed 0, 1 and 2. */
static void
find_closed(void)
{
	if (tcgetpgrp(master) > 0) {
		closed = true;
		look_again();
	} else {
		hang_up();
	}
}

static void
read_keys(void)
{
	const int n = pump_fill(&to_box, in);

	/* The box's terminal goes with the caller's. */
	if (n < 0 && is_raw)
		hang_up();
	else if (n < 0)
		type_end();
	/* PROG has ended (--init=linger), and nobody reads keys any more: the
	 * next ones are the caller's. */
	if (n > 0 && is_raw && tcgetpgrp(master) == 0) {
		in = -1;
		to_box.len = 0;
		give_back();
	}
}

void
relay_turn(const struct pollfd p[RELAY_FDS])
{
	if (p[0].revents)
		read_keys();
	if (p[3].revents) {
		timerfd_settime(timer, 0, &(struct itimerspec){0}, NULL);
		closed = false;
		if (ended)
			type_end();
	}
	if (p[1].revents && !to_caller.len && pump_fill(&to_caller, master) < 0)
		find_closed();
	if (to_box.len && !pump_flush(&to_box, master))
		to_box.len = 0;
	if (p[2].revents && !pump_flush(&to_caller, out))
		hang_up();
}

void
relay_finish(int signals)
{
	struct pollfd p[2] = {{signals, POLLIN, 0}, {out, POLLOUT, 0}};
	int more = DRAIN_MAX;

	in = -1;
	while (master >= 0 && (to_caller.len || more > 0)) {
		/* What was written is here: the kernel waits for its own work
		 * before it says EAGAIN. */
		if (!to_caller.len) {
			const int n = pump_fill(&to_caller, master);

			if (n <= 0)
				break;
			more -= n;
		}
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents && pump_told_to_end(signals))
			break;
		if (p[1].revents && !pump_flush(&to_caller, out))
			break;
	}
	hang_up();
}
