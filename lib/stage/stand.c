// SPDX-License-Identifier: MIT
/*
 * stand - the last stage lets ns-spawn go, and waits for the start of PROG
 *
 * The kernel knows the rest: a connection to a process that has died, or has
 * accepted another one, is refused.  The socket that is heard here comes along
 * the chain, as a box may have no path to its file, no /proc, and no right to
 * either.
 */
#include "stage/stand.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "stage/door.h"
#include "stage/inherit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static bool stands, heard;
static int status = EXIT_TOOL;

/* For our exit.  After the exec of PROG there is none. */
static void
tell_failure(void)
{
	if (heard)
		fprintf(die_output(), "status %d\n", status);
	else
		fd_tell(inherit_fd(INHERIT_LEAVE), 'f');
}

static void
wait_for_start(int park)
{
	int conn;

	/* From now on only a connection's end is ours to see.  The first of
	 * these two closes the file. */
	if (inherit_fd(INHERIT_LOG) >= 0)
		die_output_to(-1);
	inherit_drop(INHERIT_LOG);
	inherit_drop(INHERIT_LEAVE);
	do {
		conn = accept4(park, NULL, NULL, SOCK_CLOEXEC);
	} while (conn < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (conn < 0)
		die("wait for the start: accept");
	inherit_drop(INHERIT_PARK);
	die_output_to(conn);
	heard = true;
	fd_tell(conn, 'x');
	fd_tell(conn, '\n');
}

bool
stand_asked(void)
{
	return !stands && inherit_fd(INHERIT_LEAVE) >= 0;
}

void
stand(void)
{
	const int leave = inherit_fd(INHERIT_LEAVE);
	const int park = inherit_fd(INHERIT_PARK);

	stands = true;
	/* Until ns-spawn has heard us, we end with it: by the end of file. */
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		die("prctl PR_SET_PDEATHSIG");
	door_shut();
	at_end(tell_failure);
	if (!fd_tell(leave, 'l') || fd_hear(leave) < 0)
		diex("the parent has died");
	if (park >= 0)
		wait_for_start(park);
}

void
stand_fails(int s)
{
	status = s;
	/* The other end may have gone. */
	if (heard)
		signal(SIGPIPE, SIG_IGN);
}
