#ifndef NAT_PORTS_H
#define NAT_PORTS_H

#include "nat/text.h"

/* Published ports: as words, as sockets, and as a box's state. */

/* [ADDR:]PORT:PORT[/tcp|/udp].  Dies with 125, naming --publish. */
struct nat_port port_parse(const char *s);

/* The same in full, "0.0.0.0:8080:80/tcp", in a static buffer. */
const char *port_text(const struct nat_port *p);

/* A socket that holds the host's port, bound but not listening: nobody else
 * gets it, by IPv4 or IPv6, as long as that is open (close-on-exec).  -1 with
 * errno. */
int port_hold(const struct nat_port *p);

/* Writes them to the state of the box that the chain is in. */
void ports_tell(const struct nat *n);

#endif
