// SPDX-License-Identifier: MIT
/*
 * cg-device - which devices PROG and its children may make and open
 *
 * The rules belong to the control group that cg-limit --devices has made, and
 * go with it, so nothing is left to undo.  The kernel asks them when a device
 * is made or opened: a descriptor that is open stays so.
 */
#include "base/die.h"
#include "cg/devices.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <unistd.h>

enum { O_ALLOW = OPT_LONG, O_DENY, O_DEFAULT };

static const struct opt opts[] = {
    {O_ALLOW, "allow", "RULE", "'c 1:3 rwm', 'b 8:* r'; 'a': all devices"},
    {O_DENY, "deny", "RULE", "take an earlier rule back; 'a': all (default)"},
    {O_DEFAULT, "default", NULL, "allow what each box has: null, tty, ptmx..."},
    {0},
};
static const struct tool tool = {"cg-device", "prog [arg ...]", opts, SAY_SH};

/* The devices of rootfs-enter's /dev, and to make any device node. */
static const char *const usual[] = {
    "c 1:3 rw",	  /* null */
    "c 1:5 rw",	  /* zero */
    "c 1:7 rw",	  /* full */
    "c 1:8 rw",	  /* random */
    "c 1:9 rw",	  /* urandom */
    "c 5:0 rw",	  /* tty */
    "c 5:2 rw",	  /* ptmx */
    "c 136:* rw", /* terminals of devpts */
    "b *:* m",
    "c *:* m",
};

int
main(int argc, char *argv[])
{
	static struct cg_devices rules;
	int c;

	tool_start(&tool);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_ALLOW:
			cg_devices_rule(&rules, "--allow", true, optarg);
			break;
		case O_DENY:
			cg_devices_rule(&rules, "--deny", false, optarg);
			break;
		case O_DEFAULT:
			for (size_t i = 0; i < sizeof(usual) / sizeof(*usual);
			     i++)
				cg_devices_rule(
				    &rules, "--default", true, usual[i]);
			break;
		}
	argv += optind;
	if (!*argv)
		opt_usage(&tool);

	cg_devices_set(&rules);
	say_next(argv);
	chain(argv);
}
