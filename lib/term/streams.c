// SPDX-License-Identifier: MIT
/*
 * streams - a box's program has pipes of its own
 *
 * Each stream waits for its source and then for its target, so no byte is read
 * before it can be written.  If 1 and 2 are the same pipe or terminal, they
 * share one pipe, which keeps their order.
 */
#include "term/streams.h"
#include "base/die.h"
#include "term/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Zeros, which no file has to hold. */
static char room[3][PUMP_MAX];
static struct stream {
	int from, to; /* -1: no stream, or its end */
	int child;    /* the child's end, -1: the caller's descriptor */
	struct pump pump;
} streams[3] = {{-1, -1, -1, {.data = room[0]}},
    {-1, -1, -1, {.data = room[1]}}, {-1, -1, -1, {.data = room[2]}}};

static const char *const names[] = {
    "standard input", "standard output", "standard error"};

static bool
is_harmless_device(dev_t dev)
{
	const unsigned minors[] = {3, 5, 7, 8, 9};

	for (size_t i = 0; i < sizeof(minors) / sizeof(*minors); i++)
		if (dev == makedev(1, minors[i]))
			return true;
	return false;
}

void
streams_check(void)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0)
			die("%s", names[fd]);
		if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) ||
		    S_ISSOCK(st.st_mode) ||
		    (S_ISCHR(st.st_mode) && (is_harmless_device(st.st_rdev) ||
						isatty(fd) || errno == EIO)))
			continue;
		diex("%s is neither a file, a pipe, a socket nor a terminal",
		    names[fd]);
	}
}

static void
make(int fd, bool owned, uid_t uid, gid_t gid)
{
	struct stream *s = &streams[fd];
	const int flags = fd ? O_WRONLY : O_RDONLY;
	int ends[2], ours;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	/* EPERM, EINVAL: we may not give the pipe away; then the program
	 * cannot open it again. */
	if (owned && fchown(ends[0], uid, gid) < 0 && errno != EPERM &&
	    errno != EINVAL)
		die("fchown a pipe");
	s->child = ends[fd ? 1 : 0];
	ours = ends[fd ? 0 : 1];
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0)
		die("fcntl");
	s->to = s->from = pump_open(fd, flags);
	/* A shared description may block: write no more at once than poll(2)
	 * promises. */
	s->pump.chunk = s->to == fd ? PIPE_BUF : PUMP_MAX;
	*(fd ? &s->from : &s->to) = ours;
}

/* Also one that does not answer: isatty(3) of musl does not tell why. */
static bool
may_be_tty(int fd, const struct stat *st)
{
	struct winsize size;

	return S_ISCHR(st->st_mode) && !is_harmless_device(st->st_rdev) &&
	       (ioctl(fd, TIOCGWINSZ, &size) == 0 || errno != ENOTTY);
}

void
streams_open(bool tty, bool owned, uid_t uid, gid_t gid)
{
	struct stat st[3];

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st[fd]) < 0)
			die("%s", names[fd]);
		if (!S_ISFIFO(st[fd].st_mode) && !S_ISSOCK(st[fd].st_mode) &&
		    (tty || !may_be_tty(fd, &st[fd])))
			continue;
		if (fd == 2 && streams[1].child >= 0 &&
		    st[1].st_dev == st[2].st_dev &&
		    st[1].st_ino == st[2].st_ino)
			streams[2].child = streams[1].child;
		else
			make(fd, owned, uid, gid);
	}
}

void
streams_child(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (streams[fd].child >= 0 && dup2(streams[fd].child, fd) < 0)
			die("dup2");
}

/* The reader has gone, or the source has ended. */
static void
end(struct stream *s)
{
	if (s->from > 2)
		close(s->from);
	if (s->to > 2)
		close(s->to);
	s->from = s->to = -1;
	s->pump.len = 0;
}

void
streams_poll(struct pollfd p[STREAMS_FDS])
{
	for (struct stream *s = streams; s < streams + 3; s++, p++)
		*p = s->pump.len ? (struct pollfd){s->to, POLLOUT, 0}
				 : (struct pollfd){s->from, POLLIN, 0};
}

/* Passes on as many bytes as possible without a wait. */
static void
turn(struct stream *s, int fd)
{
	if (!s->pump.len && pump_fill(&s->pump, s->from) < 0)
		end(s);
	else if (s->pump.len && s->to != fd && !pump_flush(&s->pump, s->to))
		end(s);
}

void
streams_turn(const struct pollfd p[STREAMS_FDS])
{
	for (int fd = 0; fd < 3; fd++) {
		struct stream *s = &streams[fd];

		if (!p[fd].revents)
			continue;
		if (p[fd].fd == s->to && !pump_flush(&s->pump, s->to))
			end(s);
		else if (p[fd].fd == s->from)
			turn(s, fd);
	}
}

void
streams_leave(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (streams[fd].child >= 0 &&
		    (fd != 2 || streams[2].child != streams[1].child))
			close(streams[fd].child);
}

/* Passes on only the bytes that are in the pipe now: a process that outlives
 * the command may write for ever.  False: a signal has ended this. */
static bool
drain(struct stream *s, int signals)
{
	struct pollfd p[2] = {{signals, POLLIN, 0}, {s->to, POLLOUT, 0}};
	int n, left = 0;

	if (s->from < 0 || ioctl(s->from, FIONREAD, &left) < 0)
		return true;
	while (s->pump.len || left > 0) {
		if (!s->pump.len) {
			if ((n = pump_fill(&s->pump, s->from)) <= 0)
				break;
			left -= n;
		}
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents && pump_told_to_end(signals))
			return false;
		if (p[1].revents && !pump_flush(&s->pump, s->to))
			break;
	}
	return true;
}

void
streams_finish(int signals)
{
	if (drain(&streams[1], signals))
		drain(&streams[2], signals);
	for (int fd = 0; fd < 3; fd++)
		end(&streams[fd]);
}
