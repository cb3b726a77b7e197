#ifndef PAYLOAD_CONFINE_H
#define PAYLOAD_CONFINE_H

#include "payload/seccomp.h"
#include "payload/user.h"

#include <stdbool.h>
#include <stdint.h>

/* The confinement of a process just before it becomes foreign code. */
struct confine {
	/* Capabilities, as caps_keep() has them. */
	uint64_t base, add, drop, ambient;
	bool new_privs; /* leave no_new_privs off */
	bool no_seccomp;
	struct seccomp seccomp; /* after seccomp_read() */
};

/* Confines the process, makes it the user U (not with -n), and shuts the door.
 * Only chain_last() may follow.  Dies with 125. */
void confine(struct confine *c, const struct user *u);

#endif
