// SPDX-License-Identifier: MIT
/*
 * cap-drop - fewer capabilities, and no way to get them back
 *
 * For a chain without rootfs-enter, which does the same.  The bounding set
 * limits the capabilities that a program's file can give, and no_new_privs
 * allows none; so no program behind this stage has more than the kept ones.
 */
#include "payload/caps.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <stdbool.h>
#include <unistd.h>

enum { O_ADD = OPT_LONG, O_DROP, O_NEW_PRIVS };

static const struct opt opts[] = {
    {O_ADD, "cap-add", "LIST", "keep these, too: NET_RAW,SYS_TIME or ALL"},
    {O_DROP, "cap-drop", "LIST", "drop these, too, or ALL"},
    {O_NEW_PRIVS, "new-privs", NULL, "let set-user-ID programs gain rights"},
    {0},
};
static const struct tool tool = {"cap-drop", "prog [arg ...]", opts, SAY_SH};

int
main(int argc, char *argv[])
{
	uint64_t add = 0, drop = 0, keep;
	bool new_privs = false;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_ADD:
			add |= caps_list("--cap-add", optarg);
			break;
		case O_DROP:
			drop |= caps_list("--cap-drop", optarg);
			break;
		case O_NEW_PRIVS:
			new_privs = true;
			break;
		}
	argv += optind;
	if (!*argv)
		opt_usage(&tool);

	caps_check("--cap-add", add);
	keep = caps_keep(caps_kept, add, drop);
	/* The bounding set first: that needs CAP_SETPCAP. */
	caps_bound(keep);
	caps_limit(keep, 0);
	if (!new_privs)
		caps_no_new_privs();
	say_next(argv);
	chain(argv);
}
