// SPDX-License-Identifier: MIT
/*
 * box-rm - removes the records and the logs of ended boxes
 *
 * A log that --log has put elsewhere stays.  A running box is not touched, and
 * with a wrong name among them none is.
 */
#include "base/die.h"
#include "box/state.h"
#include "keep/ended.h"
#include "keep/log.h"
#include "stage/opt.h"

#include <stdlib.h>
#include <unistd.h>

static const struct opt opts[] = {{0}};
static const struct tool tool = {"box-rm", "NAME ...", opts, SAY_SH};

static void
check(const char *name)
{
	if (state_alive(state_name("NAME", name))) {
		errno = 0;
		die_hint("box-stop ends it", "%s is running", name);
	}
	if (!ended_there(name) && access(log_place(name), F_OK) < 0)
		diex("%s: nothing is kept of such a box", name);
}

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	opt_next(&tool, argc, argv);
	if (!argv[optind])
		opt_usage(&tool);
	for (int i = optind; i < argc; i++)
		check(argv[i]);
	for (int i = optind; i < argc; i++)
		if (ended_remove(argv[i]) < 0)
			die("remove %s", argv[i]);
	return 0;
}
