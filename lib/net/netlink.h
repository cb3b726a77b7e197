#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* netlink(7): one request at a time, sent and acknowledged. */

struct netlink {
	int fd;
	uint32_t seq;
	size_t len; /* of req, as far as it is built */
	bool overflow;
	union {
		struct nlmsghdr head;
		char bytes[1024];
	} req;
};

/* A socket of the current network namespace for a PROTOCOL such as
 * NETLINK_ROUTE, close-on-exec; the caller closes nl->fd.  -1 with errno and
 * said(). */
int netlink_open(struct netlink *nl, int protocol);

/* Begins a request with the fixed structure of its TYPE (an ifinfomsg, an
 * rtmsg...); NLM_F_REQUEST and NLM_F_ACK are added to FLAGS. */
void netlink_begin(struct netlink *nl, unsigned type, unsigned flags,
    const void *body, size_t size);

/* Adds an attribute.  netlink_end() with the value that netlink_put() returned
 * nests the attributes added since then in that attribute. */
size_t netlink_put(
    struct netlink *nl, unsigned type, const void *data, size_t size);
void netlink_put_u32(struct netlink *nl, unsigned type, uint32_t value);
void netlink_put_str(struct netlink *nl, unsigned type, const char *s);
void netlink_end(struct netlink *nl, size_t nest);

/* Sends the request and waits for the end of its answer.  Calls FN (or NULL)
 * for each message of the answer; FN must not send a request.  -1 with the
 * kernel's errno and said_why(). */
typedef void netlink_fn(const struct nlmsghdr *msg, void *arg);
int netlink_send(struct netlink *nl, netlink_fn *fn, void *arg);

/* The attributes behind a message's fixed structure, as list and size. */
#define NETLINK_ATTRS(h, body) \
	(const struct rtattr *)((const char *)(h) + \
				NLMSG_SPACE(sizeof(body))), \
	    (h)->nlmsg_len - NLMSG_SPACE(sizeof(body))

/* The attribute of that type in a list of SIZE bytes, or NULL; netlink_u32()
 * returns its number, or DEF if it is missing. */
const struct rtattr *netlink_attr(
    const struct rtattr *list, size_t size, unsigned type);
uint32_t netlink_u32(
    const struct rtattr *list, size_t size, unsigned type, uint32_t def);

#endif
