// SPDX-License-Identifier: MIT
/*
 * sys-filter - a filter of system calls
 *
 * For a chain without rootfs-enter, which does the same.  What the filter
 * leaves to a capability is decided by those that the process has here, so
 * cap-drop stands in front of it.
 */
#include "payload/caps.h"
#include "payload/seccomp.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <unistd.h>

static const struct opt opts[] = {
    {OPT_LONG, "profile", "FILE", "a compiled filter in place of the default"},
    {0},
};
static const struct tool tool = {"sys-filter", "prog [arg ...]", opts, SAY_SH};

int
main(int argc, char *argv[])
{
	static struct sysfilter filter;
	const char *file = NULL;

	tool_start(&tool);
	while (opt_next(&tool, argc, argv) != -1)
		file = optarg;
	argv += optind;
	if (!*argv)
		opt_usage(&tool);

	sysfilter_read(&filter, file);
	/* Only root of the user namespace may filter without it: a set-user-ID
	 * program must not run with calls missing. */
	caps_no_new_privs();
	sysfilter_load(&filter, caps_permitted());
	say_next(argv);
	chain(argv);
}
