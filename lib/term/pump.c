// SPDX-License-Identifier: MIT
/* pump - bytes from one descriptor to another, without waiting */
#include "term/pump.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
pump_fill(struct pump *p, int fd)
{
	const ssize_t n = read(fd, p->data, p->chunk);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	p->at = 0;
	p->len = (size_t)n;
	return n > 0 ? (int)n : -1;
}

bool
pump_flush(struct pump *p, int fd)
{
	const ssize_t n = write(fd, p->data + p->at, p->len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* EPIPE, EIO: there is no reader any more. */
	if (n < 0 && errno != EPIPE && errno != EIO)
		warn("pass on output");
	if (n < 0)
		return false;
	p->at += (size_t)n;
	p->len -= (size_t)n;
	return true;
}

int
pump_open(int fd, int flags)
{
	char path[32];
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return own < 0 ? fd : own;
}

bool
pump_told_to_end(int signals)
{
	struct signalfd_siginfo si;

	return read(signals, &si, sizeof(si)) == sizeof(si) &&
	       (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT ||
		   si.ssi_signo == SIGHUP || si.ssi_signo == SIGQUIT);
}
