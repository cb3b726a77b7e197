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
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
door_fd(void)
{
	return inherit_fd(INHERIT_DOOR);
}

/* Sends FD along (-1: none).  -1 with errno, or the answer's descriptor, or 0
 * if the operation has none. */
static int
ask_with(struct door_request *req, int fd, uint32_t *flags)
{
	struct door_reply rep;
	ssize_t n;

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
	*flags = rep.flags;
	if (rep.err == 0)
		return fd < 0 ? 0 : fd;
	rep.said[sizeof(rep.said) - 1] = rep.why[sizeof(rep.why) - 1] = '\0';
	said_set(rep.said, rep.why);
	errno = rep.err;
	return -1;
}

static int
ask(struct door_request *req, uint32_t *flags)
{
	return ask_with(req, -1, flags);
}

/* 0, or -1 if PATH is too long for a request. */
static int
set_path(struct door_request *req, const char *path)
{
	if (strlen(path) >= sizeof(req->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(req->path, path);
	return 0;
}

int
door_veth(const struct veth *v)
{
	struct door_request req = {.op = DOOR_VETH, .veth = *v};
	uint32_t flags;

	return ask(&req, &flags);
}

int
door_tree(enum door_op op, const char *path, bool *newns)
{
	struct door_request req = {.op = op};
	uint32_t flags;
	int fd;

	if (set_path(&req, path) < 0 || (fd = ask(&req, &flags)) < 0)
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
	struct door_request req = {.op = DOOR_FILE};
	uint32_t flags;

	return set_path(&req, path) < 0 ? -1 : ask(&req, &flags);
}

int
door_tty(int master)
{
	struct door_request req = {.op = DOOR_TTY};
	uint32_t flags;

	return ask_with(&req, master, &flags);
}

int
door_prog(const char *name, bool *own)
{
	struct door_request req = {.op = DOOR_PROG};
	uint32_t flags;
	int fd;

	if (set_path(&req, name) < 0 || (fd = ask(&req, &flags)) < 0)
		return -1;
	*own = flags & DOOR_OWN;
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
