#ifndef PAYLOAD_CONFINE_H
#define PAYLOAD_CONFINE_H

#include "payload/seccomp.h"
#include "payload/user.h"

#include <stdbool.h>
#include <stdint.h>

/* What is taken from a process just before it becomes foreign code. */
struct confine {
	uint64_t add, drop; /* capabilities, as caps_keep() has them */
	bool new_privs;	    /* leave no_new_privs off */
	bool no_filter;
	struct sysfilter filter; /* read already */
};

/* Confines the process and makes it the user U (not with -n).  It shuts the
 * door, and nothing but chain_last() may come after it.  Dies with 125. */
void confine(struct confine *c, const struct user *u);

#endif
