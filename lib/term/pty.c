// SPDX-License-Identifier: MIT
/*
 * pty - a terminal of the box's own
 *
 * Both ends are opened without a name that the box could have changed: ptmx
 * right below a directory that is a devpts by its magic number, and the slave
 * from the master.
 */
#include "term/pty.h"
#include "base/die.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool
in_devpts(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

static int
open2(int dir, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dir, path, how, sizeof(*how));
}

void
pty_open_here(struct pty *p)
{
	const struct open_how how = {
	    .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
	    .resolve = RESOLVE_NO_SYMLINKS,
	};
	const int devpts = open2(AT_FDCWD, "/dev/pts", &how);

	if (devpts < 0)
		die("--tty: open /dev/pts");
	pty_open(p, devpts);
	close(devpts);
}

void
pty_open(struct pty *p, int devpts)
{
	/* No mount on ptmx, and no link in its place. */
	const struct open_how how = {
	    .flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	struct stat st;

	if (!in_devpts(devpts))
		diex("--tty: /dev/pts is not a devpts");
	p->master = open2(devpts, "ptmx", &how);
	if (p->master < 0 || fstat(p->master, &st) < 0)
		die("--tty: open /dev/pts/ptmx");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		diex("--tty: /dev/pts/ptmx is not the device 5:2");
	if (ioctl(p->master, TIOCSPTLCK, &(int){0}) < 0)
		die("--tty: unlock the terminal");
	p->slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0)
		die("--tty: open the terminal");
}

bool
pty_is_master(int fd)
{
	struct stat st;
	int number;

	/* A master knows its slave's number, a slave does not. */
	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(5, 2) && ioctl(fd, TIOCGPTN, &number) == 0;
}

/* Our own errors stay on the caller's stderr.  But if the relay has that
 * terminal in raw mode, the errors go through the pty, to be shown as lines. */
static void
keep_stderr(void)
{
	int fd;

	/* They may go to another place already (INHERIT_LOG). */
	if (die_output() != stderr ||
	    (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)))
		return;
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		die("keep standard error");
	die_output_to(fd);
}

void
pty_take(struct pty *p, uid_t uid)
{
	const struct winsize size = {.ws_col = p->cols, .ws_row = p->rows};

	if (!say(SAY_SH, "setsid --ctty </dev/pts/0 >/dev/pts/0 2>&1"))
		return;
	if ((size.ws_col || size.ws_row) &&
	    ioctl(p->slave, TIOCSWINSZ, &size) < 0)
		die("--tty-size");
	/* We may lead a session already, without a terminal (start.c). */
	if ((getsid(0) != getpid() && setsid() < 0) ||
	    ioctl(p->slave, TIOCSCTTY, 0) < 0)
		die_said();
	if (fchown(p->slave, uid, (gid_t)-1) < 0)
		die("--tty: give the terminal to user %u", uid);
	if (!p->keep_err)
		keep_stderr();
	for (int fd = 0; fd < (p->keep_err ? 2 : 3); fd++)
		if (dup2(p->slave, fd) < 0)
			die_said();
	close(p->slave);
}
