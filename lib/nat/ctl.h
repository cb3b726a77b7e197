#ifndef NAT_CTL_H
#define NAT_CTL_H

#include "nat/text.h"

/* The published ports of a running box.  A process of the box's user asks for a
 * change, and the box's net-nat makes the change. */

struct natctl_request {
	uint32_t version;
	uint32_t add; /* else remove */
	uint32_t dry; /* only answer with the text */
	struct nat_port port;
};

/* For net-nat: a listening socket in the state of the chain's box.  -1 if there
 * is no box, or with a warning. */
int natctl_listen(void);

/* Reads a request into *R.  Returns the connection for natctl_answer(), or -1
 * if the request is not valid. */
int natctl_next(int fd, struct natctl_request *r);

/* Answers with the input of iptables.  -1 if the other side has not told within
 * a second that it has the answer: it has failed, and reports no change. */
int natctl_answer(int conn, const struct texts *texts);
/* Answers with the reason of a failure. */
void natctl_refuse(int conn, const char *why);

/* For the other side: asks the net-nat of the running box NAME to add or remove
 * the port, and says its commands; net-nat is done when it closes the
 * connection.  Dies with 125, and without a change, if net-nat refuses, or if
 * its answer is lost. */
void natctl_ask(const char *name, bool add, const struct nat_port *p);

#endif
