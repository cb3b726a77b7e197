// SPDX-License-Identifier: MIT
/*
 * confine - what is taken from a process just before it becomes foreign code
 *
 * The order is the kernel's.  A new session keyring comes before a filter that
 * refuses keyctl(2).  The bounding set is cut while there is CAP_SETPCAP, which
 * the change of user may take.  Limits of the sets follow that, as it sets
 * them, too.  The filter is last, as it refuses what we do here; but without
 * no_new_privs it needs CAP_SYS_ADMIN, so it comes while that is there.
 */
#include "payload/confine.h"
#include "base/die.h"
#include "base/say.h"
#include "payload/caps.h"
#include "stage/door.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An inherited one is the caller's, with what their login put into it. */
static void
new_keyring(void)
{
	/* ENOSYS: a kernel without keys. */
	if (say(SAY_SH, "keyctl new_session") &&
	    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS)
		die_said();
}

void
confine(struct confine *c, const struct user *u)
{
	const uint64_t keep = caps_keep(c->add, c->drop);

	new_keyring();
	caps_bound(keep);
	if (c->new_privs && !c->no_filter)
		sysfilter_load(&c->filter, keep);
	if (!(say_modes() & SAY_DRY))
		user_become(u);
	caps_limit(keep);
	/* A filter of the caller's need not allow what the door takes. */
	door_shut();
	if (!c->new_privs)
		caps_no_new_privs();
	if (!c->new_privs && !c->no_filter)
		sysfilter_load(&c->filter, caps_permitted());
}
