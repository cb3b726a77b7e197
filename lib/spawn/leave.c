// SPDX-License-Identifier: MIT
/*
 * leave - ns-spawn ends, and the box lives on
 *
 * The box's last stage says that the box stands.  Until our answer it dies with
 * us, and after the answer with nobody.  The init's own death signal is taken
 * off in between, by its leash.
 *
 * The file of --park stays when PROG has been started: the box has no path to
 * it.  A new start replaces it.
 */
#include "spawn/leave.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "base/unixaddr.h"
#include "box/lock.h"
#include "spawn/doorman.h"
#include "stage/inherit.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool leave_done;

static bool begun, stands, shut;
static int box_end = -1; /* of the chain's last stage */
static int leash = -1, leash_of_init = -1;
static int dir = -1;
static char *file; /* of --park, in dir */

static void
remove_file(void)
{
	if (!leave_done)
		unlinkat(dir, file, 0);
}

/* Whether the file is a socket of this user's that no process has.  A socket of
 * another type refuses us in another way, and notices nothing. */
static bool
is_left(const struct sockaddr_un *at)
{
	const int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool left;

	if (probe < 0)
		die("socket");
	left = fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISSOCK(st.st_mode) && st.st_uid == geteuid() &&
	       connect(probe, (const struct sockaddr *)at, sizeof(*at)) < 0 &&
	       errno == ECONNREFUSED;
	close(probe);
	return left;
}

static int
bind_private(int sock, const struct sockaddr_un *at)
{
	const mode_t mask = umask(0177);
	const int result = bind(sock, (const struct sockaddr *)at, sizeof(*at));

	umask(mask);
	return result;
}

/* Of two starts that find the same file, one replaces it. */
static int
replace(int sock, const struct sockaddr_un *at)
{
	const int lock = lock_wait(LEAVE_LOCK);
	int result = -1;

	if (!is_left(at))
		errno = EADDRINUSE;
	else if (unlinkat(dir, file, 0) == 0)
		result = bind_private(sock, at);
	lock_remove(LEAVE_LOCK, lock);
	return result;
}

static void
park(const char *path)
{
	char *head = text_fmt("%s", path), *tail = text_fmt("%s", path);
	struct sockaddr_un at;
	int sock;

	if (!say(SAY_SH, "socat UNIX-LISTEN:%s,mode=600 -", say_word(path)))
		return;
	file = basename(tail);
	dir = open(dirname(head), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || unix_addr(&at, dir, file) < 0)
		die("--park %s", path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		die("socket");
	if (bind_private(sock, &at) < 0 &&
	    (errno != EADDRINUSE || replace(sock, &at) < 0))
		die("--park %s", path);
	at_end(remove_file);
	if (listen(sock, 1) < 0)
		die("--park %s: listen", path);
	inherit_add(INHERIT_PARK, sock);
}

void
leave_begin(const char *path, bool init)
{
	const char *resident = env_or("BOX_RESIDENT", NULL);
	int ends[2];

	if (resident)
		diex("--leave: %s in front would end with ns-spawn, and undo "
		     "its part of the box",
		    resident);
	if (inherit_fd(INHERIT_LEASE) >= 0)
		diex("--leave: a lease of the chain would end with ns-spawn");
	begun = true;
	if (path)
		park(path);
	fd_pair(ends);
	box_end = ends[0];
	inherit_add(INHERIT_LEAVE, ends[1]);
	if (!init)
		return;
	fd_pair(ends);
	leash = ends[0];
	leash_of_init = ends[1];
}

int
leave_child(void)
{
	/* A copy here of an end outside would hide ns-spawn's death. */
	close_keep(box_end);
	close_keep(leash);
	close_keep(dir);
	return leash_of_init;
}

void
leave_parent(void)
{
	inherit_drop(INHERIT_LEAVE);
	inherit_drop(INHERIT_PARK);
	close_keep(leash_of_init);
}

/* Takes a message of the last stage.  False: no more comes. */
static bool
hear(int fd)
{
	switch (fd_hear(fd)) {
	case 'l':
		stands =
		    leash < 0 || (fd_tell(leash, 'l') && fd_hear(leash) >= 0);
		return stands && fd_tell(fd, 'l');
	case 'f':
		return stands = false;
	default:
		/* The end of file is PROG's exec, or the park; ECONNRESET an
		 * end without a look at our answer. */
		leave_done = stands && errno != ECONNRESET;
		return false;
	}
}

bool
leave_serve(int fd)
{
	if (!shut) {
		if (doorman_serve(fd))
			return true;
		/* The door is closed; from now on FD is the other socket. */
		shut = true;
		if (!begun)
			return false;
		if (dup3(box_end, fd, O_CLOEXEC) < 0)
			die("dup3");
		close(box_end);
		return true;
	}
	if (hear(fd))
		return true;
	close(fd);
	return false;
}
