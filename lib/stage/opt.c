// SPDX-License-Identifier: MIT
/*
 * opt - options, the same way in every tool
 *
 * One table per tool gives its getopt_long(3) input and its --help.  A test
 * compares the manual pages with the table.
 */
#include "stage/opt.h"
#include "base/die.h"
#include "stage/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAX_OPTS 40

static const struct opt common[] = {
    {'n', "dry-run", NULL, "print the changes, make none"},
    {'x', "trace", NULL, "print each change on stderr, as sh -x does"},
    {'h', "help", NULL, "print this and exit"},
    {'V', "version", NULL, "print the version and exit"},
    {0},
};

void
tool_start(const struct tool *t)
{
	if (getauxval(AT_SECURE))
		diex("refusing to run set-user-ID or with file capabilities");
	/* After execveat(2) of a descriptor the process's name is a number. */
	prctl(PR_SET_NAME, t->name);
	/* A closed 1 becomes one that cannot be written, or -n would be lost
	 * without an error. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) < 0)
			die("open /dev/null");
	inherit_receive();
	if (inherit_fd(INHERIT_LOG) >= 0)
		die_output_to(inherit_fd(INHERIT_LOG));
}

static void
print_rows(const struct opt *o)
{
	char left[64];

	for (; o->id; o++) {
		if (o->id < OPT_LONG)
			snprintf(left, sizeof(left), "-%c, ", o->id);
		else
			snprintf(left, sizeof(left), "    ");
		strcat(strcat(left, "--"), o->name);
		if (o->arg && o->arg[0] != '[')
			strcat(left, " ");
		if (o->arg)
			strncat(left, o->arg, 30);
		printf("  %-28s %s\n", left, o->help);
	}
}

static void
help(const struct tool *t)
{
	printf("usage: %s [options]%s%s\n", t->name, *t->synopsis ? " " : "",
	    t->synopsis);
	print_rows(t->opts);
	print_rows(common);
	say_done();
}

void
opt_usage(const struct tool *t)
{
	fprintf(stderr, "usage: %s [options]%s%s (see %s --help)\n", t->name,
	    *t->synopsis ? " " : "", t->synopsis, t->name);
	exit(EXIT_TOOL);
}

static void
add(const struct opt *o, char *letters, struct option *longs, int *n)
{
	int arg;

	for (; o->id; o++) {
		arg = !o->arg		 ? no_argument
		      : o->arg[0] == '[' ? optional_argument
					 : required_argument;
		longs[(*n)++] = (struct option){o->name, arg, NULL, o->id};
		if (o->id >= OPT_LONG)
			continue;
		*strchr(letters, '\0') = (char)o->id;
		if (arg)
			strcat(letters, arg == required_argument ? ":" : "::");
	}
}

int
opt_next(const struct tool *t, int argc, char *argv[])
{
	/* "+": the first operand ends the options, the rest is PROG's. */
	char letters[MAX_OPTS * 3 + 1] = "+";
	struct option longs[MAX_OPTS + 1] = {{0}};
	int n = 0, c;

	add(t->opts, letters, longs, &n);
	add(common, letters, longs, &n);
	for (;;) {
		switch ((c = getopt_long(argc, argv, letters, longs, NULL))) {
		case 'n':
			say_mode(say_modes() | SAY_DRY, t->lang);
			break;
		case 'x':
			say_mode(say_modes() | SAY_TRACE, t->lang);
			break;
		case 'h':
			help(t);
			break;
		case 'V':
			printf("%s (boxtools) %s\n", t->name, VERSION);
			say_done();
		case '?':
			hint("see %s --help", t->name);
			exit(EXIT_TOOL);
		default:
			return c;
		}
	}
}
