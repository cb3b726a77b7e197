#ifndef BASE_RLIMIT_H
#define BASE_RLIMIT_H

#include <sys/resource.h>

/* Limits of a process, getrlimit(2), by docker's words. */
struct rlimits {
	unsigned given; /* a set of 1 << RLIMIT_... */
	struct rlimit limit[RLIM_NLIMITS];
};

/* Adds WORD, "NAME=SOFT[:HARD]": a name such as nofile, and numbers in the
 * kernel's units, or max, unlimited or -1; without HARD both are SOFT.  Dies
 * with 125, naming WHAT, on another word. */
void rlimits_add(struct rlimits *l, const char *what, const char *word);

/* Sets the limits of this process.  Dies with 125, naming WHAT, if the kernel
 * refuses one, such as a hard limit above the present one. */
void rlimits_set(const struct rlimits *l, const char *what);

#endif
