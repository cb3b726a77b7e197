#ifndef SPAWN_DOORMAN_H
#define SPAWN_DOORMAN_H

#include <stdbool.h>
#include <sys/types.h>

/* The host's side of the door (door.h): ns-spawn's resident parent serves a
 * fixed, tiny list of requests of the box's stages, with the caller's rights,
 * in the caller's mount namespace and working directory. */
struct doorman {
	bool leaves;	  /* ns-spawn will not see the box's end */
	bool tty_only;	  /* relay a terminal, refuse all other requests */
	pid_t box;	  /* our child, in the box's namespaces */
	bool newpid;	  /* no process outlives that child */
	bool newns;	  /* the box has a mount namespace of its own */
	bool newnet;	  /* ... a network namespace that is not ours */
	bool otheruser;	  /* ... a user namespace that is not ours */
	bool shift;	  /* show files with the box's ids */
	bool plain;	  /* ... with their own, but open them for the box */
	bool newuser;	  /* the box has a user namespace of its own, */
	uid_t uid;	  /* which this user has made, as the kernel sees it, */
	gid_t gid;	  /* and whose root has this group */
	int console;	  /* of doorman_console(), in place of a relay; or -1 */
	const char *made; /* a command for DOOR_MADE, or NULL */
};

void doorman_start(const struct doorman *d);

/* Connects to the socket PATH, which is to get the box's terminal; -1 for NULL,
 * and with -n.  Dies with 125. */
int doorman_console(const char *path);

/* Serves one request that waits on DOOR.  Returns false, with DOOR closed, when
 * the box has sent shut, has died, or has sent a bad message. */
bool doorman_serve(int door);

#endif
