#ifndef ISOLATE_H
#define ISOLATE_H

#include "nat.h"

#include <stdio.h>

/* The rules of an isolated box, as iptables-restore reads them: what it sends
 * to the host, and what is forwarded from it and to it. */
void isolate_host_rules(FILE *f, const char *chain, const struct nat *n);
void isolate_rules(FILE *f, const char *chain, const struct nat *n);

#endif
