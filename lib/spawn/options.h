#ifndef SPAWN_OPTIONS_H
#define SPAWN_OPTIONS_H

#include "spawn/start.h"
#include "stage/opt.h"

/* ns-spawn's options. */

extern const struct opt spawn_opts[];

struct spawn {
	struct start box;
	bool init, linger;
	int stop_signal; /* 0: not given */
	int info;	 /* of --info-fd; -1: none */
	bool delegate;	 /* the groups are the box's */
	bool plain;	 /* show files with their own ids */
	const char *netns, *slot, *park, *console, *made;
	const char *map, *gid_map;
};

/* Reads them up to the operands (argv + optind).  Dies with 125 unless they
 * fit together. */
void spawn_options(
    struct spawn *s, const struct tool *tool, int argc, char *argv[]);

#endif
