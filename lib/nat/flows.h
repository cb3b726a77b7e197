#ifndef NAT_FLOWS_H
#define NAT_FLOWS_H

#include "nat/rules.h"

/* Flows: the entries of the kernel's connection tracking.  A flow outlives its
 * rule and its box.  Addresses and ports are used again: the next box would get
 * the packets of the old flow. */

/* A box's addresses; all zero: no box's.  Without has6 the flows are IPv4's. */
struct flow_box {
	uint32_t addr;
	struct in6_addr addr6;
	bool has6;
};

/* Deletes the flows from and to the box, and all flows to the UDP ports among
 * the host's PORTS (one of the two may be none).  (A new TCP connection ends an
 * old flow by itself.)  A failure is a warning. */
void flows_end(
    const struct flow_box *box, const struct nat_port *ports, size_t n_ports);

#endif
