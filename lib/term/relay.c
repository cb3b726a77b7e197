// SPDX-License-Identifier: MIT
/*
 * relay - between the caller's terminal and the box's own
 *
 * Bytes pass unchanged in both directions.  Every key is the box's, Ctrl-C and
 * Ctrl-Z included, because the caller's terminal is in raw mode.
 *
 * No call may wait: a terminal with a sleeping reader would keep the resident
 * from its signals.  Each direction has one buffer, which is filled only when
 * empty: a slow reader slows down the writer, and costs no memory.
 */
#include "term/relay.h"
#include "base/die.h"
#include "term/pty.h"
#include "term/pump.h"
#include "term/tty.h"

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

/* A process that outlives PROG may write for ever; stop after this much, which
 * is more than a pty holds. */
#define DRAIN_MAX (64 * 1024)

/* Nanoseconds. */
#define WAIT_MIN (5 * 1000 * 1000)
#define WAIT_MAX (320 * 1000 * 1000)

/* Zeros, which no file has to hold. */
static char room[2][PUMP_MAX];
static struct pump to_box = {.chunk = PIPE_BUF, .data = room[0]},
		   to_caller = {.chunk = PIPE_BUF, .data = room[1]};
static int master = -1, in = -1, out = -1, timer = -1;
static bool used, is_raw, ended, closed;
static struct termios settings;

static void
give_back(void)
{
	if (!is_raw)
		return;
	/* Our group is in the foreground, or SIGTTOU is blocked. */
	tty_checked("give back", tcsetattr(STDIN_FILENO, TCSANOW, &settings));
	is_raw = false;
}

/* Waits until we are in the foreground.  In the background the kernel stops the
 * whole group for this call, as for any program, and repeats the call when the
 * group continues.  False: no shell could bring us to the foreground. */
static bool
come_to_front(void)
{
	/* Not our controlling terminal: no group has it. */
	return tcgetpgrp(STDIN_FILENO) < 0 ||
	       tty_checked("take", tcsetpgrp(STDIN_FILENO, getpgrp())) == 0;
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
	/* In the background the settings are another program's. */
	is_raw = come_to_front() &&
		 tty_checked("take", tcgetattr(STDIN_FILENO, &settings)) == 0;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	t = settings;
	cfmakeraw(&t);
	if (is_raw)
		is_raw = tty_checked(
			     "take", tcsetattr(STDIN_FILENO, TCSANOW, &t)) == 0;
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
	/* The box has closed its end: the description is ours. */
	if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return -1;
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer < 0)
		return -1;
	used = true;
	master = fd;
	in = STDIN_FILENO;
	/* A pipe needs no O_NONBLOCK: poll(2) promises room for PIPE_BUF. */
	out = isatty(STDOUT_FILENO) ? pump_open(STDOUT_FILENO, O_WRONLY)
				    : STDOUT_FILENO;
	at_end(give_back);
	take();
	/* The caller's keys for erase and so on, as in ssh(1). */
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
		tty_checked(
		    "set the size of", ioctl(master, TIOCSWINSZ, &size));
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
	/* poll(2) reports a hangup even without events. */
	p[0] = (struct pollfd){to_box.len ? -1 : in, POLLIN, 0};
	p[1] = (struct pollfd){events && !closed ? master : -1, events, 0};
	p[2] = (struct pollfd){to_caller.len ? out : -1, POLLOUT, 0};
	p[3] = (struct pollfd){master < 0 ? -1 : timer, POLLIN, 0};
}

/* Whether no byte in the box's terminal waits for a reader. */
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

/* Sets the timer; its time doubles with each call, up to WAIT_MAX. */
static void
look_again(void)
{
	static struct itimerspec wait = {.it_value.tv_nsec = WAIT_MIN};

	timerfd_settime(timer, 0, &wait, NULL);
	if (wait.it_value.tv_nsec < WAIT_MAX)
		wait.it_value.tv_nsec *= 2;
}

/* If the source is no terminal, each program that reads the terminal sees the
 * end of the input, as with a file.  A shell that changes the terminal's mode
 * loses a key typed before.  So the key for the end is typed again whenever all
 * bytes are read.  In the middle of a line, one such key ends only the line. In
 * a mode that would echo the key into the output ("stty raw"), none is typed.
 */
static void
type_end(void)
{
	struct termios t;

	in = -1;
	ended = true;
	look_again();
	if (tcgetattr(master, &t) < 0 || t.c_cc[VEOF] == _POSIX_VDISABLE ||
	    (t.c_lflag & (ICANON | ECHO)) == ECHO || to_box.len ||
	    !is_read_empty())
		return;
	to_box.at = 0;
	to_box.len = 1;
	to_box.data[0] = (char)t.c_cc[VEOF];
}

/* EIO: no process in the box has the terminal open.  If a session still has it
 * as its controlling terminal, a hangup would kill PROG, which has only closed
 * 0, 1 and 2. */
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
	/* PROG has ended (--init=linger), and no process reads keys any more:
	 * the next keys are the caller's. */
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
		/* EAGAIN means that all output is here: the kernel waits for
		 * its own work before. */
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
