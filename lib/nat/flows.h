#ifndef NAT_FLOWS_H
#define NAT_FLOWS_H

#include "nat/rules.h"

/* Flows: the entries of the kernel's connection tracking.  An entry outlives
 * the rule and the box that it leads to.  Addresses and ports are used again,
 * and the next box would get the packets. */

/* Deletes the flows from and to the box with the address BOX (0: none), and
 * those to the UDP ones of the host's PORTS, whether they lead to a box or to
 * the host itself.  (With TCP a new connection ends an old flow.)  A failure is
 * a warning. */
void flows_end(uint32_t box, const struct nat_port *ports, size_t n_ports);

#endif
