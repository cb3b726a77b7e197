#ifndef SPAWN_PASTA6_H
#define SPAWN_PASTA6_H

#include <stdbool.h>

/* The box's side of pasta's IPv6 (spawn/pasta.h), before and after the start of
 * pasta.
 *
 * A pasta of 2023 takes the source of the last packet for the box's address,
 * and "::" for one, as a search for duplicates has: then a published port leads
 * nowhere.  So no such search is made on the link, which is pasta's alone, and
 * a first packet shows the address. */

/* Dies with 125.  Changes nothing unless the network namespace is the box's. */
void pasta6_before(void);

/* Returns whether the box has IPv6: pasta gives it the address only if the host
 * has a route out. */
bool pasta6_after(void);

#endif
