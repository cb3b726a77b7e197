// SPDX-License-Identifier: MIT
/*
 * confine - the last steps of a process before it becomes foreign code
 *
 * The kernel dictates the order.  The filter refuses keyctl(2), so the new
 * session keyring comes first.  The bounding set is cut before the change of
 * user, which may take CAP_SETPCAP.  The other sets are cut after that change,
 * which sets them, too.  The filter refuses most of these steps, so it comes
 * last; but without no_new_privs it needs CAP_SYS_ADMIN, and comes before the
 * change of user.
 */
#include "payload/confine.h"
#include "base/die.h"
#include "base/say.h"
#include "payload/caps.h"
#include "stage/door.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The inherited session keyring holds the keys of the caller's login. */
static void
new_keyring(void)
{
	if (!say(SAY_SH, "keyctl new_session") ||
	    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return;
	if (errno == EDQUOT)
		die_hint("sysctl -w kernel.keys.maxkeys=20000 "
			 "kernel.keys.maxbytes=2000000",
		    "%s", said());
	/* A kernel without keys; or the filter of a box around this one, which
	 * refuses PROG the call, too. */
	if (errno != ENOSYS &&
	    (errno != EPERM || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2))
		die_said();
}

void
confine(struct confine *c, const struct user *u)
{
	const uint64_t keep = caps_keep(c->base, c->add, c->drop);

	new_keyring();
	caps_bound(keep);
	if (c->new_privs && !c->no_seccomp)
		seccomp_install(&c->seccomp, keep);
	if (!(say_modes() & SAY_DRY))
		user_become(u, c->ambient);
	caps_limit(keep, c->ambient);
	/* Before the filter: the caller's own may refuse sendmsg(2). */
	door_shut();
	if (!c->new_privs)
		caps_no_new_privs();
	if (!c->new_privs && !c->no_seccomp)
		seccomp_install(&c->seccomp, caps_permitted());
}
