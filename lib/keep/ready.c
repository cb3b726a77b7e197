// SPDX-License-Identifier: MIT
/*
 * ready - the moment when a box is up
 *
 * The chain's last stage has a socket that the exec of PROG closes (inherit.h):
 * its end tells that PROG runs.  If a port is to answer, a clock is watched
 * after that.  The port is tried at the box's own address, where neither the
 * firewall nor another listener of the host can answer; behind pasta, which
 * takes each connection to a published port itself, in the box's network
 * namespace.
 */
#include "keep/ready.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "base/unixaddr.h"
#include "box/lock.h"
#include "box/state.h"
#include "stage/inherit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK 50	  /* ms between two looks at a port */
#define ANSWER 20 /* ms for the port's answer, over one link of the host's */
#define PAUSE 5	  /* ms between two messages, so that PROG waits, not we work */
#define SOCKET "notify"

void (*ready_up)(void);

static enum { EXEC, PORT, NOTIFY } when;
static uint16_t port; /* the box's; 0: the first published one */
static const char *box, *manager;
static int inbox = -1, watched = -1;
static bool (*serve)(int fd); /* reads the inbox, socket or clock */
static bool executed, up;

void
ready_parse(const char *what, const char *word)
{
	port = 0;
	if (strcmp(word, "exec") == 0) {
		when = EXEC;
	} else if (strcmp(word, "notify") == 0) {
		when = NOTIFY;
	} else if (strncmp(word, "port", 4) == 0 &&
		   (!word[4] || word[4] == ':')) {
		when = PORT;
		if (word[4])
			port =
			    (uint16_t)parse_num(what, word + 5, 1, UINT16_MAX);
	} else {
		diex("%s: '%s' is not exec, port[:N] or notify", what, word);
	}
}

/* Sends READY=1 to our own manager.  A name that begins with @ is abstract. */
static void
tell_manager(void)
{
	static const char text[] = "READY=1";
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const size_t len = strlen(manager);
	const socklen_t size =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (len < sizeof(to.sun_path))
		memcpy(to.sun_path, manager, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	if (fd < 0 || len >= sizeof(to.sun_path) ||
	    sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		(const struct sockaddr *)&to, size) < 0)
		warn("tell %s that the box is up", manager);
	close(fd);
}

static void
is_up(void)
{
	if (up)
		return;
	up = true;
	if (manager)
		tell_manager();
	if (ready_up)
		ready_up();
}

/* Makes PROG's socket. */
static void
make_inbox(void)
{
	struct sockaddr_un at;
	char path[PATH_MAX], *dir;
	int fd;

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), box);
	if (!(dir = realpath(path, NULL)) ||
	    (fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		die("open %s", path);
	inbox = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Any user of the box may write to it; others cannot reach it. */
	if (inbox < 0 || unix_addr(&at, fd, SOCKET) < 0 ||
	    bind(inbox, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    fchmodat(fd, SOCKET, 0666, 0) < 0)
		die("bind %s/" SOCKET, path);
	close(fd);
	path_fmt(path, sizeof(path), "%s/" SOCKET, dir);
	free(dir);
	if (setenv("NOTIFY_SOCKET", path, 1) < 0 ||
	    setenv("BOX_NOTIFY", path, 1) < 0)
		die("setenv");
}

void
ready_start(const char *name)
{
	box = name;
	manager = env_or("NOTIFY_SOCKET", NULL);
	if (manager && !(manager = strdup(manager)))
		die("strdup");
	unsetenv("NOTIFY_SOCKET");
	if (when == NOTIFY)
		make_inbox();
}

/* Reads a message of PROG: whether one of its lines is READY=1. */
static bool
serve_inbox(int fd)
{
	char text[4096], *line, *rest;
	/* Without a control buffer the kernel closes descriptors in the
	 * message. */
	const ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (strcmp(line, "READY=1") == 0)
			is_up();
	/* Read on to the end: a writer to a full queue waits (unix(7)). */
	return true;
}

/* Where a server of the box may listen, by IPv4 and by IPv6. */
struct targets {
	struct sockaddr_in four;
	struct sockaddr_in6 six; /* family 0: none */
};

/* The addresses and the port to try, from the facts that the stages have
 * written. */
static bool
find_port(struct targets *t)
{
	char *slot = state_get(box, "slot"), *ports = NULL, *line, *rest;
	char addr[16] = "127.0.0.1"; /* of a box in the host's network */
	char addr6[INET6_ADDRSTRLEN] = "";
	unsigned n = port;

	if (slot && sscanf(slot, "%*u %15s %45s", addr, addr6) < 1)
		diex("%s/%s/slot: not a number and an address", state_dir(),
		    box);
	if (!n)
		ports = state_get(box, "ports");
	for (line = ports ? strtok_r(ports, "\n", &rest) : NULL; line && !n;
	     line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, "/tcp"))
			n = (unsigned)strtoul(strrchr(line, ':') + 1, NULL, 10);
	free(slot);
	free(ports);
	*t = (struct targets){
	    .four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)n)},
	    .six = {.sin6_port = htons((uint16_t)n)}};
	if (inet_pton(AF_INET6, addr6, &t->six.sin6_addr) == 1)
		t->six.sin6_family = AF_INET6;
	return n && inet_pton(AF_INET, addr, &t->four.sin_addr) == 1;
}

static bool
answers(const struct sockaddr *to, socklen_t size)
{
	struct pollfd p = {.events = POLLOUT};
	int error = -1;
	socklen_t len = sizeof(error);

	p.fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p.fd < 0)
		die("socket");
	if ((connect(p.fd, to, size) == 0 || errno == EINPROGRESS) &&
	    poll(&p, 1, ANSWER) == 1)
		getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	close(p.fd);
	return error == 0;
}

static bool
answers_any(const struct targets *t)
{
	return answers((const struct sockaddr *)&t->four, sizeof(t->four)) ||
	       (t->six.sin6_family &&
		   answers((const struct sockaddr *)&t->six, sizeof(t->six)));
}

/* Writes into TO, an address outside, the one from which this network sends
 * there.  No packet is sent. */
static bool
find_own(struct sockaddr *to, socklen_t size)
{
	const int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const bool found =
	    connect(fd, to, size) == 0 && getsockname(fd, to, &size) == 0;

	close_keep(fd);
	return found;
}

/* In a child: tries the port from within the box, at the addresses from which
 * the box sends. */
__attribute__((noreturn)) static void
try_inside(int target, struct targets *t)
{
	struct sockaddr_in four = t->four;
	struct sockaddr_in6 six = t->six;

	at_end_forget();
	/* The box may have this user's id: no process there traces us. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    setns(target, CLONE_NEWUSER | CLONE_NEWNET) < 0)
		_exit(EXIT_TOOL);
	/* Of the networks for examples. */
	inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
	six.sin6_family = AF_INET6;
	if (find_own((struct sockaddr *)&four, sizeof(four)))
		t->four.sin_addr = four.sin_addr;
	if (find_own((struct sockaddr *)&six, sizeof(six))) {
		t->six.sin6_family = AF_INET6;
		t->six.sin6_addr = six.sin6_addr;
	}
	_exit(answers_any(t) ? 0 : EXIT_TOOL);
}

static bool
answers_inside(struct targets *t)
{
	int target, status = EXIT_TOOL;
	pid_t pid;

	target = state_pidfd(box, "pid", &pid);
	if (target < 0)
		return false;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		try_inside(target, t);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(target);
	return status == 0;
}

static bool
has_pasta(void)
{
	char *fact = state_get(box, "pasta");

	free(fact);
	return fact;
}

static bool
serve_clock(int fd)
{
	struct targets t;
	uint64_t ticks;

	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return true;
	if (!find_port(&t)) {
		warnx("--ready port: no TCP port is published; the box counts "
		      "as up");
		is_up();
	} else if (has_pasta() ? answers_inside(&t) : answers_any(&t)) {
		is_up();
	}
	return !up;
}

/* Replaces the chain's socket, which has ended, by a clock. */
static bool
start_clock(int fd)
{
	const struct itimerspec every = {{0, TICK * 1000000}, {0, 1}};
	const int clock =
	    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (clock < 0 || timerfd_settime(clock, 0, &every, NULL) < 0 ||
	    dup3(clock, fd, O_CLOEXEC) < 0)
		die("timerfd");
	close(clock);
	serve = serve_clock;
	return true;
}

/* Reads the chain's socket; the end of file means that PROG runs. */
static bool
serve_chain(int fd)
{
	const int byte = fd_hear(fd);

	if (byte >= 0) {
		executed = byte == 'x';
		return true;
	}
	if (errno)
		die("wait for the start of the program");
	if (!executed)
		return false;
	if (when == PORT)
		return start_clock(fd);
	is_up();
	return false;
}

int
ready_begin(void)
{
	int ends[2];

	executed = false;
	watched = -1;
	if (when == NOTIFY) {
		serve = serve_inbox;
		return watched = inbox;
	}
	if (up)
		return -1;
	fd_pair(ends);
	inherit_add(INHERIT_READY, ends[1]);
	serve = serve_chain;
	return watched = ends[0];
}

bool
ready_serve(int fd)
{
	const bool more = serve(fd);

	if (!more && fd != inbox) {
		close(fd);
		watched = -1;
	}
	return more;
}

int
ready_pause(void)
{
	return when == NOTIFY ? PAUSE : 0;
}

bool
ready_end(void)
{
	struct pollfd p = {.fd = watched, .events = POLLIN};

	/* PROG may have begun and ended unseen.  No port answers by now, so no
	 * clock is read. */
	while (watched >= 0 && !up && serve != serve_clock &&
	       poll(&p, 1, 0) == 1 && ready_serve(watched))
		;
	if (watched >= 0 && watched != inbox)
		close(watched);
	watched = -1;
	return up;
}
