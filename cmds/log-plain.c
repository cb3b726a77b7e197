// SPDX-License-Identifier: MIT
/* log-plain - text from a box, for a terminal */
#include "base/die.h"
#include "base/plain.h"
#include "stage/opt.h"

#include <unistd.h>

static const struct opt opts[] = {{0}};
static const struct tool tool = {"log-plain", "", opts, SAY_SH};

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	while (opt_next(&tool, argc, argv) != -1)
		;
	if (optind != argc)
		opt_usage(&tool);
	if (plain_copy(0, 1) < 0)
		die("copy the standard input");
	return 0;
}
