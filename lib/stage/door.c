// SPDX-License-Identifier: MIT
/*
 * door - the box's side of the door
 *
 * A box's root may not walk a host path, nor make the host's end of a veth
 * pair. A stage asks ns-spawn's parent, which answers with descriptors, until
 * one side sends shut.  An end of file at any other moment means that the other
 * side has died: the stage fails.
 */
#include "stage/door.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/say.h"
#include "stage/inherit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MADE "BOX_MADE"

static uint32_t flags; /* of the last answer */

int
door_fd(void)
{
	return inherit_fd(INHERIT_DOOR);
}

/* Sends the request, with PATH unless that is NULL, and FD (-1: none).  -1 with
 * errno, or the answer's descriptor, or 0 if the operation has none. */
static int
ask(struct door_request *req, const char *path, int fd)
{
	struct door_reply rep;
	ssize_t n;

	if (path && strlen(path) >= sizeof(req->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(req->path, path ? path : "");
	req->version = DOOR_VERSION;
	req->modes = (uint32_t)say_modes();
	if (fd_send(door_fd(), req, sizeof(*req), fd) < 0)
		die("the door: send");
	do {
		n = fd_recv(door_fd(), &rep, sizeof(rep), &fd);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		die("the door: receive");
	if (n != (ssize_t)sizeof(rep))
		diex("the door: ns-spawn has died");
	flags = rep.flags;
	if (rep.err == 0)
		return fd < 0 ? 0 : fd;
	rep.said[sizeof(rep.said) - 1] = rep.why[sizeof(rep.why) - 1] = '\0';
	said_set(rep.said, rep.why);
	errno = rep.err;
	return -1;
}

int
door_veth(struct veth *v)
{
	const int ret =
	    ask(&(struct door_request){.op = DOOR_VETH, .veth = *v}, NULL, -1);

	v->out6 = ret == 0 && flags & DOOR_OUT6;
	return ret;
}

int
door_user(const struct usernet *u, bool *leaks)
{
	const int ret =
	    ask(&(struct door_request){.op = DOOR_USER, .user = *u}, NULL, -1);

	*leaks = ret == 0 && flags & DOOR_LEAKS;
	return ret;
}

int
door_tree(enum door_op op, const char *path, bool *newns)
{
	const int fd = ask(&(struct door_request){.op = op}, path, -1);

	if (fd < 0)
		return -1;
	if (newns)
		*newns = flags & DOOR_NEWNS;
	if (flags & DOOR_YOURSELF) {
		errno = 0;
		return -1;
	}
	return fd;
}

int
door_file(const char *path)
{
	return ask(&(struct door_request){.op = DOOR_FILE}, path, -1);
}

int
door_hosts(const char *own)
{
	return ask(&(struct door_request){.op = DOOR_HOSTS}, own, -1);
}

int
door_tty(int master)
{
	return ask(&(struct door_request){.op = DOOR_TTY}, NULL, master);
}

void
door_tell_made(const char *command)
{
	if (command ? setenv(MADE, "1", 1) < 0 : unsetenv(MADE) < 0)
		die("setenv");
}

void
door_made(void)
{
	if (door_fd() < 0 || !getenv(MADE) || say_modes() & SAY_DRY)
		return;
	unsetenv(MADE);
	if (ask(&(struct door_request){.op = DOOR_MADE}, NULL, -1) < 0)
		diex("%s", said());
}

int
door_prog(const char *name, bool *own)
{
	const int fd = ask(&(struct door_request){.op = DOOR_PROG}, name, -1);

	*own = fd >= 0 && flags & DOOR_OWN;
	return fd;
}

void
door_shut(void)
{
	struct door_request req = {.version = DOOR_VERSION, .op = DOOR_SHUT};
	const int door = door_fd();
	char byte;

	if (door < 0)
		return;
	if (send(door, &req, sizeof(req), MSG_NOSIGNAL) < 0)
		die("the door: send");
	while (recv(door, &byte, 1, 0) < 0)
		if (errno != EINTR)
			die("the door: recv");
	inherit_drop(INHERIT_DOOR);
}

bool
door_alive(void)
{
	struct pollfd p = {.fd = door_fd()};

	return p.fd < 0 || poll(&p, 1, 0) == 0;
}
