// SPDX-License-Identifier: MIT
/*
 * netlink - build a request, send it, wait for its acknowledgement
 *
 * One function appends and checks for space; callers need no check.  Every
 * request asks for an acknowledgement: an answer ends with NLMSG_ERROR (0 is
 * success), a dump with NLMSG_DONE.  With NETLINK_EXT_ACK the kernel explains
 * an error in a text.
 */
#include "net/netlink.h"
#include "base/file.h"
#include "base/say.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

/* The longest part of a dump that the kernel sends. */
#define ANSWER_SIZE 32768

static int
set_option(int fd, int option)
{
	const int on = 1;

	return setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on));
}

int
netlink_open(struct netlink *nl, int protocol)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	/* A connected socket takes messages of the kernel alone, not of a box's
	 * root.  With strict checking the kernel obeys a dump's filter. */
	if (nl->fd >= 0 &&
	    connect(nl->fd, (const void *)&kernel, sizeof(kernel)) == 0 &&
	    set_option(nl->fd, NETLINK_EXT_ACK) == 0 &&
	    set_option(nl->fd, NETLINK_GET_STRICT_CHK) == 0)
		return 0;
	said_set("socket AF_NETLINK", "");
	return nl->fd = close_keep(nl->fd);
}

void
netlink_begin(struct netlink *nl, unsigned type, unsigned flags,
    const void *body, size_t size)
{
	memset(&nl->req, 0, sizeof(nl->req));
	nl->req.head.nlmsg_type = (uint16_t)type;
	nl->req.head.nlmsg_flags =
	    (uint16_t)(flags | NLM_F_REQUEST | NLM_F_ACK);
	memcpy(NLMSG_DATA(&nl->req.head), body, size);
	nl->len = NLMSG_SPACE(size);
	nl->overflow = false;
}

size_t
netlink_put(struct netlink *nl, unsigned type, const void *data, size_t size)
{
	const size_t at = nl->len;
	struct rtattr a = {(uint16_t)RTA_LENGTH(size), (uint16_t)type};

	if (size > sizeof(nl->req) || at + RTA_SPACE(size) > sizeof(nl->req)) {
		nl->overflow = true;
		return 0;
	}
	memcpy(nl->req.bytes + at, &a, sizeof(a));
	if (size)
		memcpy(nl->req.bytes + at + RTA_LENGTH(0), data, size);
	nl->len += RTA_SPACE(size);
	return at;
}

void
netlink_put_u32(struct netlink *nl, unsigned type, uint32_t value)
{
	netlink_put(nl, type, &value, sizeof(value));
}

void
netlink_put_str(struct netlink *nl, unsigned type, const char *s)
{
	netlink_put(nl, type, s, strlen(s) + 1);
}

void
netlink_end(struct netlink *nl, size_t nest)
{
	const uint16_t len = (uint16_t)(nl->len - nest);

	/* rta_len is the first member. */
	memcpy(nl->req.bytes + nest, &len, sizeof(len));
}

/* The result in the message that ends an answer. */
static int
result(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	const struct rtattr *why;
	size_t skip = NLMSG_LENGTH(sizeof(*e));

	/* Both kinds begin with an int: 0 or a negative errno. */
	errno = EBADMSG;
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(e->error)) ||
	    e->error == INT_MIN)
		return -1;
	if (e->error == 0)
		return 0;
	if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_flags & NLM_F_ACK_TLVS) {
		/* The attributes follow our request, which is returned. */
		if (!(h->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
		why = skip > h->nlmsg_len
			  ? NULL
			  : netlink_attr(
				(const struct rtattr *)((const char *)h + skip),
				h->nlmsg_len - skip, NLMSGERR_ATTR_MSG);
		if (why)
			say_why(RTA_DATA(why));
	}
	errno = -e->error;
	return -1;
}

int
netlink_send(struct netlink *nl, netlink_fn *fn, void *arg)
{
	static union {
		struct nlmsghdr head;
		char bytes[ANSWER_SIZE];
	} answer;
	const struct nlmsghdr *h;
	ssize_t n;

	if (nl->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	nl->req.head.nlmsg_len = (uint32_t)nl->len;
	nl->req.head.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, &nl->req, nl->len, 0) < 0)
		return -1;
	for (;;) {
		n = recv(nl->fd, &answer, sizeof(answer), MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > (ssize_t)sizeof(answer))
			errno = EMSGSIZE;
		if (n < 0 || n > (ssize_t)sizeof(answer))
			return -1;
		for (h = &answer.head; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != nl->seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR ||
			    h->nlmsg_type == NLMSG_DONE)
				return result(h);
			if (fn)
				fn(h, arg);
		}
	}
}

const struct rtattr *
netlink_attr(const struct rtattr *list, size_t size, unsigned type)
{
	int left = (int)size;

	for (; RTA_OK(list, left); list = RTA_NEXT(list, left))
		if ((list->rta_type & NLA_TYPE_MASK) == type)
			return list;
	return NULL;
}

uint32_t
netlink_u32(const struct rtattr *list, size_t size, unsigned type, uint32_t def)
{
	const struct rtattr *a = netlink_attr(list, size, type);

	if (a && RTA_PAYLOAD(a) >= sizeof(def))
		memcpy(&def, RTA_DATA(a), sizeof(def));
	return def;
}
