#ifndef NAT_FLOWS_H
#define NAT_FLOWS_H

#include "nat/rules.h"

/* Flows: the entries of the kernel's connection tracking.  A flow outlives its
 * rule and its box.  Addresses and ports are used again: the next box would get
 * the packets of the old flow. */

/* Deletes the flows from and to the box with the address BOX (0: none), and all
 * flows to the UDP ports among the host's PORTS.  (A new TCP connection ends an
 * old flow by itself.)  A failure is a warning. */
void flows_end(uint32_t box, const struct nat_port *ports, size_t n_ports);

#endif
