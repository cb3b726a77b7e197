#ifndef NAT_CTL_H
#define NAT_CTL_H

#include "nat/text.h"

/* The published ports of a box that runs: asked for on one side, by whoever
 * may write the box's state, and on the other changed by its net-nat. */

struct natctl_request {
	uint32_t version;
	uint32_t add; /* else remove */
	uint32_t dry; /* only say what would be done */
	struct nat_port port;
};

/* The box's net-nat: a socket to be watched, in the state of the box that the
 * chain is in; -1 if there is no box, or with a warning. */
int natctl_listen(void);

/* A request: the connection to be answered, or -1 if there is none worth an
 * answer. */
int natctl_next(int fd, struct natctl_request *r);

/* Answers with the TEXT that was fed to iptables, or, if it is not OK, with a
 * reason; closes the connection. */
void natctl_answer(int conn, bool ok, const char *text);

/* The other side: has the port of the running box NAME added or removed and
 * says so; dies if that is refused. */
void natctl_ask(const char *name, bool add, const struct nat_port *p);

#endif
