#ifndef STAGE_OPT_H
#define STAGE_OPT_H

#include "base/say.h"

/* One option.  id: its letter, or a number from OPT_LONG on if there is none.
 * arg: NULL for none, "[=X]" for an optional one, else its name. */
struct opt {
	int id;
	const char *name, *arg, *help;
};
#define OPT_LONG 256

/* synopsis: the operands, after "TOOL [options]".  opts ends with a zero row;
 * opt_next() adds the common -n, -x, -h and -V. */
struct tool {
	const char *name, *synopsis;
	const struct opt *opts;
	enum say_lang lang;
};

/* Start of every main(): refuses to run set-id, makes sure that 0, 1 and 2 are
 * open, receives the chain's descriptors, answers -h and -V. */
void tool_start(const struct tool *t);

/* The next option's id with its argument in optarg, or -1 at the operands
 * (argv + optind).  Dies with 125 on an unknown option. */
int opt_next(const struct tool *t, int argc, char *argv[]);

/* Dies with the synopsis, 125. */
__attribute__((noreturn)) void opt_usage(const struct tool *t);

#endif
