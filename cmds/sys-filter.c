// SPDX-License-Identifier: MIT
/*
 * sys-filter - a filter of system calls
 *
 * For a chain without rootfs-enter, which does the same.  Some system calls are
 * allowed only to a process that has a capability at this point, so cap-drop
 * comes before this stage.
 */
#include "payload/caps.h"
#include "payload/seccomp.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <unistd.h>

enum { O_PROFILE = OPT_LONG, O_FLAGS };

static const struct opt opts[] = {
    {O_PROFILE, "profile", "FILE", "another compiled filter, or namespaces"},
    {O_FLAGS, "flags", "LIST", "log, spec-allow"},
    {0},
};
static const struct tool tool = {"sys-filter", "prog [arg ...]", opts, SAY_SH};

int
main(int argc, char *argv[])
{
	static struct seccomp seccomp;
	const char *file = NULL;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		if (c == O_PROFILE)
			file = optarg;
		else
			seccomp_flags(&seccomp, "--flags", optarg);
	argv += optind;
	if (!*argv)
		opt_usage(&tool);

	seccomp_read(&seccomp, file);
	/* Only the root of the user namespace may install a filter without
	 * no_new_privs: a set-user-ID program must not run with calls missing.
	 */
	caps_no_new_privs();
	seccomp_install(&seccomp, caps_permitted());
	say_next(argv);
	chain(argv);
}
