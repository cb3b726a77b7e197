// SPDX-License-Identifier: MIT
/*
 * ctl - change the published ports of a running box
 *
 * The box's net-nat holds the sockets of its ports and owns its chains.  So
 * requests go to that net-nat, over a socket in the box's state directory,
 * which only the box's user can open.  A request and its answer are one message
 * each. An answer is '+' and the texts fed to iptables and ip6tables, or '-'
 * and the reason; each text ends with a zero byte.  A '+' is answered by one
 * byte: without that net-nat takes the change back.
 */
#include "nat/ctl.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/state.h"
#include "nat/ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VERSION_3 3
#define SOCKET "nat"
#define PATIENCE 10 /* seconds */

/* A new socket, and in *SUN the address of net-nat's in DIR, by the directory's
 * descriptor: a path might not fit.  -1 with errno. */
static int
make_socket(int dir, struct sockaddr_un *sun)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(sun->sun_path, sizeof(sun->sun_path),
	    "/proc/self/fd/%d/" SOCKET, dir);
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

int
natctl_listen(void)
{
	const int dir = box_name() ? state_open(box_name()) : -1;
	struct sockaddr_un sun;
	int fd;

	if (dir < 0)
		return -1;
	/* A net-nat that was killed left its socket. */
	unlinkat(dir, SOCKET, 0);
	fd = make_socket(dir, &sun);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, 16) < 0) {
		warn("listen on " SOCKET " of the box's state");
		fd = close_keep(fd);
	}
	close(dir);
	return fd;
}

/* A limit on how long the other side may take. */
static void
be_patient(int fd, int seconds)
{
	const struct timeval t = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int
natctl_next(int fd, struct natctl_request *r)
{
	const int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	struct ucred who;
	socklen_t len = sizeof(who);

	if (conn < 0)
		return -1;
	be_patient(conn, 1);
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	    who.uid == geteuid() &&
	    recv(conn, r, sizeof(*r), 0) == sizeof(*r) &&
	    r->version == VERSION_3)
		return conn;
	return close_keep(conn);
}

static int
answer_with(int conn, char verdict, const char *text, const char *text6)
{
	struct iovec parts[] = {{&verdict, 1},
	    {(char *)(uintptr_t)text, strlen(text) + 1},
	    {(char *)(uintptr_t)text6, strlen(text6) + 1}};
	const struct msghdr m = {.msg_iov = parts, .msg_iovlen = 3};

	return sendmsg(conn, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int
natctl_answer(int conn, const struct texts *texts)
{
	char byte;

	if (answer_with(conn, '+', texts->of[IP4], texts->of[IP6]) < 0)
		return -1;
	return recv(conn, &byte, 1, 0) == 1 ? 0 : -1;
}

void
natctl_refuse(int conn, const char *why)
{
	/* No error: the asking process may have ended. */
	answer_with(conn, '-', why, "");
}

/* The answer, malloc'ed, with two zero bytes behind. */
static char *
receive(int fd)
{
	const ssize_t len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	char *text = len > 0 ? calloc(1, (size_t)len + 2) : NULL;

	if (!text || recv(fd, text, (size_t)len, 0) != len) {
		if (len == 0)
			errno = ECONNRESET;
		die("answer of the box's net-nat");
	}
	return text;
}

void
natctl_ask(const char *name, bool add, const struct nat_port *p)
{
	const struct natctl_request r = {
	    .version = VERSION_3,
	    .add = add,
	    .dry = (say_modes() & SAY_DRY) != 0,
	    .port = *p,
	};
	const int dir = state_open(name);
	struct sockaddr_un sun;
	char *answer, *text, *text6, end;
	int fd;

	if (dir < 0 || !state_alive(name))
		diex("%s: no such box is running", name);
	fd = make_socket(dir, &sun);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		if (errno == ENOENT)
			diex("%s has no net-nat", name);
		die("ask the net-nat of %s", name);
	}
	close(dir);
	be_patient(fd, PATIENCE);
	if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
		die("ask the net-nat of %s", name);
	answer = receive(fd);
	if (*answer == '+' && send(fd, "", 1, MSG_NOSIGNAL) != 1)
		die("answer the box's net-nat");
	/* The end of the connection; an error tells nothing that is not known.
	 */
	recv(fd, &end, 1, 0);
	close(fd);
	if (*answer != '+')
		diex("%s: %s %s: %s", name, add ? "publish" : "unpublish",
		    port_text(p), answer + 1);
	/* Only the answer has the commands. */
	text = answer + 1;
	/* Zero bytes are behind the answer, too. */
	text6 = text + strlen(text) + 1;
	if (*text)
		say(SAY_IPT, "%s", text);
	say_restore("ip6tables-restore");
	if (*text6)
		say(SAY_IP6T, "%s", text6);
	free(answer);
}
