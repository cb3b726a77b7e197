// SPDX-License-Identifier: MIT
/* fdpass - messages between two processes */
#include "base/fdpass.h"
#include "base/die.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

void
fd_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		die("socketpair");
}

bool
fd_tell(int sock, char byte)
{
	return send(sock, &byte, 1, MSG_NOSIGNAL) == 1;
}

int
fd_hear(int sock)
{
	unsigned char byte;
	ssize_t n;

	do {
		n = recv(sock, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = 0;
	return n == 1 ? byte : -1;
}

ssize_t
fd_send(int sock, const void *msg, size_t len, int fd)
{
	union control control = {0};
	struct iovec iov = {(void *)msg, len};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (fd >= 0) {
		h.msg_control = control.buf;
		h.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &h, MSG_NOSIGNAL);
}

ssize_t
fd_recv(int sock, void *msg, size_t len, int *fd)
{
	union control control;
	struct iovec iov = {msg, len};
	struct msghdr h = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.buf,
	    .msg_controllen = CMSG_LEN(sizeof(int)),
	};
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	/* MSG_TRUNC: the real length, so that a longer message is not taken
	 * for one that fits. */
	n = recvmsg(sock, &h, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	if (n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	/* With space for one descriptor, the kernel has closed the others. */
	if (h.msg_flags & MSG_CTRUNC) {
		errno = EBADMSG;
		*fd = close_keep(*fd);
		return -1;
	}
	return n;
}
