#ifndef NAT_PORTS_H
#define NAT_PORTS_H

#include "nat/text.h"

/* Published ports: as words, as sockets, and in a box's state. */

/* Adds the port [[ADDR:][PORT]:]PORT[/tcp|/udp], or a range of as many ports on
 * both sides (8000-8010:80-90), to N.  An IPv6 address is in brackets.  Dies
 * with 125, naming WHAT. */
void ports_parse(struct nat *n, const char *what, const char *s);

/* Whether a box can have the port: one with an IPv6 address of the host's only
 * if the box HAS6.  Without IPv6 0.0.0.0 is no other than all addresses. */
bool port_fits(struct nat_port *p, bool has6);

/* The port in full, "0.0.0.0:8080:80/tcp", in a static buffer. */
const char *port_text(const struct nat_port *p);

/* A socket that holds the host's port: bound but not listening, close-on-exec.
 * As long as the socket is open no other program gets the port, by IPv4 or
 * IPv6.  A host's port of 0 becomes a free one.  -1 with errno. */
int port_hold(struct nat_port *p);

/* The same check, and the same free port, for a program that will bind the port
 * itself.  -1 with errno. */
int port_check(struct nat_port *p);

/* The reason, by errno, of a failed port_hold() or port_check(). */
const char *port_error(void);

bool port_same(const struct nat_port *a, const struct nat_port *b);

/* Takes the sockets that the chain's last run has kept for this one (inherit.h)
 * and closes the sockets of other ports than these N.  -1 with errno. */
int ports_take(struct nat_port *ports, size_t n);

/* Keeps the sockets of N, and no others, for the chain's next run, if box-keep
 * would start one.  Warns on failure. */
void ports_keep(const struct nat *n);

/* Writes the ports of N to the state of the chain's box. */
void ports_tell(const struct nat *n);

#endif
