// SPDX-License-Identifier: MIT
/*
 * tty - the caller's terminal, given back as it was
 *
 * A shell in the box makes process groups of its own and brings them to the
 * foreground; a killed editor leaves raw mode.  A foreground group without a
 * member is the box's: our group has us, the caller's shell is in its own.  The
 * terminal is restored only if its foreground group is empty or ours.
 */
#include "term/tty.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

static struct termios settings;
static pid_t group;
static bool in_front, have_settings;

bool
tty_have(void)
{
	const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	/* ENXIO: there is no terminal; another error does not say. */
	return fd >= 0 || errno != ENXIO;
}

int
tty_checked(const char *what, int result)
{
	if (result < 0 &&
	    (errno == EPERM || errno == EACCES || errno == ENOMEM))
		warn("%s the terminal", what);
	return result;
}

void
tty_save(void)
{
	struct termios out;

	group = getpgrp();
	in_front = tty_checked("look at", tcgetpgrp(STDIN_FILENO)) == group;
	/* In a pipe into a pager the settings are the pager's to change. */
	have_settings =
	    in_front &&
	    tty_checked("look at", tcgetattr(STDOUT_FILENO, &out)) == 0 &&
	    tty_checked("look at", tcgetattr(STDIN_FILENO, &settings)) == 0;
}

void
tty_restore(void)
{
	pid_t front;

	if (!in_front ||
	    (front = tty_checked("give back", tcgetpgrp(STDIN_FILENO))) < 0)
		return;
	if (front != group) {
		if (kill(-front, 0) == 0 || errno != ESRCH)
			return;
		/* From the background this call raises SIGTTOU, which residents
		 * block. */
		if (tty_checked("give back", tcsetpgrp(STDIN_FILENO, group)) <
		    0)
			return;
	}
	if (have_settings)
		tty_checked(
		    "give back", tcsetattr(STDIN_FILENO, TCSADRAIN, &settings));
}
